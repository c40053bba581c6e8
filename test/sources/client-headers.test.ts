/** What the answers of services say to the client, through the gateway's own HTTP front. */

import { afterEach, describe, expect, it } from 'vitest';

import { start } from '../../src/assembly/start.ts';
import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { loadGraphFile } from '../../src/config/graph/file.ts';
import { Events } from '../../src/shared/events.ts';
import { MutationCounter } from '../../src/shared/mutation-counter.ts';
import { createBackends } from '../../src/services/backends.ts';
import { type LoadedSubgraphs, loadSubgraphs } from '../../src/services/load.ts';
import {
  cacheControlText,
  parseCacheControl,
  remaining,
  strictest,
} from '../../src/sources/http/cache-control.ts';
import { saidToClient } from '../../src/sources/headers/answer-header-rules.ts';
import { requestContext } from '../support/context.ts';
import { stockProto, stockServer } from '../support/stock-server.ts';
import { fetchFrom } from './support/fetch.ts';
import { folderWith } from '../support/folder.ts';
import { startStandIn, type Answer } from './support/stand-in.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe('the strictest cache-control', () => {
  it.each([
    ['max-age=60, public', 'max-age=10, public', 'max-age=10, public'],
    ['max-age=60, public', 'max-age=90, private', 'max-age=60, private'],
    ['max-age=60, public', 'no-store', 'no-store'],
    ['max-age=60, public', 'no-cache, max-age=60, public', 'no-cache, max-age=60, public'],
    ['max-age=60, public', 'max-age=60, s-maxage=5, public', 'max-age=5, public'],
    ['max-age=60, public', 'max-age=60, must-revalidate, public', 'max-age=60, must-revalidate, public'],
    ['max-age=60, public', 'max-age=60, proxy-revalidate, public', 'max-age=60, must-revalidate, public'],
    ['max-age=60, public', 'max-age=60, public, private="x-user"', 'max-age=60, private'],
    ['max-age=60, public', 'Max-Age="20", PUBLIC', 'max-age=20, public'],
    ['max-age=60, public', 'max-age=20, max-age=90, public', 'max-age=20, public'],
    ['max-age=60, public', 'max-age=-1, public', 'no-store'],
    ['max-age=60, public', 'max-age=soon, public', 'no-store'],
    ['max-age=60, public', 'public', 'no-store'],
  ])('of "%s" and "%s" is "%s"', (one, other, expected) => {
    const [a, b] = [one, other].map((text) => remaining(parseCacheControl(text), undefined));
    for (const [first, second] of [
      [a, b],
      [b, a],
    ])
      expect(first && second && cacheControlText(strictest(first, second))).toBe(expected);
  });

  it.each([
    ['10', 'max-age=50, public'],
    ['90', 'max-age=0, public'],
    ['-10', 'max-age=60, public'],
    ['0.5', 'max-age=60, public'],
    ['old', 'max-age=60, public'],
  ])('counts an age of %s', (age, expected) => {
    expect(cacheControlText(remaining(parseCacheControl('max-age=60, public'), age))).toBe(expected);
  });
});

it('cookies of all answers and the strictest cache-control reach the client; nothing else does', async () => {
  const headers = { 'x-internal': 'secret', connection: 'close' };
  const reply = await ask({
    a: answering(
      { a: 1 },
      { ...headers, 'cache-control': 'public, max-age=60', 'set-cookie': ['a=1', 'b=2'] },
    ),
    b: answering({ b: 2 }, { ...headers, 'cache-control': 'max-age=30', age: '10', 'set-cookie': 'c=3' }),
  });
  expect(await reply.json()).toEqual({ data: { a: 1, b: 2 } });
  expect(reply.headers.get('cache-control')).toBe('max-age=20, private');
  expect(reply.headers.getSetCookie().toSorted()).toEqual(['a=1', 'b=2', 'c=3']);
  expect(reply.headers.get('x-internal')).toBeNull();
});

it('an answer may not be kept when one service says nothing of that, or when a part of it failed', async () => {
  const kept = { 'cache-control': 'public, max-age=60' };
  const silent = await ask({ a: answering({ a: 1 }, kept), b: answering({ b: 2 }, {}) });
  expect(silent.headers.get('cache-control')).toBe('no-store');
  const failed = await ask({
    a: answering({ a: 1 }, kept),
    b: (_request, response) => void response.writeHead(500).end(),
  });
  expect(failed.headers.get('cache-control')).toBe('no-store');
});

describe('a service without a rule', () => {
  const kept = { 'cache-control': 'public, max-age=60' };

  it.each([
    [{ 'cache-control': 'public, max-age=5' }, 'max-age=5, public'],
    [{ 'cache-control': 'private, max-age=90' }, 'max-age=60, private'],
    [{ 'cache-control': 'no-store' }, 'no-store'],
    [{}, 'no-store'],
  ])(
    'that says %j does not loosen what another says, and sends nothing by itself',
    async (said, together) => {
      const files = await filesFor(
        { a: answering({ a: 1 }, kept), b: answering({ b: 2 }, said) },
        { a: '[cache-control]', b: '[]' },
      );
      const subgraphs = await loaded(files);
      const saidBy = async (...names: readonly string[]) => {
        const context = requestContext();
        for (const name of names) await fetchFrom(subgraphs.get(name), `{ ${name} }`, { context });
        return cacheControlText(saidToClient(context).control);
      };
      expect(await saidBy('a', 'b')).toBe(together);
      expect(await saidBy('b', 'a')).toBe(together);
      expect(await saidBy('a')).toBe('max-age=60, public');
      expect(await saidBy('b')).toBe('no-store');
    },
  );
});

