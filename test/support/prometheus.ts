/** A real Prometheus and its `promtool`, of Debian's package, with the configuration of deploy/prometheus. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { installPackage } from './debian-packages.ts';
import { freePort } from './redis-node.ts';

export const deployFolder = fileURLToPath(new URL('../../deploy/', import.meta.url));

const startTimeoutMs = 60_000;
const answerTimeoutMs = 20_000;

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Prometheus {
  /** An instant query. @throws {Error} With what Prometheus says about the expression. */
  query(expression: string): Promise<readonly Series[]>;
  firing(): Promise<readonly FiringAlert[]>;
  close(): Promise<void>;
}

/** @returns What it printed. @throws {Error} With that, if it refuses what it was given. */
export async function promtool(args: readonly string[], input = ''): Promise<string> {
  await install();
  const running = promisify(execFile)('promtool', args, { timeout: answerTimeoutMs });
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return `${stdout}${stderr}`;
}

/**
 * Scrapes every second, and evaluates the rules of deploy/prometheus with `hurried` applied: they are otherwise the same.
 *
 * @param targets `127.0.0.1:9464`
 */
export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  await install();
  const folder = await mkdtemp(join(tmpdir(), 'tributary-prometheus-'));
  const [config, rules] = await Promise.all(
    ['prometheus.yml', 'rules.yml'].map((name) => readFile(join(deployFolder, 'prometheus', name), 'utf8')),
  );
  const own = config
    ?.replaceAll(/_interval: 15s/g, '_interval: 1s')
    .replace("['tributary:9464']", JSON.stringify(targets));
  await writeFile(join(folder, 'prometheus.yml'), own ?? '');
  await writeFile(join(folder, 'rules.yml'), hurried(rules ?? ''));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const options = {
    'config.file': join(folder, 'prometheus.yml'),
    'storage.tsdb.path': join(folder, 'data'),
    'web.listen-address': `127.0.0.1:${port}`,
    'log.level': 'error',
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const child = spawn('prometheus', args, { stdio: 'ignore' });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit');
  const close = async (): Promise<void> => {
    process.off('exit', kill);
    kill();
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(url, child);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    query: (expression) => query(url, expression),
    async firing() {
      const { alerts } = await ask<{ readonly alerts: ReadonlyArray<FiringAlert & { state: string }> }>(
        `${url}/api/v1/alerts`,
      );
      return alerts.filter(({ state }) => state === 'firing');
    },
    close,
  };
}

/** Nobody waits minutes in a test: every range and every `for` is ten seconds or one. Thresholds stay as they are. */
export function hurried(rules: string): string {
  return rules.replaceAll(/\[\d+m\]/g, '[10s]').replaceAll(/for: \d+m/g, 'for: 1s');
}

async function query(url: string, expression: string): Promise<readonly Series[]> {
  const { result } = await ask<{
    readonly result: ReadonlyArray<{
      readonly metric: Series['metric'];
      readonly value: readonly [number, string];
    }>;
  }>(`${url}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`);
  return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
}

async function ask<Data>(url: string): Promise<Data> {
  const response = await fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) });
  const answer = (await response.json()) as { readonly data: Data; readonly error?: string };
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.data;
}

async function untilReady(url: string, child: { readonly exitCode: number | null }): Promise<void> {
  const deadlineAtMs = performance.now() + startTimeoutMs;
  while (performance.now() < deadlineAtMs && child.exitCode === null) {
    const isReady = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(answerTimeoutMs) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await sleep(50);
  }
  throw new Error('Prometheus does not start');
}

async function install(): Promise<void> {
  const folders = (process.env.PATH ?? '').split(':');
  if (folders.some((folder) => existsSync(join(folder, 'promtool')))) return;
  await installPackage(
    'prometheus',
    (problem) =>
      `These tests need Prometheus and ${problem}. Install it (Debian: apt-get install prometheus; macOS: brew install prometheus).`,
  );
}
