/**
 * Graphs that change under a running gateway: no client notices, a broken one is refused with its reason, and an address
 * is asked with its ETag and less often while it fails. With TRIBUTARY_SOAK=1 there are 50 reloads of each kind.
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { type Graph, GraphSource, type GraphSourceOptions } from '../../src/plan/graph-source.ts';
import { Reloader, type ReloaderOptions } from '../../src/plan/reloader.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { folderWith } from '../support/folder.ts';
import { loadCpuMs, reloadStorm } from '../support/reload-storm.ts';

const isSoak = process.env.TRIBUTARY_SOAK === '1';
const reloads = isSoak ? 50 : 5;
/** Heap that the second half of the reloads may add to the first. */
const heapGrowthMbMax = 15;

describe('reloads under load', { timeout: isSoak ? 900_000 : 240_000 }, () => {
  let pauseMs = 0;
  beforeAll(async () => {
    pauseMs = await loadCpuMs();
  });

  it.each(['file', 'signal', 'address'] as const)('by %s fail no request', async (how) => {
    const storm = await reloadStorm({ how, reloads, clients: 4, clientPauseMs: 5 });
    console.log(
      `${reloads} reloads by ${how}, ${storm.requests} requests: ${storm.summary}; loading takes ${pauseMs.toFixed(0)} ms`,
    );

    expect(storm.failures).toEqual([]);
    expect(storm.requests).toBeGreaterThan(reloads * 10);
    expect(storm.refusal).toContain('Syntax Error: Expected Name, found <EOF>.');
    if (how === 'address') expect(storm.unchanged).toBeGreaterThan(0);
    const [first, last] = storm.gauges;
    // By processor time, and by what this machine needs for it now: other processes are no pause of ours.
    expect(Math.max(first.longestCpuMs, last.longestCpuMs)).toBeLessThan(pauseMs / 2);
    expect(last.heapMb - first.heapMb).toBeLessThan(heapGrowthMbMax);
  });
});

describe('an address', () => {
  it('is asked with the ETag of the graph in place, and says when nothing has changed', async () => {
    const asked: Array<string | undefined> = [];
    const source = await sourceAt(taggedGraph(asked));
    expect(await source.read()).toEqual({ kind: 'supergraph', sdl: 'type Query { a: Int }' });
    source.accepted();
    expect(await source.readIfChanged()).toBeUndefined();
    // Whoever asks for a reload gets the graph, changed or not.
    expect(await source.read()).toMatchObject({ kind: 'supergraph' });
    expect(asked).toEqual([undefined, '"1"', undefined]);
  });

  it('is read again each time where it gives no ETag', async () => {
    const source = await sourceAt((_request, response) => void response.end('type Query { a: Int }'));
    await source.read();
    expect(await source.readIfChanged()).toMatchObject({ sdl: 'type Query { a: Int }' });
  });

  it.each<[string, string, RequestListener]>([
    ['fails', 'it answered with status 503', (_request, response) => void response.writeHead(503).end()],
    ['sends too much', 'larger than 1000 bytes', (_request, response) => void response.end('x'.repeat(1001))],
    ['never ends', 'larger than 1000 bytes', (_request, response) => pourOut(response)],
    ['does not answer', 'aborted due to timeout', () => {}],
    ['stops midway', 'aborted due to timeout', (_request, response) => void response.write('type')],
    [
      'redirects',
      'it answered with status 302',
      (_request, response) => void response.writeHead(302, { location: '/other' }).end(),
    ],
  ])('that %s is refused with the reason', async (_what, reason, listener) => {
    const isLate = reason.includes('timeout');
    const source = await sourceAt(listener, isLate ? { timeoutMs: 300 } : {});
    await expect(source.read()).rejects.toMatchObject({
      code: 'SUPERGRAPH_INVALID',
      message: expect.stringContaining(reason) as unknown,
    });
  });
});

it.each([
  ['http://169.254.169.254/latest', {}, '169.254.169.254 is a link-local address'],
  ['http://[::ffff:100.100.100.200]/', {}, 'is the address of a metadata service'],
  [
    'http://127.0.0.1:1/',
    { addresses: { allowLoopback: false, allowPrivate: true } },
    'an address of this machine',
  ],
  [
    'http://localhost:1/',
    { addresses: { allowLoopback: false, allowPrivate: true } },
    'an address of this machine',
  ],
  [
    'http://127.0.0.1:1/',
    { allowedOrigins: ['https://registry.example'] },
    'not among "transport.allowedOrigins"',
  ],
])('a supergraph address that is refused is never asked: %s', async (address, rules, reason) => {
  const source = new GraphSource({ ...place, ...rules, location: address });
  await expect(source.read()).rejects.toMatchObject({
    code: 'SUPERGRAPH_INVALID',
    message: expect.stringContaining(reason) as unknown,
  });
});

