/**
 * Plans operations in one or two worker threads. Fair queueing between clients: next is the one that has used least
 * processor time.
 *
 *     new operation ──► an idle worker ──► answer
 *                          │ if the other worker is busy: only a time slice
 *                          ▼ not done in two slices
 *                       slow queue ──► the next idle worker, with the full budget ──► answer
 *                                         │ not done in time
 *                                         ▼
 *                                      refused, and quarantined
 *
 * So at most one worker is busy for long, and the other is idle again after a slice. An operation that several clients
 * wait for is planned once (single-flight), in the earliest of their turns. An operation is interrupted inside its worker,
 * which then goes on with the next one.
 *
 * The number of waiting requests is bounded elsewhere: `operation/waiting-requests.ts`.
 */

import { createHash } from 'node:crypto';

import { guardCeilings } from '../config/gateway/guard-limits.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { fieldOf, isArgumentPart } from '../config/gateway/limit-texts.ts';
import type { Turn } from '../pipeline/planning.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { FairQueue, FairShares, type NextTurn } from './fair-queue.ts';
import { supergraphSourceOf, type Graph } from './graph-source.ts';
import type { Budget } from '../preparation/interruptible.ts';
import type { LimitedFieldNames } from '../preparation/limited-fields/limited-fields.ts';
import { ownTurn, Planning } from './planning.ts';
import { PlanningCeiling } from './planning-ceiling.ts';
import type { PlannerWorker, WorkerAnswer } from './planner-worker.ts';
import { Quarantine } from './quarantine.ts';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';
import type { LoadedGraph, PlannerTask, SupergraphSource } from '../preparation/worker-protocol.ts';

export interface PlannerOptions extends WorkerPoolOptions {
  /** Processor time for one operation. */
  readonly planningTimeoutMs: number;
  /** Wall time for one operation, for when the machine is too busy to give it processor time. */
  readonly planningWallTimeoutMs: number;
  /** Processor time for an operation while the other worker is busy; the second slice is four times as long. */
  readonly sliceMs: number;
  /** Processor time per client and minute. Default: no ceiling. */
  readonly ceilingMsPerMinute?: number | undefined;
  readonly quarantineFirstMs: number;
  readonly quarantineLongestMs: number;
}

export function plannerOptions({
  limits,
  planning,
  timeouts,
  errors,
  clients,
}: GatewayConfig): PlannerOptions {
  return {
    ...planning,
    tokensMax: limits.documentMode === 'measure' ? guardCeilings.tokensMax : limits.tokensMax,
    suggestions: errors.suggestions,
    cost: { listSize: limits.cost.listSize, byService: Object.keys(limits.cost.subgraphs).length > 0 },
    limitedFields: limitedFieldNames(limits),
    ...(clients ? { clientSchemas: { max: clients.schemasMax, idleMs: clients.schemaIdleMs } } : {}),
    planningTimeoutMs: timeouts.planningMs,
    planningWallTimeoutMs: timeouts.planningWallMs,
    loadTimeoutMs: timeouts.loadMs,
    ceilingMsPerMinute: limits.planningMsPerMinute,
  };
}

/** The fields that limits count or whose arguments are part of a key. */
export function limitedFieldNames({ fields, policies }: GatewayConfig['limits']): LimitedFieldNames {
  const keys = [...Object.values(fields), ...Object.values(policies)].flatMap(({ key }) => key);
  const parts = [...new Set(keys.filter(isArgumentPart))];
  return { fields: [...new Set([...Object.keys(fields), ...parts.map(fieldOf)])], arguments: parts };
}

const quarantineEntriesMax = 10_000;
/** Multiples of `sliceMs`: slow operations exceed both, ordinary ones fit into the second even in a cold planner. */
const sliceLengths = [1, 4] as const;
/** Wall time of a planning after which the standby is loaded, because others may wait for this one. */
const slowMs = 500;
/** A task has a cost even when its answer is quick. */
const costMinMs = 1;

