/**
 * Runs synchronous code with a time limit: the engine interrupts it, and this thread goes on.
 *
 * The budget is processor time of this thread, but the engine's timeout is wall time. So the timeout is the budget times
 * the recent ratio of wall time to processor time; where that was too short, because the machine has become busier, the
 * code runs again with a longer timeout.
 */

import { Script } from 'node:vm';

export interface Budget {
  /** Processor time of this thread. Interrupted after that, or up to a quarter later. */
  readonly cpuMs: number;
  /** Wall time, all runs together. */
  readonly wallMs: number;
}

/** `slow`: it used its processor time. `starved`: it did not get its processor time, because the machine was busy. */
export type Interruption = 'slow' | 'starved';

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly reason: Interruption;

  constructor(reason: Interruption) {
    super(`Interrupted: ${reason}`);
    this.reason = reason;
  }
}

export interface ThreadClocks {
  /** Monotonic, in ms. */
  readonly wall: () => number;
  /** Processor time of this thread, in ms. */
  readonly cpu: () => number;
}

export const threadClocks: ThreadClocks = {
  wall: () => performance.now(),
  cpu() {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
};

/** Above the ratio on an idle machine, where other threads collect garbage. */
const clockRatioMin = 1.25;
const clockRatioMax = 10;
/** Weight of a new measurement that is lower than the current ratio. */
const decay = 0.2;
/** Shorter runs are too imprecise. */
const learnFromMs = 10;

const taskKey = Symbol.for('tributary.task');
const script = new Script('globalThis[Symbol.for("tributary.task")]()');
const holder = globalThis as unknown as Record<symbol, (() => unknown) | undefined>;

export class Interrupter {
  readonly #clocks: ThreadClocks;
  readonly #runFor: typeof runFor;
  /** Expected ratio of wall time to processor time. */
  #clockRatio = clockRatioMin;
  #interruptions = 0;

  /** @param run Replaces the engine in tests. */
  constructor(clocks: ThreadClocks = threadClocks, run: typeof runFor = runFor) {
    this.#clocks = clocks;
    this.#runFor = run;
  }

  /** Number of interruptions, including those after which the code ran again. */
  get interruptions(): number {
    return this.#interruptions;
  }

  /** `task` may run several times. @throws {Interrupted} And what `task` throws. */
  run<Result>({ cpuMs, wallMs }: Budget, task: () => Result): Result {
    const { wall, cpu } = this.#clocks;
    const endMs = wall() + wallMs;
    for (;;) {
      const [startMs, startCpuMs] = [wall(), cpu()];
      const timeoutMs = Math.min(endMs - startMs, cpuMs * this.#clockRatio);
      try {
        return this.#runFor(timeoutMs, task);
      } catch (error) {
        if (!isTimeout(error)) throw error;
        this.#interruptions += 1;
        if (cpu() - startCpuMs >= cpuMs) throw new Interrupted('slow');
        if (wall() >= endMs) throw new Interrupted('starved');
      } finally {
        this.#learn(wall() - startMs, cpu() - startCpuMs);
      }
    }
  }

  #learn(wallMs: number, cpuMs: number): void {
    if (wallMs < learnFromMs) return;
    const clockRatio = Math.min(clockRatioMax, (clockRatioMin * wallMs) / Math.max(1, cpuMs));
    const decayed = this.#clockRatio + decay * (clockRatio - this.#clockRatio);
    this.#clockRatio = Math.max(clockRatioMin, clockRatio, decayed);
  }
}

function runFor<Result>(timeoutMs: number, task: () => Result): Result {
  holder[taskKey] = task;
  try {
    return script.runInThisContext({ timeout: Math.max(1, Math.ceil(timeoutMs)) }) as Result;
  } finally {
    holder[taskKey] = undefined;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
