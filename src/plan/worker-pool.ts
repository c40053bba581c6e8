/**
 * Two workers that plan by the same supergraph. One that ends is replaced by one that loads anew, and so is, in a quiet
 * moment, one that composed the supergraph or was interrupted.
 */

import { monotonicClock } from '../shared/clock.ts';
import { PlannerWorker } from './planner-worker.ts';
import type { PreparationOptions } from '../preparation/prepare.ts';
import type { LoadedGraph, SupergraphSource } from '../preparation/worker-protocol.ts';

export interface WorkerPoolOptions extends PreparationOptions {
  readonly loadTimeoutMs: number;
}

const workersCount = 2;
/** A worker that was interrupted is replaced not more often than this, and in a quiet moment: loading is hard work. */
const refreshEveryMs = 30_000;
/** Without a quiet moment, after this time all the same. */
const refreshAtLatestMs = 300_000;
const respawnDelayMs = 1000;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #onIdle: () => void;
  readonly #workers = new Set<PlannerWorker>();
  readonly #idle: PlannerWorker[] = [];
  #refreshedAtMs = monotonicClock();
  #checked: SupergraphSource | undefined;
  #isClosed = false;

  /** @param onIdle A worker has nothing to do, or no longer. */
  constructor(options: WorkerPoolOptions, onIdle: () => void) {
    this.#options = options;
    this.#onIdle = onIdle;
  }

  /** @throws {GatewayError} `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID` with every reason, one a line. */
  async start(source: SupergraphSource): Promise<LoadedGraph> {
    const { sdl, ...loaded } = await this.#spawn(source).loaded;
    this.#checked = { kind: 'checked', sdl };
    this.#refill();
    return loaded;
  }

  /** Workers that have loaded the supergraph and have nothing to do. */
  get idleWorkers(): number {
    return this.#idle.length;
  }

  /** Give it back when it is done. */
  take(): PlannerWorker | undefined {
    return this.#idle.shift();
  }

  /** @param isQuiet Nobody waits for a worker. */
  giveBack(worker: PlannerWorker, isQuiet: boolean): void {
    if (!worker.isGone) this.#idle.push(worker);
    this.#refresh(isQuiet);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#workers].map((worker) => worker.end()));
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
        this.giveBack(worker, true);
        this.#onIdle();
      },
      // The graph loaded once, so it may load again: but not as fast as it can fail.
      () => setTimeout(() => void worker.end(), respawnDelayMs).unref(),
    );
    return worker;
  }

  #refill(): void {
    if (this.#isClosed || !this.#checked) return;
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
  #refresh(isQuiet: boolean): void {
    if (this.#isClosed || !this.#checked) return;
    const planners = this.#planners();
    // One that still loads stands in for nobody: whoever is left alone with a slow operation delays everybody.
    const loaded = planners.filter((worker) => worker.isLoaded);
    const checker = this.#idle.find((worker) => worker.isChecker);
    if (checker && loaded.length >= workersCount) void checker.end();
    const interrupted = this.#idle.find((worker) => !worker.isChecker && worker.wasInterrupted);
    if (!interrupted) return;
    if (planners.length > workersCount) {
      if (loaded.length > workersCount) void interrupted.end();
    } else if (monotonicClock() - this.#refreshedAtMs >= (isQuiet ? refreshEveryMs : refreshAtLatestMs)) {
      this.#refreshedAtMs = monotonicClock();
      this.#spawn(this.#checked);
    }
  }
}
