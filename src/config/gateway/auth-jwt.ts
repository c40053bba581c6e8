/** The schema of `auth.jwt`: which issuers' access tokens are accepted. docs/reference/gateway-yaml.md explains each option. */

import { z } from 'zod';

import { introspectionSchema } from './auth-introspection.ts';
import { shortSecret } from './hmac-secrets.ts';
import { isSecure, secureAddress } from './secure-address.ts';
import { filePath } from '../yaml/file-path.ts';

/** Asymmetric algorithms, and HMAC with shared secrets, which must come from a file or the configuration. */
const algorithm = z.enum([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'HS256',
  'HS384',
  'HS512',
]);

export const headerName = z.string().regex(/^[a-z0-9-]+$/, 'expected a header name in lower case');

const claimNames = z.union([
  z
    .string()
    .min(1)
    .transform((name) => [name]),
  z.array(z.string().min(1)),
]);

/** The claims that make up a principal: the first present one counts; a dot reaches into an object. */
export const claimsSchema = z
  .strictObject({
    subject: claimNames.default(['sub']),
    client: claimNames.default(['azp', 'client_id']),
    tier: claimNames.default(['tier']),
    roles: claimNames.default(['roles', 'realm_access.roles', 'groups']),
    scopes: claimNames.default(['scope', 'scp']),
  })
  .prefault({});

const issuerSchema = z
  .strictObject({
    /** Exactly as in `iss`. Without any of the next three options its keys are found by OIDC discovery. */
    issuer: z.string().min(1).max(1024),
    jwksUrl: secureAddress.optional(),
    /** A JSON file with `keys`. Relative to gateway.yaml; reloaded as often as a URL. */
    jwksFile: filePath.optional(),
    /** JSON Web Keys. */
    keys: z
      .array(z.looseObject({ kty: z.string() }))
      .min(1)
      .optional(),
    /** At least one of them must be in `aud`. */
    audience: z.union([
      z
        .string()
        .min(1)
        .transform((audience) => [audience]),
      z.array(z.string().min(1)).min(1),
    ]),
    /** Empty only with `introspection`: then no token of this issuer is verified as a JWT. */
    algorithms: z.array(algorithm).default([]),
    introspection: introspectionSchema.optional(),
    clockToleranceSeconds: z.int().min(0).max(300).default(5),
    /** Besides `exp`, which is always required. */
    requiredClaims: z.array(z.string().min(1)).default([]),
    /** Accepted values of the header `typ`. Default: `JWT`, `at+jwt` or none. */
    types: z.array(z.string().min(1)).min(1).optional(),
    claims: claimsSchema,
    /** Sender-constrained tokens (`cnf`). `accept`: as bearer tokens, because the gateway does not verify the key. */
    boundTokens: z.enum(['reject', 'accept']).default('reject'),
  })
  .superRefine((issuer, context) => {
    const keySources = [issuer.jwksUrl, issuer.jwksFile, issuer.keys].filter(
      (source) => source !== undefined,
    );
    const report = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (keySources.length > 1) report('issuer', 'expected one of jwksUrl, jwksFile and keys');
    const signs = issuer.algorithms.length > 0;
    const canDiscover = URL.canParse(issuer.issuer) && isSecure(issuer.issuer);
    if (signs && keySources.length === 0 && !canDiscover)
      report('issuer', 'expected an https address to discover its keys, or jwksUrl, jwksFile or keys');
    if (!signs && !issuer.introspection) report('algorithms', 'expected algorithms, or introspection');
    if (!signs && keySources.length > 0) report('algorithms', 'expected algorithms, as there are keys');
    if (issuer.introspection && !issuer.introspection.url && !canDiscover)
      report('introspection', 'expected url, or an https address as the issuer to discover it');
    const secrets = issuer.algorithms.filter((name) => name.startsWith('HS')).length;
    if (secrets > 0 && secrets < issuer.algorithms.length)
      report('algorithms', 'expected HS algorithms in an issuer of their own');
    const short = shortSecret(issuer.keys, issuer.algorithms);
    if (short !== undefined) report('keys', `expected longer secrets: ${short}`);
    if (secrets > 0 && !issuer.jwksFile && !issuer.keys)
      report('algorithms', 'expected jwksFile or keys with an HS algorithm: its keys are secrets');
  });

export const jwtSchema = z.strictObject({
  issuers: z
    .array(issuerSchema)
    .min(1)
    .refine(areDistinct, 'expected each issuer once')
    .refine(
      havePrefixes,
      'expected another introspection.tokenPrefix for each issuer, and one without at most',
    ),
  /** Where the token of a request is looked for; the first source that has one counts. */
  sources: z
    .array(
      z.union([
        z.strictObject({
          header: headerName,
          scheme: z
            .string()
            .regex(/^[A-Za-z]*$/)
            .default('Bearer'),
        }),
        z.strictObject({ cookie: z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/) }),
      ]),
    )
    .min(1)
    .default([{ header: 'authorization', scheme: 'Bearer' }]),
  tokenBytesMax: z.int().min(256).max(65_536).default(8192),
  /** How long a verified token is cached; never past its `exp`. */
  cacheSeconds: z.int().min(0).max(3600).default(60),
  cachedTokensMax: z.int().min(1).max(1_000_000).default(10_000),
  /** Between two fetches because of an unknown key. */
  cooldownMs: z.int().min(100).max(3_600_000).default(30_000),
  /** How old keys may be before they are fetched again in the background. */
  refreshMs: z.int().min(1000).max(86_400_000).default(600_000),
  /** How long the last keys stay in use while the identity provider is unavailable. */
  keptHours: z.number().min(0).max(720).default(24),
  timeoutMs: z.int().min(1).max(60_000).default(1000),
  /** Of the identity provider's response. */
  responseBytesMax: z.int().min(1).max(1_048_576).default(65_536),
});

function areDistinct(issuers: ReadonlyArray<{ readonly issuer: string }>): boolean {
  return new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length;
}

function havePrefixes(issuers: ReadonlyArray<z.output<typeof issuerSchema>>): boolean {
  const prefixes = issuers.flatMap(({ introspection }) =>
    introspection ? [introspection.tokenPrefix ?? ''] : [],
  );
  return new Set(prefixes).size === prefixes.length;
}

export type JwtConfig = z.output<typeof jwtSchema>;
export type IssuerConfig = JwtConfig['issuers'][number];
export type ClaimNames = z.output<typeof claimsSchema>;
