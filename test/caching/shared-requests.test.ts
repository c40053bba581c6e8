/** With `sharing.requests`, requests get one answer only where everything that can change it is the same. */
import { request as httpRequest } from 'node:http';

import { describe, expect, it, onTestFinished } from 'vitest';

import { start, type RunningGateway } from '../../src/assembly/start.ts';
import { folderWith } from '../support/folder.ts';
import { startStandIn, type Answer, type StandIn } from '../sources/support/stand-in.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@override"])';

/** Long enough for all requests of a test to come while the first call is under way. */
const latencyMs = 150;

interface Given {
  /** Of gateway.yaml. */
  readonly settings?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  /** Of `Query.own`, in this process. */
  readonly resolver?: string;
}

async function service(answer: (headers: Record<string, unknown>) => object): Promise<StandIn> {
  const slow: Answer = ({ headers }, response) => {
    const body = JSON.stringify({ data: answer(headers) });
    setTimeout(() => response.setHeader('content-type', 'application/json').end(body), latencyMs);
  };
  const standIn = await startStandIn(slow);
  onTestFinished(standIn.close);
  return standIn;
}

async function gateway({ settings = [], files = {}, resolver }: Given): Promise<RunningGateway> {
  const before = await service((headers) => ({ place: 'old', tenant: headers['x-tenant'] ?? 'none' }));
  const after = await service(() => ({ place: 'new' }));
  const define = new URL('../../src/services/define.ts', import.meta.url).href;
  const own = 'own: { kind: local, schema: own.graphql, resolvers: own.mjs, owner: t }';
  const folder = await folderWith({
    'old.graphql': `${link} type Query { place: String tenant: String }`,
    'new.graphql': `${link} type Query { place: String @override(from: "old", label: "moved") }`,
    'own.graphql': 'type Query { own: String }',
    'own.mjs': `import { defineSubgraph } from ${JSON.stringify(define)};
      const later = (value) => new Promise((resolve) => setTimeout(() => resolve(value), ${latencyMs}));
      export const subgraph = defineSubgraph({ sources: {}, resolvers: { Query: { own: ${resolver} } } });`,
    'graph.yaml': `subgraphs:
  old: { kind: graphql, url: '${before.url}', schema: old.graphql, owner: t }
  new: { kind: graphql, url: '${after.url}', schema: new.graphql, owner: t }
  ${resolver === undefined ? '' : own}\n`,
    'gateway.yaml': ['sharing: { requests: true, fetches: false }', ...settings].join('\n'),
    ...files,
  });
  const running = await start({
    graphPath: `${folder}/graph.yaml`,
    configPath: `${folder}/gateway.yaml`,
    port: 0,
    logLevel: 'silent',
  });
  onTestFinished(() => running.close());
  return running;
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly localAddress?: string;
}

function ask(url: string, query: string, { headers, localAddress = '127.0.0.1' }: Sent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = { 'content-type': 'application/json', ...headers };
    const asked = httpRequest(url, { method: 'POST', headers: sent, localAddress, agent: false }, (reply) => {
      let text = '';
      reply.on('data', (chunk: Buffer) => (text += chunk.toString()));
      reply.on('end', () => resolve((JSON.parse(text) as { data: unknown }).data));
    });
    asked.on('error', reject);
    asked.end(JSON.stringify({ query }));
  });
}

/** The answers to both kinds of request, sent at once, each several times and in turn. */
async function together(url: string, query: string, [one, other]: readonly [Sent, Sent]): Promise<unknown[]> {
  await ask(url, query, one);
  const sent = Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? one : other));
  return Promise.all(sent.map((each) => ask(url, query, each)));
}

const inTurn = (one: object, other: object): object[] => [one, other, one, other, one, other, one, other];

const labels = `export const labels = ({ headers }, names) => (headers['x-beta'] === '1' ? names : []);`;

describe('requests that are sent at once do not share an answer', () => {
  it('where a module of labels tells them apart by a header', async () => {
    const running = await gateway({
      settings: ['labelsModule: labels.mjs'],
      files: { 'labels.mjs': labels },
    });
    const answers = await together(running.url, '{ place }', [{ headers: { 'x-beta': '1' } }, {}]);
    expect(answers).toEqual(inTurn({ place: 'new' }, { place: 'old' }));
  });

  it('where a label holds for a share of request ids', async () => {
    const running = await gateway({ settings: ['labels: { moved: 50 }'] });
    const ids = Array.from({ length: 40 }, (_, i) => `id-${i}`);
    const places = async (): Promise<unknown[]> =>
      Promise.all(ids.map((id) => ask(running.url, '{ place }', { headers: { 'x-request-id': id } })));
    const alone: unknown[] = [];
    for (const id of ids.slice(0, 8))
      alone.push(await ask(running.url, '{ place }', { headers: { 'x-request-id': id } }));
    expect(new Set(alone.map((answer) => JSON.stringify(answer))).size).toBe(2);
    expect((await places()).slice(0, 8)).toEqual(alone);
  });

  it('where a header that backends get differs', async () => {
    const running = await gateway({ settings: ['headers: { forward: [x-tenant] }'] });
    const tenants = [{ headers: { 'x-tenant': 'a' } }, { headers: { 'x-tenant': 'b' } }] as const;
    const answers = await together(running.url, '{ tenant }', tenants);
    expect(answers).toEqual(inTurn({ tenant: 'a' }, { tenant: 'b' }));
  });

  it.each<[string, string, readonly [Sent, Sent], object[]]>([
    [
      'a header that no backend gets',
      `(_p, _a, { request }) => later(request.headers['accept-language'])`,
      [{ headers: { 'accept-language': 'fr' } }, { headers: { 'accept-language': 'de' } }],
      inTurn({ own: 'fr' }, { own: 'de' }),
    ],
    [
      'the address of the client',
      '(_p, _a, { request }) => later(request.clientAddress)',
      [{}, { localAddress: '127.0.0.2' }],
      inTurn({ own: '127.0.0.1' }, { own: '127.0.0.2' }),
    ],
  ])('where a resolver looks at %s', async (_what, resolver, sent, expected) => {
    const running = await gateway({ resolver });
    expect(await together(running.url, '{ own }', sent)).toEqual(expected);
  });
});
