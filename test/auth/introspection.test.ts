/** Tokens that an issuer is asked about: what it may say, how often it is asked, and by whom. Time is moved by hand. */
import { describe, expect, it } from 'vitest';

import { introspector, type Introspector } from './support/introspector.ts';
import { type Checked, type Checker, checker } from './support/tokens.ts';

const secondMs = 1000;

async function given(introspection: object = {}, change: object = {}) {
  const idp = await introspector();
  const check = checker({ issuers: [issuerOf(idp, introspection, change)] });
  const good = { active: true, sub: 'ada', token_type: 'Bearer', iss: idp.issuer, aud: ['shop', 'x'] };
  idp.says = (token) => (token.startsWith('good') ? good : { active: false });
  return { idp, check, good };
}

const issuerOf = (idp: Introspector, introspection: object = {}, change: object = {}): object => ({
  issuer: idp.issuer,
  audience: 'shop',
  introspection: { clientId: 'gw', clientSecret: 'secret', ...introspection },
  ...change,
});

const many = (n: number, of: string): string[] => Array.from({ length: n }, (_, i) => `${of}-${i}`);

function count(checked: readonly Checked[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code = 'proven' } of checked) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

describe('what an issuer says of a token', () => {
  const nowS = (check: Checker): number => Math.floor(check.nowMs / 1000);

  it.each<[string, (check: Checker) => object | string]>([
    ['active is a text', () => ({ active: 'true' })],
    ['active is a number', () => ({ active: 1 })],
    ['active is missing', () => ({ active: undefined })],
    ['active is false', () => ({ active: false })],
    ['another issuer', () => ({ iss: 'https://other.example' })],
    ['an issuer that is no text', () => ({ iss: ['x'] })],
    ['another audience', () => ({ aud: 'elsewhere' })],
    ['no audience in the list', () => ({ aud: [] })],
    ['an audience that is an object', () => ({ aud: { shop: 'shop' } })],
    ['it has expired', (check) => ({ exp: nowS(check) - 10 })],
    ['an exp that is a text', (check) => ({ exp: String(nowS(check) + 100) })],
    ['an exp that is null', () => ({ exp: null })],
    ['an exp beyond numbers', () => '{"active":true,"token_type":"Bearer","exp":1e999}'],
    ['it is not valid yet', (check) => ({ nbf: nowS(check) + 100 })],
    ['it was issued in the future', (check) => ({ iat: nowS(check) + 100 })],
    ['another type', () => ({ token_type: 'DPoP' })],
    ['a type that is no text', () => ({ token_type: ['Bearer'] })],
    ['no type, as for refresh tokens', () => ({ token_type: undefined })],
    ['another use', () => ({ token_use: 'refresh_token' })],
    ['a key that must be proven', () => ({ cnf: { jkt: 'x' } })],
    ['a sub that is a list', () => ({ sub: ['root'] })],
    ['a jti that is a number', () => ({ jti: 7 })],
    ['something that is no JSON', () => 'active: true'],
    ['a list', () => '[{"active":true}]'],
    ['more than it may', () => `{"active":true,"x":"${'x'.repeat(70_000)}"}`],
  ])('does not let it count: %s', async (_what, wrong) => {
    const { idp, check, good } = await given();
    const said = wrong(check);
    idp.says = () => (typeof said === 'string' ? said : { ...good, ...said });
    const { principal, code } = await check.check('token');
    expect(principal).toBeUndefined();
    expect(code).toMatch(/^(UNAUTHENTICATED|AUTHENTICATION_UNAVAILABLE)$/);
  });

  it('lets it count where everything that is said is right, the type in any case', async () => {
    const { idp, check, good } = await given();
    const exp = nowS(check) + 100;
    idp.says = () => ({ ...good, token_type: 'bearer', exp, nbf: exp - 100, iat: exp - 100 });
    expect((await check.check('token')).principal).toMatchObject({
      subject: 'ada',
      provenBy: 'introspection',
      validUntilMs: exp * 1000,
    });
  });

  it('may say that it is bound to a key where something before the gateway has checked that', async () => {
    const { idp, check, good } = await given({}, { boundTokens: 'accept' });
    idp.says = () => ({ ...good, cnf: { jkt: 'x' } });
    expect((await check.check('token')).principal).toBeDefined();
  });

  it('may leave out the type, and must say a claim, where that is configured', async () => {
    const { idp, check } = await given({ tokenTypeRequired: false }, { requiredClaims: ['aud'] });
    idp.says = (token) => ({ active: true, ...(token === 'with' ? { aud: 'shop' } : {}) });
    expect((await check.check('with')).principal).toBeDefined();
    expect((await check.check('without')).reason).toBe('the claim aud of the token is missing');
  });
});

