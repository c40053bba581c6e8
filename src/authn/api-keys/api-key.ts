/** A key as requests are checked with it: made once from its record. */

import type { KeyRecord } from '../../config/gateway/auth-api-keys.ts';
import type { Proof } from '../proof.ts';

export interface KnownKey {
  readonly id: string;
  /** SHA-256 of its text. */
  readonly digest: Buffer;
  readonly isRevoked: boolean;
  /** ms since 1970. */
  readonly validUntilMs: number | null;
  readonly proof: Proof;
}

export function knownKey(record: KeyRecord): KnownKey {
  const { id, client, tier, scopes, roles } = record;
  const validUntilMs = validUntil(record);
  return {
    id,
    digest: Buffer.from(record.sha256, 'base64url'),
    isRevoked: record.revokedAt !== null,
    validUntilMs,
    proof: {
      principal: {
        subject: null,
        client,
        tier,
        roles,
        scopes,
        claims: { key_id: id },
        provenBy: 'api-key',
        issuer: 'api-keys',
        validUntilMs,
      },
    },
  };
}

/** ms since 1970, or null: for ever. A key that was rotated ends with its grace. */
export function validUntil({
  expiresAt,
  graceUntil,
}: Pick<KeyRecord, 'expiresAt' | 'graceUntil'>): number | null {
  const ends = [expiresAt, graceUntil].flatMap((end) => (end === null ? [] : [Date.parse(end)]));
  return ends.length === 0 ? null : Math.min(...ends);
}
