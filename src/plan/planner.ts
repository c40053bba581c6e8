/**
 * Plans operations in two workers so that slow ones delay nobody else.
 *
 *     new operation ──► a free worker ──► answer
 *                          │ the other worker is busy: it gets only a slice of time
 *                          ▼ not done in time, three times
 *                       slow queue ──► the first worker that is free, with all its time ──► answer
 *                                         │ not done in time
 *                                         ▼
 *                                      refused, and quarantined
 *
 * So one worker at most is busy for long, and the other is free again after a slice. An operation is interrupted inside
 * its worker, which goes on; a worker that cannot be interrupted or died is replaced by one that loads anew.
 */

import { createHash } from 'node:crypto';

import type { GatewayConfig } from '../config/gateway-config.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { supergraphSourceOf, type Graph } from './graph-source.ts';
import { Planning } from './planning.ts';
import { PlannerWorker } from './planner-worker.ts';
import type { PreparationOptions } from './prepare.ts';
import { Quarantine } from './quarantine.ts';
import type { LoadedGraph, PlannerTask, SupergraphSource } from './worker-protocol.ts';

export interface PlannerOptions extends PreparationOptions {
  /** For one operation, once it has a worker. */
  readonly planningTimeoutMs: number;
  /** For an operation while the other worker is busy. */
  readonly sliceMs: number;
  /** Longest wait for a worker. */
  readonly waitTimeoutMs: number;
  readonly loadTimeoutMs: number;
  /** Operations waiting for a worker, in each queue; one more is refused with `PLANNING_TIMEOUT`. */
  readonly queueMax: number;
  readonly quarantineFirstMs: number;
  readonly quarantineLongestMs: number;
}

export function plannerOptions({ limits, planning, timeouts, errors }: GatewayConfig): PlannerOptions {
  return {
    ...planning,
    tokensMax: limits.tokensMax,
    suggestions: errors.suggestions,
    planningTimeoutMs: timeouts.planningMs,
    waitTimeoutMs: timeouts.requestMs,
    loadTimeoutMs: timeouts.loadMs,
    queueMax: limits.planningQueueMax,
  };
}

const workersCount = 2;
const quarantineEntriesMax = 10_000;
/** An operation gets up to three slices: a slow one misses all of them, a quick one that had bad luck does not. */
const slicesMax = 3;
/** A worker that was interrupted is replaced not more often than this, and in a quiet moment: loading is hard work. */
const refreshEveryMs = 30_000;
/** Without a quiet moment, after this time all the same. */
const refreshAtLatestMs = 300_000;
const respawnDelayMs = 1000;

interface Job {
  readonly task: PlannerTask;
  /** Names the operation in the quarantine. */
  readonly key: string;
  readonly resolve: (json: string) => void;
  readonly reject: (error: GatewayError) => void;
  /** In which it was not done. */
  slices: number;
  /** Runs while it waits. */
  timer: NodeJS.Timeout | undefined;
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
  readonly #queue: Job[] = [];
  readonly #slowQueue: Job[] = [];
  readonly #workers = new Set<PlannerWorker>();
  readonly #idle: PlannerWorker[] = [];
  #refreshedAtMs = monotonicClock();
  #checked: SupergraphSource | undefined;
  #isLongRunning = false;
  #state: 'starting' | 'running' | 'closed' = 'starting';

