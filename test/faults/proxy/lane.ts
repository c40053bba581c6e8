/** One direction of one connection: bytes go in, and come out late, slowly, in slices, cut off or not at all. */

import type { Socket } from 'node:net';

import type { Cut, LaneToxics } from './toxics.ts';

/** The sending side is paused above it. */
const queuedBytesMax = 1_048_576;
/** How often a slowed lane sends, at most. */
const tickMs = 5;

interface Item {
  /** Null: the sender has ended. */
  readonly bytes: Buffer | null;
  readonly arrivesAtMs: number;
}

export interface LaneOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly random: () => number;
  /** The cut was reached: the bytes before it were written. */
  readonly onCut: (cut: Cut) => void;
  readonly onBytes: (bytes: number) => void;
}

export class Lane {
  readonly #options: LaneOptions;
  #toxics: LaneToxics;
  #queue: Item[] = [];
  #queuedBytes = 0;
  /** Since the toxics changed. */
  #passedBytes = 0;
  #lastArrivalMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(toxics: LaneToxics, options: LaneOptions) {
    this.#toxics = toxics;
    this.#options = options;
    options.to.on('drain', () => this.#flow());
  }

  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  setToxics(toxics: LaneToxics): void {
    this.#toxics = toxics;
    this.#passedBytes = 0;
    this.#flow();
  }

  push(bytes: Buffer): void {
    this.#queuedBytes += bytes.length;
    this.#enqueue(bytes);
    if (this.#queuedBytes > queuedBytesMax) this.#options.from.pause();
  }

  end(): void {
    this.#enqueue(null);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#queue = [];
  }

  #enqueue(bytes: Buffer | null): void {
    const { latencyMs, jitterMs } = this.#toxics;
    const delayMs = latencyMs + jitterMs * this.#options.random();
    // A chunk never overtakes the one before.
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, performance.now() + delayMs);
    this.#queue.push({ bytes, arrivesAtMs: this.#lastArrivalMs });
    this.#flow();
  }

  /** Sends what may go now, and comes back for the rest. */
  #flow(): void {
    clearTimeout(this.#timer);
    while (!this.#isClosed && !this.#toxics.isHeld) {
      const [item] = this.#queue;
      if (!item) return;
      const waitMs = item.arrivesAtMs - performance.now();
      if (waitMs > 0) {
        this.#later(waitMs);
        return;
      }
      if (item.bytes === null) {
        this.#queue.shift();
        this.#options.to.end();
        return;
      }
      if (this.#options.to.writableNeedDrain) return;
      const pauseMs = this.#sendSome(item.bytes, item.arrivesAtMs);
      if (pauseMs > 0) {
        this.#later(pauseMs);
        return;
      }
    }
  }

  #later(waitMs: number): void {
    this.#timer = setTimeout(() => this.#flow(), waitMs);
  }

  /** @returns How long to wait before the next piece. */
  #sendSome(bytes: Buffer, arrivesAtMs: number): number {
    const { bytesPerSecond, sliceBytes, gapMs, cut } = this.#toxics;
    const perTick = Math.max(1, Math.floor((bytesPerSecond * tickMs) / 1000));
    const left = cut ? Math.max(0, cut.afterBytes - this.#passedBytes) : Number.POSITIVE_INFINITY;
    const count = Math.min(bytes.length, perTick, sliceBytes, left);
    this.#queue.shift();
    if (count < bytes.length) this.#queue.unshift({ bytes: bytes.subarray(count), arrivesAtMs });
    this.#passedBytes += count;
    this.#queuedBytes -= count;
    this.#options.onBytes(count);
    const isCut = cut !== undefined && count === left;
    if (isCut) {
      this.#isClosed = true;
      const end = (): void => this.#options.onCut(cut);
      if (count > 0) this.#options.to.write(bytes.subarray(0, count), end);
      else end();
      return 0;
    }
    this.#options.to.write(bytes.subarray(0, count));
    if (this.#queuedBytes <= queuedBytesMax) this.#options.from.resume();
    return Math.max(gapMs, bytesPerSecond === Number.POSITIVE_INFINITY ? 0 : (count * 1000) / bytesPerSecond);
  }
}
