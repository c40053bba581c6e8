/** API keys for management: reads all of them, and writes changes with optimistic concurrency. */

import type { KeyRecord } from '../../config/gateway/auth-api-keys.ts';

/** Why a command changed nothing; its message is for the operator. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

export interface KeyEdit {
  /** The record that must still be stored; null: the id must be free. */
  readonly before: KeyRecord | null;
  readonly after: KeyRecord;
}

export interface KeyRepository {
  /** By id. */
  read(): Promise<ReadonlyMap<string, KeyRecord>>;
  /** ms since 1970, by id. */
  lastUsed(): Promise<ReadonlyMap<string, number>>;
  /** Atomic. @returns False if one of the records has changed meanwhile. */
  write(edits: readonly KeyEdit[]): Promise<boolean>;
  close(): Promise<void>;
}

/** Canonical: equal records give equal text. */
export function recordText(record: KeyRecord): string {
  const { id, sha256, client, tier, scopes, roles, createdAt, expiresAt, revokedAt, rotatedTo, graceUntil } =
    record;
  return JSON.stringify({
    id,
    sha256,
    client,
    tier,
    scopes,
    roles,
    createdAt,
    expiresAt,
    revokedAt,
    rotatedTo,
    graceUntil,
  });
}
