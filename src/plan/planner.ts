/**
 * Plans operations in two workers, which clients share: in turn is who has had least of their processor time.
 *
 *     new operation ──► a free worker ──► answer
 *                          │ the other worker is busy: it gets only a slice of time
 *                          ▼ not done in time, twice
 *                       slow queue ──► the first worker that is free, with all its time ──► answer
 *                                         │ not done in time
 *                                         ▼
 *                                      refused, and quarantined
 *
 * So one worker at most is busy for long, and the other is free again after a slice. What several clients wait for is
 * planned once, in the first of their turns. An operation is interrupted inside its worker, which goes on.
 *
 * Nothing here bounds how many wait: the requests do, see `operation/waiting-requests.ts`.
 */

import { createHash } from 'node:crypto';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Turn } from '../pipeline/planning.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { FairQueue, FairShares, type FirstInLine } from './fair-queue.ts';
import { supergraphSourceOf, type Graph } from './graph-source.ts';
import type { Budget } from '../preparation/interruptible.ts';
import { ownTurn, Planning } from './planning.ts';
import { PlanningCeiling } from './planning-ceiling.ts';
import type { PlannerWorker, WorkerAnswer } from './planner-worker.ts';
import { Quarantine } from './quarantine.ts';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';
import type { LoadedGraph, PlannerTask, SupergraphSource } from '../preparation/worker-protocol.ts';

export interface PlannerOptions extends WorkerPoolOptions {
  /** Processor time for one operation. */
  readonly planningTimeoutMs: number;
  /** The same by the clock: for a machine that has no time for it. */
  readonly planningWallTimeoutMs: number;
  /** Processor time for an operation while the other worker is busy; the second time it is four times as much. */
  readonly sliceMs: number;
  /** Processor time per client and minute. Default: no ceiling. */
  readonly ceilingMsPerMinute?: number | undefined;
  readonly quarantineFirstMs: number;
  readonly quarantineLongestMs: number;
}

export function plannerOptions({ limits, planning, timeouts, errors }: GatewayConfig): PlannerOptions {
  return {
    ...planning,
    tokensMax: limits.tokensMax,
    suggestions: errors.suggestions,
    planningTimeoutMs: timeouts.planningMs,
    planningWallTimeoutMs: timeouts.planningWallMs,
    loadTimeoutMs: timeouts.loadMs,
    ceilingMsPerMinute: limits.planningMsPerMinute,
  };
}

const quarantineEntriesMax = 10_000;
/** A slow operation misses both slices, and what others take, even in a planner that has just started, fits into the second. */
const sliceLengths = [1, 4] as const;
/** Asking costs something even when the answer is quick. */
const leastCostMs = 1;

interface Waiting extends Turn {
  readonly resolve: (json: string) => void;
  readonly reject: (error: GatewayError) => void;
}

interface Job {
  readonly task: PlannerTask;
  /** Names what is asked. */
  readonly key: string;
  readonly waiting: Set<Waiting>;
  /** In which it was not done. */
  slices: number;
  isRunning: boolean;
}

/** How this process opens the planner of a graph. */
export function plannerOf(graph: Graph, config: GatewayConfig): Planner {
  const { allowUnenforced } = config;
  const source = { ...supergraphSourceOf(graph), allowUnenforced };
  return new Planner(source, { ...plannerOptions(config), policy: graph.policy ?? null });
}

export class Planner extends Planning {
  readonly #source: SupergraphSource;
  readonly #options: PlannerOptions;
  readonly #quarantine: Quarantine;
  readonly #ceiling: PlanningCeiling | undefined;
  readonly #shares = new FairShares();
  /** By the number of slices in which a job was not done. Those in the last one need all their time. */
  readonly #queues = [0, ...sliceLengths].map(() => new FairQueue<Job>(this.#shares));
  readonly #jobs = new Map<string, Job>();
  readonly #pool: WorkerPool;
  #isLongRunning = false;
  #isClosed = false;

