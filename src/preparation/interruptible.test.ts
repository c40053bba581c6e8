import { expect, it } from 'vitest';

import { Interrupter, threadClocks } from './interruptible.ts';

const endless = (): never => {
  for (;;);
};

/** Takes time by the clock and none of the processor, as on a machine that is busy with other things. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('returns what the code returns, and throws what it throws', () => {
  const interrupter = new Interrupter();
  const budget = { cpuMs: 10_000, wallMs: 10_000 };
  expect(interrupter.run(budget, () => 7)).toBe(7);
  const failing = (): never => {
    throw new TypeError('its own');
  };
  expect(() => interrupter.run(budget, failing)).toThrow(TypeError);
  expect(interrupter.interruptions).toBe(0);
});

it('interrupts code that uses up its processor time, and says so', () => {
  const interrupter = new Interrupter();
  const startCpuMs = threadClocks.cpu();
  expect(() => interrupter.run({ cpuMs: 50, wallMs: 60_000 }, endless)).toThrow(
    expect.objectContaining({ reason: 'slow' }),
  );
  expect(threadClocks.cpu() - startCpuMs).toBeGreaterThanOrEqual(50);
});

it('does not take it out on the code that the machine had no time for it', () => {
  const interrupter = new Interrupter();
  let runs = 0;
  const starved = (): string => {
    runs += 1;
    sleep(200);
    return 'planned';
  };
  expect(interrupter.run({ cpuMs: 50, wallMs: 60_000 }, starved)).toBe('planned');
  expect(runs).toBeGreaterThan(1);
  const before = interrupter.interruptions;
  expect(interrupter.run({ cpuMs: 50, wallMs: 60_000 }, starved)).toBe('planned');
  expect(interrupter.interruptions).toBe(before);
});

it('gives up at its end by the clock', () => {
  const interrupter = new Interrupter();
  expect(() => interrupter.run({ cpuMs: 50, wallMs: 200 }, () => sleep(60_000))).toThrow(
    expect.objectContaining({ reason: 'starved' }),
  );
});

it('gives more time by the clock while the machine is busy, and less again once it is idle', () => {
  let [wallMs, cpuMs] = [0, 0];
  const given: number[] = [];
  const interrupter = new Interrupter({ wall: () => wallMs, cpu: () => cpuMs }, (timeoutMs, task) => {
    given.push(timeoutMs);
    return task();
  });
  const run = (tookMs: number, usedMs: number): void =>
    interrupter.run({ cpuMs: 100, wallMs: 60_000 }, () => {
      wallMs += tookMs;
      cpuMs += usedMs;
    });
  run(80, 20);
  for (let i = 0; i < 40; i += 1) run(20, 20);
  run(1, 0);
  expect(given.slice(0, 2)).toEqual([125, 500]);
  expect(given.at(-1)).toBeCloseTo(125, 0);
});
