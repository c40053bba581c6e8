/** An API key in the form that requests are verified with, built once from its record. */

import type { KeyRecord } from '../../config/gateway/auth-api-keys.ts';
import type { Proof } from '../proof.ts';

export interface ApiKey {
  readonly id: string;
  /** SHA-256 of its text. */
  readonly digest: Buffer;
  readonly isRevoked: boolean;
  /** ms since 1970. */
  readonly validUntilMs: number | null;
  readonly proof: Proof;
}

export function toApiKey(record: KeyRecord): ApiKey {
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

/** ms since 1970, or null: never expires. A rotated key expires with its grace period. */
export function validUntil({
  expiresAt,
  graceUntil,
}: Pick<KeyRecord, 'expiresAt' | 'graceUntil'>): number | null {
  const expiries = [expiresAt, graceUntil].flatMap((end) => (end === null ? [] : [Date.parse(end)]));
  return expiries.length === 0 ? null : Math.min(...expiries);
}
