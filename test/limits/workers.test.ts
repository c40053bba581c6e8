/** Several processes behind one port, without Redis: one allowance for all of them. */

import { expect, it } from 'vitest';

import { clientGateway } from '../clients/support/client-gateway.ts';
import { ask, type GraphqlReply } from '../support/ask.ts';

it('workers of one machine admit together exactly the limit', async () => {
  const { url, keyOf } = await clientGateway({
    schema: 'type Query { a: String }',
    resolvers: `export const resolvers = { Query: { a: () => String(process.pid) } };`,
    clients: { partner: 'tier: free\n', web: 'tier: free\n', anonymous: '' },
    // A busy machine is no lost primary process.
    settings: ['limits:', '  workersTimeoutMs: 20000', '  tiers: { free: { limit: 40, window: 1h } }'],
    workers: 3,
  });
  const replies: GraphqlReply[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    // Many at once: each takes a connection of its own.
    const asked = Array.from({ length: 24 }, () => ask(url, '{ a }', { headers: keyOf('partner') }));
    replies.push(...(await Promise.all(asked)));
  }
  const admitted = replies.filter(({ status }) => status === 200);
  const pids = new Set(admitted.map(({ data }) => (data as { a: string }).a));
  expect(admitted).toHaveLength(40);
  expect(pids.size).toBeGreaterThan(1);
  expect(replies.filter(({ status }) => status === 429)).toHaveLength(80);
  expect((await ask(url, '{ a }', { headers: keyOf('web') })).status).toBe(200);
});
