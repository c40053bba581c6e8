/** `tributary serve --workers`: several processes behind one port, with real signals and real deaths. */
import { createServer, type AddressInfo } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type Mocks, startMocks } from '../../subgraphs-mock/start.ts';
import { ask, type GraphqlReply } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { childrenOf, isAlive, killFirst } from '../support/processes.ts';
import { addressVariables, graphPath, productsGraph } from '../support/shop.ts';
import {
  runTributary,
  servedAt,
  type Tributary,
  type TributaryOptions,
  tributary,
  signalUntilEnded,
} from '../support/tributary.ts';

const slow = 'query Slow { product(upc: "p1") { name } }';
const schemas = graphPath.replace(/graph\.yaml$/, '');
const patience = { timeout: 60_000, interval: 50 };

describe('several workers', () => {
  it('answer behind one port, with one planner that loads once and prepares once', async () => {
    const { url, lines } = await given();
    await expect
      .poll(async () => {
        // Many at once: each takes a connection of its own.
        const replies = await Promise.all(Array.from({ length: 8 }, () => ask(url, slow)));
        expect(replies.filter(({ status, errors }) => status !== 200 || errors)).toEqual([]);
        return new Set(lines().flatMap(({ msg, worker }) => (msg === 'request' ? [worker] : []))).size;
      }, patience)
      .toBe(2);
    expect(lines().filter(({ msg }) => msg === 'supergraph loaded')).toHaveLength(1);
    const refused = await ask(url, '{ nothing }');
    expect(refused.errors?.[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
    const { data } = await ask(url, '{ __schema { queryType { name } } }');
    expect(data).toEqual({ __schema: { queryType: { name: 'Query' } } });
  });

  it('are replaced when they die, fail only what they had in flight, and send no mutation twice', async () => {
    const { url, mocks, running, lines } = await given({ graph: graphPath });
    const load = startMutations(url);
    const killed: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      killed.push(killFirst((await workersOf(running)).filter((pid) => !killed.includes(pid))));
      await expect
        .poll(() => lines().filter(({ msg }) => msg === 'worker started').length, patience)
        .toBe(3 + i);
    }
    const { sent, failed } = await load.end();
    expect(await workersOf(running)).toHaveLength(2);
    expect(sent).toBeGreaterThan(10);
    // One client has one request in flight.
    expect(failed).toBeLessThanOrEqual(killed.length * load.clients);
    expect(mocks.service('orders').calls.total).toBeLessThanOrEqual(sent);
    expect((await ask(url, slow)).status).toBe(200);
  });

  it('are replaced later and later while they die at once', async () => {
    const { running, lines } = await given();
    const killed = new Set<unknown>();
    await expect
      .poll(() => {
        for (const { msg, worker, pid } of lines()) {
          if (msg !== 'worker started' || worker !== 2 || killed.has(pid)) continue;
          killed.add(pid);
          process.kill(Number(pid), 'SIGKILL');
        }
        return waits(lines()).length;
      }, patience)
      .toBeGreaterThanOrEqual(3);
    const [first = 0, second = 0, third = 0] = waits(lines()).filter((waitMs) => waitMs > 0);
    expect([second, third]).toEqual([first * 2, first * 4]);
    expect(await workersOf(running)).not.toEqual([]);
  });

  it('all get a changed graph without a failed request, and none a broken one', async () => {
    const folder = await ownGraph();
    const { url, running, lines } = await given({ graph: join(folder, 'graph.yaml'), settings: polling });
    const load = startQueries(url);
    const replaced = (): number => lines().filter(({ msg }) => msg === 'supergraph in place').length;
    for (let version = 1; version <= 3; version += 1) {
      await putProducts(folder, `"graph ${version}"\nenum Category`);
      if (version === 3) running.child.kill('SIGHUP');
      await expect.poll(replaced, patience).toBeGreaterThanOrEqual(2 + 2 * version);
      await expect.poll(() => versions(url), patience).toEqual([`graph ${version}`]);
    }
    await putProducts(folder, 'enum Category {{');
    await running.printed(/the changed graph is invalid/);
    expect(await versions(url)).toEqual(['graph 3']);
    const { failures, asked } = await load.end();
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(20);
    expect(lines().filter(({ msg }) => msg === 'worker ended')).toEqual([]);
  });

  it('keep the old graph when they cannot serve the new one, though it composes', async () => {
    const folder = await ownGraph();
    const { url, running, lines } = await given({ graph: join(folder, 'graph.yaml'), settings: polling });
    await writeFile(join(folder, 'broken.js'), 'throw new Error("broken resolvers");');
    const graph = await readFile(join(folder, 'graph.yaml'), 'utf8');
    await writeFile(join(folder, 'graph.yaml'), graph.replace(/resolvers: \S+/, 'resolvers: ./broken.js'));
    await running.printed(/the changed graph is invalid/);
    expect((await ask(url, slow)).data).toMatchObject({ product: {} });
    expect(lines().filter(({ msg }) => msg === 'worker ended')).toEqual([]);
  });
});

describe('the end of several workers', () => {
  it.each([
    ['SIGTERM', false],
    ['SIGINT', false],
    ['Ctrl-C', true],
  ] as const)('by %s lets requests in flight end and leaves no process', async (how, isGroup) => {
    const { url, mocks, running } = await given({ graph: graphPath }, { detached: isGroup });
    const pids = await workersOf(running);
    mocks.service('products').faults.set({ latencyMs: 800 });
    const inFlight = Promise.all([1, 2, 3, 4].map((n) => ask(url, slow.replace('Slow', `Slow${n}`))));
    await expect.poll(() => mocks.service('products').calls.total, patience).toBe(4);
    if (isGroup) process.kill(-(running.child.pid ?? 0), 'SIGINT');
    else running.child.kill(how === 'SIGTERM' ? 'SIGTERM' : 'SIGINT');
    for (const { status, data } of await inFlight)
      expect({ status, data }).toMatchObject({
        status: 200,
        data: { product: { name: expect.any(String) } },
      });
    const { code, stderr } = await running.ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const pid of pids) expect(await isAlive(pid)).toBe(false);
  });

  it('comes at once on a repeated signal', async () => {
    const { url, mocks, running } = await given({ settings: 'timeouts: { requestMs: 60000 }\n' });
    const pids = await workersOf(running);
    mocks.service('products').faults.set({ hang: true });
    const cutOff = expect(ask(url, slow)).rejects.toThrow('fetch failed');
    await expect.poll(() => mocks.service('products').calls.total).toBe(1);
    running.child.kill('SIGTERM');
    await running.printed(/"msg":"draining"/);
    expect((await signalUntilEnded(running, 'SIGTERM')).code).toBe(130);
    await cutOff;
    for (const pid of pids) await expect.poll(() => isAlive(pid), patience).toBe(false);
  });

  it('comes by itself, after what is in flight, when the primary process is killed', async () => {
    const { url, mocks, running } = await given();
    const pids = await workersOf(running);
    mocks.service('products').faults.set({ latencyMs: 800 });
    const inFlight = ask(url, slow);
    await expect.poll(() => mocks.service('products').calls.total).toBe(1);
    running.child.kill('SIGKILL');
    expect(await inFlight).toMatchObject({ status: 200, data: { product: {} } });
    for (const pid of pids) await expect.poll(() => isAlive(pid), patience).toBe(false);
  });

  it('comes also where the log of the primary process has no reader any more', async () => {
    const { running } = await given();
    const pids = await workersOf(running);
    running.child.stdout?.destroy();
    running.child.kill('SIGKILL');
    for (const pid of pids) await expect.poll(() => isAlive(pid), patience).toBe(false);
  });
});

