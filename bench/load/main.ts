/**
 * The load generator: keeps one request in flight on each connection, over raw sockets, and measures what the runner
 * orders over IPC. Each answer's status and length are checked, and the whole content of a sample.
 */

import { connect, type Socket } from 'node:net';

import { type Answer, AnswerReader } from './answer-reader.ts';
import type { LoadMessage, LoadOrder, LoadResult } from './protocol.ts';
import { usageOf, type Usage } from './proc.ts';

const mark = 't-00000000';
const failuresMax = 200;
const drainMs = 20_000;

process.on('message', (order: LoadOrder) => {
  const load = new Load(order);
  load.run().then(
    (result) => tell({ kind: 'done', result }),
    (error: unknown) => {
      load.stop();
      tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    },
  );
});
process.on('disconnect', () => process.exit(0));

function tell(message: LoadMessage): void {
  process.send?.(message);
}

class Load {
  readonly #order: LoadOrder;
  readonly #expected: Buffer;
  readonly #request: Buffer;
  /** Where in the request the digits of the mark stand; -1 when all requests are alike. */
  readonly #markAt: number;
  readonly #sockets = new Set<Socket>();
  readonly #latenciesMs: number[] = [];
  #sent = 0;
  #inFlight = 0;
  #draining = false;
  #measuring = false;
  #stopped = false;
  #failures = 0;
  #firstFailure: string | null = null;
  #tooMany: ((reason: Error) => void) | undefined;

  constructor(order: LoadOrder) {
    this.#order = order;
    this.#expected = Buffer.from(order.expected);
    const head = [
      `POST ${order.path} HTTP/1.1`,
      `host: 127.0.0.1:${order.port}`,
      'content-type: application/json',
      'accept: application/json',
      `content-length: ${Buffer.byteLength(order.body)}`,
    ];
    this.#request = Buffer.from(`${head.join('\r\n')}\r\n\r\n${order.body}`);
    this.#markAt = this.#request.indexOf(mark);
  }

  async run(): Promise<LoadResult> {
    const { connections, warmUpMs, windowMs, pid } = this.#order;
    const hopeless = new Promise<never>((_, reject) => {
      this.#tooMany = reject;
    });
    for (let opened = 0; opened < connections; opened += 1) this.#open();
    await Promise.race([sleep(warmUpMs), hopeless]);
    this.#measuring = true;
    this.#failures = 0;
    const before = usageOf(pid);
    const openedAtUs = nowUs();
    await Promise.race([sleep(windowMs), hopeless]);
    const after = usageOf(pid);
    const closedAtUs = nowUs();
    this.#measuring = false;
    await this.#drain();
    this.stop();
    return this.#result({ before, after, openedAtUs, closedAtUs });
  }

  /** Waits for what is in flight: left alone, it would go on costing while the next gateway is measured. */
  async #drain(): Promise<void> {
    this.#draining = true;
    const deadlineMs = performance.now() + drainMs;
    while (this.#inFlight > 0 && performance.now() < deadlineMs) await sleep(10);
  }

  stop(): void {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(): void {
    const socket = connect({ host: '127.0.0.1', port: this.#order.port, noDelay: true });
    this.#sockets.add(socket);
    let sentAtMs = 0;
    const send = (): void => {
      if (this.#draining) return;
      this.#inFlight += 1;
      sentAtMs = performance.now();
      reader.keepBody = this.#sent % this.#order.sampleEvery === 0;
      socket.write(this.#next());
    };
    const reader = new AnswerReader((answer) => {
      this.#inFlight -= 1;
      if (this.#stopped) return;
      if (this.#measuring) this.#latenciesMs.push(performance.now() - sentAtMs);
      this.#check(answer);
      send();
    });
    socket.on('connect', send);
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.read(chunk);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on('error', (error) => this.#fail(`a connection broke: ${error.message}`));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (this.#stopped) return;
      this.#fail('a connection was closed');
      this.#open();
    });
  }

  #next(): Buffer {
    const number = this.#sent;
    this.#sent += 1;
    if (this.#markAt === -1) return this.#request;
    const marked = Buffer.from(this.#request);
    marked.write(String(number).padStart(8, '0'), this.#markAt + 2, 'latin1');
    return marked;
  }

  #check({ status, bodyBytes, body }: Answer): void {
    if (status !== 200) this.#fail(`status ${status}`);
    else if (bodyBytes !== this.#expected.length)
      this.#fail(`${bodyBytes} bytes, expected ${this.#expected.length}`);
    else if (body && !body.equals(this.#expected)) this.#fail('another content of the same length');
  }

  #fail(reason: string): void {
    if (this.#stopped) return;
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
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      cpuMs: after.cpuMs - before.cpuMs,
      rssMb: after.rssMb,
      openedAtUs,
      closedAtUs,
    };
  }
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