interface Waiter extends Turn {
  readonly resolve: (json: string) => void;
  readonly reject: (error: GatewayError) => void;
}

interface Job {
  readonly task: PlannerTask;
  /** Identifies the task. */
  readonly key: string;
  readonly waiters: Set<Waiter>;
  /** Number of time slices that were not enough. */
  slices: number;
  isRunning: boolean;
}

/** Opens a planner with workers of this process. */
export function plannerOf(graph: Graph, config: GatewayConfig): Planner {
  const { allowUnenforced, front } = config;
  const source = { ...supergraphSourceOf(graph), allowUnenforced, loadsApolloGateway: front === 'apollo' };
  return new Planner(source, { ...plannerOptions(config), policy: graph.policy ?? null });
}

export class Planner extends Planning {
  readonly #source: SupergraphSource;
  readonly #options: PlannerOptions;
  readonly #quarantine: Quarantine;
  readonly #ceiling: PlanningCeiling | undefined;
  readonly #shares = new FairShares();
  /** By the number of used slices. The jobs of the last queue need the full budget. */
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
    if (this.#isClosed) return Promise.reject(shuttingDown());
    return new Promise((resolve, reject) => {
      if (turn.client !== ownTurn.client) this.#ceiling?.check(turn.client);
      this.#wait(this.#jobFor(task), { ...turn, resolve, reject });
      this.#next();
    });
  }

  /** Number of workers that have loaded the supergraph and are idle. */
  get idleWorkers(): number {
    return this.#pool.idleWorkers;
  }

  /** Number of operations that are being planned or wait for it. */
  get jobs(): number {
    return this.#jobs.size;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#jobs.values()) this.#settle(job, ({ reject }) => reject(shuttingDown()));
    await this.#pool.close();
  }

