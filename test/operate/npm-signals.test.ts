/** SIGTERM to npm, as a supervisor sends it to the commands of the README: what npm started drains and ends with it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { beforeAll, expect, it, onTestFinished } from 'vitest';

import { startMocks } from '../../subgraphs-mock/start.ts';
import { ask } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { childrenOf, isAlive } from '../support/processes.ts';
import { addressVariables, graphPath } from '../support/shop.ts';
import { listening } from '../support/tributary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const endTimeoutMs = 120_000;
const slow = 'query Slow { product(upc: "p1") { name } }';

/** `npm run serve` runs what this makes. */
beforeAll(() => promisify(execFile)('npm', ['run', 'build'], { cwd: root }), 240_000);

it('npm start: the gateway and the mock services', async () => {
  const { child, printed } = npm(['start', '--', '--port', '0']);
  await printed(/^Starting the mock services/m);
  const [, url = ''] = await printed(/running at (\S+)/);
  const started = await descendantsOf(child.pid ?? 0);
  expect(started).toHaveLength(2);
  expect((await ask(url, '{ __typename }')).status).toBe(200);
  child.kill('SIGTERM');
  await expectEnded(child, started, url);
});

it.each([
  ['to npm alone', false],
  ['to all of its processes, as systemd sends it', true],
])(
  'npm run serve, as in production, with a signal %s: what is in flight is answered first',
  async (_to, isForAll) => {
    const mocks = await startMocks({ portBase: 0 });
    onTestFinished(() => mocks.close());
    const folder = await folderWith({ 'gateway.yaml': 'server: { workers: 2 }\n' });
    const { child, printed } = npm(
      ['run', 'serve', '--', '--graph', graphPath, '--config', `${folder}/gateway.yaml`, '--port', '0'],
      { ...addressVariables(mocks), NODE_ENV: 'production' },
    );
    const [, url = ''] = await printed(listening);
    const started = await descendantsOf(child.pid ?? 0);
    expect(started).toHaveLength(3);
    mocks.service('products').faults.set({ latencyMs: 800 });
    const inFlight = ask(url, slow);
    await expect.poll(() => mocks.service('products').calls.total).toBe(1);
    child.kill('SIGTERM');
    if (isForAll) for (const pid of started) process.kill(pid, 'SIGTERM');
    expect(await inFlight).toMatchObject({ status: 200, data: { product: { name: expect.any(String) } } });
    await expectEnded(child, started, url);
  },
);

it('npx: the gateway notices that its shell has ended', async () => {
  const folder = await folderWith({
    'graph.yaml':
      'subgraphs: { one: { kind: graphql, url: "http://127.0.0.1:1/", schema: one.graphql, owner: t } }',
    'one.graphql': 'type Query { a: Int }',
  });
  const started = npm([
    'exec',
    '--no',
    '--',
    'tributary',
    'serve',
    '--graph',
    `${folder}/graph.yaml`,
    '--port',
    '0',
  ]);
  const [, url = ''] = await started.printed(listening);
  const below = await descendantsOf(started.child.pid ?? 0);
  started.child.kill('SIGTERM');
  await started.printed(/"msg":"draining"[^]*"msg":"closed"/);
  for (const pid of below) await expect.poll(() => isAlive(pid)).toBe(false);
  await expect(ask(url, '{ __typename }')).rejects.toThrow('fetch failed');
});

async function expectEnded(child: ChildProcess, started: readonly number[], url: string): Promise<void> {
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(endTimeoutMs) })) as [
    number | null,
  ];
  expect(code).toBe(0);
  for (const pid of started) expect(await isAlive(pid)).toBe(false);
  await expect(ask(url, '{ __typename }')).rejects.toThrow('fetch failed');
}

/** All processes below it. */
async function descendantsOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  const below = await Promise.all(children.map(descendantsOf));
  return [...children, ...below.flat()];
}

function npm(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { child: ChildProcess; printed: (pattern: RegExp) => Promise<RegExpExecArray> } {
  const child = spawn('npm', [...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'development', ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const printed = async (pattern: RegExp): Promise<RegExpExecArray> => {
    await expect.poll(() => pattern.test(output), { timeout: endTimeoutMs }).toBe(true);
    return pattern.exec(output) as RegExpExecArray;
  };
  return { child, printed };
}