  constructor(source: SupergraphSource, options: PlannerOptions) {
    super();
    this.#source = source;
    this.#options = options;
    const { quarantineFirstMs: firstMs, quarantineLongestMs: longestMs, ceilingMsPerMinute } = options;
    this.#quarantine = new Quarantine(
      { firstMs, longestMs, entriesMax: quarantineEntriesMax },
      monotonicClock,
    );
    this.#ceiling =
      ceilingMsPerMinute === undefined
        ? undefined
        : new PlanningCeiling({ msPerMinute: ceilingMsPerMinute }, monotonicClock);
    this.#pool = new WorkerPool(options, () => this.#next());
  }

  start(): Promise<LoadedGraph> {
    return this.#pool.start(this.#source);
  }

  ask(task: PlannerTask, turn: Turn = ownTurn): Promise<string> {
    const waitMs = this.#quarantine.remainingMs(operationKey(task));
    if (waitMs > 0) return Promise.reject(tooSlow(waitMs));
    if (this.#isClosed) return Promise.reject(closing());
    return new Promise((resolve, reject) => {
      if (turn.client !== ownTurn.client) this.#ceiling?.check(turn.client);
      this.#wait(this.#jobFor(task), { ...turn, resolve, reject });
      this.#next();
    });
  }

  /** Workers that have loaded the supergraph and have nothing to do. */
  get idleWorkers(): number {
    return this.#pool.idleWorkers;
  }

  /** Operations that are planned or wait for it. */
  get jobs(): number {
    return this.#jobs.size;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#jobs.values()) this.#settle(job, ({ reject }) => reject(closing()));
    await this.#pool.close();
  }

  #jobFor(task: PlannerTask): Job {
    const key = taskKey(task);
    let job = this.#jobs.get(key);
    if (!job) this.#jobs.set(key, (job = { task, key, waiting: new Set(), slices: 0, isRunning: false }));
    return job;
  }

  #wait(job: Job, waiting: Waiting): void {
    job.waiting.add(waiting);
    if (!job.isRunning) this.#queueOf(job).add(waiting.client, job);
    waiting.signal?.addEventListener('abort', () => this.#leave(job, waiting), { once: true });
  }

  /** What has begun goes on: whoever asks again will be glad of it. */
  #leave(job: Job, waiting: Waiting): void {
    if (job.isRunning || !job.waiting.delete(waiting)) return;
    const { client } = waiting;
    waiting.reject(new GatewayError('CANCELLED', 'Nobody waits for this operation any more'));
    if (![...job.waiting].some((other) => other.client === client)) this.#queueOf(job).delete(client, job);
    if (job.waiting.size === 0) this.#jobs.delete(job.key);
  }

  /** Gives jobs to free workers. One job at a time may take long; the other worker is for new ones. */
  #next(): void {
    while (this.#pool.idleWorkers > 0) {
      const next = this.#firstInLine();
      const worker = next && this.#pool.take();
      if (!next || !worker) return;
      const job = next.queue.take(next);
      for (const { client } of job.waiting) next.queue.delete(client, job);
      job.isRunning = true;
      this.#shares.begin(next);
      void this.#run(job, worker, next);
    }
  }

  /** Of one client's jobs, those that have been tried come first: they have waited longest. */
  #firstInLine(): (FirstInLine & { readonly queue: FairQueue<Job> }) | undefined {
    const queues = this.#isLongRunning ? this.#queues.slice(0, -1) : this.#queues;
    let first: (FirstInLine & { readonly queue: FairQueue<Job> }) | undefined;
    for (const queue of queues.toReversed()) {
      const turn = queue.first();
      if (turn && (!first || turn.startMs < first.startMs)) first = { ...turn, queue };
    }
    return first;
  }

  async #run(job: Job, worker: PlannerWorker, turn: FirstInLine): Promise<void> {
    const canTakeLong = !this.#isLongRunning;
    if (canTakeLong) this.#isLongRunning = true;
    const answer = await worker.ask(job.task, this.#budgetOf(job, canTakeLong));
    if (canTakeLong) this.#isLongRunning = false;
    const costMs = Math.max(leastCostMs, answer.cpuMs);
    this.#shares.charge(turn, costMs);
    if (turn.client !== ownTurn.client) this.#ceiling?.spend(turn.client, costMs);
    this.#answered(job, answer, canTakeLong);
    this.#pool.giveBack(worker, this.#jobs.size === 0);
    this.#next();
  }

  #budgetOf(job: Job, canTakeLong: boolean): Budget {
    const { planningTimeoutMs, planningWallTimeoutMs: wallMs, sliceMs } = this.#options;
    if (canTakeLong) return { cpuMs: planningTimeoutMs, wallMs };
    return { cpuMs: Math.min(planningTimeoutMs, sliceMs * (sliceLengths[job.slices] ?? 1)), wallMs };
  }

  #answered(job: Job, answer: WorkerAnswer, hadItsTime: boolean): void {
    if (answer.is === 'done') {
      this.#quarantine.forgive(operationKey(job.task));
      this.#settle(job, ({ resolve }) => resolve(answer.json));
    } else if (answer.is === 'failed') {
      this.#settle(job, ({ reject }) => reject(answer.error));
    } else if (answer.is === 'starved') {
      this.#settle(job, ({ reject }) => reject(starved()));
    } else if (hadItsTime) {
      const key = operationKey(job.task);
      if (!this.#isClosed) this.#quarantine.add(key);
      this.#settle(job, ({ reject }) => reject(tooSlow(this.#quarantine.remainingMs(key))));
    } else {
      this.#wentOver(job);
    }
  }

  /** It was not done in a slice. */
  #wentOver(job: Job): void {
    job.slices += 1;
    job.isRunning = false;
    for (const { client } of job.waiting) this.#queueOf(job).add(client, job);
    for (const waiting of job.waiting) if (waiting.signal?.aborted) this.#leave(job, waiting);
  }

  #queueOf({ slices }: Job): FairQueue<Job> {
    const queue = this.#queues[slices];
    if (!queue) throw new Error(`An operation was tried in ${slices} slices`);
    return queue;
  }

  #settle(job: Job, how: (waiting: Waiting) => void): void {
    this.#jobs.delete(job.key);
    for (const waiting of job.waiting) {
      if (!job.isRunning) this.#queueOf(job).delete(waiting.client, job);
      how(waiting);
    }
    job.waiting.clear();
  }
}

function taskKey(task: PlannerTask): string {
  return digest(JSON.stringify(task));
}

/** Names an operation in the quarantine: what is asked, but not with which variables. */
function operationKey(task: PlannerTask): string {
  if (task.kind === 'describe') return task.kind;
  return digest(task.kind === 'prepare' ? JSON.stringify(task.request) : task.document);
}

function digest(text: string): string {
  return createHash('sha1').update(text).digest('base64');
}

function tooSlow(waitMs: number): GatewayError {
  return new GatewayError('PLANNING_TIMEOUT', 'This operation takes too long to plan: simplify it', {
    public: { retryAfter: Math.ceil(waitMs / 1000) },
  });
}

function starved(): GatewayError {
  return new GatewayError('PLANNING_TIMEOUT', 'The machine is too busy to plan this operation; try again', {
    public: { retryAfter: 1 },
  });
}

function closing(): GatewayError {
  return new GatewayError('NOT_READY', 'The gateway is shutting down');
}
