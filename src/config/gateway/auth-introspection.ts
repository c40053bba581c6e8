/** The schema of an issuer's `introspection`: how it is asked about tokens that say nothing themselves. */

import { z } from 'zod';

import { secureAddress } from './secure-address.ts';

/** Printable and without a space: what RFC 6750 allows a token to be made of. */
const tokenPrefix = z
  .string()
  .regex(/^[A-Za-z0-9\-._~+/]{1,64}$/, 'expected the first characters of a token');

/** @see https://www.rfc-editor.org/rfc/rfc7662 */
export const introspectionSchema = z.strictObject({
  /** Default: `introspection_endpoint` of the issuer's discovery document. */
  url: secureAddress.optional(),
  /** Who this gateway is to the issuer. */
  clientId: z.string().min(1).max(1024),
  clientSecret: z.string().min(1).max(4096),
  authMethod: z.enum(['basic', 'post']).default('basic'),
  /** Tokens that begin so are this issuer's. One issuer may do without: it gets those that nobody else takes. */
  tokenPrefix: tokenPrefix.optional(),
  /** Whether the answer must say `token_type: Bearer`. Providers that say it for access tokens only need it. */
  tokenTypeRequired: z.boolean().default(true),
  /** How long a token that holds is not asked about again; never past its `exp`. */
  cacheSeconds: z.int().min(0).max(3600).default(30),
  /** The same for one that does not hold. */
  negativeCacheSeconds: z.int().min(0).max(3600).default(10),
  /** Of each of both kinds. */
  cachedTokensMax: z.int().min(1).max(1_000_000).default(10_000),
  timeoutMs: z.int().min(1).max(60_000).default(1000),
  /** Of the answer. */
  responseBytesMax: z.int().min(1).max(1_048_576).default(65_536),
  /** Calls under way, in one process. */
  concurrentMax: z.int().min(2).max(1000).default(16),
  /** Calls begun in one second, in one process. */
  callsPerSecondMax: z.int().min(2).max(100_000).default(100),
});

export type IntrospectionConfig = z.output<typeof introspectionSchema>;
