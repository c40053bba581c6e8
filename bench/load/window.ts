/**
 * A window of load: one request in flight on each connection, or requests at a fixed rate. Each answer's status and
 * length are checked, and the whole content of a sample.
 */

import type { Answer } from './answer-reader.ts';
import { Connection, RequestBytes } from './connection.ts';
import type { LoadResult, WindowOrder } from './protocol.ts';
import { nowUs, usageOf, type Usage } from './proc.ts';

const failuresMax = 200;
const drainMs = 20_000;
/** How often requests that are due are looked for. Timers are late, latencies count from when a request was due. */
const tickMs = 1;

interface InFlight {
  readonly number: number;
  readonly dueAtMs: number;
}

export class LoadWindow {
  readonly #order: WindowOrder;
  readonly #expected: readonly Buffer[];
  readonly #requests: readonly RequestBytes[];
  readonly #connections = new Set<Connection>();
  readonly #inFlight = new Map<Connection, InFlight>();
  readonly #free: Connection[] = [];
  /** When those were due that no connection was free for. */
  readonly #waiting: number[] = [];
  readonly #latenciesMs: number[] = [];
  #sent = 0;
  #refused = 0;
  #draining = false;
  #measuring = false;
  #failures = 0;
  #firstFailure: string | null = null;
  #tooMany: ((reason: Error) => void) | undefined;
  #ticker: NodeJS.Timeout | undefined;

  constructor(order: WindowOrder) {
    this.#order = order;
    this.#expected = order.requests.map(({ expected }) => Buffer.from(expected));
    this.#requests = order.requests.map(({ body }) => new RequestBytes(order.path, order.port, body));
  }

  async run(): Promise<LoadResult> {
    const { connections, warmUpMs, windowMs, pid, port, perSecond } = this.#order;
    const hopeless = new Promise<never>((_, reject) => {
      this.#tooMany = reject;
    });
    const events = {
      onFree: (connection: Connection) => this.#freed(connection),
      onAnswer: (answer: Answer, connection: Connection) => this.#answered(answer, connection),
      onBroken: (reason: string, connection: Connection) => {
        this.#inFlight.delete(connection);
        this.#fail(reason);
      },
    };
    for (let opened = 0; opened < connections; opened += 1)
      this.#connections.add(new Connection(port, events));
    if (perSecond !== undefined) this.#tick(perSecond);
    await Promise.race([sleep(warmUpMs), hopeless]);
    this.#measuring = true;
    this.#failures = 0;
    const before = usageOf(pid);
    const openedAtUs = nowUs();
    await Promise.race([sleep(windowMs), hopeless]);
    const after = usageOf(pid);
    const closedAtUs = nowUs();
    // At a fixed rate the slowest answers are those still to come: they count.
    this.#measuring = perSecond !== undefined;
    await this.#drain();
    this.stop();
    return this.#result({ before, after, openedAtUs, closedAtUs });
  }

  /** Waits for what is in flight: left alone, it would go on costing while the next gateway is measured. */
  async #drain(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#ticker);
    const deadlineMs = performance.now() + drainMs;
    while ((this.#inFlight.size > 0 || this.#waiting.length > 0) && performance.now() < deadlineMs)
      await sleep(10);
  }

  stop(): void {
    clearInterval(this.#ticker);
    for (const connection of this.#connections) connection.close();
  }

  #tick(perSecond: number): void {
    const startedAtMs = performance.now();
    let due = 0;
    this.#ticker = setInterval(() => {
      for (const nowMs = performance.now(); ; due += 1) {
        const dueAtMs = startedAtMs + (due * 1000) / perSecond;
        if (dueAtMs > nowMs) return;
        this.#waiting.push(dueAtMs);
        this.#sendWaiting();
      }
    }, tickMs);
  }

  #freed(connection: Connection): void {
    if (this.#order.perSecond !== undefined) {
      this.#free.push(connection);
      this.#sendWaiting();
    } else if (!this.#draining) this.#send(connection, performance.now());
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && this.#free.length > 0) {
      const connection = this.#free.pop();
      const dueAtMs = this.#waiting.shift();
      if (connection && dueAtMs !== undefined) this.#send(connection, dueAtMs);
    }
  }

  #send(connection: Connection, dueAtMs: number): void {
    const number = this.#sent;
    this.#sent += 1;
    this.#inFlight.set(connection, { number, dueAtMs });
    const bytes = this.#requests[this.#indexOf(number)]?.numbered(number);
    if (bytes) connection.send(bytes, number % this.#order.sampleEvery === 0);
  }

  #indexOf(number: number): number {
    const { sequence } = this.#order;
    return sequence[number % sequence.length] ?? 0;
  }

  #answered({ status, bodyBytes, body }: Answer, connection: Connection): void {
    const request = this.#inFlight.get(connection);
    this.#inFlight.delete(connection);
    if (!request) return;
    if (status === 429 || status === 503) {
      if (this.#measuring) this.#refused += 1;
      return;
    }
    if (this.#measuring) this.#latenciesMs.push(performance.now() - request.dueAtMs);
    const expected = this.#expected[this.#indexOf(request.number)];
    if (status !== 200) this.#fail(`status ${status}`);
    else if (bodyBytes !== expected?.length) this.#fail(`${bodyBytes} bytes, expected ${expected?.length}`);
    else if (body && !body.equals(expected)) this.#fail('another content of the same length');
  }

  #fail(reason: string): void {
    this.#failures += 1;
    this.#firstFailure ??= reason;
    if (this.#failures >= failuresMax) this.#tooMany?.(new Error(`too many failures: ${this.#firstFailure}`));
  }

  #result(window: {
    readonly before: Usage;
    readonly after: Usage;
    readonly openedAtUs: number;
    readonly closedAtUs: number;
  }): LoadResult {
    const { before, after, openedAtUs, closedAtUs } = window;
    const sorted = Float64Array.from(this.#latenciesMs).sort();
    const quantile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
    return {
      requests: sorted.length,
      windowMs: (closedAtUs - openedAtUs) / 1000,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
      p999Ms: quantile(0.999),
      refused: this.#refused,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      cpuMs: after.cpuMs - before.cpuMs,
      rssMb: after.rssMb,
      openedAtUs,
      closedAtUs,
    };
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
