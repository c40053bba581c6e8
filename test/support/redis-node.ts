/** A redis-server of its own, as one server, node of a cluster or sentinel, that may be stopped, killed and started again. */

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installPackage } from './debian-packages.ts';
import { answers, redisUrl, stop } from './redis.ts';

export interface RedisNode {
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
  /** Kills it and removes its folder. */
  close(): Promise<void>;
}

export interface NodeOptions {
  /** Of redis-server. With `--tls-port` there is no other port than that. */
  readonly args?: readonly string[];
  /** Lines of a configuration file. */
  readonly configuration?: readonly string[];
  /** How far its clock is behind that of the machine. Default 0; else Linux only. */
  readonly clockBehindSeconds?: number;
}

const startTriesMax = 3;
const tellTimeoutMs = 5000;

/** The caller closes it. */
export async function startRedisNode(options: NodeOptions = {}): Promise<RedisNode> {
  // Installs redis-server where there is none.
  await redisUrl();
  for (let tries = 1; ; tries += 1) {
    const node = await createNode(options);
    try {
      await node.start();
      return node;
    } catch (error) {
      await node.close();
      // Somebody else may have taken the port in between.
      if (tries === startTriesMax) throw error;
    }
  }
}

async function createNode({
  args = [],
  configuration,
  clockBehindSeconds = 0,
}: NodeOptions): Promise<RedisNode> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-redis-'));
  const path = join(folder, 'redis.sock');
  const tlsPort = args[args.indexOf('--tls-port') + 1];
  const isTls = args.includes('--tls-port');
  const port = isTls ? Number(tlsPort) : await freePort();
  const file = join(folder, 'redis.conf');
  if (configuration) await writeFile(file, [...configuration, `dir ${folder}`, ''].join('\n'));
  const environment = clockBehindSeconds === 0 ? {} : await clockEnvironment(clockBehindSeconds);
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (!child) return;
    // One that is stopped would not end.
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await stop(child);
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    path,
    tell: (command) => tell(path, command),
    signal: (name) => void child?.kill(name),
    kill,
    async start() {
      await rm(path, { force: true });
      const listen = ['--port', isTls ? '0' : String(port)];
      const own = ['--unixsocket', path, '--save', '', '--appendonly', 'no', '--dir', folder];
      child = spawnServer([...(configuration ? [file] : []), ...listen, ...own, ...args], environment);
      await answers(path, child);
    },
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const launcher = '/usr/bin/setpriv';

/** Ends with this process, even if that is killed, where the system has a way to say so. */
function spawnServer(args: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
  const [command, ...before] = existsSync(launcher)
    ? [launcher, '--pdeathsig', 'KILL', 'redis-server']
    : ['redis-server'];
  const env = { ...process.env, ...environment };
  const child = spawn(command ?? '', [...before, ...args], { stdio: 'ignore', env });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  child.once('error', () => process.off('exit', kill));
  return child;
}

const libraryFolder = '/usr/lib';

/** The library goes before that of C, and that before jemalloc, which would ask for the time while both begin. */
async function clockEnvironment(behindSeconds: number): Promise<NodeJS.ProcessEnv> {
  const library = (await fakeTimeLibrary()) ?? (await installFakeTime());
  return {
    LD_PRELOAD: `${library} libc.so.6`,
    FAKETIME: `-${behindSeconds}s`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

async function installFakeTime(): Promise<string> {
  const advice = (problem: string): string =>
    `These tests need libfaketime and ${problem}. Install it (Debian: apt-get install libfaketime).`;
  await installPackage('libfaketime', advice);
  const library = await fakeTimeLibrary();
  if (library === undefined) throw new Error(advice('it is not where Debian has it'));
  return library;
}

/** Debian has libraries in folders that are named after the kind of machine. */
async function fakeTimeLibrary(): Promise<string | undefined> {
  const folders = await readdir(libraryFolder).catch(() => []);
  return folders
    .map((folder) => join(libraryFolder, folder, 'faketime', 'libfaketimeMT.so.1'))
    .find((file) => existsSync(file));
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
  socket.setTimeout(tellTimeoutMs, () => socket.destroy(new Error('Redis does not answer')));
  // Sentinels have no QUIT.
  socket.end(`${command}\r\n`);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
