/** Starts the processes of a benchmark, each on its core where the machine allows that, and ends them. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';

export const cores = { gateway: 0, others: 1 } as const;

const startTimeoutMs = 180_000;
const endTimeoutMs = 10_000;
const errorCharsMax = 4000;

export interface StartOptions {
  /** One, or several with commas between. */
  readonly core: number | string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ipc?: boolean;
  /** An executable. Default: this very Node. */
  readonly program?: string;
}

export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote to standard error so far. */
  errors(): string;
  /** SIGTERM, and SIGKILL when that is not enough. */
  end(): Promise<void>;
}

const alive = new Set<ChildProcess>();
// However the runner ends, nothing that it started is left behind.
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Why processes are not pinned; undefined where they are. */
export const notPinned: string | undefined = pinningProblem();

/** @param args Of the program. */
export function start(
  args: readonly string[],
  { core, environment = {}, ipc = false, program = process.execPath }: StartOptions,
): Running {
  const command = notPinned === undefined ? ['taskset', '-c', String(core), program] : [program];
  const child = spawn(command[0] ?? program, [...command.slice(1), ...args], {
    env: { ...process.env, NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: 'true', ...environment },
    stdio: ['ignore', 'ignore', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  let written = '';
  child.once('error', (error) => {
    written += error.message;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    written = (written + chunk.toString()).slice(-errorCharsMax);
  });
  return { pid: child.pid ?? 0, child, errors: () => written, end: () => endOf(child) };
}

/** Resolves as soon as the process accepts connections. */
export async function listening(running: Running, port: number): Promise<void> {
  const deadlineMs = performance.now() + startTimeoutMs;
  while (!(await accepts(port))) {
    if (running.child.exitCode !== null || running.child.signalCode !== null)
      throw new Error(running.errors().trim() || 'it ended without a word');
    if (performance.now() > deadlineMs) throw new Error(`it does not listen after ${startTimeoutMs} ms`);
    await sleep(50);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
  await ended;
  clearTimeout(late);
}

function pinningProblem(): string | undefined {
  if (spawnSync('taskset', ['--version']).status !== 0) return 'taskset is missing';
  // The runner itself may be confined to fewer cores than the machine has.
  const enough = availableParallelism() >= 2 && spawnSync('taskset', ['-c', '1', 'true']).status === 0;
  return enough ? undefined : 'there is no second core';
}
