/**
 * What limits cost: checks a second with client and Redis on one core, time until the answer, bytes of a counter, and
 * microseconds of CPU that the checks of one request take with counters in memory, of this process and of the primary one.
 *
 *     node bench/limits.ts
 *
 * Starts a redis-server of its own. Where there is `taskset`, both share core 0.
 */

import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { redisSchema } from '../src/config/gateway/redis.ts';
import type { LimitCheck, LimitRule, Limiter } from '../src/limits/check.ts';
import { counterName } from '../src/limits/counters/counter-name.ts';
import { createLimiter } from '../src/limits/limiter.ts';
import { RedisStore } from '../src/limits/shared/redis-store.ts';
import type { LimiterState } from '../src/limits/shared/store-state.ts';
import { monotonicClock } from '../src/shared/clock.ts';
import { Events } from '../src/shared/events.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import type { CallToPrimary, CallToWorker } from '../src/workers/calls.ts';
import { Channel, type Peer } from '../src/workers/channel.ts';
import { RemoteCounters } from '../src/workers/remote-counters.ts';
import { SharedCounters } from '../src/workers/shared-counters.ts';

const clients = 1000;
const callers = 50;
const roundMs = 2000;
const rounds = 4;
const workerRequests = 20_000;
const commandTimeoutMs = 10_000;
const checksPerSecondMin = 25_000;

function ruleOf(policy: string, given: Partial<LimitRule> = {}): LimitRule {
  return {
    policy,
    algorithm: 'window',
    limit: 1_000_000,
    windowMs: 60_000,
    burst: 100_000,
    whenStoreLost: 'local',
    isGlobal: false,
    isIndivisible: false,
    ...given,
  };
}

/** Of one client: gate 1 by address, gate 2 by tier and day, gate 3 by points and burst. */
const rules = [
  ruleOf('address'),
  ruleOf('tier'),
  ruleOf('day', { windowMs: 86_400_000 }),
  ruleOf('points'),
  ruleOf('burst', { algorithm: 'gcra' }),
];

function checksOf(client: number, count: number): LimitCheck[] {
  return rules.slice(0, count).map((rule, index) => ({
    rule,
    key: `bench_${String(client).padStart(16, '0')}`,
    owner: 'bench0',
    cost: rule.policy === 'points' ? 12 : 1,
    gate: index === 0 ? 1 : index < 3 ? 2 : 3,
    isReturned: index > 1,
    isMeasured: false,
  }));
}

function limiterOf(store: Store | undefined): Limiter {
  const shared = store && {
    // Both share a core: what is late is this process.
    store: new RedisStore({ store, timeoutMs: commandTimeoutMs, processId: 'bench' }),
    processes: 1,
    processesKeptMs: 0,
    onStateChange: ({ state, reason }: LimiterState) => {
      if (state === 'local') throw new Error(`Redis was lost: ${reason}`);
    },
  };
  return createLimiter({ shared, keysMax: 100_000, blockedKeysMax: 10_000, now: monotonicClock });
}

