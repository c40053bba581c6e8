/** A real nginx for the tests that need one: that of the machine, else one from apt-get. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installPackage } from './debian-packages.ts';

export interface Nginx {
  close(): Promise<void>;
}

const startTimeoutMs = 10_000;
const pollMs = 20;
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/**
 * @param servers Blocks of its configuration, one of which listens on `port` of 127.0.0.1.
 * @throws {Error} That says how to get it.
 */
export async function startNginx(port: number, servers: string): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-nginx-'));
  const configuration = join(folder, 'nginx.conf');
  await writeFile(
    configuration,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events {}
http {
  access_log off; default_type application/json;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${servers}
}
`,
  );
  const args = ['-e', join(folder, 'error.log'), '-p', folder, '-c', configuration];
  const child = (await trySpawn(args)) ?? (await installPackage('nginx', advice), await trySpawn(args));
  if (!child) throw new Error(advice('nginx does not start'));
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed);
  await answers(port, child);
  return {
    async close() {
      process.off('exit', killed);
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @returns undefined where there is no such program. */
function trySpawn(args: readonly string[]): Promise<ChildProcess | undefined> {
  return new Promise((resolve) => {
    // Debian has it where only the search path of root leads.
    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
    const child = spawn('nginx', args, { stdio: 'ignore', env });
    child.once('spawn', () => resolve(child));
    child.once('error', () => resolve(undefined));
  });
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  const deadlineAtMs = Date.now() + startTimeoutMs;
  while (Date.now() < deadlineAtMs && child.exitCode === null) {
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  child.kill('SIGKILL');
  throw new Error(advice('nginx does not answer'));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function advice(problem: string): string {
  return `These tests need nginx and ${problem}. Install nginx (Debian: apt-get install nginx; macOS: brew install nginx).`;
}
