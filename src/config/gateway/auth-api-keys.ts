/** The schema of `auth.apiKeys`, and of a stored key. docs/reference/gateway-yaml.md explains each option. */

import { z } from 'zod';

import { headerName } from './auth-jwt.ts';
import { filePath } from '../yaml/file-path.ts';

/** Headers with a standard meaning. */
const reserved = [
  'authorization',
  'cookie',
  'host',
  'connection',
  'content-type',
  'content-length',
  'accept',
];

export const apiKeysSchema = z.strictObject({
  header: headerName
    .refine((name) => !reserved.includes(name), 'expected a header of its own, such as x-api-key')
    .default('x-api-key'),
  /** A JSON file that `tributary keys` writes. Relative to gateway.yaml. Absent: keys are in Redis. */
  file: filePath.optional(),
  /** How often the file is checked for changes. */
  pollMs: z.int().min(100).max(60_000).default(1000),
  /** With Redis: how long a key is cached, and so how long a revoked key may still be accepted. */
  cacheSeconds: z.number().min(0.1).max(300).default(1),
  /** With Redis: how long cached keys stay valid while Redis is unavailable. */
  keptSeconds: z.number().min(0).max(86_400).default(300),
  /** With Redis: cached keys, and cached ids that have no key. */
  cachedKeysMax: z.int().min(1).max(1_000_000).default(10_000),
  /** With Redis: lookups in flight for ids that are not cached. One more is refused with 503. */
  lookupsMax: z.int().min(1).max(100_000).default(200),
  /** How often the last use of keys is stored. 0: never. */
  lastUsedMs: z.int().min(0).max(3_600_000).default(10_000),
});

export type ApiKeysConfig = z.output<typeof apiKeysSchema>;

const time = z.iso.datetime().nullable().default(null);

/** The public part of a key, which appears in the key itself, in lists and in logs. */
export const keyId = z.string().regex(/^[0-9A-Za-z]{12}$/, 'expected 12 letters and digits');
export const clientName = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, 'expected up to 256 characters, no spaces');
export const tierName = z.string().regex(/^[\w.-]{1,64}$/, 'expected letters, digits and _.-');
/** A scope token of OAuth 2.0 (RFC 6749, 3.3). */
export const scopeName = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'expected no space, " or \\');

export const keyRecordSchema = z.strictObject({
  id: keyId,
  /** Of the whole key, base64url. */
  sha256: z.string().regex(/^[\w-]{43}$/),
  client: clientName,
  tier: tierName.nullable().default(null),
  scopes: z.array(scopeName).max(1000).default([]),
  roles: z.array(scopeName).max(1000).default([]),
  createdAt: z.iso.datetime(),
  expiresAt: time,
  revokedAt: time,
  /** The id of the key that replaces it. */
  rotatedTo: keyId.nullable().default(null),
  /** Until when a rotated key stays valid beside the new one. */
  graceUntil: time,
});

export type KeyRecord = z.output<typeof keyRecordSchema>;

export const keyFileSchema = z.strictObject({
  version: z.literal(1),
  keys: z
    .array(keyRecordSchema)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'expected each id once'),
});
