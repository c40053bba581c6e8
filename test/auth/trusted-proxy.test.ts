/** A proxy that has proven the user: who may say so, and what backends then hear, through both fronts. */
import { describe, expect, it } from 'vitest';

import { onlyCall } from '../support/intervals.ts';
import { requestHead, sendRaw } from '../support/raw-http.ts';
import { useShop } from '../support/shop.ts';

const query = '{ user(id: "u1") { name } products(first: 1) { name } }';

describe('from an address that is trusted', () => {
  const shop = useShop({
    settings: `auth:
  onMissing: reject
  trustedProxy: { addresses: [10.0.0.0/8, 127.0.0.1] }
  identity: { subgraphs: { users: none } }
`,
  });

  it('what the proxy says of the user reaches the backends that may know', async () => {
    const { status } = await shop.query(query, {
      headers: { 'x-auth-request-user': 'ada', 'x-auth-request-groups': 'admin, staff' },
    });
    expect(status).toBe(200);
    expect(onlyCall(shop.mocks, 'products').headers).toMatchObject({
      'x-user-id': 'ada',
      'x-user-roles': 'admin,staff',
    });
    expect(onlyCall(shop.mocks, 'users').headerNames).not.toContain('x-user-id');
  });

  it('what the client says of itself is taken away', async () => {
    await shop.query(query, {
      headers: { 'x-auth-request-user': 'ada', 'x-user-id': 'root', 'x-user-roles': 'admin' },
    });
    const { headers, headerNames } = onlyCall(shop.mocks, 'products');
    expect(headers['x-user-id']).toBe('ada');
    expect(headerNames).not.toContain('x-user-roles');
  });

  it('a name that a header cannot carry is encoded, and none becomes two', async () => {
    await shop.query(query, {
      headers: { 'x-auth-request-user': 'a%b', 'x-auth-request-groups': 'm\u00fc' },
    });
    expect(onlyCall(shop.mocks, 'products').headers).toMatchObject({
      'x-user-id': 'a%25b',
      'x-user-roles': 'm%C3%BC',
    });
  });

  it('without its word a request is refused with 401, a code, and what kind of proof is missing', async () => {
    const { status, headers, errors } = await shop.query(query);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer realm="graphql"');
    expect(errors?.[0]).toMatchObject({
      message: 'Credentials are required',
      extensions: { code: 'UNAUTHENTICATED' },
    });
    expect(shop.mocks.all.map(({ calls }) => calls.total)).toEqual(shop.mocks.all.map(() => 0));
  });

  it('a header that is there twice counts as forged', async () => {
    const twice = await sendRaw(
      shop.url,
      requestHead(shop.url, `GET ${new URL(shop.url).pathname}?query=%7B__typename%7D HTTP/1.1`, [
        'content-type: application/json',
        'X-Auth-Request-User: root',
        'x-auth-request-user: ada',
      ]),
    );
    expect(twice.status).toBe(401);
    expect(twice.head).toContain('www-authenticate: bearer realm="graphql", error="invalid_token"');
  });
});

describe('from any other address', () => {
  const shop = useShop({ settings: 'auth: { trustedProxy: { addresses: [10.0.0.0/8, "::1"] } }' });

  it('no keys are published, as nothing is signed', async () => {
    expect((await fetch(new URL('/.well-known/jwks.json', shop.url))).status).toBe(404);
  });

  it('the headers of the proxy mean nothing', async () => {
    const { status } = await shop.query(query, {
      headers: { 'x-auth-request-user': 'ada', 'x-user-id': 'root' },
    });
    expect(status).toBe(200);
    expect(onlyCall(shop.mocks, 'products').headerNames).not.toContain('x-user-id');
  });
});
