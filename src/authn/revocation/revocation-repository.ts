/** Revocations as gateways see them, and as those who make them do: what holds, and one more. */

import type { RevocationEntry } from '../../config/gateway/auth-revocation.ts';
import type { DenyList } from './deny-list.ts';

export interface Revocations {
  /** undefined: nobody knows yet. */
  list(): DenyList | undefined;
  close(): Promise<void>;
}

export interface RevocationBook {
  /** Those that have not ended. */
  read(): Promise<readonly RevocationEntry[]>;
  /** @throws {RevocationProblem} Where there are too many. */
  add(entry: RevocationEntry): Promise<void>;
}

/** Why nothing was done, for people. */
export class RevocationProblem extends Error {
  override readonly name = 'RevocationProblem';
}

export function tooMany(entriesMax: number): RevocationProblem {
  return new RevocationProblem(
    `there are ${entriesMax} revocations already: revoke by --sub or --issued-before, or raise auth.revocation.entriesMax`,
  );
}

export function holds({ expiresAt }: RevocationEntry, nowMs: number): boolean {
  return Date.parse(expiresAt) > nowMs;
}
