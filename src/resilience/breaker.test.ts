/** The breaker against a plain model of what docs/explanation/resilience.md promises, with random histories; time is a number here. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Breaker, noPermit, type BreakerChange, type BreakerOptions, type EndedCall } from './breaker.ts';
import type { Outcome } from './outcome.ts';

const options: BreakerOptions = {
  mode: 'auto',
  minimumCalls: 20,
  failureRatePercent: 50,
  slowRatePercent: 80,
  slowMs: 2000,
  connectErrorsMax: 5,
  openMs: 1000,
  openMaxMs: 30_000,
  openJitterPercent: 20,
  halfOpenPermits: 3,
};

interface Finished {
  readonly atMs: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

/** Keeps every call it has seen and counts them anew each time: slow, and plain enough to be believed. */
class Model {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  era = 0;
  #history: Finished[] = [];
  #streak = 0;
  #until = 0;
  #openings = 0;
  #probes = 0;
  #proofs = 0;

  enter(now: number): number {
    if (this.state === 'open' && now >= this.#until) this.#to('half-open');
    if (this.state === 'open') return noPermit;
    if (this.state === 'half-open') {
      if (this.#probes === 3) return noPermit;
      this.#probes += 1;
    }
    return this.era;
  }

  leave(era: number, outcome: Outcome, started: number, now: number): void {
    if (era !== this.era) return;
    const failed = ['connect', 'timeout', 'server-error', 'bad-response', 'too-large'].includes(outcome);
    const slow = now - started >= 2000;
    if (outcome === 'cancelled' || outcome === 'refused') {
      if (this.state === 'half-open') this.#probes -= 1;
      return;
    }
    if (this.state === 'half-open') {
      if (failed || slow) this.#trip(now);
      else if ((this.#proofs += 1) === 3) {
        this.#openings = 0;
        this.#to('closed');
      }
      return;
    }
    this.#streak = outcome === 'connect' ? this.#streak + 1 : 0;
    this.#history.push({ atMs: now, failed, slow });
    const second = Math.floor(now / 1000);
    const recent = this.#history.filter(({ atMs }) => Math.floor(atMs / 1000) > second - 10);
    const share = (of: (one: Finished) => boolean) => recent.filter(of).length / recent.length;
    const enough = recent.length >= 20;
    if (this.#streak >= 5 || (enough && (share((c) => c.failed) >= 0.5 || share((c) => c.slow) >= 0.8))) {
      this.#trip(now);
    }
  }

  #trip(now: number): void {
    this.#until = now + Math.min(30_000, 1000 * 2 ** this.#openings);
    this.#openings += 1;
    this.#to('open');
  }

  #to(state: Model['state']): void {
    this.state = state;
    this.era += 1;
    this.#history = [];
    this.#streak = 0;
    this.#probes = 0;
    this.#proofs = 0;
  }
}

const bad = fc.constantFrom<Outcome>(
  'connect',
  'server-error',
  'timeout',
  'bad-response',
  'too-large',
  'answered',
);
const good = fc.constantFrom<Outcome>('answered', 'answered', 'answered', 'answered', 'cancelled', 'refused');
const passMs = fc.oneof(
  { weight: 20, arbitrary: fc.nat(60) },
  { weight: 2, arbitrary: fc.nat(4000) },
  { weight: 1, arbitrary: fc.nat(40_000) },
);
/** A call begins, or one under way ends, after some time. */
const stepOf = (outcome: fc.Arbitrary<Outcome>) =>
  fc.record({ ends: fc.boolean(), which: fc.nat(40), outcome, passMs });
/** The service is well for a while, then it is not, and so on. */
const history = fc
  .array(
    fc.tuple(
      fc.array(stepOf(bad), { maxLength: 80, size: 'max' }),
      fc.array(stepOf(good), { maxLength: 60, size: 'max' }),
    ),
    {
      maxLength: 6,
      size: 'max',
    },
  )
  .map((phases) => phases.flat(2));

describe('the breaker', () => {
  it('does what the model does, whatever happens in whatever order', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(history, (steps) => {
        const breaker = new Breaker(options, { random: () => 0.5, onChange: ({ to }) => void seen.add(to) });
        const model = new Model();
        const underWay: Array<{ permit: number; era: number; startedAtMs: number }> = [];
        let now = 0;
        for (const { ends, which, outcome: end, passMs } of steps) {
          now += passMs;
          if (ends && underWay.length > 0) {
            const [call] = underWay.splice(which % underWay.length, 1);
            if (!call) continue;
            breaker.leave(call.permit, ended(end, call.startedAtMs, now));
            model.leave(call.era, end, call.startedAtMs, now);
          } else {
            const admits = breaker.admits(now);
            const permit = breaker.enter(now);
            const era = model.enter(now);
            expect(permit === noPermit).toBe(era === noPermit);
            expect(admits).toBe(permit !== noPermit);
            if (permit !== noPermit) underWay.push({ permit, era, startedAtMs: now });
          }
          expect(breaker.state).toBe(model.state);
        }
      }),
      { numRuns: 400 },
    );
    // The histories went everywhere.
    expect(seen).toEqual(new Set(['open', 'half-open', 'closed']));
  });

