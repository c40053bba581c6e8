/** Policies of single fields: deadlines of resolvers, and mutations that may be sent again. */

import { afterEach, describe, expect, it } from 'vitest';

import { useShop } from '../support/shop.ts';

const shop = useShop({
  settings: `headers: { forward: [idempotency-key] }
policies:
  defaults: { retries: { max: 2, baseMs: 1, waitMaxMs: 1 } }
  services:
    users: { fields: { Query.user: { timeoutMs: 500 } } }
    reviews: { idempotencyKeys: [Mutation.addReview] }
`,
});
afterEach(() => {
  for (const { faults } of shop.mocks.all) faults.clear();
});

describe('the deadline of a resolver', () => {
  it('ends its own field, and the fields beside it take the time they need', async () => {
    shop.mocks.service('users').faults.set({ latencyMs: 1500 });
    const { data, errors } = await shop.query('{ user(id: "u1") { name } users(ids: ["u2"]) { id } }');
    expect(data).toEqual({ user: null, users: [{ id: 'u2' }] });
    expect(errors).toMatchObject([
      { path: ['user'], extensions: { code: 'SERVICE_TIMEOUT', service: 'users' } },
    ]);
  });

  it('does nothing to a field that is in time', async () => {
    const { data, errors } = await shop.query('{ user(id: "u1") { name } }');
    expect([data, errors]).toEqual([{ user: { name: 'Femke Fischer' } }, undefined]);
  });
});

describe('a mutation that declares a key', () => {
  const add = (alias = '') =>
    `mutation { ${alias} addReview(input: { upc: "p1", userId: "u1", rating: 5, body: "good" }) { id } }`;
  const keys = () =>
    shop.mocks
      .service('reviews')
      .calls.named('addReview')
      .map(({ headers }) => headers['idempotency-key']);

  it('is sent again after a failure, with the same key each time and another one for another mutation', async () => {
    shop.mocks.service('reviews').faults.set({ status: 503, times: 2 });
    const { data, errors } = await shop.query(add('a:'));
    expect([data, errors]).toEqual([{ a: { id: expect.any(String) } }, undefined]);
    const [first, ...others] = keys();
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(others).toEqual([first, first]);
    await shop.query(add());
    expect(new Set(keys()).size).toBe(2);
  });

  it('sends the key of the client where that is forwarded', async () => {
    await shop.query(add(), { headers: { 'idempotency-key': 'mine' } });
    expect(keys()).toEqual(['mine']);
  });
});

describe('a mutation without a key', () => {
  const plain = useShop({
    settings: 'policies: { defaults: { retries: { max: 2, baseMs: 1, waitMaxMs: 1 } } }\n',
  });

  it('is sent once', async () => {
    const reviews = plain.mocks.service('reviews');
    reviews.faults.set({ status: 503, times: 1 });
    const { errors } = await plain.query(
      'mutation { addReview(input: { upc: "p1", userId: "u1", rating: 5, body: "good" }) { id } }',
    );
    expect(errors).toMatchObject([{ path: ['addReview'], extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
    const sent = reviews.calls.named('addReview');
    expect(sent).toHaveLength(1);
    expect(sent[0]?.headerNames).not.toContain('idempotency-key');
  });
});
