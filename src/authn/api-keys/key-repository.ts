/** The keys as those who manage them see them: all of them, and changes that fail where another one came first. */

import type { KeyRecord } from '../../config/gateway/auth-api-keys.ts';

/** Why nothing was done, for people. */
export class KeyProblem extends Error {
  override readonly name = 'KeyProblem';
}

export interface KeyEdit {
  /** What it must be still; null: there is none with this id. */
  readonly before: KeyRecord | null;
  readonly after: KeyRecord;
}

export interface KeyBook {
  /** By id. */
  read(): Promise<ReadonlyMap<string, KeyRecord>>;
  /** ms since 1970, by id. */
  lastUsed(): Promise<ReadonlyMap<string, number>>;
  /** All or none. @returns False where one of them has changed meanwhile. */
  write(edits: readonly KeyEdit[]): Promise<boolean>;
  close(): Promise<void>;
}

/** The same text for the same record, whoever wrote it. */
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