  it('stays open for 1 s, then twice as long each time, up to 30 s, give or take a fifth', () => {
    for (const [random, factor] of [
      [0, 0.8],
      [0.5, 1],
      [1, 1.2],
    ] as const) {
      const changes: BreakerChange[] = [];
      const breaker = new Breaker(options, {
        random: () => random,
        onChange: (change) => changes.push(change),
      });
      let now = 0;
      for (let call = 0; call < 5; call += 1) breaker.leave(breaker.enter(now), ended('connect', now, now));
      for (let round = 0; round < 7; round += 1) {
        now += 100_000;
        breaker.leave(breaker.enter(now), ended('timeout', now, now));
      }
      const lasted = changes.filter(({ to }) => to === 'open').map(({ openMs }) => Math.round(openMs));
      const grown = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000];
      expect(lasted).toEqual(grown.map((ms) => Math.round(ms * factor)));
    }
  });

  it('says when to come back: in whole seconds, never zero', () => {
    const breaker = new Breaker({ ...options, openMs: 4000 }, { random: () => 0.5 });
    for (let call = 0; call < 5; call += 1) breaker.leave(breaker.enter(0), ended('connect', 0, 0));
    expect([0, 1, 3001, 4000, 9000].map((now) => breaker.retryAfterSeconds(now))).toEqual([4, 4, 1, 1, 1]);
  });

  it('set open it refuses everything, disabled nothing', () => {
    const open = new Breaker({ ...options, mode: 'open' }, { random: () => 0.5 });
    expect([open.enter(0), open.enter(1e9), open.admits(1e9)]).toEqual([noPermit, noPermit, false]);
    const disabled = new Breaker({ ...options, mode: 'disabled' }, { random: () => 0.5 });
    for (let call = 0; call < 100; call += 1) disabled.leave(disabled.enter(0), ended('connect', 0, 0));
    expect([disabled.enter(0) === noPermit, disabled.admits(0), disabled.state]).toEqual([
      false,
      true,
      'closed',
    ]);
  });

  it('forgives what it has counted, and goes on counting', () => {
    const breaker = new Breaker(options, { random: () => 0.5 });
    const early = breaker.enter(0);
    for (let call = 0; call < 4; call += 1) breaker.leave(breaker.enter(0), ended('connect', 0, 0));
    breaker.forgive();
    for (let call = 0; call < 4; call += 1) breaker.leave(breaker.enter(0), ended('connect', 0, 0));
    expect(breaker.state).toBe('closed');
    breaker.leave(early, ended('connect', 0, 0));
    expect(breaker.state).toBe('open');
  });
});

function ended(outcome: Outcome, sentAtMs: number, endedAtMs: number): EndedCall {
  return { outcome, sentAtMs, endedAtMs };
}
