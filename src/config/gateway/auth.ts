/**
 * The schema of `auth` in gateway.yaml: how requests prove who they are from, and how backends learn of it.
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

/** How a backend learns who the request is from. */
const identityRule = z.enum(['none', 'headers', 'token', 'signed']);

const signedSchema = z.strictObject({
  /** `iss` of the tokens: how backends know this gateway. */
  issuer: z.string().min(1).max(1024),
  /** `authorization` gets it as a bearer token, any other header as it is. */
  header: headerName
    .refine((name) => !hopByHopHeaders.has(name), 'expected a header that may be sent on')
    .default('authorization'),
  lifetimeSeconds: z.int().min(10).max(3600).default(60),
  /** A JSON Web Key Set with private keys, relative to gateway.yaml; the first signs. Absent: made at the start. */
  keyFile: filePath.optional(),
  /** Of keys that are made here. */
  algorithm: z.enum(['ES256', 'EdDSA']).default('ES256'),
  /** How long each of them signs. */
  turnHours: z.number().min(0.25).max(500).default(24),
});

export const authSchema = z.strictObject({
  /** A request without any proof: goes on as anonymous, or is refused with 401. */
  onMissing: z.enum(['anonymous', 'reject']).default('anonymous'),
  jwt: jwtSchema.optional(),
  apiKeys: apiKeysSchema.optional(),
  /** Tokens that hold no more, before they expire. */
  revocation: revocationSchema.optional(),
  /** Certificates of clients, which connect by TLS (`server.tls`). */
  certificates: certificatesSchema.optional(),
  /** A proxy that has proven the user already and says so in headers. */
  trustedProxy: z
    .strictObject({
      /** The proxies: nobody else's headers count. */
      addresses: z.array(addressRange).min(1),
      subjectHeader: headerName.default('x-auth-request-user'),
      /** Comma-separated. */
      rolesHeader: headerName.default('x-auth-request-groups'),
    })
    .optional(),
  identity: z
    .strictObject({
      /** For every subgraph that `subgraphs` does not name. */
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

/** Whether anything is signed. */
export function signs({ rule, subgraphs }: AuthConfig['identity']): boolean {
  return rule === 'signed' || Object.values(subgraphs).includes('signed');
}

export type IdentityRule = z.output<typeof identityRule>;
