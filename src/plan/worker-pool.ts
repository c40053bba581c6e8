/**
 * Up to two worker threads that plan with the same supergraph: the first one from the start, the standby from a quiet
 * moment on, or as soon as a planning is slow. A worker that exits is replaced; one that was interrupted, when the pool
 * is idle.
 */

import { monotonicClock } from '../shared/clock.ts';
import { PlannerWorker } from './planner-worker.ts';
import type { PreparationOptions } from '../preparation/prepare.ts';
import type { LoadedGraph, SupergraphSource } from '../preparation/worker-protocol.ts';

export interface WorkerPoolOptions extends PreparationOptions {
  readonly loadTimeoutMs: number;
  /** The standby loads this long after the start at the earliest: clients need the processor then. Default: 10 s. */
  readonly standbyAfterMs?: number;
}

const workersMax = 2;
const standbyAfterMsDefault = 10_000;
/** How often a pool without a standby looks whether it and the main thread have little to do. */
const quietCheckEveryMs = 1000;
/** Share of the time that the main thread may be busy: requests need the processor, too. */
const quietUtilizationMax = 0.5;
/** An interrupted worker is replaced at most this often, while the pool is idle: loading a supergraph is expensive. */
const refreshEveryMs = 30_000;
/** If the pool is never idle, an interrupted worker is replaced after this time. */
const refreshAtLatestMs = 300_000;
const respawnDelayMs = 1000;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #onIdle: () => void;
  readonly #workers = new Set<PlannerWorker>();
  /** The one that worked last comes last: it is taken first, because its code and its caches are warm. */
  readonly #idle: PlannerWorker[] = [];
  #refreshedAtMs = monotonicClock();
  /** Of the first worker, composed and checked. */
  #source: SupergraphSource | undefined;
  #hasStandby = false;
  #standbyTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param onIdle Called when a worker has become idle. */
  constructor(options: WorkerPoolOptions, onIdle: () => void) {
    this.#options = options;
    this.#onIdle = onIdle;
  }

  /** @throws {GatewayError} `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID` with every reason, one a line. */
  async start(source: SupergraphSource): Promise<LoadedGraph> {
    const { sdl, ...loaded } = await this.#spawn(source).loaded;
    this.#source = { kind: 'checked', sdl };
    this.#standByAfter(this.#options.standbyAfterMs ?? standbyAfterMsDefault);
    this.#refill();
    return loaded;
  }

  /** Number of workers that have loaded the supergraph and are idle. */
  get idleWorkers(): number {
    return this.#idle.length;
  }

  /** Loads the standby now, unless it is there. */
  standBy(): void {
    clearTimeout(this.#standbyTimer);
    this.#hasStandby = true;
    this.#refill();
  }

  /** Takes an idle worker: release it when it is done. */
  take(): PlannerWorker | undefined {
    return this.#idle.pop();
  }

  /** @param isQuiet No job is waiting. */
  release(worker: PlannerWorker, isQuiet: boolean): void {
    if (!worker.hasExited) this.#idle.push(worker);
    this.#refresh(isQuiet);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#standbyTimer);
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  #spawn(source: SupergraphSource): PlannerWorker {
    const onExit = (): void => {
      this.#workers.delete(worker);
      const index = this.#idle.indexOf(worker);
      if (index >= 0) this.#idle.splice(index, 1);
      this.#refill();
    };
    const { loadTimeoutMs } = this.#options;
    const worker = new PlannerWorker({ source, options: this.#options, loadTimeoutMs, onExit });
    this.#workers.add(worker);
    worker.loaded.then(
      () => {
        this.release(worker, true);
        this.#onIdle();
        this.#refill();
      },
      // The graph loaded once, so it may load again: but not as fast as it can fail.
      () => setTimeout(() => void worker.terminate(), respawnDelayMs).unref(),
    );
    return worker;
  }

  #standByAfter(ms: number): void {
    const startedAt = performance.eventLoopUtilization();
    this.#standbyTimer = setTimeout(() => {
      const { utilization } = performance.eventLoopUtilization(startedAt);
      const isQuiet = utilization < quietUtilizationMax && this.#idle.length === this.#workers.size;
      if (isQuiet) this.standBy();
      else this.#standByAfter(quietCheckEveryMs);
    }, ms).unref();
  }

  /** Workers load one after the other: those that plan meanwhile need the processor, too. */
  #refill(): void {
    if (this.#isClosed || !this.#source) return;
    const isMissing = this.#workers.size < (this.#hasStandby ? workersMax : 1);
    if (isMissing && [...this.#workers].every((worker) => worker.isLoaded)) this.#spawn(this.#source);
  }

  /** Replaces interrupted workers now and then: an interruption may leave the planner's internal caches inconsistent. */
  #refresh(isQuiet: boolean): void {
    if (this.#isClosed || !this.#source) return;
    const interrupted = this.#idle.find((worker) => worker.wasInterrupted);
    if (!interrupted) return;
    if (this.#workers.size > workersMax) {
      // A worker that is still loading does not count: with a single worker, one slow operation would delay all others.
      if ([...this.#workers].every((worker) => worker.isLoaded)) void interrupted.terminate();
    } else if (monotonicClock() - this.#refreshedAtMs >= (isQuiet ? refreshEveryMs : refreshAtLatestMs)) {
      this.#refreshedAtMs = monotonicClock();
      this.#spawn(this.#source);
    }
  }
}
