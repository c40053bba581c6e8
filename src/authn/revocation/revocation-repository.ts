/** Interfaces to revocations: for gateways, which check them, and for commands, which manage them. */

import type { RevocationEntry } from '../../config/gateway/auth-revocation.ts';
import type { DenyList } from './deny-list.ts';

export interface Revocations {
  /** Undefined: not loaded yet. */
  list(): DenyList | undefined;
  close(): Promise<void>;
}

export interface RevocationRepository {
  /** The unexpired ones. */
  read(): Promise<readonly RevocationEntry[]>;
  /** @throws {RevocationError} If there are too many. */
  add(entry: RevocationEntry): Promise<void>;
}

/** Why a command changed nothing; its message is for the operator. */
export class RevocationError extends Error {
  override readonly name = 'RevocationError';
}

export function tooManyRevocations(entriesMax: number): RevocationError {
  return new RevocationError(
    `there are ${entriesMax} revocations already, which are all that auth.revocation.entriesMax allows: raise it`,
  );
}

export function isUnexpired({ expiresAt }: RevocationEntry, nowMs: number): boolean {
  return Date.parse(expiresAt) > nowMs;
}
