import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { requestContext } from '../../../test/support/context.ts';
import { authSchema } from '../../config/gateway/auth.ts';
import { anyClient } from '../../pipeline/client.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { fetchKey } from '../../sources/around/fetch-key.ts';
import { ignoredHeaders } from '../../config/gateway/input-headers.ts';
import { anonymous } from '../../pipeline/principal.ts';
import { createBackendIdentity } from './backend-headers.ts';
import { Signer } from './signer.ts';
import { newSigningKeys, publicKeySet, readSigningKeys, rotatedKeys } from './signing-keys.ts';

const options = { issuer: 'https://gateway.example', lifetimeSeconds: 60 };
const ada: Principal = { ...anonymous, subject: 'ada', provenBy: 'trusted-proxy', issuer: '10.0.0.1' };
const setOf = (keys: Parameters<typeof publicKeySet>[0]) =>
  createLocalJWKSet(JSON.parse(publicKeySet(keys)) as JSONWebKeySet);

describe('a signed token', () => {
  it('is used for half its life by all who are the same, and for nobody else', async () => {
    let nowMs = 1_700_000_000_000;
    const signer = new Signer(await newSigningKeys('EdDSA'), options, () => nowMs);
    const token = (principal: Principal, subgraph = 'a'): string =>
      signer.identityOf(principal).tokenFor(subgraph);
    const first = token(ada);
    expect(token({ ...ada })).toBe(first);
    expect(token(ada, 'b')).not.toBe(first);
    const others: Array<Partial<Principal>> = [
      { subject: 'a' },
      { subject: null, client: 'ada' },
      { client: 'x' },
      { tier: 'x' },
      { roles: ['x'] },
      { scopes: ['x'] },
      { issuer: '10.0.0.2' },
      { provenBy: 'jwt' },
      { validUntilMs: nowMs + 60_000 },
    ];
    const all = others.map((change) => signer.identityOf({ ...ada, ...change }).text);
    expect(new Set([signer.identityOf(ada).text, ...all]).size).toBe(others.length + 1);
    nowMs += 29_999;
    expect(token(ada)).toBe(first);
    nowMs += 1;
    expect(decodeJwt(token(ada)).iat).toBe(1_700_000_030);
  });

  it.each(['ES256', 'EdDSA'] as const)(
    'by %s holds before, through and after turns of the keys',
    async (alg) => {
      let keys = await newSigningKeys(alg);
      const signer = new Signer(keys, options, Date.now);
      const check = (token: string) => jwtVerify(token, setOf(keys), { audience: 'a', algorithms: [alg] });
      const kids = [];
      for (let rotation = 0; rotation < 3; rotation += 1) {
        const [, next] = keys;
        const before = signer.identityOf(ada).tokenFor('a');
        kids.push((await check(before)).protectedHeader.kid);
        const previousKeySet = setOf(keys);
        signer.replaceKeys((keys = await rotatedKeys(keys)));
        const after = signer.identityOf(ada).tokenFor('a');
        // A key set fetched before the rotation has the new key, and one fetched after it the old key.
        expect((await jwtVerify(after, previousKeySet)).protectedHeader.kid).toBe(next?.kid);
        await check(before);
      }
      expect(new Set(kids).size).toBe(3);
      expect(keys).toHaveLength(3);
    },
  );
});

describe('another header', () => {
  it('carries the token as it is, and is taken from what clients say of themselves', async () => {
    const config = authSchema.parse({
      identity: { rule: 'signed', signed: { issuer: 'gateway', header: 'x-identity' } },
    });
    const signer = new Signer(await newSigningKeys('ES256'), options, Date.now);
    const { apply } = createBackendIdentity(config, signer);
    const forged = { 'x-identity': 'forged', 'x-other': 'a' };
    const context = requestContext({ headers: forged, forwardHeaders: forged });
    const anonymousContext = apply(context, { principal: anonymous });
    expect(anonymousContext.forwardHeaders).toEqual({ 'x-other': 'a' });
    expect(anonymousContext.signedFor).toBeUndefined();
    const adaContext = apply(context, { principal: ada });
    expect(adaContext.headers).toEqual({ 'x-other': 'a' });
    expect(adaContext.signedFor?.('a').forwardHeaders).toEqual({
      'x-other': 'a',
      'x-identity': signer.identityOf(ada).tokenFor('a'),
    });
  });
});

