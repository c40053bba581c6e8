/** Tokens that somebody made to get in: none does, and nobody learns from the answer how close it came. */
import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';

import { CompactEncrypt, exportJWK, exportSPKI, importJWK, UnsecuredJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Provider, type SigningKey, signed, signingKey, startProvider } from './support/provider.ts';
import { type Checker, checker } from './support/tokens.ts';

let provider: Provider;
let rsa: SigningKey;
let ec: SigningKey;
let bare: SigningKey;
let foreign: SigningKey;
let encryption: SigningKey;
let check: Checker;

beforeAll(async () => {
  rsa = await signingKey('RS256', 'rsa');
  ec = await signingKey('ES256', 'ec');
  bare = await signingKey('RS256', 'bare', { alg: undefined, use: undefined } as object);
  foreign = await signingKey('RS256', 'rsa');
  encryption = await signingKey('RS256', 'enc', { use: 'enc' });
  provider = await startProvider([rsa, ec, bare, encryption]);
  check = checker({
    issuers: [
      {
        issuer: provider.issuer,
        jwksUrl: provider.jwksUrl,
        audience: 'shop',
        algorithms: ['RS256', 'ES256'],
      },
    ],
  });
});

afterAll(() => provider.close());

const base64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const nowS = Math.floor(Date.now() / 1000);
const good = (key = rsa, options: Parameters<typeof signed>[2] = {}): Promise<string> =>
  signed(key, provider.issuer, options);
const claims = () => ({ iss: provider.issuer, aud: 'shop', sub: 'ada', exp: nowS + 3600 });
const unsigned = (header: object, signature = ''): string =>
  `${base64(header)}.${base64(claims())}.${signature}`;
/** Signed with the real key over a header or payload that no library would write. */
const rawSigned = (header: unknown, payload: unknown): Promise<string> =>
  signRaw(rsa.privateKey, header, payload);

async function signRaw(key: CryptoKey, header: unknown, payload: unknown): Promise<string> {
  const text = `${base64(header)}.${base64(payload)}`;
  const bytes = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, Buffer.from(text));
  return `${text}.${Buffer.from(bytes).toString('base64url')}`;
}

