/** Requests that share an answer are decided alike: what rules can look at besides the principal keeps them apart. */
import { request } from 'node:http';

import { expect, it } from 'vitest';

import { policyModule } from '../guarded-graph.ts';
import { type GuardedGateway, guardedGateway } from '../support/guarded-gateway.ts';

const settings = 'sharing: { requests: true }';
const query = '{ movies { phone } }';
const shown = { movies: [{ phone: 'canary phone' }] };
const masked = { movies: [{ phone: 'e' }] };

it('the address of the client does', async () => {
  const policy = policyModule.replace(
    "{ principal }) => principal.roles.includes('staff')",
    "{ clientAddress }) => clientAddress === '127.0.0.1'",
  );
  const graph = await guardedGateway({ settings, policy });
  const from = ['127.0.0.1', '127.0.0.2'];
  for (const address of from) await askFrom(graph, address);
  const replies = await Promise.all(Array.from({ length: 40 }, (_, i) => askFrom(graph, from[i % 2] ?? '')));
  for (const [i, data] of replies.entries()) expect(data).toEqual(i % 2 === 0 ? shown : masked);
});

it('a dry run does', async () => {
  const graph = await guardedGateway({ settings, authorization: ['dryRunRole: tester'] });
  const claims = { sub: 'tess', roles: ['tester'] };
  const ask = async (headers: Record<string, string>): Promise<unknown> =>
    (await graph.query(query, { claims, headers })).data;
  const dry = { 'x-authorization-dry-run': '1' };
  await ask({});
  const replies = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i % 2 === 0 ? dry : {})));
  for (const [i, data] of replies.entries()) expect(data).toEqual(i % 2 === 0 ? shown : masked);
});

function askFrom({ gateway }: GuardedGateway, localAddress: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request(
      gateway.url,
      { method: 'POST', headers, localAddress, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve((JSON.parse(text) as { data: unknown }).data));
      },
    );
    asked.on('error', reject);
    asked.end(JSON.stringify({ query }));
  });
}
