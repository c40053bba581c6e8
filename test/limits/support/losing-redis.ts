/**
 * What losing Redis may cost: no request, 50 ms for at most 20 requests of each process, and counters within bounds.
 *
 * Three processes ask under load. The bound of each mode, for one key in one window:
 *
 *     local    what Redis counts (its limit, once more where it lost its counters) and the share of each process
 *     open     what Redis counts, and everything while it is lost
 *     closed   what Redis counts
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'vitest';

import { checkOf, ruleOf } from '../../support/limits.ts';
import { startLimiterProcesses, type Observed } from './limiter-processes.ts';
import type { Load, Progress, Sample } from './limiter-program.ts';
import { isSoak, type Outage } from './outage.ts';

const processCount = 3;
const limit = 90;
const share = limit / processCount;
const windowMs = 3_600_000;
const beforeMs = 500;
/** What is documented, and thrice that for a machine that does other work: the long form is for one that does none. */
const recoveryMaxMs = isSoak ? 2000 : 6000;
const afterMs = 2500;
/** A busy machine may need longer for as many requests. */
const settledMaxMs = 20_000;
/** Timers are exact to a millisecond or so. */
const waitingFromMs = 48;
const waitingMax = 20;
/** Requests that began to wait within this time waited for the same thing. */
const togetherMs = 60;
/** How long after the beginning of an outage the last request has waited. */
const noticedMaxMs = 1000;

/** Indexes of the load's checks. */
const [localMode, openMode, closedMode] = [0, 1, 2];
const fresh = -1;

async function loadOn(keyLike: Outage['keyLike']): Promise<Load> {
  const rule = { windowMs, limit: 4_000_000_000 };
  const open = ruleOf({ ...rule, policy: 'open', whenStoreLost: 'open' });
  const closed = ruleOf({ ...rule, policy: 'closed', whenStoreLost: 'closed' });
  return {
    everyMs: 40,
    checks: [
      checkOf(ruleOf({ windowMs, limit, policy: 'local' }), { key: await keyLike('local') }),
      checkOf(open, { key: await keyLike('open') }),
      checkOf(closed, { key: await keyLike('closed') }),
    ],
    freshCount: 25,
    fresh: checkOf(ruleOf({ ...rule, policy: 'fresh' }), { key: '' }),
  };
}

export interface Ordeal {
  readonly observed: readonly Observed[];
  readonly beganAtMs: number;
  /** Redis could be used again. */
  readonly endedAtMs: number;
}

export async function undergo(name: string, outage: Outage): Promise<Ordeal> {
  const processes = await startLimiterProcesses({ redis: outage.redis, count: processCount });
  await processes.counted();
  await processes.startLoad(await loadOn((name) => outage.keyLike(name)));
  await sleep(beforeMs);
  const beganAtMs = Date.now();
  await outage.happen();
  const endedAtMs = Date.now();
  await sleep(afterMs);
  const giveUpAtMs = Date.now() + settledMaxMs;
  while (!isSettled(outage, await processes.progress()) && Date.now() < giveUpAtMs) await sleep(100);
  const ordeal = { observed: await processes.stop(), beganAtMs, endedAtMs };
  report(name, ordeal);
  return ordeal;
}

function isSettled(outage: Outage, progress: readonly Progress[]): boolean {
  const admitted = (by: 'store' | 'local'): number =>
    progress.reduce((total, one) => total + one.admitted[by], 0);
  return (
    progress.every(({ isShared }) => isShared) &&
    admitted('store') + (outage.isNoticed ? 0 : admitted('local')) > countedMin(outage)
  );
}

/** The bound is not kept by admitting nothing, and where counters are lost they begin anew. */
function countedMin({ limitTimes }: Outage): number {
  return limit * (limitTimes === 1 ? 0.75 : 1.1);
}

export function expectBounds(outage: Outage, ordeal: Ordeal): void {
  for (const one of ordeal.observed) {
    expectNoFailures(one);
    expectFewWaiting(one);
    expectRecovery(one, ordeal);
    expect(count(one.samples, localMode, 'local')).toBeLessThanOrEqual(share);
  }
  const { observed, beganAtMs } = ordeal;
  if (outage.isNoticed) {
    const steady = observed.filter((one) => isSteady(one, ordeal));
    expect(steady.length).toBeGreaterThan(0);
    for (const one of steady) expectLocalMode(one, ordeal);
  }
  const counted = sum(observed, ({ samples }) => count(samples, localMode, 'store'));
  const latest = sum(observed, ({ samples }) =>
    count(
      samples.filter(({ atMs }) => Math.abs(atMs - beganAtMs) < 200),
      localMode,
      'store',
    ),
  );
  expect(counted).toBeLessThanOrEqual(limit * outage.limitTimes + (outage.losesLatest ? latest : 0));
  // What Redis counted for requests that were answered without it is missing: where nothing is lost, those that a busy
  // machine was late for. Where it was late again after the outage, nobody knows how many they are.
  const late = outage.isNoticed ? 0 : sum(observed, ({ samples }) => count(samples, localMode, 'local'));
  if (!observed.some((one) => isLostAgain(one, ordeal)))
    expect(counted + late).toBeGreaterThan(countedMin(outage));
}

