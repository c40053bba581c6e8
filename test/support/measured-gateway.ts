/** `tributary serve` as a process that can be asked how it feels, for tests and benchmarks of whole gateways. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Gauges } from './gauges.ts';

const program = fileURLToPath(new URL('../../src/cli/tributary.js', import.meta.url));
const preload = new URL('./gauges.ts', import.meta.url).href;
/** For what hangs only: a machine may have much else to do. */
const waitMs = 120_000;
const linesMax = 2000;

export interface LogLine {
  readonly msg?: string;
  readonly url?: string;
  readonly reason?: string;
  /** Connections, where there were too many. */
  readonly refused?: number;
  readonly gauges?: Gauges;
}

export interface MeasuredGateway {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  readonly pid: number;
  /** The next line, from now on, that is looked for. */
  logged(isIt: (line: LogLine) => boolean): Promise<LogLine>;
  /** Since the last time it was asked. */
  gauges(): Promise<Gauges>;
  signal(name: 'SIGHUP' | 'SIGTERM'): void;
  /** SIGTERM, and SIGKILL when that is not enough. */
  end(): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

export async function measuredGateway(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<MeasuredGateway> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', preload, program, 'serve', '--port', '0', ...args],
    {
      env: { ...process.env, NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const closed = once(child, 'close');
  const watchers = new Set<(line: LogLine) => void>();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr = `${stderr}${chunk.toString()}`.slice(-linesMax)));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as LogLine;
    for (const watcher of watchers) watcher(line);
  });

  function logged(isIt: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const settle = (done: () => void): void => {
        clearTimeout(timer);
        watchers.delete(watcher);
        child.off('close', fail);
        done();
      };
      const watcher = (line: LogLine): void => {
        if (isIt(line)) settle(() => resolve(line));
      };
      const fail = (): void => settle(() => reject(new Error(`it did not say so in time: ${stderr}`)));
      const timer = setTimeout(fail, waitMs);
      watchers.add(watcher);
      child.once('close', fail);
    });
  }

  async function end(): Promise<{ code: number | null; stderr: string }> {
    const late = setTimeout(() => child.kill('SIGKILL'), waitMs);
    if (child.exitCode === null) child.kill('SIGTERM');
    await closed;
    clearTimeout(late);
    return { code: child.exitCode, stderr };
  }

  async function gauges(): Promise<Gauges> {
    const line = logged((one) => one.gauges !== undefined);
    child.kill('SIGUSR2');
    return (await line).gauges as Gauges;
  }

  try {
    const { url = '' } = await logged(({ msg }) => msg === 'listening');
    return { url, pid: child.pid ?? 0, logged, gauges, signal: (name) => void child.kill(name), end };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** The value that `share` (0 to 1) of `values` do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
