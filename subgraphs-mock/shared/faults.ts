/**
 * What a mock is told to do wrong, and the decision what one call suffers.
 *
 * Randomness is seeded when faults are set: the same faults and the same calls give the same failures.
 * How a failure looks on the wire is the business of `http-service.ts` and `grpc-service.ts`.
 */

import { createRandom } from './random.ts';
import type { Random } from './random.ts';

/** `down`, `hang` and `status` come before the call runs; the other four spoil the answer of a call that did run. */
const outcomes = [
  'down',
  'hang',
  'status',
  'garbage',
  'wrongJson',
  'truncate',
  'trickleBytesPerSecond',
] as const;

type Outcome = (typeof outcomes)[number];

/** One rule. At most one of the `outcomes`; latency goes with any of them. */
export interface Fault {
  /** Added to every call. */
  readonly latencyMs?: number;
  /** Up to this much more, evenly spread. */
  readonly jitterMs?: number;
  /** The share of calls that the outcome hits, 0 to 1. Default 1; without an outcome the calls get status 503. */
  readonly errorRate?: number;
  /** HTTP: the status to answer with. gRPC: a code of 1 to 16; an HTTP status means UNAVAILABLE. */
  readonly status?: number;
  /** Never answer. */
  readonly hang?: boolean;
  /** HTTP: 200 with HTML. gRPC: bytes that do not decode. */
  readonly garbage?: boolean;
  /** 200 with JSON that is valid and not what was asked for. */
  readonly wrongJson?: boolean;
  /** Promise more bytes than are sent, then destroy the socket. */
  readonly truncate?: boolean;
  readonly trickleBytesPerSecond?: number;
  /** Destroy connections; without `operations`, `errorRate` or `times`, every one as soon as it opens. */
  readonly down?: boolean;
  /** Only calls that carry one of these names. Default: all. */
  readonly operations?: readonly string[];
  /** Only the next so many calls it applies to. Default: no end. */
  readonly times?: number;
}

/** What one call suffers. */
export interface Effect {
  readonly delayMs: number;
  readonly outcome: Outcome | undefined;
  /** Undefined: the protocol's own way to say "unavailable". */
  readonly status: number | undefined;
  readonly bytesPerSecond: number;
}

/** The message says what is wrong with the fault and what would be right. */
export class FaultError extends Error {
  override readonly name = 'FaultError';
}

const rulesMax = 20;
const seed = 4_711;

type Check = (value: unknown) => boolean;

const numberWithin =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max;
const wholeWithin =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && numberWithin(min, max)(value);
const isBoolean: Check = (value) => typeof value === 'boolean';
const isNames: Check = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= 100 &&
  value.every((name) => typeof name === 'string');

const checks: Record<keyof Fault, readonly [Check, string]> = {
  latencyMs: [numberWithin(0, 600_000), 'a number from 0 to 600000'],
  jitterMs: [numberWithin(0, 600_000), 'a number from 0 to 600000'],
  errorRate: [numberWithin(0, 1), 'a number from 0 to 1'],
  status: [wholeWithin(1, 599), 'an HTTP status or a gRPC code'],
  hang: [isBoolean, 'true or false'],
  garbage: [isBoolean, 'true or false'],
  wrongJson: [isBoolean, 'true or false'],
  truncate: [isBoolean, 'true or false'],
  trickleBytesPerSecond: [wholeWithin(1, 10_000_000), 'a whole number from 1 to 10000000'],
  down: [isBoolean, 'true or false'],
  operations: [isNames, 'a list of 1 to 100 names'],
  times: [wholeWithin(1, 1_000_000), 'a whole number from 1 to 1000000'],
};

const statusChecks = {
  http: [wholeWithin(200, 599), 'an HTTP status from 200 to 599'],
  grpc: [(value) => wholeWithin(1, 16)(value) || wholeWithin(400, 599)(value), 'a gRPC code from 1 to 16'],
} as const satisfies Record<string, readonly [Check, string]>;

const notOverGrpc: readonly Outcome[] = ['wrongJson', 'trickleBytesPerSecond'];

/**
 * @param value One fault or a list of them: the first that applies to a call decides.
 * @throws {FaultError}
 */
