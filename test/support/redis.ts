/**
 * A real Redis for the tests that need one, started when the first of them asks.
 *
 * REDIS_URL, else a `redis-server` of this machine, else one from apt-get, else a failure that says what to do. The
 * broker lives in vitest's main process (global-setup.ts), so that all workers share one server and it ends with the run.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { inject } from 'vitest';

import { installPackage, installTimeoutMs } from './debian-packages.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the broker listens. */
    redisBroker: string;
  }
}

const startTimeoutMs = 60_000;
const stopTimeoutMs = 2000;
const pollMs = 20;

/**
 * For tests. The same server for all of them: keep to keys of your own.
 *
 * @returns `redis://...` from the environment, or `unix://` and the path of a socket.
 * @throws {Error} That says how to get a Redis.
 */
export function redisUrl(): Promise<string> {
  return askBroker(inject('redisBroker'));
}

/** @param path Where the broker listens. */
export async function askBroker(path: string): Promise<string> {
  const socket = connect(path);
  socket.setTimeout(installTimeoutMs + startTimeoutMs, () => socket.destroy(new Error('no answer')));
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  const { url, problem } = JSON.parse(answer) as { url?: string; problem?: string };
  if (url === undefined) throw new Error(problem ?? 'the broker gave no answer');
  return url;
}

export interface RedisBroker {
  readonly path: string;
  close(): Promise<void>;
}

export async function startRedisBroker(): Promise<RedisBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-redis-'));
  let started: Promise<Server> | undefined;
  const broker = createServer((socket) => {
    socket.on('error', () => {});
    started ??= startServer(folder);
    started.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error: Error) => socket.end(JSON.stringify({ problem: error.message })),
    );
  });
  const path = join(folder, 'broker.sock');
  broker.listen(path);
  await once(broker, 'listening');
  // Alone it is no reason to keep the run open.
  broker.unref();
  return {
    path,
    async close() {
      broker.close();
      const server = await started?.catch(() => undefined);
      if (server?.child) await stop(server.child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Server {
  readonly url: string;
  /** None where the environment names one. */
  readonly child?: ChildProcess;
}

async function startServer(folder: string): Promise<Server> {
  const given = process.env.REDIS_URL;
  if (given) return { url: given };
  const path = join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no', '--dir', folder];
  const child =
    (await trySpawn(args)) ?? (await installPackage('redis-server', advice), await trySpawn(args));
  if (!child) throw new Error(advice('redis-server does not start'));
  process.once('exit', () => child.kill('SIGKILL'));
  await answers(path, child);
  return { url: `unix://${path}`, child };
}

/** @returns undefined where there is no such program. */
export function trySpawn(args: readonly string[]): Promise<ChildProcess | undefined> {
  return new Promise((resolve) => {
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    child.once('spawn', () => resolve(child));
    child.once('error', () => resolve(undefined));
  });
}

function advice(problem: string): string {
  return `These tests need Redis and ${problem}. Install redis-server (Debian: apt-get install redis-server; macOS: brew install redis), or set REDIS_URL=redis://HOST:PORT.`;
}

export async function answers(path: string, child: ChildProcess): Promise<void> {
  const deadlineAtMs = Date.now() + startTimeoutMs;
  while (Date.now() < deadlineAtMs && child.exitCode === null) {
    if (await accepts(path)) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  child.kill('SIGKILL');
  throw new Error(advice('redis-server does not answer'));
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(late);
}
