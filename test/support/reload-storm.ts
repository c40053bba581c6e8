/**
 * One new graph after another under a running gateway, while clients ask: by changed files, by SIGHUP, or from an
 * address with ETags. Before the last one comes a broken graph. What it answers with is for tests and benchmarks.
 */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { compose } from '../../src/preparation/composition/compose.ts';
import { type Mocks, startMocks } from '../../subgraphs-mock/start.ts';
import { ask } from './ask.ts';
import type { Gauges } from './gauges.ts';
import { measuredGateway, quantile, type MeasuredGateway } from './measured-gateway.ts';

export interface ReloadStormOptions {
  readonly how: 'file' | 'signal' | 'address';
  readonly reloads: number;
  /** Each asks one thing after another. */
  readonly clients: number;
  /** Between an answer and the next request, so that the load takes no core for itself. Default: none. */
  readonly clientPauseMs?: number;
}

export interface ReloadStorm {
  readonly requests: number;
  /** What clients got that was no answer, in their words. */
  readonly failures: readonly string[];
  /** Why the broken graph was refused. */
  readonly refusal: string;
  /** The address said that nothing had changed. */
  readonly unchanged: number;
  /** Early and at the end. */
  readonly gauges: readonly [Gauges, Gauges];
  readonly summary: string;
}

/** Where graphs are put, and what the gateway is started with to find them there. */
interface Place {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Graph number `version`; -1 is a broken one. */
  put(version: number): Promise<void>;
  unchanged(): number;
  close(): Promise<void>;
}

const brokenVersion = -1;
const schemas = fileURLToPath(new URL('../../schemas/', import.meta.url));
const remotes = ['products', 'reviews', 'orders'] as const;
const patienceMs = 120_000;
const failuresMax = 100;

/** Everything here is in all graphs; each is asked by name, so that generations meet operations they know. */
const operations = [
  '{ product(upc: "p1") { name price reviews(first: 2) { body author { id } } } }',
  'query Top { topProducts(first: 3) { upc name averageRating } }',
  '{ order(id: "o1") { status total items { quantity product { name } } } }',
  'query Latest { latestReviews(first: 4) { rating product { name weightGrams } } }',
  '{ orders(first: 5) { id user { id reviews(first: 1) { body } } } }',
];

/** @throws {Error} When a graph does not come into place, or the broken one does. */
export async function reloadStorm(options: ReloadStormOptions): Promise<ReloadStorm> {
  const { how, reloads } = options;
  const mocks = await startMocks({ portBase: 0 });
  const place = how === 'address' ? await address(mocks) : await folder(mocks, how);
  try {
    await place.put(0);
    const gateway = await measuredGateway(place.args, place.environment);
    const load = startLoad(gateway.url, options);
    try {
      const change = (version: number): Promise<void> => putAndLook(gateway, place, version, how);
      // What starting took is no pause of a gateway that serves.
      await gateway.gauges();
      const early = Math.max(1, Math.floor(reloads / 5));
      for (let version = 1; version <= early; version += 1) await change(version);
      const first = await gateway.gauges();
      for (let version = early + 1; version < reloads; version += 1) await change(version);
      const refusal = await refused(gateway, place, how);
      if ((await versionOf(gateway.url)) !== reloads - 1) throw new Error('The graph before did not stay');
      await change(reloads);
      // On a busy machine each look may have found a change.
      for (let i = 0; how === 'address' && i < 100 && place.unchanged() === 0; i += 1)
        await new Promise((resolve) => setTimeout(resolve, 100));
      return storm(await load.end(), [first, await gateway.gauges()], refusal, place.unchanged());
    } finally {
      await load.end();
      await gateway.end();
    }
  } finally {
    await place.close();
    await mocks.close();
  }
}

async function putAndLook(
  gateway: MeasuredGateway,
  place: Place,
  version: number,
  how: ReloadStormOptions['how'],
): Promise<void> {
  await place.put(version);
  if (how === 'signal') gateway.signal('SIGHUP');
  const deadlineMs = performance.now() + patienceMs;
  while ((await versionOf(gateway.url)) !== version) {
    if (performance.now() > deadlineMs) throw new Error(`Graph ${version} did not come into place`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function refused(
  gateway: MeasuredGateway,
  place: Place,
  how: ReloadStormOptions['how'],
): Promise<string> {
  const line = gateway.logged(({ reason }) => reason !== undefined);
  await place.put(brokenVersion);
  if (how === 'signal') gateway.signal('SIGHUP');
  return (await line).reason ?? '';
}

/** Which graph is in place: its number stands in a description. */
async function versionOf(url: string): Promise<number> {
  const { data } = await ask(url, '{ __type(name: "Category") { description } }');
  const { description } = (data as { __type: { description: string | null } }).__type;
  return Number(description?.replace('graph ', ''));
}

async function folder(mocks: Mocks, how: 'file' | 'signal'): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'tributary-reloads-'));
  const graph = await readFile(join(schemas, 'graph.yaml'), 'utf8');
  const ownGraph = graph
    .replace('subgraphs/products/schema.graphql', 'products.graphql')
    .replaceAll('schema: subgraphs/', `schema: ${schemas}subgraphs/`)
    .replaceAll('proto: protos/', `proto: ${schemas}protos/`)
    .replaceAll('resolvers: subgraphs/', `resolvers: ${schemas}subgraphs/`);
  await writeFile(join(path, 'graph.yaml'), ownGraph);
  await writeFile(join(path, 'gateway.yaml'), `reload:\n  filePollMs: ${how === 'file' ? 50 : 0}\n`);
  return {
    args: ['--graph', join(path, 'graph.yaml'), '--config', join(path, 'gateway.yaml')],
    environment: Object.fromEntries(mocks.all.map(({ name, url }) => [`${name.toUpperCase()}_URL`, url])),
    put: async (version) => writeFile(join(path, 'products.graphql'), await productsSdl(version)),
    unchanged: () => 0,
    close: () => rm(path, { recursive: true }),
  };
}