function parseFaults(value: unknown, transport: 'http' | 'grpc'): readonly Fault[] {
  const rules: unknown[] = Array.isArray(value) ? value : [value];
  if (rules.length > rulesMax)
    throw new FaultError(`at most ${rulesMax} faults at a time, not ${rules.length}`);
  return rules.map((rule) => parseFault(rule, transport));
}

function parseFault(value: unknown, transport: 'http' | 'grpc'): Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FaultError('a fault is a JSON object such as {"latencyMs": 200}');
  for (const [name, setting] of Object.entries(value)) {
    if (!Object.hasOwn(checks, name))
      throw new FaultError(`unknown fault "${name}"; there are ${Object.keys(checks).join(', ')}`);
    const [isRight, expected] = name === 'status' ? statusChecks[transport] : checks[name as keyof Fault];
    if (!isRight(setting))
      throw new FaultError(`${name} must be ${expected}, not ${JSON.stringify(setting)}`);
  }
  const fault = value as Fault;
  const chosen = outcomes.filter((name) => fault[name] !== undefined && fault[name] !== false);
  if (chosen.length > 1)
    throw new FaultError(
      `${chosen.join(' and ')} cannot go together: one call ends one way; send a list of faults`,
    );
  const [outcome] = chosen;
  if (transport === 'grpc' && outcome && notOverGrpc.includes(outcome))
    throw new FaultError(`${outcome} is for HTTP services; gRPC ones know ${grpcOutcomes().join(', ')}`);
  return fault;
}

function grpcOutcomes(): Outcome[] {
  return outcomes.filter((name) => !notOverGrpc.includes(name));
}

interface Rule {
  readonly fault: Fault;
  readonly random: Random;
  left: number;
}

export class Faults {
  readonly #transport: 'http' | 'grpc';
  readonly #onDown: Array<() => void> = [];
  #rules: readonly Rule[] = [];

  constructor(transport: 'http' | 'grpc') {
    this.#transport = transport;
  }

  get list(): readonly Fault[] {
    return this.#rules.map((rule) => rule.fault);
  }

  /** True while the service refuses every connection. */
  get refusesConnections(): boolean {
    return this.#rules.some(({ fault }) => isTotal(fault));
  }

  /**
   * Replaces all faults.
   *
   * @throws {FaultError} And nothing changes.
   */
  set(faults: Fault | readonly Fault[]): void {
    this.#rules = parseFaults(faults, this.#transport).map((fault, index) => ({
      fault,
      random: createRandom(seed + index),
      left: fault.times ?? Number.POSITIVE_INFINITY,
    }));
    if (this.refusesConnections) for (const listener of this.#onDown) listener();
  }

  clear(): void {
    this.#rules = [];
  }

  /** Calls `listener` whenever the service goes down, so that it can drop the connections it has. */
  onDown(listener: () => void): void {
    this.#onDown.push(listener);
  }

  /** @returns Undefined for a call that goes well. */
  decide(names: readonly string[]): Effect | undefined {
    for (const rule of this.#rules) {
      const { operations } = rule.fault;
      if (rule.left === 0 || (operations && !operations.some((name) => names.includes(name)))) continue;
      rule.left -= 1;
      return effectOf(rule.fault, rule.random);
    }
    return undefined;
  }
}

function isTotal(fault: Fault): boolean {
  return fault.down === true && !fault.operations && !fault.times && (fault.errorRate ?? 1) === 1;
}

function effectOf(fault: Fault, random: Random): Effect {
  const chosen = outcomes.find((name) => fault[name] !== undefined && fault[name] !== false);
  // Both throws happen in every call, so that adding a jitter does not change which calls fail.
  const isHit = random.next() < (fault.errorRate ?? 1);
  const jitterMs = random.next() * (fault.jitterMs ?? 0);
  const outcome = chosen ?? (fault.errorRate === undefined ? undefined : 'status');
  return {
    delayMs: (fault.latencyMs ?? 0) + jitterMs,
    outcome: isHit ? outcome : undefined,
    status: fault.status,
    bytesPerSecond: fault.trickleBytesPerSecond ?? 0,
  };
}
