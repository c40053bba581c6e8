/** Processes with limiters, for tests of what several of them count together. */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { onTestFinished } from 'vitest';

import type { LimitCheck } from '../../../src/limits/check.ts';
import type { Load, Order, Progress, Report, Sample, StateAt } from './limiter-program.ts';

export interface LimiterProcesses {
  /** All of them ask at once. @param times Each. @returns How many requests were admitted, of all processes. */
  burst(checks: readonly LimitCheck[], times: number): Promise<number>;
  /** Done when they know of each other. */
  counted(): Promise<void>;
  startLoad(load: Load): Promise<void>;
  /** Of each process, under load. */
  progress(): Promise<readonly Progress[]>;
  /** Closes the limiters. */
  stop(): Promise<readonly Observed[]>;
}

/** What one process saw. */
export interface Observed {
  readonly samples: readonly Sample[];
  readonly states: readonly StateAt[];
}

export interface ProcessesOptions {
  /** As in gateway.yaml. */
  readonly redis: object;
  readonly count: number;
  /** Of each. Default 1. */
  readonly connections?: number;
  /** Of the limiters; a fifth of it is late. Default: that of commands. */
  readonly timeoutMs?: number;
}

const program = new URL('limiter-program.ts', import.meta.url);
const reportMaxMs = 60_000;

/** Call it within a test, at whose end they are killed. */
export async function startLimiterProcesses(options: ProcessesOptions): Promise<LimiterProcesses> {
  const { count, connections = 1, redis, timeoutMs } = options;
  const children = Array.from({ length: count }, () => {
    const child = fork(program, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  });
  const tellAll = (orderOf: (index: number) => Order): Promise<Report[]> =>
    Promise.all(children.map((child, index) => told(child, orderOf(index))));
  await tellAll((index) => ({
    kind: 'open',
    redis,
    connections,
    name: `process${index}`,
    processes: count * connections,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }));
  return {
    async burst(checks, times) {
      const reports = await tellAll(() => ({ kind: 'burst', checks, times }));
      return reports.reduce((sum, report) => sum + (report.kind === 'done' ? report.admitted : 0), 0);
    },
    async counted() {
      await tellAll(() => ({ kind: 'count' }));
    },
    async startLoad(load) {
      await tellAll(() => ({ kind: 'load', load }));
    },
    async progress() {
      const reports = await tellAll(() => ({ kind: 'look' }));
      return reports.flatMap((report) => (report.kind === 'looked' ? [report.progress] : []));
    },
    async stop() {
      const reports = await tellAll(() => ({ kind: 'stop' }));
      return reports.flatMap((report) => (report.kind === 'stopped' ? [report] : []));
    },
  };
}

async function told(child: ChildProcess, order: Order): Promise<Report> {
  const signal = AbortSignal.timeout(reportMaxMs);
  const answer = once(child, 'message', { signal });
  child.send(order);
  const [report] = (await answer) as [Report];
  if (report.kind === 'failed') throw new Error(report.reason);
  return report;
}
