/** The client application of a request: web, mobile, a partner. */

import type { Contract } from './contract.ts';

export interface Client {
  /** Of its folder. Null: no clients are configured. */
  readonly name: string | null;
  /** As the client states it; at most 64 characters, safe to log. Null: it states none. */
  readonly version: string | null;
  /** Of its client.yaml. Null: that of the principal, if it has one. */
  readonly tier: string | null;
  /** The part of the graph that it sees. Null: all of it. */
  readonly contract: Contract | null;
  /** Whether credentials prove it, rather than a path, host or header that anybody can send. */
  readonly isProven: boolean;
  /**
   * What it may ask: each of them applies. Of a client that is not proven also that of the anonymous client: to
   * state another name must not raise a limit. Empty: no clients are configured.
   */
  readonly limits: readonly ClientLimits[];
}

export interface ClientLimits {
  /** As `Client.tier`. */
  readonly tier: string | null;
  /** Its own limits, by the name of the policy. */
  readonly policies: Readonly<Record<string, OwnLimit>>;
  /** Operations executed at once in one process. Null: by its tier. */
  readonly inFlightMax: number | null;
  /** Estimated cost of one operation. Null: as for all. */
  readonly costMax: number | null;
}

/** Units in each window, and with `gcra` those that may come at once. */
export interface OwnLimit {
  readonly limit: number;
  /** A duration such as `1m`. Default: that of the policy. */
  readonly window?: string | undefined;
  readonly burst?: number | undefined;
}

/** Every request, where no clients are configured. */
export const anyClient: Client = {
  name: null,
  version: null,
  tier: null,
  contract: null,
  isProven: false,
  limits: [],
};
