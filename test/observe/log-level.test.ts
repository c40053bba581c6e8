/** SIGUSR1 switches the log of real processes to debug and back, and opens no debugger. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { startMocks } from '../../subgraphs-mock/start.ts';
import { ask } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { freePort } from '../support/redis-node.ts';
import { childrenOf } from '../support/processes.ts';
import { addressVariables, graphPath } from '../support/shop.ts';
import { servedAt, type Tributary, tributary } from '../support/tributary.ts';

const patience = { timeout: 60_000, interval: 50 };
/** Fails, which is a line of its own at level debug. */
const failing = '{ user(id: "u1") { email } }';

it('SIGUSR1 switches to debug and back', async () => {
  const { url, running, lines } = await given('');
  await ask(url, failing, { headers: { 'x-request-id': 'before' } });
  running.child.kill('SIGUSR1');
  await running.printed(/"logLevel":"debug","msg":"log level changed"/);
  await ask(url, failing, { headers: { 'x-request-id': 'debug' } });
  running.child.kill('SIGUSR1');
  await running.printed(/"logLevel":"info","msg":"log level changed"/);
  await ask(url, failing, { headers: { 'x-request-id': 'after' } });
  running.child.kill('SIGTERM');
  expect((await running.ended()).stderr).toBe('');
  const ofRequests = lines().filter(({ msg }) => msg === 'request' || msg === 'field failed');
  expect(ofRequests.map(({ requestId, msg }) => [requestId, msg])).toEqual([
    ['before', 'request'],
    ['debug', 'field failed'],
    ['debug', 'request'],
    ['after', 'request'],
  ]);
});

it('SIGUSR1 switches all workers, also one that starts later', async () => {
  const { url, running, lines } = await given('server: { workers: 2 }\n');
  const switched = (): string[] =>
    lines()
      .filter(({ msg, logLevel }) => msg === 'log level changed' && logLevel === 'debug')
      .map(({ worker }) => (typeof worker === 'number' ? `${worker}` : 'primary'))
      .toSorted();
  running.child.kill('SIGUSR1');
  await expect.poll(switched, patience).toEqual(['1', '2', 'primary']);
  const [victim = 0] = await childrenOf(running.child.pid ?? 0);
  process.kill(victim, 'SIGKILL');
  await expect.poll(() => switched().length, patience).toBe(4);
  expect((await ask(url, '{ __typename }')).status).toBe(200);
  running.child.kill('SIGUSR1');
  await expect.poll(() => lines().filter(({ logLevel }) => logLevel === 'info').length, patience).toBe(3);
});

it('SIGUSR1 opens the debugger of Node, but not of the gateway and its workers', async () => {
  const plainPort = await freePort();
  const plain = spawn(process.execPath, [
    `--inspect-port=${plainPort}`,
    '-e',
    'console.log(1); setInterval(() => {}, 1000)',
  ]);
  onTestFinished(() => void plain.kill('SIGKILL'));
  await once(plain.stdout, 'data');
  plain.kill('SIGUSR1');
  await expect.poll(() => isOpen(plainPort), patience).toBe(true);

  const port = await freePort();
  const { running } = await given('server: { workers: 2 }\n', { NODE_OPTIONS: `--inspect-port=${port}` });
  const pids = [running.child.pid ?? 0, ...(await childrenOf(running.child.pid ?? 0))];
  expect(pids).toHaveLength(3);
  for (const pid of pids) process.kill(pid, 'SIGUSR1');
  await running.printed(/"logLevel":"debug","msg":"log level changed"/);
  // Node gives workers the next ones.
  for (const one of [port, port + 1, port + 2]) expect(await isOpen(one)).toBe(false);
  running.child.kill('SIGTERM');
  // Node would say where its debugger listens.
  expect((await running.ended()).stderr).toBe('');
});

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isConnected = await new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
  });
  socket.destroy();
  return isConnected;
}

interface Given {
  readonly url: string;
  readonly running: Tributary;
  readonly lines: () => Array<Record<string, unknown>>;
}

async function given(config: string, environment: Record<string, string> = {}): Promise<Given> {
  const mocks = await startMocks({ portBase: 0 });
  onTestFinished(() => mocks.close());
  mocks.service('users').faults.set({ status: 503 });
  const folder = await folderWith({ 'gateway.yaml': config });
  const running = tributary(['serve', '--graph', graphPath, '--config', 'gateway.yaml', '--port', '0'], {
    cwd: folder,
    environment: { ...addressVariables(mocks), ...environment },
  });
  let log = '';
  running.child.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const lines = () =>
    log
      .slice(0, log.lastIndexOf('\n'))
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { url: await servedAt(running), running, lines };
}