  constructor(source: SupergraphSource, options: PlannerOptions) {
    super();
    this.#source = source;
    this.#options = options;
    const { quarantineFirstMs: firstMs, quarantineLongestMs: longestMs } = options;
    this.#quarantine = new Quarantine(
      { firstMs, longestMs, entriesMax: quarantineEntriesMax },
      monotonicClock,
    );
  }

  /** @throws {GatewayError} `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID` with every reason, one a line. */
  async start(): Promise<LoadedGraph> {
    const { sdl, ...loaded } = await this.#spawn(this.#source).loaded;
    this.#checked = { kind: 'checked', sdl };
    if (this.#state === 'starting') this.#state = 'running';
    this.#refill();
    return loaded;
  }

  ask(task: PlannerTask): Promise<string> {
    const key = keyOf(task);
    const waitMs = this.#quarantine.remainingMs(key);
    if (waitMs > 0) return Promise.reject(tooSlow(Math.ceil(waitMs / 1000)));
    return new Promise((resolve, reject) => {
      this.#enqueue(this.#queue, { task, key, resolve, reject, slices: 0, timer: undefined });
      this.#next();
    });
  }

  /** Workers that have loaded the supergraph and have nothing to do. */
  get idleWorkers(): number {
    return this.#idle.length;
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    for (const job of [...this.#queue.splice(0), ...this.#slowQueue.splice(0)]) {
      clearTimeout(job.timer);
      job.reject(new GatewayError('NOT_READY', 'The gateway is shutting down'));
    }
    await Promise.all([...this.#workers].map((worker) => worker.end()));
  }

  #enqueue(queue: Job[], job: Job): void {
    if (queue.length >= this.#options.queueMax) {
      job.reject(tooBusy());
      return;
    }
    queue.push(job);
    job.timer = setTimeout(() => {
      queue.splice(queue.indexOf(job), 1);
      job.reject(tooBusy());
    }, this.#options.waitTimeoutMs);
  }

  /** Gives jobs to free workers. One job at a time may take long; the other worker is for new ones. */
  #next(): void {
    while (this.#idle.length > 0) {
      const canTakeLong = !this.#isLongRunning;
      const job = (canTakeLong ? this.#slowQueue.shift() : undefined) ?? this.#queue.shift();
      if (!job) return;
      clearTimeout(job.timer);
      void this.#run(job, this.#idle.shift() as PlannerWorker, canTakeLong);
    }
  }

  async #run(job: Job, worker: PlannerWorker, canTakeLong: boolean): Promise<void> {
    const { planningTimeoutMs, sliceMs } = this.#options;
    if (canTakeLong) this.#isLongRunning = true;
    try {
      job.resolve(await worker.ask(job.task, canTakeLong ? planningTimeoutMs : sliceMs));
    } catch (error) {
      this.#failed(job, error as GatewayError, canTakeLong);
    }
    if (canTakeLong) this.#isLongRunning = false;
    if (!worker.isGone) this.#idle.push(worker);
    this.#refresh();
    this.#next();
  }

  #failed(job: Job, error: GatewayError, hadItsTime: boolean): void {
    if (error.code !== 'PLANNING_TIMEOUT') {
      job.reject(error);
    } else if (hadItsTime) {
      this.#quarantine.add(job.key);
      job.reject(tooSlow(Math.ceil(this.#quarantine.remainingMs(job.key) / 1000)));
    } else {
      job.slices += 1;
      this.#enqueue(job.slices < slicesMax ? this.#queue : this.#slowQueue, job);
    }
  }

  #spawn(source: SupergraphSource): PlannerWorker {
    const worker = new PlannerWorker(source, this.#options, this.#options.loadTimeoutMs, () => {
      this.#workers.delete(worker);
      const index = this.#idle.indexOf(worker);
      if (index >= 0) this.#idle.splice(index, 1);
      this.#refill();
    });
    this.#workers.add(worker);
    worker.loaded.then(
      () => {
        this.#idle.push(worker);
        this.#refresh();
        this.#next();
      },
      // The graph loaded once, so it may load again: but not as fast as it can fail.
      () => setTimeout(() => void worker.end(), respawnDelayMs).unref(),
    );
    return worker;
  }

  #refill(): void {
    if (this.#state !== 'running' || !this.#checked) return;
    while (this.#planners().length < workersCount) this.#spawn(this.#checked);
  }

  /** Those that stay. */
  #planners(): PlannerWorker[] {
    return [...this.#workers].filter((worker) => !worker.isChecker);
  }

  /**
   * Replaces workers: the one that checked the supergraph, as soon as leaner ones can do its work, and one that was
   * interrupted, now and then, since that may leave the planner's own caches half written.
   */
  #refresh(): void {
    if (this.#state !== 'running' || !this.#checked) return;
    const planners = this.#planners();
    // One that still loads stands in for nobody: whoever is left alone with a slow operation delays everybody.
    const loaded = planners.filter((worker) => worker.isLoaded);
    const checker = this.#idle.find((worker) => worker.isChecker);
    if (checker && loaded.length >= workersCount) void checker.end();
    const interrupted = this.#idle.find((worker) => !worker.isChecker && worker.wasInterrupted);
    if (!interrupted) return;
    if (planners.length > workersCount) {
      if (loaded.length > workersCount) void interrupted.end();
    } else if (
      monotonicClock() - this.#refreshedAtMs >=
      (this.#isQuiet() ? refreshEveryMs : refreshAtLatestMs)
    ) {
      this.#refreshedAtMs = monotonicClock();
      this.#spawn(this.#checked);
    }
  }

  #isQuiet(): boolean {
    return !this.#isLongRunning && this.#queue.length === 0 && this.#slowQueue.length === 0;
  }
}

/** Names a task in the quarantine: of what is asked, but not with which variables. */
function keyOf(task: PlannerTask): string {
  if (task.kind === 'describe') return task.kind;
  const text = task.kind === 'prepare' ? JSON.stringify(task.request) : task.document;
  return createHash('sha1').update(text).digest('base64');
}

function tooSlow(retryAfter: number): GatewayError {
  return new GatewayError('PLANNING_TIMEOUT', 'This operation takes too long to plan: simplify it', {
    public: { retryAfter },
  });
}

function tooBusy(): GatewayError {
  return new GatewayError('PLANNING_TIMEOUT', 'Too many new operations at once; try again later');
}
