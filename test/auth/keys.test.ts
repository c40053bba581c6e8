/** Keys of an identity provider: rotated, asked for by attackers, and gone while the provider is down. Time is moved by hand. */
import { join } from 'node:path';

import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';

import { openAuth } from '../../src/authn/open-authentication.ts';
import { authSchema } from '../../src/config/gateway/auth.ts';
import { Events } from '../../src/shared/events.ts';
import { folderWith } from '../support/folder.ts';
import { provider, type Provider, signed, signingKey } from './support/provider.ts';
import { checker } from './support/tokens.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

async function given(settings: object = {}) {
  const [first, second] = await Promise.all([signingKey('ES256', 'first'), signingKey('ES256', 'second')]);
  const idp = await provider([first]);
  const check = checker({ issuers: [issuerOf(idp)], ...settings });
  const token = (key = first, claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
    signed(key, idp.issuer, { nowMs: check.nowMs, claims });
  return { first, second, idp, check, token };
}

const issuerOf = ({ issuer, jwksUrl }: Provider) => ({
  issuer,
  jwksUrl,
  audience: 'shop',
  algorithms: ['ES256'],
});

describe('while the identity provider is down', () => {
  it.each(['fails', 'hang', 'floods', 'redirects'] as const)(
    'no good token is refused for an hour, when it %s',
    async (mode) => {
      const { idp, check, token } = await given({ timeoutMs: 1500 });
      expect((await check.check(await token())).principal?.subject).toBe('ada');
      idp.mode = mode;
      const refused = [];
      for (let minute = 0; minute < 60; minute += 1) {
        check.forward(minuteMs);
        const { principal, reason } = await check.check(await token(undefined, { jti: `t${minute}` }));
        if (!principal) refused.push(reason);
      }
      expect(refused).toEqual([]);
      await expect.poll(() => check.failures.length).toBeGreaterThan(0);
    },
  );

  it('the last good keys serve for as long as is configured, and no longer', async () => {
    const { idp, check, token } = await given({ keptHours: 2 });
    await check.check(await token());
    idp.mode = 'fails';
    check.forward(2 * hourMs - secondMs);
    expect((await check.check(await token())).principal).toBeDefined();
    check.forward(2 * secondMs);
    expect(await check.check(await token(undefined, { jti: 'later' }))).toMatchObject({
      code: 'AUTHENTICATION_UNAVAILABLE',
    });
    idp.mode = 'ok';
    check.forward(secondMs);
    expect((await check.check(await token(undefined, { jti: 'again' }))).principal).toBeDefined();
  });

  it('keys that are kept for no time serve all the same until they would be fetched again', async () => {
    const { idp, check, token } = await given({ keptHours: 0 });
    const next = async (jti: string) => check.check(await token(undefined, { jti }));
    for (let second = 0; second < 600; second += 60) {
      expect((await next(String(second))).principal).toBeDefined();
      check.forward(60 * secondMs);
    }
    expect(idp.asked).toBe(1);
    idp.mode = 'fails';
    expect((await next('while they are fetched')).principal).toBeDefined();
    check.forward(60 * secondMs);
    expect(await next('after that')).toMatchObject({ code: 'AUTHENTICATION_UNAVAILABLE' });
  });

  it('a gateway that never had keys says so, and tries again a second later', async () => {
    const { idp, check, token } = await given();
    idp.mode = 'fails';
    const good = await token();
    for (let i = 0; i < 50; i += 1)
      expect(await check.check(good)).toMatchObject({ code: 'AUTHENTICATION_UNAVAILABLE' });
    expect(idp.asked).toBe(1);
    idp.mode = 'ok';
    check.forward(secondMs);
    expect((await check.check(good)).principal).toBeDefined();
  });
});

it('an issuer that hangs delays nobody but its own tokens', async () => {
  const { first, idp } = await given();
  const hanging = await provider([first]);
  hanging.mode = 'hang';
  const check = checker({ issuers: [issuerOf(hanging), issuerOf(idp)], timeoutMs: 60_000 });
  let isOver = false;
  const waiting = check.check(await signed(first, hanging.issuer)).then(() => (isOver = true));
  await expect.poll(() => hanging.asked).toBe(1);
  expect((await check.check(await signed(first, idp.issuer))).principal).toBeDefined();
  expect(isOver).toBe(false);
  hanging.close();
  await waiting;
});

describe('an unknown kid', () => {
  it('10,000 of them cause at most one fetch in 30 seconds', async () => {
    const { idp, check, token, second } = await given();
    await check.check(await token());
    const before = idp.asked;
    const [, payload, signature] = (await token(second)).split('.');
    const perWindow = 1000;
    for (let window = 1; window <= 10; window += 1) {
      check.forward(30 * secondMs);
      const forged = Array.from({ length: perWindow }, (_, i) => {
        const header = { alg: 'ES256', kid: `unknown-${window}-${i}` };
        const head = Buffer.from(JSON.stringify(header)).toString('base64url');
        return check.check(`${head}.${payload}.${signature}`);
      });
      for (const { code } of await Promise.all(forged)) expect(code).toBe('UNAUTHENTICATED');
      expect(idp.asked - before).toBeLessThanOrEqual(window);
    }
  });

  it('is a rotated key, and accepted at once, outside the cool-down', async () => {
    const { idp, check, token, first, second } = await given();
    await check.check(await token());
    idp.keys = [first.jwk, second.jwk];
    const rotated = await token(second);
    expect((await check.check(rotated)).reason).toBe(
      'no key of the issuer matches the kid and algorithm of the token',
    );
    check.forward(30 * secondMs);
    expect((await check.check(rotated)).principal).toBeDefined();
    expect(idp.asked).toBe(2);
  });
});

it.each(['the same kid', 'no kid'])(
  'a key that takes the place of another with %s is accepted at once, outside the cool-down',
  async (kid) => {
    const [first, second] = await Promise.all([signingKey('ES256', 'one'), signingKey('ES256', 'one')]);
    const isNamed = kid !== 'no kid';
    const published = ({ jwk }: typeof first): JWK => {
      const { kid: _, ...unnamed } = jwk;
      return isNamed ? jwk : unnamed;
    };
    const idp = await provider([first]);
    idp.keys = [published(first)];
    const check = checker({ issuers: [issuerOf(idp)] });
    const header = isNamed ? {} : { kid: undefined };
    const tokenOf = (key: typeof first, jti: string): Promise<string> =>
      signed(key, idp.issuer, { nowMs: check.nowMs, claims: { jti }, header });
    expect((await check.check(await tokenOf(first, 'a'))).principal).toBeDefined();
    idp.keys = [published(second)];
    expect((await check.check(await tokenOf(second, 'b'))).code).toBe('UNAUTHENTICATED');
    expect(idp.asked).toBe(1);
    check.forward(30 * secondMs);
    expect((await check.check(await tokenOf(second, 'c'))).principal).toBeDefined();
    expect((await check.check(await tokenOf(first, 'd'))).code).toBe('UNAUTHENTICATED');
    expect(idp.asked).toBe(2);
  },
);

it('many tokens at once, with no keys yet, cause one fetch', async () => {
  const { idp, check, token } = await given();
  const tokens = await Promise.all(Array.from({ length: 100 }, (_, i) => token(undefined, { jti: `t${i}` })));
  const checked = await Promise.all(tokens.map((one) => check.check(one)));
  expect(checked.filter(({ principal }) => !principal)).toEqual([]);
  expect(idp.asked).toBe(1);
});

it('a key that is withdrawn takes the tokens that were verified with it along', async () => {
  const { idp, check, token, second } = await given();
  const good = await token();
  await check.check(good);
  idp.keys = [second.jwk];
  check.forward(11 * minuteMs);
  // This one starts the fetch and does not wait for it.
  expect((await check.check(await token(undefined, { jti: 'a' }))).principal).toBeDefined();
  await expect.poll(async () => (await check.check(good)).code).toBe('UNAUTHENTICATED');
});

describe('a token that was verified', () => {
  it('is not verified again while it holds', async () => {
    const { check, token } = await given();
    const good = await token();
    const { principal } = await check.check(good);
    expect((await check.check(good)).principal).toBe(principal);
  });

  it('ends with its exp, and is verified again after a minute', async () => {
    const { check, token } = await given();
    const [short, long] = [
      await token(undefined, { exp: Math.floor(check.nowMs / 1000) + 30 }),
      await token(),
    ];
    await check.check(short);
    const { principal } = await check.check(long);
    check.forward(40 * secondMs);
    expect((await check.check(short)).reason).toBe('the token has expired');
    expect((await check.check(long)).principal).toBe(principal);
    check.forward(21 * secondMs);
    const later = (await check.check(long)).principal;
    expect(later).toEqual(principal);
    expect(later).not.toBe(principal);
  });
});

describe('what a token says', () => {
  it('becomes a principal, wherever its issuer puts it', async () => {
    const { idp, first } = await given();
    const check = checker({
      issuers: [
        {
          ...issuerOf(idp),
          claims: {
            subject: 'https://shop.example/user',
            tier: 'plan.name',
            roles: ['https://shop.example/roles'],
          },
        },
      ],
    });
    const token = await signed(first, idp.issuer, {
      claims: {
        'https://shop.example/user': 'grace',
        'https://shop.example/roles': ['admin', 7, 'staff'],
        plan: { name: 'premium' },
        azp: 'web',
        scope: 'read write',
      },
    });
    expect((await check.check(token)).principal).toMatchObject({
      subject: 'grace',
      client: 'web',
      tier: 'premium',
      roles: ['admin', 'staff'],
      scopes: ['read', 'write'],
      issuer: idp.issuer,
    });
  });

  it('must be what the configuration requires', async () => {
    const { idp, first } = await given();
    const check = checker({ issuers: [{ ...issuerOf(idp), requiredClaims: ['tenant'], types: ['at+jwt'] }] });
    const typed = { header: { typ: 'at+jwt' } };
    expect((await check.check(await signed(first, idp.issuer, typed))).reason).toBe(
      'the claim tenant of the token is missing',
    );
    const claims = { tenant: 't1' };
    expect((await check.check(await signed(first, idp.issuer, { claims }))).code).toBe('UNAUTHENTICATED');
    expect(
      (await check.check(await signed(first, idp.issuer, { claims, ...typed }))).principal,
    ).toBeDefined();
  });

  it('is read from a cookie or a header of its own, where that is configured', async () => {
    const { idp, first } = await given();
    const check = checker({
      issuers: [issuerOf(idp)],
      sources: [{ cookie: 'session' }, { header: 'x-token', scheme: '' }],
    });
    const token = await signed(first, idp.issuer);
    expect((await check.with({ cookie: `a=b; session=${token}` })).principal?.subject).toBe('ada');
    expect((await check.with({ 'x-token': token })).principal?.subject).toBe('ada');
    expect(await check.check(token)).toEqual({});
    expect((await check.with({ cookie: `session=x; session=${token}` })).code).toBe('UNAUTHENTICATED');
  });
});

describe('an issuer that is configured by its name alone', () => {
  const discovered = ({ issuer }: Provider) =>
    checker({ issuers: [{ issuer, audience: 'shop', algorithms: ['ES256'] }] });

  it('says itself where its keys are', async () => {
    const { idp, token } = await given();
    expect((await discovered(idp).check(await token())).principal?.subject).toBe('ada');
    expect(idp.asked).toBe(2);
  });

  it('is not believed where it speaks for another', async () => {
    const { idp, token } = await given();
    idp.says = 'https://other.example';
    const check = discovered(idp);
    expect((await check.check(await token())).code).toBe('AUTHENTICATION_UNAVAILABLE');
    expect(check.failures).toEqual(['the discovery document belongs to another issuer']);
  });
});

it('what is refused is said in the log in words, and with nothing that a token says itself', async () => {
  const { first, idp, check, token } = await given();
  expect((await check.check(await token(first, { aud: 'other' }))).reason).toBe(
    'the claim aud of the token has none of the configured audiences',
  );
  const foreign = await signed(first, 'https://evil.example', { nowMs: check.nowMs });
  expect((await check.check(foreign)).reason).toBe('the issuer of the token is not configured');
  const slashed = await signed(first, `${idp.issuer}/`, { nowMs: check.nowMs });
  expect((await check.check(slashed)).reason).toBe(
    `the issuer of the token is not configured: the configured issuer is ${idp.issuer}, which differs by the trailing slash`,
  );
  idp.mode = 'fails';
  check.forward(hourMs);
  await check.check(await token(first, { jti: 'later' }));
  await expect.poll(() => JSON.stringify(check.failures)).toContain(`${idp.jwksUrl}: the identity provider`);
});

describe('a file of keys', () => {
  it.each([
    ['is missing', undefined, 'which does not exist'],
    ['is not JSON', 'secret', 'which cannot be used: the key file is not JSON'],
    ['has no keys', '{"keys":[]}', 'which cannot be used: the key set has no keys'],
  ])('that %s stops the start, with the key of the configuration', async (_, text, reason) => {
    const folder = await folderWith(text === undefined ? {} : { 'keys.json': text });
    const jwksFile = join(folder, 'keys.json');
    const issuer = { issuer: 'https://idp.example', audience: 'shop', algorithms: ['ES256'], jwksFile };
    await expect(
      openAuth(authSchema.parse({ jwt: { issuers: [issuer] } }), {
        events: new Events(),
        networkOf: (address) => address,
      }),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `auth.jwt.issuers[0].jwksFile: expected a key file, got "${jwksFile}", ${reason}`,
    });
  });
});

