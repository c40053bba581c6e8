/**
 * Runs synchronous code for no longer than it may: the engine stops it from outside, and this thread goes on.
 *
 * What counts is the processor time of this thread, but the engine can only be told a time by the clock. So it is told as
 * much more as the clock has been ahead lately; where that was too little, because the machine has become busy, the code
 * runs again with more.
 */

import { Script } from 'node:vm';

export interface Budget {
  /** Processor time of this thread. Interrupted after that, or up to a quarter later. */
  readonly cpuMs: number;
  /** In all, by the clock. */
  readonly wallMs: number;
}

/** `slow`: it used its processor time. `starved`: it did not get it, because the machine had other things to do. */
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

/** More than the clock is ahead on an idle machine, where helper threads collect garbage. */
const marginMin = 1.25;
const aheadMax = 10;
/** Of what was learned before, by each new measurement that is lower. */
const forgetting = 0.2;
/** Shorter runs say too little. */
const learnFromMs = 10;

const taskKey = Symbol.for('tributary.task');
const script = new Script('globalThis[Symbol.for("tributary.task")]()');
const holder = globalThis as unknown as Record<symbol, (() => unknown) | undefined>;

export class Interrupter {
  readonly #clocks: ThreadClocks;
  readonly #runFor: typeof runFor;
  /** How many times longer than processor time the clock may run. */
  #ahead = marginMin;
  #interruptions = 0;

  /** @param run Stands in for the engine in tests. */
  constructor(clocks: ThreadClocks = threadClocks, run: typeof runFor = runFor) {
    this.#clocks = clocks;
    this.#runFor = run;
  }

  /** How often code was interrupted, also where it was run again. */
  get interruptions(): number {
    return this.#interruptions;
  }

  /** @throws {Interrupted} And whatever `task` throws. `task` may run several times. */
  run<Result>({ cpuMs, wallMs }: Budget, task: () => Result): Result {
    const { wall, cpu } = this.#clocks;
    const endMs = wall() + wallMs;
    for (;;) {
      const [startMs, startCpuMs] = [wall(), cpu()];
      const timeoutMs = Math.min(endMs - startMs, cpuMs * this.#ahead);
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

  #learn(tookMs: number, usedMs: number): void {
    if (tookMs < learnFromMs) return;
    const ahead = Math.min(aheadMax, (marginMin * tookMs) / Math.max(1, usedMs));
    const forgotten = this.#ahead + forgetting * (ahead - this.#ahead);
    this.#ahead = Math.max(marginMin, ahead, forgotten);
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