it('a supergraph that was refused is downloaded again, and so is one whose policy has changed', async () => {
  const asked: Array<string | undefined> = [];
  const address = await addressOf(taggedGraph(asked));
  const folder = await folderWith({ 'policy.ts': '1' });
  const file = join(folder, 'policy.ts');
  let refusal: Error | null = null;
  const read = () => (refusal ? Promise.reject(refusal) : Promise.resolve({ checks: [] } as never));
  const source = new GraphSource({ ...address, policy: { file, read } });
  await source.read();
  // It is not in place.
  expect(await source.readIfChanged()).toMatchObject({ kind: 'supergraph' });
  source.accepted();
  expect(await source.readIfChanged()).toBeUndefined();
  await writeFile(file, 'a policy that is read and then refused');
  expect(await source.readIfChanged()).toMatchObject({ kind: 'supergraph' });
  expect(await source.readIfChanged()).toMatchObject({ kind: 'supergraph' });
  source.accepted();
  await writeFile(file, 'half of');
  refusal = new GatewayError('CONFIG_INVALID', 'Unexpected end of input');
  await expect(source.readIfChanged()).rejects.toBe(refusal);
  await expect(source.readIfChanged()).rejects.toBe(refusal);
  refusal = null;
  expect(await source.readIfChanged()).toMatchObject({ kind: 'supergraph' });
  source.accepted();
  expect(await source.readIfChanged()).toBeUndefined();
  expect(asked.map((etag) => etag ?? '-').join(' ')).toBe('- - "1" - - - - - "1"');
});

it('notices corrections of any file of a graph that could not be read, and files that come later', async () => {
  const entry = (name: string) =>
    `  ${name}: { kind: graphql, url: "http://127.0.0.1:1", schema: ${name}.graphql, owner: x }`;
  const folder = await folderWith({
    'graph.yaml': ['subgraphs:', entry('a'), entry('b')].join('\n'),
    'a.graphql': 'type Query { a: Int }',
    'b.graphql': 'type Query { b: Int }',
  });
  const path = (name: string): string => join(folder, name);
  const source = new GraphSource({ ...place, kind: 'graph', location: path('graph.yaml') });
  await source.read();
  expect(await source.readIfChanged()).toBeUndefined();

  await rename(path('a.graphql'), path('a.away'));
  await expect(source.readIfChanged()).rejects.toThrow('a.graphql');
  // The same reason is told once.
  expect(await source.readIfChanged()).toBeUndefined();
  await rename(path('a.away'), path('a.graphql'));
  expect(await source.readIfChanged()).toMatchObject({ kind: 'graph' });
  expect(await source.readIfChanged()).toBeUndefined();
  await writeFile(path('b.graphql'), 'type Query { b: Int c: Int }');
  expect(await source.readIfChanged()).toMatchObject({ kind: 'graph' });

  await writeFile(path('graph.yaml'), ['subgraphs:', entry('a'), entry('b'), entry('new')].join('\n'));
  await expect(source.readIfChanged()).rejects.toThrow('new.graphql');
  expect(await source.readIfChanged()).toBeUndefined();
  await writeFile(path('new.graphql'), 'type Query { n: Int }');
  expect(await source.readIfChanged()).toMatchObject({ kind: 'graph' });
  expect(await source.readIfChanged()).toBeUndefined();
});

it('reads a file again once it changed, and says which file is missing', async () => {
  const folder = await folderWith({ 'supergraph.graphql': 'type Query { a: Int }' });
  const source = new GraphSource({ ...place, location: join(folder, 'supergraph.graphql') });
  await source.read();
  expect(await source.readIfChanged()).toBeUndefined();
  const missing = new GraphSource({ ...place, location: join(folder, 'none.graphql') });
  await expect(missing.read()).rejects.toMatchObject({
    code: 'SUPERGRAPH_INVALID',
    message: expect.stringContaining('none.graphql cannot be read: ENOENT') as unknown,
  });
});