describe('a token without a kid', () => {
  const withoutKid = { kid: undefined };

  async function several(count: number) {
    const keys = await Promise.all(Array.from({ length: count }, (_, i) => signingKey('ES256', `k${i}`)));
    const idp = await provider(keys);
    const check = checker({ issuers: [issuerOf(idp)] });
    const from = (key: (typeof keys)[number], claims: Readonly<Record<string, unknown>> = {}) =>
      signed(key, idp.issuer, { nowMs: check.nowMs, header: withoutKid, claims });
    return { keys, check, from };
  }

  it('holds by whichever of the issuer’s keys signed it', async () => {
    const { keys, check, from } = await several(3);
    for (const key of keys) expect((await check.check(await from(key))).principal?.subject).toBe('ada');
  });

  it('is refused for what is wrong with it, not for the keys that did not sign it', async () => {
    const { keys, check, from } = await several(2);
    const [, second] = keys;
    const expired = second && (await from(second, { exp: Math.floor(check.nowMs / 1000) - 60 }));
    expect(await check.check(expired ?? '')).toMatchObject({ reason: 'the token has expired' });
    const foreign = await from(await signingKey('ES256', 'k0'));
    expect(await check.check(foreign)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('holds by a good key also where another one of the issuer cannot be used', async () => {
    const good = await signingKey('ES256', 'good');
    const offCurve = { ...good, jwk: { ...good.jwk, kid: 'off-curve', x: 'AA', y: 'AA' } };
    const idp = await provider([offCurve, good]);
    const check = checker({ issuers: [issuerOf(idp)] });
    const of = (header: Readonly<Record<string, unknown>>): Promise<string> =>
      signed(good, idp.issuer, { nowMs: check.nowMs, header });
    expect((await check.check(await of(withoutKid))).principal?.subject).toBe('ada');
    expect(await check.check(await of({ kid: 'off-curve' }))).toMatchObject({
      reason: 'no key of the issuer that matches the token can be used',
    });
  });

  it('costs a few checks of its signature at most', async () => {
    const { keys, check, from } = await several(6);
    const held = [];
    for (const key of keys) held.push((await check.check(await from(key))).principal !== undefined);
    expect(held).toEqual([true, true, true, true, false, false]);
  });
});

it.each([1, 2, 7])('Bearer and a token may have %i spaces between them', async (spaces) => {
  const { check, token } = await given();
  const good = await token();
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    const { principal } = await check.with({ authorization: `${scheme}${' '.repeat(spaces)}${good}` });
    expect(principal?.subject).toBe('ada');
  }
  expect(await check.with({ authorization: `Bearer${' '.repeat(spaces)}` })).toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});

it('a file of keys with a secret shorter than its hash is refused at start', async () => {
  const keys = [{ kty: 'oct', k: Buffer.alloc(31, 7).toString('base64url') }];
  const folder = await folderWith({ 'keys.json': JSON.stringify({ keys }) });
  const jwksFile = join(folder, 'keys.json');
  const config = authSchema.parse({
    jwt: { issuers: [{ issuer: 'i', jwksFile, audience: 'shop', algorithms: ['HS256'] }] },
  });
  await expect(
    openAuth(config, { events: new Events(), networkOf: (address) => address }),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('key 0 has 31 bytes') });
});