describe('how the issuer is asked', () => {
  it('by its discovery document, with the secret encoded as in a form', async () => {
    const { idp, check } = await given({ clientId: 'a:b', clientSecret: 'c d' });
    expect((await check.check('good')).principal).toBeDefined();
    expect(idp.last.authorization).toBe(`Basic ${Buffer.from('a%3Ab:c+d').toString('base64')}`);
    expect(Object.fromEntries(idp.last.form)).toEqual({ token: 'good', token_type_hint: 'access_token' });
  });

  it('with the secret in the body where that is configured', async () => {
    const idp = await introspector();
    const check = checker({ issuers: [issuerOf(idp, { url: idp.url, authMethod: 'post' })] });
    await check.check('token');
    expect(idp.last.authorization).toBeUndefined();
    expect(Object.fromEntries(idp.last.form)).toMatchObject({ client_id: 'gw', client_secret: 'secret' });
  });

  it.each(['two tokens', 'tok\u00e9n', 'a=b', '', 'a,b', `a${'\u0000'}`, '"a"', 'a'.repeat(9000)])(
    'not about what has no form of a token: %j',
    async (token) => {
      const { idp, check } = await given();
      expect((await check.check(token)).code).toBe('UNAUTHENTICATED');
      expect(idp.asked).toEqual([]);
    },
  );

  it('once about each token, however many requests show it, until that is too old', async () => {
    const { idp, check } = await given({ cacheSeconds: 30 });
    const checked = await Promise.all(Array.from({ length: 50 }, () => check.check('good')));
    expect(count(checked)).toEqual({ proven: 50 });
    await check.check('good');
    expect(idp.asked).toEqual(['good']);
    check.forward(30 * secondMs);
    await check.check('good');
    expect(idp.asked).toEqual(['good', 'good']);
  });

  it('no longer than its exp is a token kept', async () => {
    const { idp, check, good } = await given({ cacheSeconds: 300 });
    idp.says = () => ({ ...good, exp: Math.floor(check.nowMs / 1000) + 60 });
    const { principal } = await check.check('good');
    check.forward((principal?.validUntilMs ?? 0) - check.nowMs);
    await check.check('good');
    expect(idp.asked).toHaveLength(2);
  });

  it('not again at once about a token that does not hold', async () => {
    const { idp, check } = await given({ negativeCacheSeconds: 10 });
    for (let i = 0; i < 20; i += 1) expect((await check.check('bad')).code).toBe('UNAUTHENTICATED');
    expect(idp.asked).toEqual(['bad']);
    check.forward(10 * secondMs);
    await check.check('bad');
    expect(idp.asked).toHaveLength(2);
  });
});

describe('random tokens', () => {
  it('reach the issuer as often a second as is configured, and half as often from one who shows bad ones', async () => {
    const { idp, check } = await given({ callsPerSecondMax: 40, concurrentMax: 1000 });
    // The first one makes the client doubted.
    await check.check('bad');
    check.forward(secondMs);
    idp.asked.length = 0;
    expect(count(await Promise.all(many(500, 'bad').map((token) => check.check(token))))).toEqual({
      UNAUTHENTICATED: 20,
      AUTHENTICATION_UNAVAILABLE: 480,
    });
    expect(idp.asked).toHaveLength(20);
    const others = many(10, 'good').map((token, i) => check.check(token, `10.0.0.${i}`));
    expect(count(await Promise.all(others))).toEqual({ proven: 10 });
    check.forward(secondMs);
    const later = await Promise.all(many(500, 'later').map((token) => check.check(token)));
    expect(count(later)).toEqual({ UNAUTHENTICATED: 20, AUTHENTICATION_UNAVAILABLE: 480 });
  });

  it('are so many at once at most, while tokens that are known go on', async () => {
    const { idp, check } = await given({ concurrentMax: 8, callsPerSecondMax: 1000 });
    await check.check('good');
    idp.asked.length = 0;
    let open: () => void = () => {};
    idp.gate = new Promise((resolve) => (open = resolve));
    const flood = many(100, 'bad').map((token) => check.check(token));
    await expect.poll(() => idp.asked.length).toBe(8);
    expect((await check.check('good')).principal).toBeDefined();
    open();
    expect(count(await Promise.all(flood))).toEqual({ UNAUTHENTICATED: 8, AUTHENTICATION_UNAVAILABLE: 92 });
    expect(idp.asked).toHaveLength(8);
  });
});