/** Nothing but a policy that is `closed` refuses what is within the limit. */
function expectNoFailures({ samples }: Observed): void {
  const isExpected = ({ check, result }: Sample): boolean =>
    result === 'store' ||
    (result === 'local' && check !== closedMode) ||
    (result === 'limit' && check === localMode) ||
    (result === 'lost' && check === closedMode);
  expect(samples.filter((sample) => !isExpected(sample))).toEqual([]);
}

/** Each time that Redis is slow or lost. */
function expectFewWaiting(one: Observed): void {
  const starts = waiting(one).map(({ atMs }) => atMs);
  for (const start of starts) {
    const together = starts.filter((atMs) => atMs >= start && atMs < start + togetherMs);
    expect(together.length).toBeLessThanOrEqual(waitingMax);
  }
}

/** A process that gets no processor time for long takes an answer that was too late for one in time, and loses Redis twice. */
function isSteady({ states }: Observed, { beganAtMs, endedAtMs }: Ordeal): boolean {
  return !states.some(({ state, atMs }) => state === 'shared' && atMs > beganAtMs && atMs < endedAtMs);
}

function isLostAgain({ states }: Observed, { endedAtMs }: Ordeal): boolean {
  return states.some(({ state, atMs }) => state === 'local' && atMs > endedAtMs);
}

function expectLocalMode(one: Observed, { beganAtMs, endedAtMs }: Ordeal): void {
  const { samples, states } = one;
  expect(states.map(({ state }) => state)).toContain('local');
  const waited = waiting(one).filter(({ atMs }) => atMs > beganAtMs - togetherMs && atMs < endedAtMs);
  expect(waited.length).toBeLessThanOrEqual(waitingMax);
  // Then none.
  expect(waited.filter(({ atMs }) => atMs > beganAtMs + noticedMaxMs)).toEqual([]);
  const during = samples.filter(({ atMs }) => atMs > beganAtMs + noticedMaxMs && atMs < endedAtMs);
  const resultsOf = (check: number): Set<string> =>
    new Set(during.filter((sample) => sample.check === check).map(({ result }) => result));
  expect(resultsOf(openMode)).toEqual(new Set(['local']));
  expect(resultsOf(closedMode)).toEqual(new Set(['lost']));
  expect(resultsOf(localMode)).not.toContain('store');
}

/** A machine that is busy may lose Redis again. */
function expectRecovery(one: Observed, ordeal: Ordeal): void {
  expect(backAfterMs(one, ordeal)).toBeLessThanOrEqual(recoveryMaxMs);
  const after = one.samples.filter(({ atMs, check }) => check === fresh && atMs > ordeal.endedAtMs);
  expect(count(after, fresh, 'store')).toBeGreaterThan(0);
}

/** How long after the end of the outage the process counted in Redis again. */
function backAfterMs({ states }: Observed, { endedAtMs }: Ordeal): number {
  const before = states.findLast(({ atMs }) => atMs <= endedAtMs);
  if (before?.state !== 'local') return 0;
  const back = states.find(({ atMs, state }) => atMs > endedAtMs && state === 'shared');
  return back ? back.atMs - endedAtMs : Number.POSITIVE_INFINITY;
}

function waiting({ samples }: Observed): Sample[] {
  return samples.filter(({ tookMs, isDisturbed }) => tookMs > waitingFromMs && !isDisturbed);
}

function count(samples: readonly Sample[], check: number, result: Sample['result']): number {
  return samples.filter((sample) => sample.check === check && sample.result === result).length;
}

function sum(observed: readonly Observed[], of: (one: Observed) => number): number {
  return observed.reduce((total, one) => total + of(one), 0);
}

function report(name: string, ordeal: Ordeal): void {
  const { observed, beganAtMs, endedAtMs } = ordeal;
  const lines = observed.map((one) => {
    const undisturbed = one.samples.filter(({ isDisturbed }) => !isDisturbed);
    const longestMs = Math.max(0, ...undisturbed.map(({ tookMs }) => tookMs));
    return [
      `${one.samples.length} requests, ${waiting(one).length} waited (longest ${longestMs.toFixed(0)} ms)`,
      one.states
        .map(({ atMs, state, reason }) => `${atMs - endedAtMs} ms ${state} ${reason}`.trim())
        .join(', '),
      `back after ${backAfterMs(one, ordeal)} ms`,
      `of ${limit} admitted ${count(one.samples, localMode, 'store')} by Redis and ${count(one.samples, localMode, 'local')} by itself`,
    ].join(', ');
  });
  console.info(`${name}, ${endedAtMs - beganAtMs} ms:\n  ${lines.join('\n  ')}`);
}