it('a gRPC source and a REST source behind a local subgraph count as well', async () => {
  const [rest, stock] = await Promise.all([
    startStandIn((_asked, response) => void response.setHeader('cache-control', 'max-age=9').end('"r"')),
    stockServer('s'),
  ]);
  cleanups.push(rest.close);
  const define = new URL('../../src/services/define.ts', import.meta.url).href;
  const subgraphs = await loaded({
    'a.graphql': 'type Query { rest: String other: String stock: String own: String }',
    'a.mjs': `import { defineSubgraph } from ${JSON.stringify(define)};
const get = (name) => (_p, _a, { sources, request }) => sources[name].get('/', {}, request);
const stock = async (_p, _a, { sources, request }) => (await sources.stock.call('GetStock', { upc: 'p' }, request)).warehouse;
export const subgraph = defineSubgraph({ sources: { rest: 'rest', other: 'rest', stock: 'grpc' },
  resolvers: { Query: { rest: get('rest'), other: get('other'), stock, own: () => 'o' } } });`,
    'graph.yaml': `subgraphs:
  a: { kind: local, schema: a.graphql, resolvers: a.mjs, sources: [rest, other, stock], owner: x }
sources:
  rest: { kind: rest, url: '${rest.url}', cache: { entriesMax: 0 }, headers: { respond: [cache-control] } }
  other: { kind: rest, url: '${rest.url}', cache: { entriesMax: 0 } }
  stock: { kind: grpc, url: 'grpc://127.0.0.1:${stock.port}', proto: ${stockProto.protoPath}, service: ${stockProto.service} }
`,
  });
  const said = async (text: string) => {
    const context = requestContext();
    expect((await fetchFrom(subgraphs.get('a'), text, { context })).errors).toBeUndefined();
    return cacheControlText(saidToClient(context).control);
  };
  expect(await said('{ own }')).toBe('no-store');
  expect(await said('{ rest own }')).toBe('max-age=9, private');
  expect(await said('{ rest other }')).toBe('max-age=9, private');
  expect(await said('{ rest stock }')).toBe('no-store');
  expect(await said('{ other stock }')).toBe('no-store');
});

it('a cookie is for the client whose call it came with', async () => {
  let cookies = 0;
  const slow: Answer = (request, response) => {
    cookies += 1;
    const answer = answering({ a: 1 }, { 'set-cookie': `session=${cookies}` });
    setTimeout(() => answer(request, response), 100);
  };
  const url = await gateway({ a: slow, b: answering({ b: 2 }, {}) });
  const replies = await Promise.all([query(url, '{ a }'), query(url, '{ a }'), query(url, '{ a }')]);
  const got = replies.flatMap((reply) => reply.headers.getSetCookie());
  expect(got.toSorted()).toEqual(['session=1', 'session=2', 'session=3']);
});

type Answers = Readonly<Record<'a' | 'b', Answer>>;

async function ask(answers: Answers): Promise<Response> {
  return query(await gateway(answers), '{ a b }');
}

function query(url: string, text: string): Promise<Response> {
  const body = JSON.stringify({ query: text });
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

async function gateway(answers: Answers): Promise<string> {
  const folder = await folderWith(await filesFor(answers));
  const running = await start({ graphPath: `${folder}/graph.yaml`, port: 0, logLevel: 'silent' });
  cleanups.push(() => running.close());
  return running.url;
}

/** The subgraphs alone, as the gateway has them. */
async function loaded(files: Readonly<Record<string, string>>): Promise<LoadedSubgraphs['subgraphs']> {
  const folder = await folderWith(files);
  const backends = createBackends(await loadGatewayConfig(undefined), new MutationCounter(), new Events());
  const all = await loadSubgraphs(await loadGraphFile(`${folder}/graph.yaml`), backends);
  cleanups.push(() => all.close());
  return all.subgraphs;
}

/** @param respond Default: cookies and `cache-control` of both. */
async function filesFor(answers: Answers, respond?: Readonly<Record<'a' | 'b', string>>) {
  const files: Record<string, string> = { 'graph.yaml': 'subgraphs:\n' };
  for (const name of ['a', 'b'] as const) {
    const service = await startStandIn(answers[name]);
    cleanups.push(service.close);
    files[`${name}.graphql`] = `type Query { ${name}: Int }`;
    files['graph.yaml'] +=
      `  ${name}: { kind: graphql, url: "${service.url}", schema: ${name}.graphql, owner: x,
    headers: { respond: ${respond?.[name] ?? '[set-cookie, cache-control]'} } }\n`;
  }
  return files;
}

function answering(data: object, headers: Record<string, string | string[]>): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ data }));
  };
}
