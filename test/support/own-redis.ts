/** A Redis that one test may stop, kill and start again; `redis.ts` has the one that all share. */

import { type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { answers, redisUrl, stop, trySpawn } from './redis.ts';

export interface OwnRedis {
  /** Over TCP, without a password. */
  readonly url: string;
  readonly port: number;
  /** Of its Unix socket, which is there besides. */
  readonly path: string;
  /** Sends one command in Redis's inline form. */
  tell(command: string): Promise<string>;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Again, at the same address, empty. */
  start(): Promise<void>;
}

/** Call it within a test. @param args Of redis-server. */
export async function ownRedis(args: readonly string[] = []): Promise<OwnRedis> {
  // Installs redis-server where there is none.
  await redisUrl();
  const folder = await mkdtemp(join(tmpdir(), 'tributary-redis-'));
  const path = join(folder, 'redis.sock');
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const listen = args.includes('--tls-port') ? [] : ['--port', String(port)];
    const own = ['--unixsocket', path, '--save', '', '--appendonly', 'no', '--dir', folder];
    child = await trySpawn([...listen, ...own, ...args]);
    if (!child) throw new Error('there is no redis-server');
    await answers(path, child);
  };
  const kill = async (): Promise<void> => {
    if (!child) return;
    // One that is stopped would not end.
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await stop(child);
  };
  onTestFinished(async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  });
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    path,
    tell: (command) => tell(path, command),
    signal: (name) => void child?.kill(name),
    kill,
    start,
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function tell(path: string, command: string): Promise<string> {
  const socket = connect(path);
  socket.setTimeout(5000, () => socket.destroy(new Error('Redis does not answer')));
  socket.write(`${command}\r\nQUIT\r\n`);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
