/**
 * Fault injection: the configured faults of a mock, and which of them hits a call.
 *
 * Randomness is seeded when faults are set: the same faults and the same calls give the same failures.
 * `http-service.ts` and `grpc-service.ts` define how a failure looks on the wire.
 */

import { createRandom } from './random.ts';
import type { Random } from './random.ts';

/** `down`, `hang` and `status` prevent the call; the other four corrupt the response of a call that was executed. */
const outcomes = [
  'down',
  'hang',
  'status',
  'garbage',
  'wrongJson',
  'truncate',
  'trickleBytesPerSecond',
] as const;

type FaultOutcome = (typeof outcomes)[number];

/** One fault: at most one of the `outcomes`, and a latency with any of them. */
export interface Fault {
  /** Added to every call. */
  readonly latencyMs?: number;
  /** Additional latency, uniformly distributed from 0 to this. */
  readonly jitterMs?: number;
  /** The share of calls that the outcome hits, 0 to 1. Default 1; without an outcome the calls get status 503. */
  readonly errorRate?: number;
  /** HTTP: the status to answer with. gRPC: a code of 1 to 16; an HTTP status means UNAVAILABLE. */
  readonly status?: number;
  /** Never answer. */
  readonly hang?: boolean;
  /** HTTP: 200 with HTML. gRPC: bytes that do not decode. */
  readonly garbage?: boolean;
  /** 200 with valid JSON of another shape. */
  readonly wrongJson?: boolean;
  /** Send less than `content-length` says, then destroy the socket. */
  readonly truncate?: boolean;
  readonly trickleBytesPerSecond?: number;
  /** Destroy connections; without `operations`, `errorRate` and `times`, each as soon as it opens. */
  readonly down?: boolean;
  /** Only calls with one of these names. Default: all. */
  readonly operations?: readonly string[];
  /** Only the next calls that it applies to, up to this number. Default: no limit. */
  readonly times?: number;
}

/** The effect of a fault on one call. */
export interface Effect {
  readonly delayMs: number;
  readonly outcome: FaultOutcome | undefined;
  /** Undefined: the protocol's status for "unavailable". */
  readonly status: number | undefined;
  readonly bytesPerSecond: number;
}

/** An invalid fault. The message says what is wrong and what is expected. */
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

const httpOnlyOutcomes: readonly FaultOutcome[] = ['wrongJson', 'trickleBytesPerSecond'];

/**
 * @param value One fault or a list of them: the first that applies to a call decides.
 * @throws {FaultError}
 */
function parseFaults(value: unknown, transport: 'http' | 'grpc'): readonly Fault[] {
  const rules: unknown[] = Array.isArray(value) ? value : [value];
  if (rules.length > rulesMax)
    throw new FaultError(`at most ${rulesMax} faults are allowed, got ${rules.length}`);
  return rules.map((rule) => parseFault(rule, transport));
}

function parseFault(value: unknown, transport: 'http' | 'grpc'): Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FaultError('a fault is a JSON object such as {"latencyMs": 200}');
  for (const [name, setting] of Object.entries(value)) {
    if (!Object.hasOwn(checks, name))
      throw new FaultError(`unknown fault "${name}"; faults: ${Object.keys(checks).join(', ')}`);
    const [isValid, expected] = name === 'status' ? statusChecks[transport] : checks[name as keyof Fault];
    if (!isValid(setting))
      throw new FaultError(`${name} must be ${expected}, got ${JSON.stringify(setting)}`);
  }
  const fault = value as Fault;
  const chosen = outcomes.filter((name) => fault[name] !== undefined && fault[name] !== false);
  if (chosen.length > 1)
    throw new FaultError(`${chosen.join(' and ')} exclude each other: send a list of faults instead`);
  const [outcome] = chosen;
  if (transport === 'grpc' && outcome && httpOnlyOutcomes.includes(outcome))
    throw new FaultError(`${outcome} is for HTTP services only; for gRPC: ${grpcOutcomes().join(', ')}`);
  return fault;
}

function grpcOutcomes(): FaultOutcome[] {
  return outcomes.filter((name) => !httpOnlyOutcomes.includes(name));
}

interface Rule {
  readonly fault: Fault;
  readonly random: Random;
  remaining: number;
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

  /** Whether the service refuses every connection. */
  get refusesConnections(): boolean {
    return this.#rules.some(({ fault }) => isTotal(fault));
  }

  /**
   * Replaces all faults.
   *
   * @throws {FaultError} Without changing anything.
   */
  set(faults: Fault | readonly Fault[]): void {
    this.#rules = parseFaults(faults, this.#transport).map((fault, index) => ({
      fault,
      random: createRandom(seed + index),
      remaining: fault.times ?? Number.POSITIVE_INFINITY,
    }));
    if (this.refusesConnections) for (const listener of this.#onDown) listener();
  }

  clear(): void {
    this.#rules = [];
  }

  /** Calls `listener` whenever the service goes down, to drop its open connections. */
  onDown(listener: () => void): void {
    this.#onDown.push(listener);
  }

  /** @returns Undefined if no fault applies to the call. */
  decide(names: readonly string[]): Effect | undefined {
    for (const rule of this.#rules) {
      const { operations } = rule.fault;
      if (rule.remaining === 0 || (operations && !operations.some((name) => names.includes(name)))) continue;
      rule.remaining -= 1;
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
  // Every call draws both random numbers, so that adding a jitter does not change which calls fail.
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