describe('what is wrong from the start is said once', () => {
  it('for a port in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const ended = await startedWith(['--workers', '2', '--port', String(port)]);
    expect(ended).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^tributary serve: Port \d+ on .*\n$/) as string,
    });
  });

  it('for an Apollo Server plugin that is missing', async () => {
    const ended = await startedWith(['--workers', '2'], 'apollo: { plugins: [./none.js] }\n');
    expect(ended.code).toBe(1);
    expect(ended.stderr.match(/none\.js cannot be loaded/g)).toHaveLength(1);
  });

  it('for a wrong number', async () => {
    const { code, stderr } = await startedWith(['--workers', '0']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'tributary serve: --workers must be a number from 1 to 256, or auto, got "0" (see tributary serve --help)\n',
    });
  });
});

const polling = 'reload:\n  filePollMs: 50\n';

type Line = Readonly<Record<string, unknown>>;

interface Given {
  readonly url: string;
  readonly mocks: Mocks;
  readonly running: Tributary;
  /** Of the log so far. */
  readonly lines: () => Line[];
}

interface Asked {
  /** Default: that of the products. */
  readonly graph?: string;
  readonly settings?: string;
}

/** The mocks in this process, and a gateway of two workers. */
async function given(
  { graph = 'graph.yaml', settings = '' }: Asked = {},
  options: TributaryOptions = {},
): Promise<Given> {
  const mocks = await startMocks({ portBase: 0 });
  onTestFinished(() => mocks.close());
  const folder = await folderWith({ 'gateway.yaml': settings, 'graph.yaml': productsGraph });
  const args = ['--graph', graph, '--config', 'gateway.yaml', '--port', '0', '--workers', '2'];
  const running = tributary(['serve', ...args], {
    ...options,
    cwd: folder,
    environment: addressVariables(mocks),
  });
  let log = '';
  running.child.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const url = await servedAt(running);
  const lines = (): Line[] =>
    log
      .slice(0, log.lastIndexOf('\n'))
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  return { url, mocks, running, lines };
}