it('reads the graph again once a proto file has changed', async () => {
  const folder = await folderWith({
    'graph.yaml': `
subgraphs: { stock: { kind: local, schema: stock.graphql, resolvers: stock.ts, owner: a, sources: [stock] } }
sources: { stock: { kind: grpc, url: "grpc://localhost:1", proto: stock.proto, service: shop.Stock } }
`,
    'stock.graphql': 'type Query { a: Int }',
    'stock.proto': 'syntax = "proto3";',
    'stock.ts': '',
  });
  const source = new GraphSource({ ...place, kind: 'graph', location: join(folder, 'graph.yaml') });
  await source.read();
  expect(await source.readIfChanged()).toBeUndefined();
  await writeFile(join(folder, 'stock.proto'), 'syntax = "proto3"; package shop;');
  expect(await source.readIfChanged()).toMatchObject({ kind: 'graph' });
});

describe('a reloader', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('hands on what changed, and nothing while nothing does', async () => {
    const { replaced } = reloaderWith([graph, undefined, graph]);
    await vi.advanceTimersByTimeAsync(350);
    expect(replaced).toHaveLength(2);
  });

  it('asks less and less often while it fails, up to a limit, and as before once it works', async () => {
    const fail = new Error('down');
    const { lookedAtMs } = reloaderWith([fail, fail, fail, fail, fail, undefined, undefined]);
    await vi.advanceTimersByTimeAsync(2800);
    const waitsMs = lookedAtMs.map((atMs, i) => atMs - (lookedAtMs[i - 1] ?? 0));
    expect(waitsMs.slice(0, 8)).toEqual([100, 200, 400, 500, 500, 500, 100, 100]);
  });

  it('looks at once when asked to, and says why a graph is refused', async () => {
    const { reloader, refused } = reloaderWith([new Error('broken')]);
    await reloader.now();
    expect(refused).toEqual(['broken']);
  });

  it('looks no more once it is closed', async () => {
    const { reloader, lookedAtMs } = reloaderWith([graph]);
    await reloader.close();
    await reloader.now();
    await vi.advanceTimersByTimeAsync(1000);
    expect(lookedAtMs).toEqual([]);
  });
});

const place = {
  kind: 'supergraph',
  environment: {},
  // For what hangs only.
  timeoutMs: 60_000,
  supergraphBytesMax: 1000,
  addresses: { allowLoopback: true, allowPrivate: true },
} as const;
const graph: Graph = { kind: 'supergraph', sdl: 'type Query { a: Int }' };

/** Always the same graph, with an ETag. @param asked Gets the ETag of each request. */
function taggedGraph(asked: Array<string | undefined>): RequestListener {
  return (request, response) => {
    const ifNoneMatch = request.headers['if-none-match'];
    asked.push(ifNoneMatch);
    if (ifNoneMatch === '"1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"1"' }).end('type Query { a: Int }');
  };
}

async function addressOf(
  listener: RequestListener,
  options: { readonly timeoutMs?: number } = {},
): Promise<GraphSourceOptions> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const location = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graph`;
  return { ...place, ...options, location };
}

async function sourceAt(
  listener: RequestListener,
  options: { readonly timeoutMs?: number } = {},
): Promise<GraphSource> {
  return new GraphSource(await addressOf(listener, options));
}

/** Sends until nobody listens any more. */
function pourOut(response: Parameters<RequestListener>[1]): void {
  const timer = setInterval(() => response.write('x'.repeat(100)), 1);
  response.on('close', () => clearInterval(timer));
}

/** Looks every 100 ms, after failures every 500 ms at least; after `outcomes` nothing changes. */
function reloaderWith(outcomes: ReadonlyArray<Graph | Error | undefined>): {
  reloader: Reloader;
  replaced: Graph[];
  refused: string[];
  lookedAtMs: number[];
} {
  const [replaced, refused, lookedAtMs]: [Graph[], string[], number[]] = [[], [], []];
  const startedAtMs = Date.now();
  const look = (): Promise<Graph | undefined> => {
    lookedAtMs.push(Date.now() - startedAtMs);
    const outcome = outcomes[lookedAtMs.length - 1];
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  const source = { read: look, readIfChanged: look, accepted() {} } as unknown as ReloaderOptions['source'];
  const reloader = new Reloader({
    source,
    replace: (next) => Promise.resolve(void replaced.push(next)),
    onRefused: (error) => void refused.push((error as Error).message),
    intervalMs: 100,
    intervalMaxMs: 500,
    random: () => 0.5,
  });
  return { reloader, replaced, refused, lookedAtMs };
}
