/** Limits with the Apollo front: the same refusals and headers. */

import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { start } from '../../src/assembly/start.ts';
import { linked } from '../clients/support/client-gateway.ts';
import { ask, type GraphqlReply } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';

async function open(...limits: readonly string[]): Promise<string> {
  const folder = await folderWith({
    'graph.yaml': 'subgraphs:\n  a: { kind: local, schema: a.graphql, resolvers: a.mjs, owner: team }\n',
    'a.graphql': linked(`type Query {
      things(first: Int): [Thing] @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
    }
    type Thing { a: String }`),
    'a.mjs': `const resolvers = { Query: { things: (_, { first }) => Array(first).fill({ a: 'a' }) } };
      export const subgraph = { sources: {}, resolvers };`,
    'gateway.yaml': ['front: apollo', 'log: { level: silent }', 'limits:', ...limits, ''].join('\n'),
  });
  const gateway = await start({
    graphPath: join(folder, 'graph.yaml'),
    configPath: join(folder, 'gateway.yaml'),
    port: 0,
  });
  onTestFinished(() => gateway.close());
  return gateway.url;
}

const codeOf = ({ errors }: GraphqlReply): unknown => errors?.[0]?.extensions['code'];

describe('with the Apollo front', () => {
  it('each gate refuses as it does with the direct one', async () => {
    const url = await open(
      '  policies:',
      '    network: { key: [address], limit: 4, window: 1h }',
      '    points: { key: [principal], unit: points, limit: 10, window: 1h }',
      '  cost: { max: 8, extensions: true, headers: true }',
    );
    const things = (first: number): Promise<GraphqlReply> => ask(url, `{ things(first: ${first}) { a } }`);
    const first = await things(5);
    expect(first.status).toBe(200);
    expect(JSON.parse(first.text)).toMatchObject({
      extensions: { cost: { estimated: 5, actual: 5, max: 8 } },
    });
    expect(first.headers.get('ratelimit')).toMatch(/^"network";r=3;t=\d+, "points";r=5;t=\d+$/);
    expect(first.headers.get('x-cost-actual')).toBe('5');
    const expensive = await things(9);
    expect([expensive.status, codeOf(expensive)]).toEqual([400, 'COST_ESTIMATED_TOO_EXPENSIVE']);
    const over = await things(6);
    expect([over.status, codeOf(over)]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(3000);
    expect((await things(1)).status).toBe(200);
    const refused = await things(1);
    expect([refused.status, codeOf(refused)]).toEqual([429, 'RATE_LIMITED']);
    expect(refused.headers.get('ratelimit')).toMatch(/^"network";r=0/);
  });
});
