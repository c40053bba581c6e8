/**
 * One cell of the fault matrix, from a healthy service through its fault to its repair: what clients got, how late, and
 * what the breaker did. Measures and judges answers; what is good enough, the test and the benchmark say.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import type { GraphqlReply } from '../../support/ask.ts';
import type { FaultProxy } from '../proxy/fault-proxy.ts';
import {
  kinds,
  operationOf,
  shapes,
  without,
  type Kind,
  type Operation,
  type Ordeal,
  type Shape,
} from './cells.ts';
import { Pulse } from './pulse.ts';
import { countRefusedConnections, type RefusedConnections } from './refused-connections.ts';
import { openStage, type Stage } from './stage.ts';

export const trialTimes = {
  requestMs: 1000,
  /** Of one service: sooner than the request's, as it should be. */
  timeoutMs: 500,
  /** The first time; then twice as long. */
  openMs: 600,
  openMaxMs: 1200,
  openJitterPercent: 20,
  /** Until the breaker has forgotten all calls. */
  forgottenMs: 11_000,
} as const;

/** Not for `local`: a whole in-process subgraph has more time than the sources it asks. */
const policy = `{ timeoutMs: ${trialTimes.timeoutMs} }`;
export const trialSettings = `
timeouts: { requestMs: ${trialTimes.requestMs} }
policies:
  defaults:
    breaker:
      openMs: ${trialTimes.openMs}
      openMaxMs: ${trialTimes.openMaxMs}
      openJitterPercent: ${trialTimes.openJitterPercent}
  kinds: { graphql: ${policy}, rest: ${policy}, grpc: ${policy} }
`;

export interface TrialResult {
  /** What is wrong with which answer; empty where all were right. */
  readonly wrong: readonly string[];
  readonly answers: number;
  /** Wrong while the process stood still: not counted. */
  readonly disturbed: number;
  /** How long after the request's deadline the latest answer came, in ms; negative: before it. */
  readonly latenessMs: number;
  /** Absent for mild faults, where the breaker must stay closed. */
  readonly breaker: BreakerRecord | undefined;
}

export interface BreakerRecord {
  /** Calls that reached the service's address until the first was refused; null: none was. */
  readonly callsUntilOpen: number | null;
  /** Of those while open; null: the machine was so slow that it may have been half-open again. */
  readonly callsWhileOpen: number | null;
  /**
   * Requests let through, and calls that reached the address, in one half-open state while 12 wanted to; null: the
   * machine was so slow that there may have been two.
   */
  readonly probes: number | null;
  /** From the repair until three answers in a row were right; null: not within `repairMsMax`. */
  readonly closedAfterMs: number | null;
}

/** At once until the breaker opens: a divisor of its 20 calls. */
const batch = 10;
const batchesMax = 5;
const halfOpenBurst = 12;
const refusedBurst = 5;
/** Few: they count as healthy calls of the next trial. */
const afterBurst = 4;
const repairMsMax = 8000;
const pollMs = 25;
const complaintCharsMax = 800;
/** Distinct requests of a shape. */
const numbers = 30;

interface Asked {
  readonly reply: GraphqlReply;
  readonly operation: Operation;
  readonly healthy: unknown;
}

/** All trials of one kind, one after the other, on a stage of their own. */
export class Trials {
  readonly #stage: Stage;
  readonly #kind: Kind;
  readonly #proxy: FaultProxy;
  readonly #refusals: RefusedConnections;
  readonly #pulse = new Pulse();
  readonly #healthy = new Map<string, unknown>();
  #serial = 0;
  #firstAnswerAtMs = 0;
  #openSinceMs = 0;

  static async open(kind: Kind): Promise<Trials> {
    const trials = new Trials(kind, await openStage(trialSettings));
    await trials.#learn();
    await sleep(trialTimes.forgottenMs);
    return trials;
  }

  private constructor(kind: Kind, stage: Stage) {
    this.#kind = kind;
    this.#stage = stage;
    this.#proxy = stage.proxy(kinds[kind]);
    this.#refusals = countRefusedConnections(this.#proxy.port);
  }

  close(): Promise<void> {
    this.#refusals.stop();
    this.#pulse.close();
    return this.#stage.close();
  }

