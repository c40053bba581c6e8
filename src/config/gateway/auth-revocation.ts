/** The schema of `auth.revocation`, and of a stored revocation. docs/reference/gateway-yaml.md explains each option. */

import { z } from 'zod';

import { filePath } from '../yaml/file-path.ts';

export const revocationSchema = z.strictObject({
  /** A JSON file that `tributary tokens` writes. Relative to gateway.yaml. Absent: revocations are in Redis. */
  file: filePath.optional(),
  /** How often the file or Redis is checked for new revocations. */
  pollMs: z.int().min(100).max(60_000).default(1000),
  /** Unexpired revocations. */
  entriesMax: z.int().min(1).max(1_000_000).default(100_000),
  /** With Redis: whether tokens are accepted before revocations have been loaded for the first time. */
  untilLoaded: z.enum(['refuse', 'accept']).default('refuse'),
});

export type RevocationConfig = z.output<typeof revocationSchema>;

export const claimText = z
  .string()
  .min(1, 'expected some text')
  .max(1024, 'expected at most 1024 characters');

/** Revokes the tokens that match all of its fields. */
export const revocationEntrySchema = z
  .strictObject({
    jti: claimText.optional(),
    sub: claimText.optional(),
    issuer: claimText.optional(),
    /** Revokes tokens issued before this time. */
    issuedBefore: z.iso.datetime().optional(),
    createdAt: z.iso.datetime(),
    /** When all of these tokens have expired, so that the entry can be removed. */
    expiresAt: z.iso.datetime(),
  })
  .refine(
    ({ jti, issuedBefore }) => jti !== undefined || issuedBefore !== undefined,
    'expected jti or issuedBefore',
  );

export type RevocationEntry = z.output<typeof revocationEntrySchema>;

export const revocationFileSchema = z.strictObject({
  version: z.literal(1),
  revoked: z.array(revocationEntrySchema),
});
