/** The examples of docs/how-to/policy.md, as they stand there, in the demo's graph; and what it says of rules besides. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { GraphqlReply } from '../../support/ask.ts';
import { openShop, type Shop } from '../../support/shop.ts';
import { guardedGateway } from '../support/guarded-gateway.ts';
import { signed, type SigningKey, signingKey } from '../support/provider.ts';

const issuer = 'https://login.example.com/';

describe('the examples', () => {
  let shop: Shop;
  let key: SigningKey;
  let folder: string;

  beforeAll(async () => {
    key = await signingKey('ES256', 'one');
    const docs = await readFile(new URL('../../../docs/how-to/policy.md', import.meta.url), 'utf8');
    const [, policy = ''] = /```ts\n(export function policy[^`]*)```/.exec(docs) ?? [];
    folder = await mkdtemp(join(tmpdir(), 'tributary-docs-'));
    await writeFile(join(folder, 'policy.mjs'), policy);
    const issuers = JSON.stringify([{ issuer, audience: 'shop', algorithms: ['ES256'], keys: [key.jwk] }]);
    shop = await openShop({
      settings: `auth: { jwt: { issuers: ${issuers} } }\nauthorization: { policy: "${join(folder, 'policy.mjs')}" }\n`,
    });
  });
  afterAll(async () => {
    await shop.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => shop.mocks.reset());

  async function ask(claims: object | null, query: string): Promise<GraphqlReply> {
    const token = claims && (await signed(key, issuer, { claims: { ...claims } }));
    return shop.query(query, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  }

  const query = '{ user(id: "u1") { id name country createdAt email orders(first: 1) { id } } }';
  const admin = { sub: 'u9', roles: ['admin'] };

  it('show each of the people of the table what it says, and no more', async () => {
    const all = (await ask(admin, query)).data as { user: Record<string, unknown> };
    const { country, createdAt, email, orders } = all.user;
    for (const value of [country, createdAt, email]) expect(value).toEqual(expect.any(String));
    const masked = String(email).replace(/^(.).*@/, '$1***@');
    expect(masked).not.toBe(email);
    const seen = async (claims: object | null): Promise<unknown[]> => {
      const { data, errors = [] } = await ask(claims, query);
      const { user } = data as { user: Record<string, unknown> | null };
      return [
        user,
        [...new Set(errors.map(({ path, extensions }) => `${path?.at(-1)} ${String(extensions['code'])}`))],
      ];
    };
    const base = { id: 'u1', name: all.user['name'] };
    const closed = { country: null, createdAt: null };
    // Orders are never null by the schema: the user would be.
    const withoutOrders = async (claims: object | null): Promise<unknown[]> => {
      const { data, errors = [] } = await ask(claims, query.replace('orders(first: 1) { id }', ''));
      return [(data as { user: unknown }).user, errors.map(({ extensions }) => extensions['code'])];
    };
    expect(await withoutOrders(null)).toEqual([
      { ...base, ...closed, email: masked },
      ['UNAUTHENTICATED', 'UNAUTHENTICATED'],
    ]);
    expect(await withoutOrders({ sub: 'u2', tenant: country })).toEqual([
      { ...base, country, createdAt, email: masked },
      [],
    ]);
    expect(await withoutOrders({ sub: 'u2', tenant: 'XX' })).toEqual([
      { ...base, ...closed, email: masked },
      ['FORBIDDEN', 'FORBIDDEN'],
    ]);
    expect(await withoutOrders({ sub: 'u1' })).toEqual([
      { ...base, ...closed, email },
      ['FORBIDDEN', 'FORBIDDEN'],
    ]);
    expect(await seen({ sub: 'u1', tenant: country })).toEqual([
      { ...base, country, createdAt, email, orders },
      [],
    ]);
    expect(await seen({ sub: 'u2', tenant: country })).toEqual([null, ['orders FORBIDDEN']]);
    expect(await seen(null)).toEqual([
      null,
      ['country UNAUTHENTICATED', 'createdAt UNAUTHENTICATED', 'orders UNAUTHENTICATED'],
    ]);
  });

  it('keep the tenant where the backend does not say of which the object is', async () => {
    const { data: before } = await ask(admin, '{ order(id: "o1") { userId user { country } } }');
    const { userId, user } = (before as { order: { userId: string; user: { country: string } } }).order;
    shop.mocks.service('users').faults.set({ status: 503 });
    const claims = { sub: 'u2', tenant: user.country };
    const { data, errors = [] } = await ask(claims, '{ order(id: "o1") { user { id country } } }');
    expect(data).toEqual({ order: { user: { id: userId, country: null } } });
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['FORBIDDEN']);
  });

  it('let nobody in where a role is asked for, by another name or in another form', async () => {
    const users = '{ users(ids: ["u1"]) { name } }';
    expect((await ask(admin, users)).errors).toBeUndefined();
    for (const claims of [
      null,
      { roles: ['Admin'] },
      { roles: { admin: true } },
      { role: 'admin' },
      { roles: [['admin']] },
    ])
      expect((await ask(claims, users)).data).toEqual(null);
  });

  it('decide about a mutation before it happens', async () => {
    const place = (things: number): string => `mutation { placeOrder(input: {
      customer: { id: "u1" }, items: [${'{ product: { upc: "p3" }, quantity: 1 } '.repeat(things)}],
      shipTo: { name: "Ada", street: "Main 1", city: "Lyon", country: "FR" }, payment: { method: CARD }
    }) { order { id } } }`;
    const nobody = await ask(null, place(1));
    expect(nobody.errors?.map(({ extensions }) => extensions['code'])).toEqual(['UNAUTHENTICATED']);
    const tooManyRevocations = await ask({ sub: 'u1' }, place(4));
    expect(tooManyRevocations.errors?.map(({ message }) => message)).toEqual(['At most 3 things at once']);
    const total = (): number => shop.mocks.all.reduce((sum, { calls }) => sum + calls.total, 0);
    expect(total()).toBe(0);
    expect((await ask({ sub: 'u1' }, place(3))).errors).toBeUndefined();
    expect(total()).toBeGreaterThan(0);
  });
});

describe('a policy', () => {
  const policyOf = (body: string): string => `export const policy = ({ allow, deny, rule }) => (${body});`;

  it.each([
    [
      'a field that is not there',
      '{ permissions: { Book: { titel: allow } } }',
      'Book.titel, which is not in the graph (did you mean "title"?)',
    ],
    [
      'a type that is not there',
      '{ permissions: { Buch: allow } }',
      'rules for type Buch, which is not in the graph',
    ],
    [
      'an interface',
      '{ permissions: { Medium: allow } }',
      'Medium, which is an interface or union: name object types',
    ],
    [
      'a key that means nothing',
      '{ permissions: {}, fallback: allow }',
      'has an unknown key "fallback" (did you mean "fallbackRule"?)',
    ],
    [
      'what is no rule',
      '{ permissions: { Book: { title: () => true } } }',
      'the value for Book.title is not a rule',
    ],
  ])('with %s stops the start', async (_, body, message) => {
    await expect(guardedGateway({ policy: policyOf(body) })).rejects.toThrow(message);
  });

  it('closes what it does not name, unless it says otherwise', async () => {
    const named =
      '{ permissions: { Query: { books: allow }, Book: { "*": allow, isbn: deny } }, policies: { finance: () => true } }';
    const graph = await guardedGateway({ policy: policyOf(named) });
    const { data, errors } = await graph.query('{ books { title isbn } movies { title } top { id } }', {
      claims: { sub: 'ada' },
    });
    expect(data).toEqual(null);
    expect(errors?.map(({ path }) => path?.join('.'))).toEqual(['books.0.isbn', 'movies', 'top']);
    expect((await graph.query('{ books { title } }')).data).toEqual({ books: [{ title: 'Dune' }] });
  });
});
