/**
 * Prepares operations that nobody asked, right after a graph was loaded and while nobody asks any: the engine compiles the
 * code of the planner meanwhile, and the first clients need not wait for that.
 */

import type { ThreadClocks } from './interruptible.ts';

interface WarmUpTerms {
  /** Prepares one operation. Throws where that took too long. */
  readonly prepare: (query: string) => void;
  readonly samples: () => Iterator<string>;
  readonly clocks: Pick<ThreadClocks, 'cpu'>;
}

/** The process has to open its port first. */
const startAfterMs = 500;
/** Processor time of this thread. The engine's compiler takes about as much beside it. */
const cpuMsMax = 250;
/** Operations of clients after which the planner needs no other ones. */
const askedMax = 10;

export class WarmUp {
  readonly #terms: WarmUpTerms;
  #samples: Iterator<string> | undefined;
  #asked = 0;
  #leftMs = cpuMsMax;

  constructor(terms: WarmUpTerms) {
    this.#terms = terms;
    setTimeout(() => this.#next(), startAfterMs).unref();
  }

  /** A client asked for an operation. */
  asked(): void {
    this.#asked += 1;
  }

  /** One operation for each turn of the event loop: those of clients come between them. */
  #next(): void {
    const { prepare, samples, clocks } = this.#terms;
    if (this.#asked >= askedMax || this.#leftMs <= 0) return;
    this.#samples ??= samples();
    const sample = this.#samples.next();
    if (sample.done === true) return;
    const startMs = clocks.cpu();
    try {
      prepare(sample.value);
    } catch {
      // This graph takes long to plan: it is left to the operations that clients ask.
      return;
    }
    this.#leftMs -= clocks.cpu() - startMs;
    setImmediate(() => this.#next());
  }
}
