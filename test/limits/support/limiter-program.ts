/** A process with limiters of its own, told by its parent what to count. It ends with its parent. */

import { setTimeout as sleep } from 'node:timers/promises';

import { createLimiter } from '../../../src/limits/limiter.ts';
import { RedisStore } from '../../../src/limits/shared/redis-store.ts';
import { redisSchema } from '../../../src/config/gateway/redis.ts';
import type { LimitCheck, LimitDecision, Limiter } from '../../../src/limits/check.ts';
import type { LimiterState } from '../../../src/limits/shared/store-state.ts';
import { monotonicClock } from '../../../src/shared/clock.ts';
import { Events } from '../../../src/shared/events.ts';
import { openStore } from '../../../src/store/open-store.ts';

/** From the parent. */
export type Order =
  | {
      readonly kind: 'open';
      /** As in gateway.yaml. */
      readonly redis: object;
      /** Of connections, each with a limiter. */
      readonly connections: number;
      readonly name: string;
      readonly processes: number;
      /** A fifth of it is late. Default: that of commands. */
      readonly timeoutMs?: number;
    }
  /** All at once, over the connections in turn. */
  | { readonly kind: 'burst'; readonly checks: readonly LimitCheck[]; readonly times: number }
  /** Until told to stop, by the first connection. */
  | { readonly kind: 'load'; readonly load: Load }
  /** Until the first connection has counted all connections of all processes, as local mode goes by that. */
  | { readonly kind: 'count' }
  /** How far it is. */
  | { readonly kind: 'look' }
  | { readonly kind: 'stop' };

export interface Load {
  /** Every so often each of these is asked once ... */
  readonly everyMs: number;
  readonly checks: readonly LimitCheck[];
  /** ... and so many like `fresh`, each with a key of its own. */
  readonly freshCount: number;
  readonly fresh: LimitCheck;
}

/** To the parent. */
export type Report =
  | { readonly kind: 'done'; readonly admitted: number }
  | { readonly kind: 'looked'; readonly progress: Progress }
  | { readonly kind: 'stopped'; readonly samples: readonly Sample[]; readonly states: readonly StateAt[] }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Progress {
  readonly isShared: boolean;
  /** Requests of the first check of the load. */
  readonly admitted: Readonly<Record<'store' | 'local', number>>;
}

export interface Sample {
  /** By the wall clock, in milliseconds. */
  readonly atMs: number;
  readonly tookMs: number;
  /** The event loop stood still for a part of it, so that `tookMs` says nothing of the limiter. */
  readonly isDisturbed: boolean;
  /** Of the load's checks; -1: a fresh one. */
  readonly check: number;
  readonly result: 'store' | 'local' | 'limit' | 'lost' | 'error';
}

export interface StateAt extends LimiterState {
  readonly atMs: number;
}

const tickMs = 5;
/** Of the ticks that there are when the event loop turns freely. */
const ticksMin = 0.75;
/** The last requests get their answers. */
const settleMs = 100;

let limiters: readonly Limiter[] = [];
let firstStore: CountingStore | undefined;
let states: StateAt[] = [];
let samples: Sample[] = [];
let loadTimer: NodeJS.Timeout | undefined;
let ticks = 0;
let freshKeys = 0;

async function obey(order: Order): Promise<Report | undefined> {
  switch (order.kind) {
    case 'open':
      limiters = await Promise.all(Array.from({ length: order.connections }, (_, i) => open(order, i)));
      return { kind: 'done', admitted: 0 };
    case 'burst':
      return { kind: 'done', admitted: await burst(order.checks, order.times) };
    case 'load':
      states = [];
      samples = [];
      loadTimer = setInterval(() => askAll(order.load), order.load.everyMs);
      return { kind: 'done', admitted: 0 };
    case 'count':
      await firstStore?.allCounted;
      return { kind: 'done', admitted: 0 };
    case 'look':
      return { kind: 'looked', progress: progress() };
    case 'stop':
      clearInterval(loadTimer);
      await sleep(settleMs);
      await Promise.all(limiters.map((limiter) => limiter.close()));
      return { kind: 'stopped', samples, states };
  }
}

function progress(): Progress {
  const count = (result: Sample['result']): number =>
    samples.filter((sample) => sample.check === 0 && sample.result === result).length;
  return {
    isShared: states.at(-1)?.state !== 'local',
    admitted: { store: count('store'), local: count('local') },
  };
}

/** Tells when its probes have counted all processes, of which there are `expected`. */
class CountingStore extends RedisStore {
  readonly allCounted: Promise<void>;
  readonly #expected: number;
  #resolve: () => void = () => {};

  constructor(options: ConstructorParameters<typeof RedisStore>[0], expected: number) {
    super(options);
    this.#expected = expected;
    this.allCounted = new Promise((resolve) => (this.#resolve = resolve));
  }

  override async probe(): ReturnType<RedisStore['probe']> {
    const result = await super.probe();
    // The limiter knows of it by the next turn.
    if (result.processes >= this.#expected) setImmediate(this.#resolve);
    return result;
  }
}

async function open(order: Order & { kind: 'open' }, index: number): Promise<Limiter> {
  const { redis, name, processes } = order;
  const config = redisSchema.parse(redis);
  const store = await openStore(config, new Events());
  const { timeoutMs = config.commandTimeoutMs } = order;
  const counting = new CountingStore({ store, timeoutMs, processId: `${name}-${index}` }, processes);
  if (index === 0) firstStore = counting;
  return createLimiter({
    keysMax: 100_000,
    blockedKeysMax: 100_000,
    now: monotonicClock,
    shared: {
      store: counting,
      processes,
      processesKeptMs: 300_000,
      onStateChange: (change) => states.push({ ...change, atMs: Date.now() }),
    },
  });
}

async function burst(checks: readonly LimitCheck[], times: number): Promise<number> {
  const decisions = await Promise.all(
    Array.from({ length: times }, async (_, i) => limiters[i % limiters.length]?.take(checks)),
  );
  return decisions.filter((decision) => decision?.isAllowed).length;
}

function askAll({ checks, freshCount, fresh }: Load): void {
  for (const [index, check] of checks.entries()) ask(check, index);
  for (let i = 0; i < freshCount; i += 1) {
    freshKeys += 1;
    ask({ ...fresh, key: `${fresh.key}${process.pid}-${freshKeys}` }, -1);
  }
}

function ask(check: LimitCheck, index: number): void {
  const [limiter] = limiters;
  const startedAtMs = performance.now();
  const startTicks = ticks;
  const atMs = Date.now();
  const note = (result: Sample['result']): void => {
    const tookMs = performance.now() - startedAtMs;
    const isDisturbed = ticks - startTicks < Math.floor((ticksMin * tookMs) / tickMs);
    samples.push({ atMs, tookMs, isDisturbed, check: index, result });
  };
  try {
    const decision = limiter?.take([check]);
    if (decision instanceof Promise)
      decision.then(
        (settled) => note(resultOf(settled)),
        () => note('error'),
      );
    else note(decision ? resultOf(decision) : 'error');
  } catch {
    note('error');
  }
}

function resultOf(decision: LimitDecision): Sample['result'] {
  if (!decision.isAllowed) return decision.reason === 'limit' ? 'limit' : 'lost';
  return decision.charges[0]?.countedBy ?? 'local';
}

setInterval(() => (ticks += 1), tickMs);

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  obey(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ kind: 'failed', reason: String(error) } satisfies Report),
  );
});
