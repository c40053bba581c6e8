import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { introspectionSchema } from './auth-introspection.ts';
import { apiKeysSchema } from './auth-api-keys.ts';
import { revocationSchema } from './auth-revocation.ts';
import { authSchema } from './auth.ts';

const issuer = { issuer: 'https://idp.example', audience: 'shop', algorithms: ['RS256'] };
const introspection = { clientId: 'a', clientSecret: 'b' };
const withIssuer = (change: object) => authSchema.safeParse({ jwt: { issuers: [{ ...issuer, ...change }] } });

describe('authSchema', () => {
  it('has nothing that docs/reference/gateway-yaml.md does not list', async () => {
    const docs = await readFile(new URL('../../../docs/reference/gateway-yaml.md', import.meta.url), 'utf8');
    const config = authSchema.parse({
      trustedProxy: { addresses: ['::1'] },
      certificates: { ca: 'ca.pem', names: [{ dns: 'a' }] },
      identity: { signed: { issuer: 'https://gateway.example', keyFile: 'keys.json' } },
      jwt: { issuers: [{ ...issuer, introspection }] },
    });
    const { issuers, ...jwt } = config.jwt ?? { issuers: [] };
    const keys = [
      'onMissing',
      'jwt.issuers',
      'jwksUrl',
      'jwksFile',
      'keys',
      'types',
      ...Object.keys(jwt).map((key) => `jwt.${key}`),
      ...Object.keys(config.trustedProxy ?? {}).map((key) => `trustedProxy.${key}`),
      ...Object.keys(config.certificates ?? {}).map((key) => `certificates.${key}`),
      ...Object.keys(config.identity)
        .filter((key) => key !== 'signed')
        .map((key) => `identity.${key}`),
      ...Object.keys(config.identity.signed ?? {}).map((key) => `identity.signed.${key}`),
      ...Object.keys(issuers[0] ?? {}).filter((key) => key !== 'claims'),
      ...Object.keys(issuers[0]?.claims ?? {}).map((key) => `claims.${key}`),
      ...Object.keys(revocationSchema.shape).map((key) => `revocation.${key}`),
      ...Object.keys(apiKeysSchema.shape).map((key) => `apiKeys.${key}`),
      ...Object.keys(introspectionSchema.shape).map((key) => `introspection.${key}`),
    ];
    expect(keys.length).toBeGreaterThan(25);
    expect(keys.filter((key) => !docs.includes(`\`${key}\``))).toEqual([]);
  });

  it.each([
    ['no algorithm', { algorithms: [] }],
    ['alg none', { algorithms: ['none'] }],
    ['no audience', { audience: [] }],
    ['keys over plain http from another machine', { jwksUrl: 'http://idp.example/jwks' }],
    ['discovery over plain http from another machine', { issuer: 'http://idp.example' }],
    ['two places for keys', { jwksUrl: 'https://idp.example/jwks', jwksFile: 'keys.json' }],
    ['shared secrets beside public keys', { algorithms: ['HS256', 'RS256'], keys: [{ kty: 'oct' }] }],
    ['no secret in a key', { algorithms: ['HS256'], keys: [{ kty: 'oct' }] }],
    ['a secret shorter than its hash', hmac('HS256', 31)],
    ['a secret shorter than the longest hash', hmac('HS512', 63)],
    ['a secret shorter than one of its hashes', { ...hmac('HS256', 32), algorithms: ['HS256', 'HS384'] }],
    ['shared secrets from an address', { algorithms: ['HS256'] }],
    ['keys and no algorithm', { algorithms: [], keys: [{ kty: 'RSA' }], introspection }],
    ['introspection without a secret', { introspection: { clientId: 'a' } }],
    ['introspection over plain http', { introspection: { ...introspection, url: 'http://idp.example/i' } }],
    ['introspection that cannot be discovered', { issuer: 'idp', jwksFile: 'keys.json', introspection }],
  ])('refuses an issuer with %s', (_what, change) => {
    expect(withIssuer(change).success).toBe(false);
    expect(withIssuer({}).success).toBe(true);
  });

  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ])('takes a secret as long as the hash of %s', (algorithm, bytes) => {
    expect(withIssuer(hmac(algorithm, bytes)).success).toBe(true);
    const short = withIssuer(hmac(algorithm, bytes - 1)).error?.issues[0];
    expect(short?.path).toEqual(['jwt', 'issuers', 0, 'keys']);
    expect(short?.message).toContain(`key 0 has ${bytes - 1} bytes: ${algorithm} needs at least ${bytes}`);
  });

  it('knows of each opaque token whose it is: refuses two issuers with the same prefix, or with none', () => {
    const two = (one: object, other: object): boolean =>
      authSchema.safeParse({
        jwt: {
          issuers: [
            { ...issuer, introspection: { ...introspection, ...one } },
            { ...issuer, issuer: 'https://b.example', introspection: { ...introspection, ...other } },
          ],
        },
      }).success;
    expect(two({}, {})).toBe(false);
    expect(two({ tokenPrefix: 'a_' }, { tokenPrefix: 'a_' })).toBe(false);
    expect(two({ tokenPrefix: 'a_' }, { tokenPrefix: 'a_b_' })).toBe(true);
    expect(two({ tokenPrefix: 'a_' }, {})).toBe(true);
  });

  it('wants to know who signs where a rule is signed, and a header that may be sent on', () => {
    const signed = { issuer: 'https://gateway.example' };
    for (const identity of [{ rule: 'signed' }, { subgraphs: { users: 'signed' } }]) {
      expect(authSchema.safeParse({ identity }).success).toBe(false);
      expect(authSchema.safeParse({ identity: { ...identity, signed } }).success).toBe(true);
      const header = { ...identity, signed: { ...signed, header: 'connection' } };
      expect(authSchema.safeParse({ identity: header }).success).toBe(false);
    }
  });

  it('refuses the same issuer twice, and ranges of addresses that are none', () => {
    expect(authSchema.safeParse({ jwt: { issuers: [issuer, issuer] } }).success).toBe(false);
    for (const range of ['10.0.0.0/33', '10.0.0/8', 'proxy', '10.0.0.1/8/8', '::1/129'])
      expect(authSchema.safeParse({ trustedProxy: { addresses: [range] } }).success).toBe(false);
  });
});

function hmac(algorithm: string, bytes: number): object {
  return { algorithms: [algorithm], keys: [{ kty: 'oct', k: Buffer.alloc(bytes, 7).toString('base64url') }] };
}