it.each(['headers', 'token'] as const)(
  'a subgraph with signed identity hears nothing by the rule %s of the others',
  async (rule) => {
    const config = authSchema.parse({
      identity: { rule, subgraphs: { a: 'signed' }, signed: { issuer: 'gateway', header: 'x-identity' } },
    });
    const signer = new Signer(await newSigningKeys('ES256'), options, Date.now);
    const proof = { principal: { ...ada, roles: ['admin'] }, token: 'own' };
    const context = createBackendIdentity(config, signer).apply(requestContext(), proof);
    expect(Object.keys(context.signedFor?.('a').forwardHeaders ?? {})).toEqual(['x-identity']);
    expect(Object.keys(context.forwardHeaders)).toEqual(
      rule === 'token' ? ['authorization'] : ['x-user-id', 'x-user-roles'],
    );
  },
);

describe('what is shared between requests', () => {
  it('is by whom a token is of, and not which of the tokens of one principal it is', async () => {
    let nowMs = Date.now();
    const config = authSchema.parse({ identity: { rule: 'signed', signed: { issuer: 'gateway' } } });
    const signer = new Signer(await newSigningKeys('ES256'), options, () => nowMs);
    const { apply } = createBackendIdentity(config, signer);
    const keyAndToken = (principal: Principal): [string, unknown] => {
      const context = apply(requestContext({}), { principal });
      const own = { ...context, ...context.signedFor?.('a'), client: anyClient };
      const key = fetchKey({ ignoreHeaders: ['authorization'] })(own, 0);
      return [key, own.forwardHeaders['authorization']];
    };
    const [key, token] = keyAndToken(ada);
    nowMs += 40_000;
    const [laterKey, laterToken] = keyAndToken(ada);
    expect(laterKey).toBe(key);
    expect(laterToken).not.toBe(token);
    expect(keyAndToken({ ...ada, subject: 'grace' })[0]).not.toBe(key);
  });

  it('is never by less than who the user is, whatever may be ignored', () => {
    const auth = authSchema.parse({ identity: { signed: { issuer: 'gateway', header: 'x-identity' } } });
    const ignoreHeaders = ['authorization', 'x-user-id', 'x-user-roles', 'x-identity', 'x-request-id'];
    const sharing = { fetches: true, joinFetches: true, requests: false, ignoreHeaders };
    expect(ignoredHeaders({ sharing, auth })).toEqual(['x-request-id']);
  });
});

describe('a file of keys', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-keys-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const jwk = (): object => generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const read = async (text: string): ReturnType<typeof readSigningKeys> => {
    const path = join(folder, 'keys.json');
    await writeFile(path, text);
    return readSigningKeys(path);
  };

  it('names keys by their thumbprint where it does not name them itself', async () => {
    const keys = [
      jwk(),
      { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) },
    ];
    const [first, second] = await read(JSON.stringify({ keys }));
    expect([first?.alg, second?.alg]).toEqual(['EdDSA', 'ES256']);
    expect(first?.kid).toMatch(/^[\w-]{43}$/);
  });

  it.each<[string, () => string]>([
    ['no JSON', () => 'SECRET'],
    ['no keys', () => '{"keys":[]}'],
    ['a list', () => JSON.stringify([jwk()])],
    ['a public key', () => JSON.stringify({ keys: [{ ...jwk(), d: undefined }] })],
    ['a secret', () => '{"keys":[{"kty":"oct","k":"SECRET"}]}'],
    ['an RSA key', () => rsa()],
    ['parts that do not fit', () => JSON.stringify({ keys: [{ ...jwk(), d: (jwk() as { d: string }).d }] })],
    [
      'the same kid twice',
      () =>
        JSON.stringify({
          keys: [
            { ...jwk(), kid: 'a' },
            { ...jwk(), kid: 'a' },
          ],
        }),
    ],
    ['a kid that is no text', () => JSON.stringify({ keys: [{ ...jwk(), kid: 7 }] })],
  ])('is refused with %s, without a word of what is in it', async (_what, text) => {
    const fileText = text();
    await expect(read(fileText)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const { message } = await read(fileText).then(
      () => ({ message: '' }),
      (error: Error) => error,
    );
    expect(message).toContain('keys.json');
    expect(message).not.toMatch(/SECRET|"d"/);
  });
});

function rsa(): string {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  return JSON.stringify({ keys: [key] });
}
