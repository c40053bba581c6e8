/**
 * Two worker threads that plan with the same supergraph. A worker that exits is replaced; one that composed the
 * supergraph, some time after the start; one that was interrupted, when the pool is idle.
 */

import { monotonicClock } from '../shared/clock.ts';
import { PlannerWorker } from './planner-worker.ts';
import type { PreparationOptions } from '../preparation/prepare.ts';
import type { LoadedGraph, SupergraphSource } from '../preparation/worker-protocol.ts';

export interface WorkerPoolOptions extends PreparationOptions {
  readonly loadTimeoutMs: number;
}

const workersCount = 2;
/** An interrupted worker is replaced at most this often, while the pool is idle: loading a supergraph is expensive. */
const refreshEveryMs = 30_000;
/** If the pool is never idle, an interrupted worker is replaced after this time. */
const refreshAtLatestMs = 300_000;
const respawnDelayMs = 1000;
/** The worker that checked the supergraph plans this long: what clients ask right after a start needs the processor. */
const checkerKeptMs = 10_000;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #onIdle: () => void;
  readonly #workers = new Set<PlannerWorker>();
  readonly #idle: PlannerWorker[] = [];
  #refreshedAtMs = monotonicClock();
  #checkedSource: SupergraphSource | undefined;
  /** Until it fires, the worker that checked the supergraph counts as one of the two. */
  #checkerTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param onIdle Called when a worker has become idle. */
  constructor(options: WorkerPoolOptions, onIdle: () => void) {
    this.#options = options;
    this.#onIdle = onIdle;
  }

  /** @throws {GatewayError} `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID` with every reason, one a line. */
  async start(source: SupergraphSource): Promise<LoadedGraph> {
    const { sdl, ...loaded } = await this.#spawn(source).loaded;
    this.#checkedSource = { kind: 'checked', sdl };
    this.#checkerTimer = setTimeout(() => {
      this.#checkerTimer = undefined;
      this.#refill();
    }, checkerKeptMs).unref();
    this.#refill();
    return loaded;
  }

  /** Number of workers that have loaded the supergraph and are idle. */
  get idleWorkers(): number {
    return this.#idle.length;
  }

  /** Takes an idle worker: release it when it is done. */
  take(): PlannerWorker | undefined {
    return this.#idle.shift();
  }

  /** @param isQuiet No job is waiting. */
  release(worker: PlannerWorker, isQuiet: boolean): void {
    if (!worker.hasExited) this.#idle.push(worker);
    this.#refresh(isQuiet);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#checkerTimer);
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

  /** Workers load one after the other: those that plan meanwhile need the processor, too. */
  #refill(): void {
    if (this.#isClosed || !this.#checkedSource) return;
    const counted = this.#checkerTimer ? [...this.#workers] : this.#leanWorkers();
    if (counted.length < workersCount && counted.every((worker) => worker.isLoaded)) {
      this.#spawn(this.#checkedSource);
    }
  }

  /** The workers without the one that checked the supergraph. */
  #leanWorkers(): PlannerWorker[] {
    return [...this.#workers].filter((worker) => !worker.isChecker);
  }

  /**
   * Replaces the worker that checked the supergraph as soon as enough lean ones are loaded, and interrupted workers now
   * and then, because an interruption may leave the planner's internal caches inconsistent.
   */
  #refresh(isQuiet: boolean): void {
    if (this.#isClosed || !this.#checkedSource) return;
    const leanWorkers = this.#leanWorkers();
    // A worker that is still loading does not count: with a single worker, one slow operation would delay all others.
    const loaded = leanWorkers.filter((worker) => worker.isLoaded);
    const checker = this.#idle.find((worker) => worker.isChecker);
    if (checker && loaded.length >= workersCount) void checker.terminate();
    const interrupted = this.#idle.find((worker) => !worker.isChecker && worker.wasInterrupted);
    if (!interrupted) return;
    if (leanWorkers.length > workersCount) {
      if (loaded.length > workersCount) void interrupted.terminate();
    } else if (monotonicClock() - this.#refreshedAtMs >= (isQuiet ? refreshEveryMs : refreshAtLatestMs)) {
      this.#refreshedAtMs = monotonicClock();
      this.#spawn(this.#checkedSource);
    }
  }
}
