/** The client application of a request: web, mobile, a partner. */

import type { Contract } from './contract.ts';

export interface Client {
  /** Of its folder. Null: no clients are configured. */
  readonly name: string | null;
  /** As the client states it; at most 64 characters, safe to log. Null: it states none. */
  readonly version: string | null;
  /** Selects its limits. Null: that of the principal, if it has one. */
  readonly tier: string | null;
  /** The part of the graph that it sees. Null: all of it. */
  readonly contract: Contract | null;
}

/** Every request, where no clients are configured. */
export const anyClient: Client = { name: null, version: null, tier: null, contract: null };
