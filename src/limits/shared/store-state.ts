/**
 * Whether the shared counters are used. The first call that fails ends that; from then on only probes are sent:
 *
 *     shared ── a call fails ──> local ── a probe changes something in the store ──> shared
 */

import type { ProcessCount } from './process-count.ts';
import type { StoreProbe } from './shared-store.ts';

export interface LimiterState {
  /** `local`: each process counts by itself, as `whenStoreLost` of each policy says. */
  readonly state: 'shared' | 'local';
  /** Why the store was given up; empty for `shared`. */
  readonly reason: string;
}

export interface StoreStateOptions {
  /** Rejects while the store cannot be used. */
  readonly probe: () => Promise<StoreProbe>;
  readonly processes: ProcessCount;
  /** Counters were deleted. */
  readonly onReset: () => void;
  /** Once per change. */
  readonly onChange: (change: LimiterState) => void;
}

/** While the store is lost. */
const probeIntervalMs = 250;
/** While it is there, for what else it says. */
const readIntervalMs = 2000;

export class StoreState {
  readonly #options: StoreStateOptions;
  #isLost = false;
  /** Other processes have started with this one, or lost the store as well, and may not have said that they are there. */
  #isNew = true;
  #isClosed = false;
  #isProbing = false;
  #resets: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StoreStateOptions) {
    this.#options = options;
    void this.#probe();
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  lose(reason: string): void {
    if (this.#isLost || this.#isClosed) return;
    this.#isLost = true;
    this.#schedule();
    this.#options.onChange({ state: 'local', reason });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#isProbing) return;
    this.#timer = setTimeout(() => void this.#probe(), this.#isLost ? probeIntervalMs : readIntervalMs);
    this.#timer.unref();
  }

  async #probe(): Promise<void> {
    const wasLost = this.#isLost;
    this.#isProbing = true;
    try {
      const { processes, resets } = await this.#options.probe();
      if (!this.#isNew) this.#options.processes.note(processes);
      if (resets !== (this.#resets ?? resets)) this.#options.onReset();
      this.#resets = resets;
      this.#isNew = wasLost;
      if (wasLost) this.#regain();
    } catch (error) {
      this.lose(error instanceof Error ? error.message : 'the store failed');
    }
    this.#isProbing = false;
    this.#schedule();
  }

  #regain(): void {
    if (this.#isClosed) return;
    this.#isLost = false;
    this.#options.onChange({ state: 'shared', reason: '' });
  }
}
