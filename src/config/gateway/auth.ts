/**
 * The schema of `auth` in gateway.yaml: the credentials of requests, and identity propagation to backends.
 *
 * docs/reference/gateway-yaml.md explains each key; a test compares the two. Without `auth` nothing is proven and nothing is checked.
 */

import { z } from 'zod';

import { isAddressRange } from '../../shared/addresses.ts';
import { apiKeysSchema } from './auth-api-keys.ts';
import { certificatesSchema } from './auth-certificates.ts';
import { revocationSchema } from './auth-revocation.ts';
import { headerName, jwtSchema } from './auth-jwt.ts';
import { hopByHopHeaders } from './transport.ts';
import { filePath } from '../yaml/file-path.ts';

export const addressRange = z
  .string()
  .refine(isAddressRange, 'expected an address or a range such as 10.0.0.0/8');

/** How the identity of a request is propagated to a backend. */
const identityRule = z.enum(['none', 'headers', 'token', 'signed']);

const signedSchema = z.strictObject({
  /** `iss` of the tokens, by which backends recognize this gateway. */
  issuer: z.string().min(1).max(1024),
  /** `authorization` carries the token with the scheme Bearer, any other header the bare token. */
  header: headerName
    .refine((name) => !hopByHopHeaders.has(name), 'expected a header that may be sent on')
    .default('authorization'),
  lifetimeSeconds: z.int().min(10).max(3600).default(60),
  /** A JSON Web Key Set with private keys, relative to gateway.yaml; the first signs. Absent: keys are generated at the start. */
  keyFile: filePath.optional(),
  /** Of generated keys. */
  algorithm: z.enum(['ES256', 'EdDSA']).default('ES256'),
  /** How long each generated key signs before the next one replaces it. */
  turnHours: z.number().min(0.25).max(500).default(24),
});

export const authSchema = z.strictObject({
  /** A request without credentials continues as anonymous, or is refused with 401. */
  onMissing: z.enum(['anonymous', 'reject']).default('anonymous'),
  jwt: jwtSchema.optional(),
  apiKeys: apiKeysSchema.optional(),
  /** Revocation of tokens before they expire. */
  revocation: revocationSchema.optional(),
  /** TLS client certificates; needs `server.tls`. */
  certificates: certificatesSchema.optional(),
  /** A proxy that authenticates users and passes their identity in headers. */
  trustedProxy: z
    .strictObject({
      /** The proxies whose headers are trusted. */
      addresses: z.array(addressRange).min(1),
      subjectHeader: headerName.default('x-auth-request-user'),
      /** Comma-separated. */
      rolesHeader: headerName.default('x-auth-request-groups'),
    })
    .optional(),
  identity: z
    .strictObject({
      /** For subgraphs that `subgraphs` does not name. */
      rule: identityRule.default('headers'),
      subgraphs: z.record(z.string(), identityRule).default({}),
      userIdHeader: headerName.default('x-user-id'),
      userRolesHeader: headerName.default('x-user-roles'),
      /** For the rule `signed`. */
      signed: signedSchema.optional(),
    })
    .refine(
      ({ rule, subgraphs, signed }) => signed || ![rule, ...Object.values(subgraphs)].includes('signed'),
      'expected "signed" with an issuer, as there is a rule "signed"',
    )
    .prefault({}),
});

export type AuthConfig = z.output<typeof authSchema>;

/** Whether any rule is `signed`. */
export function usesSignedIdentity({ rule, subgraphs }: AuthConfig['identity']): boolean {
  return rule === 'signed' || Object.values(subgraphs).includes('signed');
}

export type IdentityRule = z.output<typeof identityRule>;
