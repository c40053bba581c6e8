/**
 * How long this process stood still: on a busy machine a timer may come before an answer that has been there for long.
 * What went wrong in such a moment says nothing of the gateway.
 */

const beatMs = 10;
/** Together, within one request. */
const standstillMsMax = 120;
const beatsMax = 1000;

interface Standstill {
  readonly atMs: number;
  readonly lastedMs: number;
}

export class Pulse {
  readonly #timer: NodeJS.Timeout;
  #standstills: Standstill[] = [];
  #beatAtMs = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#beat(), beatMs);
    this.#timer.unref();
  }

  /** Whether the process stood still for too long since then. */
  wasDisturbed(sinceMs: number): boolean {
    this.#beat();
    let sumMs = 0;
    for (const { atMs, lastedMs } of this.#standstills) if (atMs >= sinceMs) sumMs += lastedMs;
    return sumMs > standstillMsMax;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const nowMs = performance.now();
    const lastedMs = nowMs - this.#beatAtMs - beatMs;
    this.#beatAtMs = nowMs;
    if (lastedMs < beatMs / 2) return;
    this.#standstills.push({ atMs: nowMs, lastedMs });
    if (this.#standstills.length > beatsMax) this.#standstills.shift();
  }
}
