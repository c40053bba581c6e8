/** The schema of an issuer's `introspection`: how its opaque tokens are verified by token introspection. */

import { z } from 'zod';

import { secureAddress } from './secure-address.ts';

/** The characters that RFC 6750 allows in a bearer token. */
const tokenPrefix = z
  .string()
  .regex(/^[A-Za-z0-9\-._~+/]{1,64}$/, 'expected the first characters of a token');

/** @see https://www.rfc-editor.org/rfc/rfc7662 */
export const introspectionSchema = z.strictObject({
  /** Default: `introspection_endpoint` of the issuer's discovery document. */
  url: secureAddress.optional(),
  /** The credentials of this gateway at the issuer. */
  clientId: z.string().min(1).max(1024),
  clientSecret: z.string().min(1).max(4096),
  authMethod: z.enum(['basic', 'post']).default('basic'),
  /** Tokens with this prefix belong to this issuer. One issuer may omit it: it gets the tokens that match no other. */
  tokenPrefix: tokenPrefix.optional(),
  /** Whether the response must have `token_type: Bearer`: some providers tell access tokens from refresh tokens by it only. */
  tokenTypeRequired: z.boolean().default(true),
  /** How long an active token is cached; never past its `exp`. */
  cacheSeconds: z.int().min(0).max(3600).default(30),
  /** How long an invalid token is cached. */
  negativeCacheSeconds: z.int().min(0).max(3600).default(10),
  /** Cached tokens: so many active and so many invalid ones. */
  cachedTokensMax: z.int().min(1).max(1_000_000).default(10_000),
  timeoutMs: z.int().min(1).max(60_000).default(1000),
  /** Of the introspection response. */
  responseBytesMax: z.int().min(1).max(1_048_576).default(65_536),
  /** Introspection calls in flight, per process. */
  concurrentMax: z.int().min(2).max(1000).default(16),
  /** Introspection calls started per second, per process. */
  callsPerSecondMax: z.int().min(2).max(100_000).default(100),
});

export type IntrospectionConfig = z.output<typeof introspectionSchema>;
