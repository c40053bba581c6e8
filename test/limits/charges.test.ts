/** What each kind of request uses up: a test for each row of the table in docs/limits.md. */

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { clientGateway, type ClientGateway } from '../clients/support/client-gateway.ts';
import { ask, send } from '../support/ask.ts';

const schema = `type Query {
  things(first: Int): [Thing] @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
  slow: Thing
  hanging: Thing
  required: String!
}
type Mutation { change: Thing }
type Thing { a: String required: String! }`;
const resolvers = `const thing = { a: 'a' };
export const resolvers = {
  Query: { things: (_, { first }) => Array(first).fill(thing), slow: () => new Promise((resolve) => setTimeout(resolve, 400, thing)), hanging: () => new Promise(() => {}) },
  Mutation: { change: () => thing },
};`;

const settings = [
  'limits:',
  '  policies:',
  '    network: { key: [address], limit: 1000, window: 1h }',
  '    requests: { key: [client], limit: 1000, window: 1h }',
  '    points: { key: [client], unit: points, limit: 1000, window: 1h }',
];

const clients = { web: 'tier: none\n', anonymous: '' };

interface Used {
  readonly network: number;
  readonly requests: number;
  readonly points: number;
}

/** What is used up so far, by a request that itself uses one request and one point. */
async function used({ url, keyOf }: ClientGateway): Promise<Used> {
  const { headers } = await ask(url, '{ things(first: 1) { a } }', { headers: keyOf('web') });
  const text = headers.get('ratelimit') ?? '';
  const left = (policy: string): number => {
    const match = new RegExp(`"${policy}";r=(\\d+)`).exec(text)?.[1];
    return match === undefined ? 0 : 1000 - Number(match);
  };
  return { network: left('network'), requests: left('requests'), points: left('points') };
}

/** What `request` uses up, without the requests that ask. */
async function usedBy(gateway: ClientGateway, request: () => Promise<unknown>): Promise<Used> {
  const before = await used(gateway);
  await request();
  const after = await used(gateway);
  return {
    network: after.network - before.network - 1,
    requests: after.requests - before.requests - 1,
    points: after.points - before.points - 1,
  };
}

const open = (...more: readonly string[]): Promise<ClientGateway> =>
  clientGateway({ schema, resolvers, clients, settings: [...settings, ...more] });

type Row = readonly [
  row: string,
  run: (gateway: ClientGateway) => Promise<unknown>,
  used: Used,
  settings?: string,
];

const keyed = (gateway: ClientGateway, query: string, options: object = {}) =>
  ask(gateway.url, query, { headers: gateway.keyOf('web'), ...options });

/** So long that its request is executed by then, on a busy machine as well. */
const leavesAfterMs = 1500;

async function aborted(gateway: ClientGateway): Promise<void> {
  await keyed(gateway, '{ hanging { a } }', { signal: AbortSignal.timeout(leavesAfterMs) }).catch(() => {});
  await sleep(500);
}

function posted({ url, keyOf }: ClientGateway, body: string): Promise<unknown> {
  return send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyOf('web') },
    body,
  });
}

const rows: readonly Row[] = [
  [
    'a query',
    (gateway) => keyed(gateway, '{ things(first: 7) { a } }'),
    { network: 1, requests: 1, points: 7 },
  ],
  [
    'a mutation',
    (gateway) => keyed(gateway, 'mutation { change { a } }'),
    { network: 1, requests: 1, points: 11 },
  ],
  [
    'a batched request',
    (gateway) => posted(gateway, JSON.stringify([{ query: '{ slow { a } }' }, { query: '{ slow { a } }' }])),
    { network: 1, requests: 1, points: 0 },
  ],
  [
    'an introspection query',
    (gateway) => keyed(gateway, '{ __schema { types { name fields { name } } } }'),
    { network: 1, requests: 1, points: 0 },
  ],
  [
    'an operation that is not valid',
    (gateway) => keyed(gateway, '{ nothing { a } }'),
    { network: 1, requests: 1, points: 0 },
  ],
  [
    'an operation above the maximum cost',
    (gateway) => keyed(gateway, '{ things(first: 500) { a } }'),
    { network: 1, requests: 1, points: 0 },
  ],
  [
    'a request with credentials that are not valid',
    ({ url }) => ask(url, '{ slow { a } }', { headers: { 'x-api-key': 'trib_no' } }),
    { network: 1, requests: 0, points: 0 },
  ],
  ['a request whose client leaves', aborted, { network: 1, requests: 1, points: 1 }],
  [
    'a request whose answer loses more than the field that failed',
    (gateway) => keyed(gateway, '{ things(first: 7) { a } required }'),
    { network: 1, requests: 1, points: 7 },
  ],
  [
    'a health check',
    ({ url }) => fetch(new URL('/health/ready', url)).then((response) => response.text()),
    { network: 0, requests: 0, points: 0 },
  ],
  [
    'the schema of the client',
    ({ url, keyOf }) =>
      fetch(`${url}/web/schema.graphql`, { headers: keyOf('web') }).then((response) => response.text()),
    { network: 1, requests: 1, points: 0 },
  ],
];

describe('the table of docs/limits.md', () => {
  it('says what each request uses up', async () => {
    const gateway = await open('  cost: { max: 400 }');
    const table = new Map<string, Used>();
    for (const [row, run] of rows) table.set(row, await usedBy(gateway, () => run(gateway)));
    expect(table).toEqual(new Map(rows.map(([row, , uses]) => [row, uses])));
    expect(await documentedRows()).toEqual(expect.arrayContaining(rows.map(([row]) => row)));
  });

  it('an error below a list uses up what the list was estimated to cost', async () => {
    const gateway = await open();
    const lost = (): Promise<unknown> => keyed(gateway, '{ things(first: 7) { a required } }');
    expect(await usedBy(gateway, lost)).toEqual({ network: 1, requests: 1, points: 7 });
  });

  it('a request that joins an identical one in flight uses up its request, and no points', async () => {
    const gateway = await open('sharing: { requests: true }');
    const slow = (): Promise<unknown> => keyed(gateway, '{ slow { a } }');
    // Only bodies that are known to be queries are shared.
    await slow();
    expect(await usedBy(gateway, () => Promise.all([slow(), slow(), slow()]))).toEqual({
      network: 3,
      requests: 3,
      points: 1,
    });
    expect(await documentedRows()).toContain('a request that joins an identical one in flight');
  });

  it('a request over a limit uses up what the gates before it count', async () => {
    const gateway = await open(
      '    few: { key: [client], limit: 1, window: 1h, when: { operations: [Few] } }',
    );
    const few = (): Promise<unknown> => keyed(gateway, 'query Few { slow { a } }');
    await few();
    expect(await usedBy(gateway, few)).toEqual({ network: 1, requests: 1, points: 0 });
    expect(await documentedRows()).toContain('a request over a limit');
  });
});

/** First cells of the table. */
async function documentedRows(): Promise<string[]> {
  const docs = await readFile(new URL('../../docs/limits.md', import.meta.url), 'utf8');
  return [...docs.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, cell = '']) => cell);
}