  /** @param shape Of the requests that open and close the breaker; those of every shape are judged. */
  async run(ordeal: Ordeal, shape: Shape): Promise<TrialResult> {
    const proxy = this.#proxy;
    const log = new Log(kinds[this.#kind], ordeal, this.#pulse);
    const callsBefore = this.#calls;
    await proxy.set(ordeal.toxic(this.#kind));
    await Promise.all(shapes.map((one) => this.#ask(one, log)));
    if (ordeal.isMild) {
      for (let i = 0; i < 2; i += 1) await this.#burst(batch, shape, log);
      await proxy.heal();
      return { ...log.result(), breaker: undefined };
    }
    const callsUntilOpen = await this.#untilOpen(shape, log, callsBefore);
    const callsWhileOpen = await this.#whileOpen(shape, log);
    const probes = await this.#halfOpen(shape, log);
    const repairedAtMs = performance.now();
    await proxy.heal();
    const closedAfterMs = await this.#untilClosed(shape, log, repairedAtMs);
    return { ...log.result(), breaker: { callsUntilOpen, callsWhileOpen, probes, closedAfterMs } };
  }

  async #whileOpen(shape: Shape, log: Log): Promise<number | null> {
    // What was let through before it opened may have waited for a connection until now.
    await sleep(pollMs);
    const callsBefore = this.#calls;
    await this.#burst(refusedBurst, shape, log);
    const openMsMin = trialTimes.openMs * (1 - trialTimes.openJitterPercent / 100);
    return performance.now() - this.#openSinceMs < openMsMin ? this.#calls - callsBefore : null;
  }

  async #untilOpen(shape: Shape, log: Log, callsBefore: number): Promise<number | null> {
    for (let i = 0; i < batchesMax; i += 1) {
      const startedAtMs = performance.now();
      this.#firstAnswerAtMs = Number.POSITIVE_INFINITY;
      const replies = await this.#burst(batch, shape, log);
      if (!replies.some(isRefused)) continue;
      // Opened by calls of this batch, or by the last ones of the batch before.
      this.#openSinceMs = replies.every(isRefused) ? startedAtMs : this.#firstAnswerAtMs;
      return this.#calls - callsBefore;
    }
    return null;
  }

  async #halfOpen(shape: Shape, log: Log): Promise<number | null> {
    await sleep(trialTimes.openMs * (1 + trialTimes.openJitterPercent / 100) + pollMs);
    const callsBefore = this.#calls;
    const startedAtMs = performance.now();
    const replies = await this.#burst(halfOpenBurst, shape, log);
    // Probes that failed opened it for twice as long.
    const openMsMin =
      Math.min(trialTimes.openMaxMs, 2 * trialTimes.openMs) * (1 - trialTimes.openJitterPercent / 100);
    if (performance.now() - startedAtMs > openMsMin) return null;
    // gRPC need not connect to know that nobody is there.
    return Math.max(replies.filter((reply) => !isRefused(reply)).length, this.#calls - callsBefore);
  }

  /** Calls that reached the service's address, and connections that found nobody there. */
  get #calls(): number {
    // gRPC connects again by itself, whoever calls.
    return this.#proxy.counts.calls + (this.#kind === 'grpc' ? 0 : this.#refusals.count);
  }

  async #untilClosed(shape: Shape, log: Log, repairedAtMs: number): Promise<number | null> {
    let inARow = 0;
    while (performance.now() < repairedAtMs + repairMsMax) {
      const { reply, healthy } = await this.#ask(shape, log, { isRepaired: true });
      const isRight = reply.errors === undefined && isDeepStrictEqual(reply.data, healthy);
      inARow = isRight ? inARow + 1 : 0;
      // The breaker wants as many as it has permits.
      if (inARow === 3) {
        const closedAfterMs = performance.now() - repairedAtMs;
        const startedAtMs = performance.now();
        const replies = await this.#burst(afterBurst, shape, log, { isRepaired: true });
        for (const { errors, text } of replies)
          if (errors) log.complain('after the repair', startedAtMs, text);
        return closedAfterMs;
      }
      if (!isRight) await sleep(pollMs);
    }
    return null;
  }

  async #burst(count: number, shape: Shape, log: Log, options: AskedWhen = {}): Promise<GraphqlReply[]> {
    const asked = await Promise.all(Array.from({ length: count }, () => this.#ask(shape, log, options)));
    return asked.map(({ reply }) => reply);
  }

  async #ask(shape: Shape, log: Log, { isRepaired = false }: AskedWhen = {}): Promise<Asked> {
    const n = (this.#serial += 1) % numbers;
    const operation = operationOf(this.#kind, shape, n);
    const startedAtMs = performance.now();
    const { text, variables } = operation;
    const reply = await this.#stage.query(text, { variables });
    this.#firstAnswerAtMs = Math.min(this.#firstAnswerAtMs, performance.now());
    const healthy = this.#healthy.get(`${shape} ${n}`);
    const asked = { reply, operation, healthy };
    log.note(asked, startedAtMs, isRepaired);
    return asked;
  }

  /** What each request is answered while nothing is broken. */
  async #learn(): Promise<void> {
    for (const shape of shapes) {
      for (let n = 0; n < numbers; n += 1) {
        const { text, variables } = operationOf(this.#kind, shape, n);
        let reply = await this.#stage.query(text, { variables });
        // The first time an operation is planned and connections are made: that may take longer than a request has.
        for (let tries = 0; reply.errors && tries < 20; tries += 1)
          reply = await this.#stage.query(text, { variables });
        if (reply.errors) throw new Error(`${this.#kind}/${shape} is never healthy: ${reply.text}`);
        this.#healthy.set(`${shape} ${n}`, reply.data);
      }
    }
  }
}

interface AskedWhen {
  /** The service works again and its breaker may still be open: the answer may be either. */
  readonly isRepaired?: boolean;
}

/** Judges each answer. */
class Log {
  readonly service: string;
  readonly ordeal: Ordeal;
  readonly wrong: string[] = [];
  #answers = 0;
  #disturbed = 0;
  readonly #pulse: Pulse;
  #latestMs = Number.NEGATIVE_INFINITY;

  constructor(service: string, ordeal: Ordeal, pulse: Pulse) {
    this.service = service;
    this.#pulse = pulse;
    this.ordeal = ordeal;
  }

  note(asked: Asked, startedAtMs: number, isRepaired: boolean): void {
    const { operation, reply } = asked;
    this.#answers += 1;
    const isHealthy = this.ordeal.isMild || (isRepaired && reply.errors === undefined);
    const complaint = isHealthy ? healthyComplaint(asked) : this.#brokenComplaint(asked, isRepaired);
    const latenessMs = performance.now() - startedAtMs - trialTimes.requestMs;
    if ((complaint !== undefined || latenessMs > 0) && this.#pulse.wasDisturbed(startedAtMs)) {
      this.#disturbed += 1;
      return;
    }
    this.#latestMs = Math.max(this.#latestMs, latenessMs);
    if (complaint !== undefined) this.complain(complaint, startedAtMs, `${operation.text} ${reply.text}`);
  }

  complain(complaint: string, startedAtMs: number, about: string): void {
    if (this.#pulse.wasDisturbed(startedAtMs)) this.#disturbed += 1;
    else this.wrong.push(`${complaint}: ${about.slice(0, complaintCharsMax)}`);
  }

  result(): Pick<TrialResult, 'wrong' | 'answers' | 'disturbed' | 'latenessMs'> {
    const { wrong } = this;
    return { wrong, answers: this.#answers, disturbed: this.#disturbed, latenessMs: this.#latestMs };
  }

  #brokenComplaint({ reply, operation, healthy }: Asked, isRepaired: boolean): string | undefined {
    const { status, data, errors = [] } = reply;
    if (status !== 200) return `status ${status}`;
    const paths = errors.map(({ path = [] }) =>
      path.map((step) => (typeof step === 'number' ? '*' : step)).join('.'),
    );
    const { lost, errorPaths } = operation;
    // Of two fetches of one request the breaker may let one through.
    const isLost = (index: number): boolean => !isRepaired || paths.includes(errorPaths[index] ?? '');
    const expected = without(
      healthy,
      lost.filter((_, index) => isLost(index)),
    );
    if (!isDeepStrictEqual(data, expected)) return 'other data than the lost is missing';
    const due = errorPaths.filter((_, index) => isLost(index));
    const isComplete = due.every((path) => paths.includes(path)) && paths.every((path) => due.includes(path));
    if (!isComplete) return `error paths ${paths.join(', ')}`;
    for (const { extensions } of errors) {
      const { code, service, retryAfter } = extensions;
      if (service !== this.service) return `service ${String(service)}`;
      const isExpected = this.ordeal.codes.includes(String(code)) || isRepaired;
      const isRefusal = code === 'SERVICE_UNAVAILABLE' && typeof retryAfter === 'number';
      if (!isExpected && !isRefusal) return `code ${String(code)}`;
    }
    return undefined;
  }
}

function healthyComplaint({ reply: { errors, data }, healthy }: Asked): string | undefined {
  if (errors) return 'errors';
  return isDeepStrictEqual(data, healthy) ? undefined : 'other data';
}

/** By the breaker, which says when to come back. */
function isRefused({ errors = [] }: GraphqlReply): boolean {
  return errors.some(({ extensions }) => typeof extensions['retryAfter'] === 'number');
}