function hmac(header: object, secret: string | Buffer): string {
  const text = `${base64(header)}.${base64(claims())}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const rs = { alg: 'RS256', kid: 'rsa' };
const publicPem = async (): Promise<string> => exportSPKI((await importJWK(rsa.jwk, 'RS256')) as CryptoKey);
const header = (extra: object) => () => rawSigned({ ...rs, ...extra }, claims());
const claim = (extra: object) => () => rawSigned(rs, { ...claims(), ...extra });

const hostile: Record<string, () => string | Promise<string>> = {
  'alg none': () => new UnsecuredJWT(claims()).encode(),
  'alg None': () => unsigned({ alg: 'None' }, 'AA'),
  'alg NONE': () => unsigned({ alg: 'NONE' }, 'AA'),
  'alg nOnE': () => unsigned({ alg: 'nOnE' }, 'AA'),
  'alg none, signed': () => rawSigned({ alg: 'none', kid: 'rsa' }, claims()),
  'alg empty': header({ alg: '' }),
  'alg missing': () => rawSigned({ kid: 'rsa' }, claims()),
  'alg a number': header({ alg: 256 }),
  'alg a list': header({ alg: ['RS256'] }),
  'alg in lower case': header({ alg: 'rs256' }),
  'HS256 with the public key as its secret': async () =>
    hmac({ alg: 'HS256', kid: 'rsa' }, await publicPem()),
  'HS256 with the JWK as its secret': () => hmac({ alg: 'HS256', kid: 'rsa' }, JSON.stringify(rsa.jwk)),
  'HS256 with a key that has no alg': async () => hmac({ alg: 'HS256', kid: 'bare' }, await publicPem()),
  'HS256 with no secret': () => hmac({ alg: 'HS256', kid: 'rsa' }, ''),
  'RS256 said of an HMAC': async () => hmac(rs, await publicPem()),
  'an embedded jwk of its own': () => good(foreign, { header: { jwk: foreign.jwk } }),
  'an embedded jwk beside the right kid': header({ jwk: {} }),
  'a jku of its own': () => good(foreign, { header: { jku: 'http://127.0.0.1:1/keys' } }),
  'an x5u of its own': () => good(foreign, { header: { x5u: 'http://127.0.0.1:1/cert' } }),
  'an x5c of its own': () => good(foreign, { header: { x5c: ['MII'] } }),
  'a kid that walks the file system': () => good(rsa, { header: { kid: '../../../../dev/null' } }),
  'a kid that is a query': () => good(rsa, { header: { kid: "x' UNION SELECT 'secret" } }),
  'a kid that is an address': () => good(rsa, { header: { kid: 'http://127.0.0.1:1/key' } }),
  'a kid that is inherited by objects': () => good(rsa, { header: { kid: '__proto__' } }),
  'a kid that is no text': header({ kid: { rsa: 1 } }),
  'a kid of 10,000 characters': header({ kid: 'k'.repeat(5000) }),
  'the kid of another key': () => good(rsa, { header: { kid: 'bare' } }),
  'no kid, and a key that is not of the issuer': () => good(foreign, { header: { kid: undefined } }),
  'crit with something unknown': header({ crit: ['x'], x: 1 }),
  'crit with nothing': header({ crit: [] }),
  'b64 false': header({ b64: false, crit: ['b64'] }),
  'a compressed payload': header({ zip: 'DEF' }),
  'the typ of a logout token': header({ typ: 'logout+jwt' }),
  'a typ that is no text': header({ typ: 1 }),
  'no exp': claim({ exp: undefined }),
  'exp as a text': claim({ exp: String(nowS + 3600) }),
  'exp null': claim({ exp: null }),
  'exp in the past': claim({ exp: nowS - 60 }),
  'exp that is no number of JSON': async () =>
    rawSigned(rs, JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e999')),
  'nbf in the future': claim({ nbf: nowS + 600 }),
  'nbf as a text': claim({ nbf: String(nowS) }),
  'iat in the future': claim({ iat: nowS + 5000 }),
  'iat as a text': claim({ iat: 'now' }),
  'another aud': claim({ aud: 'bank' }),
  'other auds': claim({ aud: ['bank', 'shop2'] }),
  'no aud': claim({ aud: undefined }),
  'an aud that only begins so': claim({ aud: 'shopping' }),
  'another iss': claim({ iss: 'https://evil.example' }),
  'iss with a slash more': claim({ iss: 'SLASH' }),
  'iss as a list': () => rawSigned(rs, { ...claims(), iss: [provider.issuer] }),
  'no iss': claim({ iss: undefined }),
  'sub as an object': claim({ sub: { admin: true } }),
  'jti as a number': claim({ jti: 1 }),
  'bound to a key of the client': claim({ cnf: { jkt: 'x' } }),
  'signed by another key of the same kid': () => good(foreign),
  'PS256 with a key for RS256': async () => {
    const text = `${base64({ alg: 'PS256', kid: 'rsa' })}.${base64(claims())}`;
    const key = await crypto.subtle.exportKey('jwk', rsa.privateKey);
    const signature = signBytes('sha256', Buffer.from(text), {
      key: key as object,
      format: 'jwk',
      padding: 6,
      saltLength: 32,
    } as unknown as Parameters<typeof signBytes>[2]);
    return `${text}.${signature.toString('base64url')}`;
  },
  'ES256 with the kid of an RSA key': () => good(ec, { header: { kid: 'rsa' } }),
  'RS384 which is not allowed': header({ alg: 'RS384' }),
  'a key that is for encryption': () => good(encryption),
  'an ECDSA signature of zeros': () =>
    `${base64({ alg: 'ES256', kid: 'ec' })}.${base64(claims())}.${Buffer.alloc(64).toString('base64url')}`,
  'a changed payload': async () =>
    (await good()).replace(/\.[^.]+\./, `.${base64({ ...claims(), sub: 'root' })}.`),
  'a changed signature': async () => (await good()).replace(/.{4}$/, 'AAAA'),
  'no signature': async () => (await good()).replace(/[^.]+$/, ''),
  'a space inside': async () => (await good()).replace(/.$/, ' $&'),
  'a newline inside': async () => (await good()).replace(/\./, '\n.'),
  'a tab at its end': async () => `${await good()}\t`,
  'padding at its end': async () => `${await good()}=`,
  'base64 that is not base64url': async () => (await good()).replace(/.{2}$/, '+/'),
  'bits that base64url leaves over': async () => {
    const token = await good();
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(last) + 1);
  },
  'two parts': async () => (await good()).split('.').slice(0, 2).join('.'),
  'four parts': async () => `${await good()}.AAAA`,
  'an encrypted token of five parts': async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
      .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM' })
      .encrypt(publicKey);
  },
  '1 MB of claims': () => rawSigned(rs, { ...claims(), padding: 'x'.repeat(1_000_000) }),
  'a header that is a list': () => rawSigned([rs], claims()),
  'a header that is null': () => rawSigned('null', claims()),
  'a payload that is no JSON': () => rawSigned(rs, '{"iss":'),
  'a payload that is a text': () => rawSigned(rs, '"ada"'),
  'nothing between the dots': () => '..',
  'only a dot': () => '.',
};

describe('a token that is not to be trusted', () => {
  it.each(Object.keys(hostile))('%s', async (name) => {
    let token = (await hostile[name]?.()) ?? '';
    if (name === 'iss with a slash more')
      token = await rawSigned(rs, { ...claims(), iss: `${provider.issuer}/` });
    const { principal, code, message, reason } = await check.check(token);
    expect(principal).toBeUndefined();
    expect({ code, message }).toEqual({
      code: 'UNAUTHENTICATED',
      message: 'The credentials are not valid: get new ones',
    });
    expect(reason).not.toBe('');
    for (const part of token.split('.')) if (part.length > 8) expect(reason).not.toContain(part);
  });

  it('is one of at least 40', () => {
    expect(Object.keys(hostile).length).toBeGreaterThanOrEqual(40);
  });
});

describe('a token that is as it should be', () => {
  it.each([
    ['RS256', () => good()],
    ['ES256', () => good(ec)],
    ['a key that has neither alg nor use', () => good(bare)],
    ['typ at+jwt', () => good(rsa, { header: { typ: 'application/at+JWT' } })],
    ['several audiences', () => good(rsa, { claims: { aud: ['bank', 'shop'] } })],
    ['written by hand, as the hostile ones are', () => rawSigned(rs, claims())],
  ])('%s', async (_name, token) => {
    expect((await check.check(await token())).principal).toMatchObject({ subject: 'ada', provenBy: 'jwt' });
  });

  it('is sent without a scheme or with another one by somebody else', async () => {
    expect(await check.with({ authorization: 'Basic YTpi' })).toEqual({});
    expect(await check.with({ authorization: 'Bearers YTpi' })).toEqual({});
    // What follows may be read as a token by somebody else.
    for (const authorization of ['Bearer', 'Bearer\ta.b.c', 'bearer,a.b.c', 'Bearer:a.b.c', 'Bearer="a"'])
      expect((await check.with({ authorization })).code).toBe('UNAUTHENTICATED');
    const { principal } = await check.with({ authorization: `bearer ${await good()}` });
    expect(principal?.subject).toBe('ada');
  });
});

it('a key of its issuer that is none is no reason for an error of ours', async () => {
  const issuer = 'https://careless.example';
  const broken = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'broken' };
  const careless = checker({
    issuers: [{ issuer, keys: [broken], audience: 'shop', algorithms: ['ES256'] }],
  });
  const token = `${base64({ alg: 'ES256', kid: 'broken' })}.${base64({ ...claims(), iss: issuer })}.AAAA`;
  for (let turn = 0; turn < 2; turn += 1) expect((await careless.check(token)).code).toBe('UNAUTHENTICATED');
});

it('a key of the same kind is not exchanged for a secret', async () => {
  const secret = { kty: 'oct', kid: 'shared', k: base64('a secret that is thirty-two bytes'), alg: 'HS256' };
  const byFile = checker({
    issuers: [{ issuer: 'https://own.example', keys: [secret], audience: 'shop', algorithms: ['HS256'] }],
  });
  const text = `${base64({ alg: 'HS256', kid: 'shared' })}.${base64({ ...claims(), iss: 'https://own.example' })}`;
  const key = Buffer.from(secret.k, 'base64url');
  const token = `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  expect((await byFile.check(token)).principal?.issuer).toBe('https://own.example');
  expect((await byFile.check(await good())).code).toBe('UNAUTHENTICATED');
  expect(await exportJWK(rsa.privateKey)).toHaveProperty('d');
});
