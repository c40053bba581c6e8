/** The schema of `auth.revocation`, and of one revocation as it is kept. docs/reference/gateway-yaml.md explains each key. */

import { z } from 'zod';

import { filePath } from '../yaml/file-path.ts';

export const revocationSchema = z.strictObject({
  /** A JSON file that `tributary tokens` writes. Relative to gateway.yaml. Absent: revocations are in Redis. */
  file: filePath.optional(),
  /** How often it is looked at, file or Redis. */
  pollMs: z.int().min(100).max(60_000).default(1000),
  /** Revocations that hold. */
  entriesMax: z.int().min(1).max(1_000_000).default(100_000),
  /** With Redis: what becomes of tokens while revocations could not be read even once. */
  untilLoaded: z.enum(['refuse', 'accept']).default('refuse'),
});

export type RevocationConfig = z.output<typeof revocationSchema>;

export const claimText = z
  .string()
  .min(1, 'expected some text')
  .max(1024, 'expected at most 1024 characters');

/** Holds for tokens that fit everything it names. */
export const revocationEntrySchema = z
  .strictObject({
    jti: claimText.optional(),
    sub: claimText.optional(),
    issuer: claimText.optional(),
    /** Tokens issued earlier. */
    issuedBefore: z.iso.datetime().optional(),
    createdAt: z.iso.datetime(),
    /** When the tokens it is for have expired by themselves. */
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
