/** Tokens of the real `oidc-provider`, signed and opaque, whose issuer is all that is configured. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { onlyCall } from '../support/intervals.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { type OidcProvider, startOidcProvider } from './support/oidc-provider.ts';
import { checker } from './support/tokens.ts';

const secondMs = 1000;
let provider: OidcProvider;

beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.close());

const issuer = (change: object = {}): object => ({
  issuer: provider.issuer,
  audience: 'shop',
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  introspection: provider.gateway,
  ...change,
});

describe('signed tokens', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('by %s hold, with keys that discovery finds', async (alg) => {
    const check = checker({ issuers: [issuer()] });
    const { principal } = await check.check(await provider.token(alg, 'read write'));
    expect(principal).toMatchObject({
      subject: 'app',
      client: 'app',
      scopes: ['read', 'write'],
      provenBy: 'jwt',
      issuer: provider.issuer,
    });
  });

  it('hold with new keys at once after a rotation outside the cool-down, and with the old ones no more', async () => {
    const check = checker({ issuers: [issuer()] });
    const before = await provider.token('ES256');
    expect((await check.check(before)).principal).toBeDefined();
    await provider.rotateKeys();
    const after = await provider.token('ES256');
    check.forward(30 * secondMs);
    expect((await check.check(after)).principal).toBeDefined();
    expect((await check.check(before)).code).toBe('UNAUTHENTICATED');
  });

  it('are not introspected, whatever is wrong with them', async () => {
    const check = checker({ issuers: [issuer({ algorithms: ['RS256'] })] });
    provider.asked.length = 0;
    expect((await check.check(await provider.token('ES256'))).code).toBe('UNAUTHENTICATED');
    expect(provider.asked).not.toContain('/token/introspection');
  });
});

describe('opaque tokens', () => {
  it('hold while the provider says so, which also says whose they are', async () => {
    const check = checker({ issuers: [issuer()] });
    const { access } = await provider.tokensOf('ada');
    expect((await check.check(access)).principal).toMatchObject({
      subject: 'ada',
      client: 'app',
      scopes: ['read'],
      provenBy: 'introspection',
      issuer: provider.issuer,
    });
  });

  it('for another audience do not hold, nor does a refresh token, though both are active', async () => {
    const check = checker({ issuers: [issuer()] });
    expect((await check.check(await provider.token('elsewhere'))).reason).toBe(
      'the token is for another audience',
    );
    const { refresh } = await provider.tokensOf('ada');
    expect((await check.check(refresh)).reason).toBe('the token is of another type');
  });

  it('that are revoked hold until what was said of them is too old, and no longer', async () => {
    const check = checker({
      issuers: [issuer({ introspection: { ...provider.gateway, cacheSeconds: 20 } })],
    });
    const { access } = await provider.tokensOf('ada');
    expect((await check.check(access)).principal).toBeDefined();
    await provider.revoke(access);
    check.forward(20 * secondMs - 1);
    expect((await check.check(access)).principal).toBeDefined();
    check.forward(1);
    expect(await check.check(access)).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'the issuer says that the token is not active',
    });
  });

  it('that are known hold while the provider is down, until what was said is too old; none else does', async () => {
    const check = checker({ issuers: [issuer()] });
    const [known, other] = await Promise.all([provider.token('opaque'), provider.token('opaque')]);
    expect((await check.check(known)).principal).toBeDefined();
    provider.isDown = true;
    expect((await check.check(known)).principal).toBeDefined();
    expect((await check.check(other)).code).toBe('AUTHENTICATION_UNAVAILABLE');
    check.forward(30 * secondMs);
    expect((await check.check(known)).code).toBe('AUTHENTICATION_UNAVAILABLE');
    provider.isDown = false;
    expect((await check.check(known)).principal).toBeDefined();
    expect((await check.check(other)).principal).toBeDefined();
  });

  it('hold where the gateway shows its secret in the body; a wrong secret is written down', async () => {
    const [token, other] = await Promise.all([provider.token('opaque'), provider.token('opaque')]);
    const introspection = { ...provider.gateway, authMethod: 'post' };
    const posting = checker({ issuers: [issuer({ introspection })] });
    expect((await posting.check(token)).principal).toBeDefined();
    const wrong = checker({ issuers: [issuer({ introspection: { ...introspection, clientSecret: 'no' } })] });
    expect((await wrong.check(other)).code).toBe('AUTHENTICATION_UNAVAILABLE');
    expect(wrong.failures).toEqual([
      expect.stringMatching(/^http:\S+: the identity provider answered with status 401$/),
    ]);
  });
});

describe('through the gateway', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop({
      environment: { INTROSPECTION_SECRET: provider.gateway.clientSecret },
      settings: `auth:
  onMissing: reject
  jwt:
    issuers:
      - issuer: ${provider.issuer}
        audience: shop
        algorithms: [ES256]
        introspection: { clientId: gateway, clientSecret: "\${INTROSPECTION_SECRET}", cacheSeconds: 1 }
`,
    });
  });
  afterAll(() => shop.close());
  const ask = (token: string) =>
    shop.query('{ products(first: 1) { name } }', { headers: { authorization: `Bearer ${token}` } });

  it('both kinds of token say who the user is, and one that is revoked ends', async () => {
    expect((await ask(await provider.token('ES256'))).status).toBe(200);
    shop.mocks.reset();
    const { access } = await provider.tokensOf('ada');
    expect((await ask(access)).status).toBe(200);
    expect(onlyCall(shop.mocks, 'products').headers['x-user-id']).toBe('ada');
    await provider.revoke(access);
    await expect.poll(async () => (await ask(access)).status).toBe(401);
  });

  it('one that nobody can be asked about is 503 with the time to come back', async () => {
    const token = await provider.token('opaque');
    provider.isDown = true;
    const { status, headers, errors } = await ask(token);
    provider.isDown = false;
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('1');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'AUTHENTICATION_UNAVAILABLE', retryable: true });
  });
});
