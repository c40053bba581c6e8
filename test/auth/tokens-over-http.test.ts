/** Tokens as clients send them, through both fronts: what they are answered, and what backends then hear. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { onlyCall } from '../support/intervals.ts';
import { requestHead, sendRaw } from '../support/raw-http.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { type Provider, type SigningKey, signed, signingKey, startProvider } from './support/provider.ts';

let key: SigningKey;
let provider: Provider;
let shop: Shop;

beforeAll(async () => {
  key = await signingKey('ES256', 'one');
  provider = await startProvider([key]);
  shop = await openShop({
    settings: `auth:
  jwt:
    issuers: [{ issuer: "${provider.issuer}", jwksUrl: "${provider.jwksUrl}", audience: shop, algorithms: [ES256] }]
  identity: { rule: headers, subgraphs: { users: token, inventory: none } }
sharing: { requests: true, ignoreHeaders: [x-user-id, x-request-id] }
`,
  });
});

afterAll(async () => {
  await shop.close();
  provider.close();
});

const query = '{ user(id: "u1") { name } products(first: 1) { name inStock } }';

describe('a token that holds', () => {
  it('says who the user is, each backend hearing it by its own rule', async () => {
    shop.mocks.reset();
    const token = await signed(key, provider.issuer, { claims: { sub: 'ada|1', roles: ['admin', 'a,b'] } });
    const { status } = await shop.query(query, {
      headers: { authorization: `Bearer ${token}`, 'x-user-id': 'root' },
    });
    expect(status).toBe(200);
    const asked = onlyCall(shop.mocks, 'products');
    expect(asked.headers).toMatchObject({ 'x-user-id': 'ada|1', 'x-user-roles': 'admin,a%2Cb' });
    expect(asked.authorizationPresent).toBe(false);
    const byToken = onlyCall(shop.mocks, 'users');
    expect(byToken.authorizationPresent).toBe(true);
    expect(byToken.headerNames).not.toContain('x-user-id');
    const notTold = onlyCall(shop.mocks, 'inventory');
    expect(notTold.authorizationPresent).toBe(false);
    expect(notTold.headerNames).not.toContain('x-user-id');
  });

  it('is not taken from backends by a client that lists its header as one of its own connection', async () => {
    shop.mocks.reset();
    const token = await signed(key, provider.issuer);
    const path = `${new URL(shop.url).pathname}?query=${encodeURIComponent(query)}`;
    // Without requestHead, whose own header would make it two.
    const head = [
      `GET ${path} HTTP/1.1`,
      `Host: ${new URL(shop.url).host}`,
      'Connection: close, X-User-Id, authorization',
      'content-type: application/json',
      `authorization: Bearer ${token}`,
    ];
    const { status } = await sendRaw(shop.url, [...head, '', ''].join('\r\n'));
    expect(status).toBe(200);
    expect(onlyCall(shop.mocks, 'products').headers).toMatchObject({ 'x-user-id': 'ada' });
    expect(onlyCall(shop.mocks, 'users').authorizationPresent).toBe(true);
  });

  it('is not needed where anonymous requests are let through', async () => {
    shop.mocks.reset();
    const { status } = await shop.query(query, { headers: { 'x-user-id': 'root' } });
    expect(status).toBe(200);
    expect(onlyCall(shop.mocks, 'products').headerNames).not.toContain('x-user-id');
  });

  it('two users who ask the same at the same time are asked for by themselves', async () => {
    const asking = await Promise.all(
      ['ada', 'grace'].map(async (sub) => {
        const token = await signed(key, provider.issuer, { claims: { sub } });
        return { authorization: `Bearer ${token}` };
      }),
    );
    await Promise.all(asking.map((headers) => shop.query(query, { headers })));
    shop.mocks.reset();
    await Promise.all(asking.map((headers) => shop.query(query, { headers })));
    const heard = shop.mocks
      .service('products')
      .calls.list()
      .map(({ headers }) => headers['x-user-id']);
    expect(new Set(heard)).toEqual(new Set(['ada', 'grace']));
    expect(heard).toHaveLength(2);
  });
});

describe('a token that does not hold', () => {
  it('is refused with 401 before anything is asked, and the answer does not say why', async () => {
    shop.mocks.reset();
    const token = await signed(key, provider.issuer, { claims: { exp: 1 } });
    const { status, headers, errors, text } = await shop.query(query, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer realm="graphql", error="invalid_token"');
    expect(errors).toEqual([
      {
        message: 'The credentials are not valid: get new ones',
        extensions: { code: 'UNAUTHENTICATED', requestId: expect.any(String) as unknown },
      },
    ]);
    expect(text).not.toMatch(/exp|claim/);
    expect(shop.mocks.service('products').calls.total).toBe(0);
  });

  it('is not looked for behind one that does: two headers are refused, whichever of them holds', async () => {
    const good = `authorization: Bearer ${await signed(key, provider.issuer)}`;
    for (const both of [
      [good, 'Authorization: Bearer a.b.c'],
      ['AUTHORIZATION: Bearer a.b.c', good],
      [good, good],
    ]) {
      const line = `GET ${new URL(shop.url).pathname}?query={__typename} HTTP/1.1`;
      const { status } = await sendRaw(
        shop.url,
        requestHead(shop.url, line, ['content-type: application/json', ...both]),
      );
      expect(status).toBe(401);
    }
  });

  it('is refused even where the body would be, too', async () => {
    const response = await fetch(shop.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer a.b.c' },
      body: 'not JSON',
    });
    expect(response.status).toBe(401);
    await response.body?.cancel();
  });
});

it('a rule of identity for a subgraph that is not there stops the start', async () => {
  const settings = 'auth: { identity: { subgraphs: { userz: none, products: token } } }';
  await expect(openShop({ settings })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'auth.identity.subgraphs.userz: the graph has no such subgraph (did you mean "users"?)',
  });
});