  #jobFor(task: PlannerTask): Job {
    const key = taskKey(task);
    let job = this.#jobs.get(key);
    if (!job) this.#jobs.set(key, (job = { task, key, waiters: new Set(), slices: 0, isRunning: false }));
    return job;
  }

  #wait(job: Job, waiter: Waiter): void {
    job.waiters.add(waiter);
    if (!job.isRunning) this.#queueOf(job).add(waiter.client, job);
    waiter.signal?.addEventListener('abort', () => this.#leave(job, waiter), { once: true });
  }

  /** A running job goes on: its result will be in the cache for the next request. */
  #leave(job: Job, waiter: Waiter): void {
    if (job.isRunning || !job.waiters.delete(waiter)) return;
    const { client } = waiter;
    waiter.reject(new GatewayError('CANCELLED', 'No request waits for this operation any more'));
    if (![...job.waiters].some((other) => other.client === client)) this.#queueOf(job).delete(client, job);
    if (job.waiters.size === 0) this.#jobs.delete(job.key);
  }

  /** Assigns jobs to idle workers. Only one job at a time has the full budget; the other worker is for new jobs. */
  #next(): void {
    while (this.#pool.idleWorkers > 0) {
      const next = this.#nextTurn();
      const worker = next && this.#pool.take();
      if (!next || !worker) return;
      const job = next.queue.take(next);
      for (const { client } of job.waiters) next.queue.delete(client, job);
      job.isRunning = true;
      this.#shares.begin(next);
      void this.#run(job, worker, next);
    }
  }

  /** Of one client's jobs, those with more used slices come first: they have waited longest. */
  #nextTurn(): (NextTurn & { readonly queue: FairQueue<Job> }) | undefined {
    const queues = this.#isLongRunning ? this.#queues.slice(0, -1) : this.#queues;
    let next: (NextTurn & { readonly queue: FairQueue<Job> }) | undefined;
    for (const queue of queues.toReversed()) {
      const turn = queue.first();
      if (turn && (!next || turn.startMs < next.startMs)) next = { ...turn, queue };
    }
    return next;
  }

  async #run(job: Job, worker: PlannerWorker, turn: NextTurn): Promise<void> {
    const hasFullBudget = !this.#isLongRunning;
    if (hasFullBudget) this.#isLongRunning = true;
    const slow = setTimeout(() => this.#pool.standBy(), slowMs);
    const answer = await worker.ask(job.task, this.#budgetOf(job, hasFullBudget));
    clearTimeout(slow);
    if (hasFullBudget) this.#isLongRunning = false;
    const costMs = Math.max(costMinMs, answer.cpuMs);
    this.#shares.charge(turn, costMs);
    if (turn.client !== ownTurn.client) this.#ceiling?.spend(turn.client, costMs);
    this.#handleAnswer(job, answer, hasFullBudget);
    this.#pool.release(worker, this.#jobs.size === 0);
    this.#next();
  }

  #budgetOf(job: Job, hasFullBudget: boolean): Budget {
    const { planningTimeoutMs, planningWallTimeoutMs: wallMs, sliceMs } = this.#options;
    if (hasFullBudget) return { cpuMs: planningTimeoutMs, wallMs };
    return { cpuMs: Math.min(planningTimeoutMs, sliceMs * (sliceLengths[job.slices] ?? 1)), wallMs };
  }

  #handleAnswer(job: Job, answer: WorkerAnswer, hadFullBudget: boolean): void {
    if (answer.is === 'done') {
      this.#quarantine.forgive(operationKey(job.task));
      this.#settle(job, ({ resolve }) => resolve(answer.json));
    } else if (answer.is === 'failed') {
      this.#settle(job, ({ reject }) => reject(answer.error));
    } else if (answer.is === 'starved') {
      this.#settle(job, ({ reject }) => reject(planningStarved()));
    } else if (hadFullBudget) {
      const key = operationKey(job.task);
      if (!this.#isClosed) this.#quarantine.add(key);
      this.#settle(job, ({ reject }) => reject(tooSlow(this.#quarantine.remainingMs(key))));
    } else {
      this.#sliceExpired(job);
    }
  }

  /** Puts a job that was not done in its slice into the next queue. */
  #sliceExpired(job: Job): void {
    job.slices += 1;
    job.isRunning = false;
    for (const { client } of job.waiters) this.#queueOf(job).add(client, job);
    for (const waiter of job.waiters) if (waiter.signal?.aborted) this.#leave(job, waiter);
  }

  #queueOf({ slices }: Job): FairQueue<Job> {
    const queue = this.#queues[slices];
    if (!queue) throw new Error(`An operation was tried in ${slices} slices`);
    return queue;
  }

  #settle(job: Job, settle: (waiter: Waiter) => void): void {
    this.#jobs.delete(job.key);
    for (const waiter of job.waiters) {
      if (!job.isRunning) this.#queueOf(job).delete(waiter.client, job);
      settle(waiter);
    }
    job.waiters.clear();
  }
}

function taskKey(task: PlannerTask): string {
  return digest(JSON.stringify(task));
}

/** Identifies an operation in the quarantine: without its variables. */
function operationKey(task: PlannerTask): string {
  if (task.kind === 'describe') return task.kind;
  if (task.kind === 'clientSchema' || task.kind === 'checkContract')
    return `${task.kind} ${task.contract.id}`;
  if (task.kind === 'introspect') return digest(`${task.contract?.id ?? ''} ${task.document}`);
  return digest(JSON.stringify(task.request));
}

function digest(text: string): string {
  return createHash('sha1').update(text).digest('base64');
}

function tooSlow(waitMs: number): GatewayError {
  return new GatewayError('PLANNING_TIMEOUT', 'Planning this operation takes too long: simplify it', {
    public: { retryAfter: Math.ceil(waitMs / 1000) },
  });
}

function planningStarved(): GatewayError {
  return new GatewayError('PLANNING_TIMEOUT', 'The machine is too busy to plan this operation; try again', {
    public: { retryAfter: 1 },
  });
}

function shuttingDown(): GatewayError {
  return new GatewayError('NOT_READY', 'The gateway is shutting down');
}
