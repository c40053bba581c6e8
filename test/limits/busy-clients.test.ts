/** Honest clients that are busy get their answers: with the defaults, and beside limits that stop others. */

import { describe, expect, it } from 'vitest';

import { clientGateway, type ClientGateway } from '../clients/support/client-gateway.ts';
import { ask } from '../support/ask.ts';
import { patient } from '../support/patient.ts';

const schema = 'type Query { page(id: Int): String }';
const resolvers = 'export const resolvers = { Query: { page: (_, { id }) => `page ${id}` } };';
const clients = { web: 'tier: premium\n', shop: '', partner: 'tier: free\n', anonymous: '' };

const open = (...settings: readonly string[]): Promise<ClientGateway> =>
  clientGateway({ schema, resolvers, clients, settings: [patient.trim(), ...settings] });

/** Statuses, and how many requests had each. */
async function countsOf(total: number, request: (index: number) => Promise<{ status: number }>) {
  const counts = new Map<number, number>();
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < total) {
      const { status } = await request(next++);
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 20 }, send));
  return Object.fromEntries(counts);
}

describe('with the default limits', () => {
  it('a server that renders pages, with a key, without a tier or without any credentials, is never refused', async () => {
    const { url, keyOf } = await open();
    const query = 'query Page($id: Int) { page(id: $id) }';
    for (const [total, headers] of [
      [1100, keyOf('web')],
      [300, keyOf('shop')],
      [300, {}],
    ] as const) {
      const counts = await countsOf(total, (id) => ask(url, query, { headers, variables: { id } }));
      expect(counts).toEqual({ 200: total });
    }
  });

  it('neither is one with literals in its documents', async () => {
    const { url, keyOf } = await open();
    const headers = keyOf('web');
    expect(await countsOf(100, (id) => ask(url, `{ page(id: ${id}) }`, { headers }))).toEqual({ 200: 100 });
  });
});

describe('behind one address', () => {
  it('a fleet is not slowed down by one of its clients whose requests all fail', async () => {
    const { url, keyOf } = await open(
      'limits: { policies: { network: { key: [address], limit: 1500, window: 1h } } }',
    );
    const counts = await countsOf(600, (index) => {
      const headers: Record<string, string> = index % 3 === 0 ? { 'x-api-key': 'trib_no' } : keyOf('shop');
      return ask(url, '{ page(id: 1) }', { headers });
    });
    expect(counts).toEqual({ 200: 400, 401: 200 });
  });

  it('a client that is over its limit takes nothing from the others', async () => {
    const { url, keyOf } = await open();
    const counts = { partner: {}, web: {} };
    await Promise.all(
      (['partner', 'web'] as const).map(async (name) => {
        counts[name] = await countsOf(300, () => ask(url, '{ page(id: 1) }', { headers: keyOf(name) }));
      }),
    );
    expect(counts).toEqual({ partner: { 200: 100, 429: 200 }, web: { 200: 300 } });
  });
});