async function startedWith(
  args: readonly string[],
  settings = '',
): Promise<{ code: number | null; stderr: string }> {
  const mocks = await startMocks({ portBase: 0 });
  onTestFinished(() => mocks.close());
  const folder = await folderWith({ 'gateway.yaml': settings });
  const { code, stderr } = await runTributary(
    ['serve', '--graph', graphPath, '--config', 'gateway.yaml', '--port', '0', ...args],
    { cwd: folder, environment: addressVariables(mocks) },
  );
  return { code, stderr };
}

function workersOf({ child }: Tributary): Promise<number[]> {
  return childrenOf(child.pid ?? 0);
}

/** How long the successors of worker 2 had to wait, one after another. */
function waits(lines: readonly Line[]): number[] {
  return lines.flatMap(({ msg, worker, restartInMs }) =>
    msg === 'worker ended' && worker === 2 ? [Number(restartInMs)] : [],
  );
}

const order = `mutation { placeOrder(input: {
  customer: { id: "u1" }, items: [{ product: { upc: "p1" }, quantity: 1 }],
  shipTo: { name: "Ada", street: "Main 1", city: "Lyon", country: "FR" }, payment: { method: CARD }
}) { order { id } } }`;

function startMutations(url: string): { clients: number; end(): Promise<{ sent: number; failed: number }> } {
  const clients = 4;
  const load = startAsking(clients, () => ask(url, order));
  return {
    clients,
    async end() {
      const { asked, failures } = await load.end();
      return { sent: asked, failed: failures.length };
    },
  };
}

function startQueries(url: string): ReturnType<typeof startAsking> {
  return startAsking(3, (n) => ask(url, n % 2 === 0 ? slow : '{ topProducts(first: 2) { name } }'));
}

function startAsking(
  clients: number,
  once: (n: number) => Promise<GraphqlReply>,
): { end(): Promise<{ asked: number; failures: readonly string[] }> } {
  const failures: string[] = [];
  let [asked, isOver] = [0, false];
  const client = async (): Promise<void> => {
    while (!isOver && failures.length < 100) {
      asked += 1;
      await once(asked).then(
        ({ status, errors }) => {
          if (status !== 200 || errors) failures.push(`status ${status} ${JSON.stringify(errors)}`);
        },
        (error: unknown) => failures.push(String(error)),
      );
      // Load that leaves the processor to what is started meanwhile.
      await sleep(5);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    async end() {
      isOver = true;
      await all;
      return { asked, failures };
    },
  };
}

/** What several connections say, so that both workers are among them. */
async function versions(url: string): Promise<unknown[]> {
  const replies = await Promise.all(
    Array.from({ length: 6 }, () => ask(url, '{ __type(name: "Category") { description } }')),
  );
  return [
    ...new Set(replies.map(({ data }) => (data as { __type: { description: unknown } }).__type.description)),
  ];
}

/** The graph with a schema of products of its own. */
async function ownGraph(): Promise<string> {
  const graph = await readFile(graphPath, 'utf8');
  const folder = await folderWith({
    'graph.yaml': graph
      .replace('subgraphs/products/schema.graphql', 'products.graphql')
      .replaceAll('schema: subgraphs/', `schema: ${schemas}subgraphs/`)
      .replaceAll('proto: protos/', `proto: ${schemas}protos/`)
      .replaceAll('resolvers: subgraphs/', `resolvers: ${schemas}subgraphs/`),
  });
  await putProducts(folder, 'enum Category');
  return folder;
}

async function putProducts(folder: string, category: string): Promise<void> {
  const sdl = await readFile(join(schemas, 'subgraphs/products/schema.graphql'), 'utf8');
  await writeFile(join(folder, 'products.graphql'), sdl.replace('enum Category', category));
}
