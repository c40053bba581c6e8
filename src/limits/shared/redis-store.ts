/**
 * Counters in Redis. One server counts the checks of many requests in one call. In a cluster the counters of one key are
 * in one slot and of different keys in different ones: there is a call for each key, and what a request used up although
 * a check in another slot refuses it is given back.
 */

import { Script, type Argument } from '../../store/script.ts';
import type { Commands, Store } from '../../store/store.ts';
import type { LimitCheck } from '../check.ts';
import { counterName } from '../counters/counter-name.ts';
import { outcomesOf, type CheckOutcome } from '../counters/decision.ts';
import { packedChanges, packedChecks } from './redis-arguments.ts';
import { probeScript, settleScript, takeScript } from './redis-scripts.ts';
import type { ChargeChange, SharedStore, StoreProbe } from './shared-store.ts';

export interface RedisStoreOptions {
  readonly store: Store;
  /** Of its commands. */
  readonly timeoutMs: number;
  /** Of all processes that use this Redis, unique. */
  readonly processId: string;
  /** By the text. Default: `Script`. */
  readonly scriptOf?: (text: string) => Pick<Script, 'run'>;
}

/** Checks of one request that are counted in one call. */
interface Part {
  readonly request: number;
  /** Of the checks, in the request. */
  readonly indexes: readonly number[];
  readonly checks: readonly LimitCheck[];
}

const processKeptMs = 15_000;
/** Keys of the slots that failed. */
const failedKeysMax = 16;

export class RedisStore implements SharedStore {
  readonly timeoutMs: number;
  readonly #store: Store;
  readonly #processId: string;
  readonly #failedKeys = new Set<string>();
  readonly #take: Pick<Script, 'run'>;
  readonly #settle: Pick<Script, 'run'>;
  readonly #probe: Pick<Script, 'run'>;

  constructor({ store, timeoutMs, processId, scriptOf = (text) => new Script(text) }: RedisStoreOptions) {
    this.timeoutMs = timeoutMs;
    this.#store = store;
    this.#processId = processId;
    this.#take = scriptOf(takeScript());
    this.#settle = scriptOf(settleScript());
    this.#probe = scriptOf(probeScript);
  }

  async take(requests: ReadonlyArray<readonly LimitCheck[]>): Promise<CheckOutcome[][]> {
    if (!this.#store.isCluster) return this.#takeOnOne(requests);
    const groups = groupsOf(requests);
    const answers = await Promise.all(
      [...groups].map(async ([key, parts]) => ({
        parts,
        outcomes: await this.#noting(key, () => this.#takeOnOne(parts.map(({ checks }) => checks))),
      })),
    );
    const outcomes = requests.map((): CheckOutcome[] => []);
    for (const { parts, outcomes: ofParts } of answers) {
      for (const [part, { request, indexes }] of parts.entries()) {
        for (const [at, index] of indexes.entries()) {
          const outcome = ofParts[part]?.[at];
          const ofRequest = outcomes[request];
          if (outcome && ofRequest) ofRequest[index] = outcome;
        }
      }
    }
    const changes = requests.flatMap((checks, request) => excessOf(checks, outcomes[request] ?? []));
    // The requests need not wait for it.
    if (changes.length > 0) this.settle(changes).catch(() => {});
    return outcomes;
  }

  async settle(changes: readonly ChargeChange[]): Promise<void> {
    const groups = Map.groupBy(changes, ({ charge }) => (this.#store.isCluster ? charge.check.key : ''));
    await Promise.all(
      [...groups].map(([key, group]) =>
        this.#noting(key, () => {
          const keys = group.map(({ charge }) => this.#keyOf(charge.check));
          return this.#run(this.#settle, keys, [packedChanges(group)]);
        }),
      ),
    );
  }

  async probe(): Promise<StoreProbe> {
    const failed = [...this.#failedKeys];
    const keys = [processesKey(this.#store), resetsKey(this.#store)];
    const [reply] = await Promise.all([
      this.#run(this.#probe, keys, [this.#processId, processKeptMs]),
      ...failed.map((key) => this.#touch(this.#store.key(`rl:{${key}}:probe`))),
    ]);
    for (const key of failed) this.#failedKeys.delete(key);
    const [processes = 1, resets = 0] = Array.isArray(reply) ? (reply as number[]) : [];
    return { processes, resets };
  }

  async close(): Promise<void> {
    const key = processesKey(this.#store);
    await this.#store.run((redis) => redis.zrem(key, this.#processId), key);
  }

  async #takeOnOne(requests: ReadonlyArray<readonly LimitCheck[]>): Promise<CheckOutcome[][]> {
    const keys = requests.flatMap((checks) => checks.map((check) => this.#keyOf(check)));
    const reply = await this.#run(this.#take, keys, [packedChecks(requests, keys.length)]);
    return outcomesOf(Array.isArray(reply) ? (reply as number[]) : [], requests);
  }

  #keyOf(check: LimitCheck): string {
    return this.#store.key(counterName(check));
  }

  #run(script: Pick<Script, 'run'>, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#store.run((redis: Commands) => script.run(redis, keys, args), keys[0]);
  }

  #touch(key: string): Promise<unknown> {
    return this.#store.run((redis) => redis.set(key, '', 'PX', 1000), key);
  }

  /** The slot of a key whose call failed is tried again by `probe`. */
  async #noting<Result>(key: string, call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      if (this.#store.isCluster && this.#failedKeys.size < failedKeysMax) this.#failedKeys.add(key);
      throw error;
    }
  }
}

/** A sorted set. */
function processesKey(store: Store): string {
  return store.key('rl:{processes}');
}

/** A number. */
export function resetsKey(store: Store): string {
  return store.key('rl:{processes}:resets');
}

function groupsOf(requests: ReadonlyArray<readonly LimitCheck[]>): Map<string, Part[]> {
  const groups = new Map<string, Part[]>();
  for (const [request, checks] of requests.entries()) {
    for (const [key, indexes] of Map.groupBy(checks.keys(), (index) => checks[index]?.key ?? '')) {
      const part = { request, indexes, checks: checks.filter((check) => check.key === key) };
      const group = groups.get(key);
      if (group) group.push(part);
      else groups.set(key, [part]);
    }
  }
  return groups;
}

/** What the calls of one request used up that should not be: each of them knows only of refusals by its own checks. */
function excessOf(checks: readonly LimitCheck[], outcomes: readonly CheckOutcome[]): ChargeChange[] {
  const refusals = checks.filter((check, index) => !check.isMeasured && outcomes[index]?.isExceeded);
  const refusingGate = gateOf(refusals);
  if (refusingGate === Infinity) return [];
  return checks.flatMap((check, index): ChargeChange[] => {
    const ownGate = gateOf(refusals.filter(({ key }) => key === check.key));
    const isUsed = ownGate === Infinity || (check.gate < ownGate && !check.isReturned);
    const stays = check.isMeasured || (check.gate < refusingGate && !check.isReturned);
    if (!isUsed || stays) return [];
    const charge = { check, bucket: outcomes[index]?.bucket ?? 0, countedBy: 'store' } as const;
    return [{ charge, units: -check.cost }];
  });
}

function gateOf(refusals: readonly LimitCheck[]): number {
  return Math.min(...refusals.map(({ gate }) => gate));
}
