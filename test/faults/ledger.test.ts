/**
 * What a broken backend is asked, by its own count: queries are not multiplied by retries, and no mutation arrives twice.
 *
 * `TRIBUTARY_NIGHTLY=1` sends 10,000 mutations instead of 1,500.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Toxic } from './proxy/toxics.ts';
import type { Mood } from './support/ledger.ts';
import { inParallel, openLedgerGateway, type LedgerGateway } from './support/ledger-gateway.ts';
import { openStage } from './support/stage.ts';

const nightly = process.env['TRIBUTARY_NIGHTLY'] === '1';
const mutations = nightly ? 10_000 : 1500;
const atOnce = 40;
const queries = 1000;
const flapMs = 40;

/** So long that a busy machine fails in other ways than by it, too. */
const stubbornMs = 300;
/** Without a breaker everything is tried that may be tried. */
const stubborn = `
timeouts: { requestMs: 2000 }
policies:
  defaults:
    timeoutMs: ${stubbornMs}
    breaker: { mode: disabled }
    retries: { max: 10, baseMs: 1, waitMaxMs: 5, budget: { percent: 100, perSecondMin: 1000 } }
`;

/** Besides their share of the calls, three tries a second are allowed in any case: how many that is depends on the machine. */
function shareOnly(policies: string): string {
  return `policies: { defaults: { ${policies} retries: { budget: { perSecondMin: 0 } } } }`;
}

describe('a backend that always fails', () => {
  it.each([
    ['without its breaker', shareOnly('breaker: { mode: disabled },')],
    ['with its breaker', shareOnly('')],
  ])('gets at most 1.2 calls for each query, %s', async (how, settings) => {
    const gateway = await given(settings);
    gateway.ledger.mood = 'status 500';
    await inParallel(queries, atOnce, (n) => gateway.balance(`b${n}`));
    const ratio = gateway.ledger.requests / queries;
    console.log(`${queries} queries, ${how}: ${ratio.toFixed(3)} calls each`);
    expect(ratio).toBeLessThanOrEqual(1.2);
    expect(gateway.ledger.requests).toBeGreaterThan(0);
  });
});

it(`${mutations} mutations to a backend that fails in every way arrive once at most`, async () => {
  const gateway = await given(stubborn);
  const flapping = flap(gateway);
  const outcomes = new Map<string, number>();
  await inParallel(mutations, atOnce, async (n) => {
    const { errors } = await gateway.spend(`m${n}`);
    const outcome = errors ? JSON.stringify(errors[0]?.extensions['code']) : 'spent';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (outcome === 'spent') expect(gateway.ledger.arrivals.get(`m${n}`)).toBe(1);
  });
  await flapping.stop();
  const { arrivals } = gateway.ledger;
  console.log(
    `${mutations} mutations: ${arrivals.size} arrived; ${[...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ')}`,
  );
  expect([...arrivals].filter(([, times]) => times > 1)).toEqual([]);
  // It is reached again when it is well, also where the machine was too busy for any of those above.
  gateway.ledger.mood = 'well';
  let later = 0;
  const isSpent = async (): Promise<boolean> =>
    (await gateway.spend(`later${(later += 1)}`)).errors === undefined;
  await expect.poll(isSpent).toBe(true);
  expect(outcomes.size).toBeGreaterThan(2);
});

it('while nobody listens a mutation waits for somebody who does, and arrives once', async () => {
  const gateway = await given(
    stubborn.replace('waitMaxMs: 5', 'waitMaxMs: 60').replace(`timeoutMs: ${stubbornMs}`, 'timeoutMs: 1500'),
  );
  await gateway.spend('warm');
  await gateway.proxy.set({ kind: 'refuse' });
  const asked = gateway.spend('patient');
  // Its ten tries take some 300 ms.
  await sleep(20);
  await gateway.proxy.heal();
  expect((await asked).data).toEqual({ spend: true });
  expect(gateway.ledger.arrivals.get('patient')).toBe(1);
});

it('a payment with an idempotency key is tried again under the same key, and taken once', async () => {
  const stage = await openStage(`
timeouts: { requestMs: 3000 }
policies:
  services:
    payments: { timeoutMs: 300, breaker: { mode: disabled }, retries: { max: 3, baseMs: 1, waitMaxMs: 5, budget: { perSecondMin: 1000 } } }
`);
  onTestFinished(() => stage.close());
  const orders = 60;
  const proxy = stage.proxy('payments');
  let paid = 0;
  await inParallel(orders, 4, async (n) => {
    // The service takes the money and its answer is lost, every other time.
    if (n % 2 === 0) await proxy.set({ kind: 'reset', afterBytes: 0 });
    else await proxy.heal();
    const { data } = await stage.query(placeOrder);
    const { payment } = (data as { placeOrder: { payment: unknown } }).placeOrder;
    if (payment !== null) paid += 1;
  });
  // Once with nobody beside who heals it: then every answer is lost, however the orders above met.
  await proxy.set({ kind: 'reset', afterBytes: 0 });
  await stage.query(placeOrder);
  const { created, keys } = stage.mocks.service('payments').ledger;
  expect(created).toBe(Object.keys(keys).length);
  expect(paid).toBeGreaterThan(0);
  // Some were asked for more than once: that is what the key is for.
  expect(Math.max(...Object.values(keys))).toBeGreaterThan(1);
});

const placeOrder = `mutation { placeOrder(input: {
  customer: { id: "u1" }, items: [{ product: { upc: "p3" }, quantity: 2 }],
  shipTo: { name: "Ada", street: "Main 1", city: "Lyon", country: "FR" }, payment: { method: CARD }
}) { order { id } payment { status } } }`;

async function given(settings: string): Promise<LedgerGateway> {
  const gateway = await openLedgerGateway(settings);
  onTestFinished(() => gateway.close());
  return gateway;
}

const moods: readonly Mood[] = [
  'well',
  'status 503',
  'status 500',
  'no answer',
  'hangs up',
  'half an answer',
  'not JSON',
];

const toxics: readonly Toxic[] = [
  { kind: 'reset', afterBytes: 0, direction: 'request' },
  { kind: 'reset', afterBytes: 100, direction: 'request' },
  { kind: 'reset', afterBytes: 0 },
  { kind: 'truncate', afterBytes: 60 },
  { kind: 'latency', ms: 1.5 * stubbornMs },
  { kind: 'blackhole' },
  { kind: 'refuse' },
];

/** Another trouble every moment, with good moments between. */
function flap({ ledger, proxy }: LedgerGateway): { stop(): Promise<void> } {
  let isOver = false;
  async function run(): Promise<void> {
    for (let turn = 0; !isOver; turn += 1) {
      const toxic = turn % 2 === 0 ? toxics[(turn / 2) % toxics.length] : undefined;
      ledger.mood = moods[turn % moods.length] ?? 'well';
      await (toxic ? proxy.set(toxic) : proxy.heal());
      await sleep(flapMs);
    }
    await proxy.heal();
  }
  const running = run();
  return {
    stop() {
      isOver = true;
      return running;
    },
  };
}