interface Round {
  readonly checksPerSecond: number;
  /** Of CPU, of client and Redis together: the same on a core that nobody else uses. */
  readonly checksPerCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function redisRound(
  { limiter, store }: { readonly limiter: Limiter; readonly store: Store },
  all: ReadonlyArray<readonly LimitCheck[]>,
): Promise<Round> {
  const cpuBefore = await cpuSeconds(store);
  const startedAtMs = monotonicClock();
  const times: number[] = [];
  let next = 0;
  let checked = 0;
  const caller = async (): Promise<void> => {
    while (monotonicClock() - startedAtMs < roundMs) {
      const checks = all[next++ % all.length] ?? [];
      const askedAtMs = monotonicClock();
      const decision = await limiter.take(checks);
      if (!decision.isAllowed) throw new Error('a check was refused');
      times.push(monotonicClock() - askedAtMs);
      checked += checks.length;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (monotonicClock() - startedAtMs) / 1000;
  const cpu = (await cpuSeconds(store)) - cpuBefore;
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0;
  return {
    checksPerSecond: checked / seconds,
    checksPerCpuSecond: checked / cpu,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

/** Of this process and of Redis. */
async function cpuSeconds(store: Store): Promise<number> {
  const info = await store.run((commands) => commands.info('cpu'));
  const ofRedis = [...info.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)];
  return ofRedis.reduce((sum, [, seconds]) => sum + Number(seconds), ownUs() / 1e6);
}

/** CPU of the best round, in microseconds a request. */
function memoryUs(all: ReadonlyArray<readonly LimitCheck[]>): number {
  const limiter = limiterOf(undefined);
  let best = Infinity;
  for (let round = 0; round < 10; round += 1) {
    const before = ownUs();
    for (let request = 0; request < 50_000; request += 1) {
      // As gates do: checks are made for each request.
      const decision = limiter.take((all[request % all.length] ?? []).map((check) => ({ ...check })));
      if (decision instanceof Promise) throw new Error('counters in memory answer at once');
    }
    best = Math.min(best, (ownUs() - before) / 50_000);
  }
  return best;
}

/** CPU of both processes for a request of a worker, in microseconds: its checks are counted in the primary process. */
async function workerUs(all: ReadonlyArray<readonly LimitCheck[]>, atOnce: number): Promise<number> {
  const primary = fork(fileURLToPath(import.meta.url), ['primary']);
  await once(primary, 'message');
  const channel = new Channel<CallToPrimary, CallToWorker>(primary, () => Promise.resolve(''), 10_000);
  const limiter = createLimiter({
    keysMax: 100_000,
    blockedKeysMax: 10_000,
    now: monotonicClock,
    shared: {
      store: new RemoteCounters(channel, { workers: 1, timeoutMs: 200 }),
      processes: 1,
      processesKeptMs: 0,
      onStateChange: ({ reason }) => console.error(`the primary process was lost: ${reason}`),
    },
  });
  let best = Infinity;
  for (let round = 0; round < 5; round += 1) {
    const before = ownUs() + (await primaryUs(primary));
    let asked = 0;
    const caller = async (): Promise<void> => {
      while (asked < workerRequests) await limiter.take(all[asked++ % all.length] ?? []);
    };
    await Promise.all(Array.from({ length: atOnce }, caller));
    best = Math.min(best, (ownUs() + (await primaryUs(primary)) - before) / workerRequests);
  }
  await limiter.close();
  primary.kill();
  return best;
}

function ownUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function primaryUs(primary: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const read = (message: object): void => {
    if (!('cpuUs' in message)) return;
    primary.off('message', read);
    resolve(Number(message.cpuUs));
  };
  primary.on('message', read);
  primary.send({ isCpuAsked: true });
  return promise;
}

/** The other process of `workerUs`. */
function runPrimary(): void {
  const counters = new SharedCounters({ keysMax: 100_000, now: monotonicClock });
  const answer = (call: CallToPrimary): Promise<string> =>
    Promise.resolve(call.kind === 'takeLimits' ? counters.take(call.packed) : '');
  new Channel<CallToWorker, CallToPrimary>(process as Peer, answer, 10_000);
  process.on('message', (message: object) => {
    if ('isCpuAsked' in message) process.send?.({ cpuUs: ownUs() });
  });
  process.send?.({ isReady: true });
}

function pin(pid: number): boolean {
  try {
    execFileSync('taskset', ['-acp', '0', String(pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

if (process.argv[2] === 'primary') runPrimary();
else await compare();

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-'));
  const socket = join(folder, 'redis.sock');
  const redis = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder],
    {
      stdio: 'ignore',
    },
  );
  await once(redis, 'spawn');
  try {
    const isPinned = redis.pid !== undefined && pin(redis.pid) && pin(process.pid);
    const config = redisSchema.parse({
      url: `unix://${socket}`,
      commandTimeoutMs,
      startTimeoutMs: 10_000,
    });
    const store = await openStore(config, new Events());
    const limiter = limiterOf(store);
    console.log(
      isPinned ? 'client and Redis on core 0' : 'client and Redis on all cores: there is no taskset',
    );
    let worst = Infinity;
    for (const count of [1, 3, 5]) {
      const all = Array.from({ length: clients }, (_, client) => checksOf(client, count));
      await redisRound({ limiter, store }, all);
      const measured: Round[] = [];
      for (let round = 0; round < rounds; round += 1)
        measured.push(await redisRound({ limiter, store }, all));
      const [best] = measured.toSorted((a, b) => b.checksPerCpuSecond - a.checksPerCpuSecond);
      if (!best) throw new Error('no rounds');
      worst = Math.min(worst, best.checksPerCpuSecond);
      console.log(
        `${count} checks a request, ${callers} at a time: ${Math.round(best.checksPerSecond)} checks/s, ${Math.round(best.checksPerCpuSecond)} in a second of CPU, p50 ${best.p50Ms.toFixed(2)} ms, p99 ${best.p99Ms.toFixed(2)} ms`,
      );
    }
    for (const check of checksOf(0, rules.length)) {
      const bytes = await store.run((commands) => commands.memory('USAGE', store.key(counterName(check))));
      console.log(`${check.rule.policy} (${check.rule.algorithm}): ${String(bytes)} bytes`);
    }
    await limiter.close();
    await store.close();
    const all = Array.from({ length: clients }, (_, client) => checksOf(client, rules.length));
    console.log(`in memory, ${rules.length} checks: ${memoryUs(all).toFixed(2)} us of CPU a request`);
    for (const atOnce of [8, callers]) {
      const us = (await workerUs(all, atOnce)).toFixed(2);
      console.log(
        `by a worker, ${rules.length} checks, ${atOnce} at a time: ${us} us of CPU a request in both processes`,
      );
    }
    if (worst < checksPerSecondMin) {
      console.error(`less than ${checksPerSecondMin} checks in a second of CPU`);
      process.exitCode = 1;
    }
  } finally {
    redis.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