async function address(mocks: Mocks): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'tributary-reloads-'));
  await writeFile(join(path, 'gateway.yaml'), 'reload:\n  urlPollMs: 50\n  urlPollMaxMs: 200\n');
  let [etag, sdl, unchanged] = ['', '', 0];
  const server = createServer((request, response) => {
    if (request.headers['if-none-match'] === etag) {
      unchanged += 1;
      response.writeHead(304).end();
    } else {
      response.writeHead(200, { etag }).end(sdl);
    }
  });
  const port = await listen(server);
  return {
    args: ['--supergraph', `http://127.0.0.1:${port}/`, '--config', join(path, 'gateway.yaml')],
    environment: {},
    async put(version) {
      [sdl, etag] = [
        version === brokenVersion ? 'type Query {' : await supergraph(mocks, version),
        `"${version}"`,
      ];
    },
    unchanged: () => unchanged,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(path, { recursive: true });
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function supergraph(mocks: Mocks, version: number): Promise<string> {
  const subgraphs = remotes.map(async (name) => ({
    name,
    url: mocks.service(name).url,
    file: `${name}.graphql`,
    sdl: name === 'products' ? await productsSdl(version) : await sdlOf(name),
  }));
  const composed = compose(await Promise.all(subgraphs));
  if ('errors' in composed) throw new Error(composed.errors.map(({ message }) => message).join('\n'));
  return composed.supergraphSdl;
}

/** Processor time that a thread takes to compose and load these graphs: a pause of the main thread, if it did that. */
export async function loadCpuMs(): Promise<number> {
  const subgraphs = await Promise.all(
    remotes.map(async (name) => ({ name, url: `http://${name}.test/`, file: name, sdl: await sdlOf(name) })),
  );
  // A thread of its own, as for each graph: in one that has composed before, it takes a fraction of that.
  const worker = new Worker(new URL('./load-cpu.ts', import.meta.url), { workerData: subgraphs });
  const [cpuMs] = (await once(worker, 'message')) as [number];
  await worker.terminate();
  return cpuMs;
}

/** Two graphs take turns, and each says its number. */
async function productsSdl(version: number): Promise<string> {
  if (version === brokenVersion) return 'type Query {';
  const sdl = (await sdlOf('products')).replace('enum Category', `"graph ${version}"\nenum Category`);
  return version % 2 === 0 ? sdl : `${sdl}\nextend type Product {\n  color: String\n}\n`;
}

function sdlOf(name: string): Promise<string> {
  return readFile(join(schemas, 'subgraphs', name, 'schema.graphql'), 'utf8');
}

interface Load {
  readonly tookMs: readonly number[];
  readonly failures: readonly string[];
}

function startLoad(url: string, { clients, clientPauseMs }: ReloadStormOptions): { end(): Promise<Load> } {
  const tookMs: number[] = [];
  const failures: string[] = [];
  let isOver = false;
  const client = async (_: unknown, index: number): Promise<void> => {
    for (let i = index; !isOver && failures.length < failuresMax; i += 1) {
      const startedAtMs = performance.now();
      await ask(url, operations[i % operations.length] ?? '').then(
        ({ status, errors }) => {
          if (status !== 200 || errors) failures.push(`status ${status} ${JSON.stringify(errors)}`);
        },
        (error: unknown) => failures.push(String(error)),
      );
      tookMs.push(performance.now() - startedAtMs);
      if (clientPauseMs !== undefined) await sleep(clientPauseMs);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    async end() {
      isOver = true;
      await all;
      return { tookMs, failures };
    },
  };
}

function storm(
  { tookMs, failures }: Load,
  gauges: readonly [Gauges, Gauges],
  refusal: string,
  unchanged: number,
): ReloadStorm {
  const [first, last] = gauges;
  const blockMs = Math.max(...gauges.map(({ longestBlockMs }) => longestBlockMs));
  const cpuMs = Math.max(...gauges.map(({ longestCpuMs }) => longestCpuMs));
  const summary = [
    `p50 ${quantile(tookMs, 0.5).toFixed(1)} ms, p99 ${quantile(tookMs, 0.99).toFixed(1)} ms`,
    `worst block of the main thread ${blockMs.toFixed(0)} ms (${cpuMs.toFixed(0)} ms of processor time)`,
    `heap ${first.heapMb.toFixed(1)} MB early, ${last.heapMb.toFixed(1)} MB at the end`,
  ].join('; ');
  return { requests: tookMs.length, failures, refusal, unchanged, gauges, summary };
}