describe('an issuer that is down', () => {
  it('is asked once a second after five failures, and answers again the moment it can', async () => {
    const { idp, check } = await given({ url: 'http://127.0.0.1:1/nobody' });
    for (const token of many(20, 'good')) {
      expect((await check.check(token)).code).toBe('AUTHENTICATION_UNAVAILABLE');
    }
    expect(check.failures).toHaveLength(5);
    check.forward(secondMs);
    for (const token of many(20, 'good')) await check.check(token);
    expect(check.failures).toHaveLength(6);
    expect(idp.asked).toEqual([]);
  });

  it('that is slow is given up after its time', async () => {
    const { idp, check } = await given({ timeoutMs: 50 });
    idp.gate = new Promise(() => {});
    expect((await check.check('good')).code).toBe('AUTHENTICATION_UNAVAILABLE');
  });
});

describe('of several issuers', () => {
  async function several() {
    const [own, partner, other] = await Promise.all([introspector(), introspector(), introspector()]);
    const check = checker({
      issuers: [
        issuerOf(own, { tokenPrefix: 'shop_' }),
        issuerOf(partner, { tokenPrefix: 'shop_partner_' }),
        issuerOf(other),
        { issuer: 'https://signed.example', audience: 'shop', algorithms: ['RS256'], keys: [{ kty: 'RSA' }] },
      ],
    });
    return { own, partner, other, check };
  }

  it('the one with the longest prefix that a token has is asked, and no other sees it', async () => {
    const { own, partner, other, check } = await several();
    for (const token of ['shop_1', 'shop_partner_1', 'elsewhere', 'shop_a.b.c']) await check.check(token);
    expect(own.asked).toEqual(['shop_1', 'shop_a.b.c']);
    expect(partner.asked).toEqual(['shop_partner_1']);
    expect(other.asked).toEqual(['elsewhere']);
  });

  it('none is asked about what looks signed and has no prefix', async () => {
    const { other, check } = await several();
    expect((await check.check('a.b.c')).code).toBe('UNAUTHENTICATED');
    expect(other.asked).toEqual([]);
  });

  it('one may not speak for another', async () => {
    const { own, other, check } = await several();
    own.says = () => ({ active: true, token_type: 'Bearer', iss: other.issuer, sub: 'root' });
    expect((await check.check('shop_1')).reason).toBe('the token was issued by another issuer');
  });

  it('where none signs, what looks signed is asked about too', async () => {
    const { idp, check } = await given();
    await check.check('a.b.c');
    expect(idp.asked).toEqual(['a.b.c']);
  });
});

describe('a provider that answers 400 to odd tokens', () => {
  it.each([400, 413, 422])('is not failing, and %i refuses that token alone', async (status) => {
    const { idp, check } = await given({ callsPerSecondMax: 1000 });
    idp.statusFor = (token) => (token.startsWith('odd') ? status : undefined);
    expect((await check.check('good-0')).principal).toBeDefined();
    const odd = await Promise.all(many(8, 'odd').map((token) => check.check(token)));
    expect(count(odd)).toEqual({ UNAUTHENTICATED: 8 });
    expect((await check.check('good-1')).principal).toBeDefined();
    const asked = idp.asked.length;
    expect(await check.check('odd-0')).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(idp.asked).toHaveLength(asked);
    expect(check.failures).toEqual([]);
  });

  it('may be asked in a wrong way, as long as it has said of no token what it is', async () => {
    const { idp, check } = await given();
    idp.statusFor = () => 400;
    for (const token of many(8, 'good'))
      expect(await check.check(token)).toMatchObject({ code: 'AUTHENTICATION_UNAVAILABLE' });
    idp.statusFor = () => undefined;
    expect((await check.check('good-0')).principal).toBeDefined();
  });

  it.each([401, 403, 429, 500, 503])('counts as failing with %i, whatever the token', async (status) => {
    const { idp, check } = await given();
    expect((await check.check('good-0')).principal).toBeDefined();
    idp.statusFor = () => status;
    for (const token of many(5, 'odd'))
      expect(await check.check(token)).toMatchObject({ code: 'AUTHENTICATION_UNAVAILABLE' });
    const asked = idp.asked.length;
    expect(await check.check('odd-9')).toMatchObject({ code: 'AUTHENTICATION_UNAVAILABLE' });
    expect(idp.asked).toHaveLength(asked);
  });
});
