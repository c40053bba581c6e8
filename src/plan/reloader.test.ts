import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Graph, GraphSource } from './graph-source.ts';
import { Reloader, type ReloaderOptions } from './reloader.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const graph: Graph = { kind: 'supergraph', sdl: 'type Query { a: Int }' };

it('puts a changed graph in place, and only a changed one', async () => {
  const { events, answers } = given();
  answers.push(undefined, graph, undefined);
  await vi.advanceTimersByTimeAsync(350);
  expect(events).toEqual(['polled', 'polled', 'replaced', 'polled']);
});

it('waits twice as long after each failure, up to the longest, and as before after a success', async () => {
  const { times, answers } = given({ intervalMs: 100, intervalMaxMs: 500 });
  answers.push(...Array.from({ length: 5 }, () => new Error('down')), graph);
  await vi.advanceTimersByTimeAsync(2400);
  expect(times.map((time, index) => time - (times[index - 1] ?? 0))).toEqual([
    100, 200, 400, 500, 500, 500, 100, 100,
  ]);
});

it('counts a graph that is refused as a failure', async () => {
  const { events, times, answers } = given({
    intervalMs: 100,
    replace: () => Promise.reject(new Error('invalid')),
  });
  answers.push(graph);
  await vi.advanceTimersByTimeAsync(350);
  expect(times).toEqual([100, 300]);
  expect(events).toEqual(['polled', 'refused invalid', 'polled']);
});

it.each([
  [0, 90],
  [0.5, 100],
  [1, 110],
])('spreads polls by a tenth: %d leads to %d ms', async (random, waitMs) => {
  const { times } = given({ intervalMs: 100, random: () => random });
  await vi.advanceTimersByTimeAsync(waitMs);
  expect(times).toEqual([waitMs]);
});

it('never polls with an interval of 0, but reads when it is told to, changed or not', async () => {
  const { reloader, events } = given({ intervalMs: 0 });
  await vi.advanceTimersByTimeAsync(100_000);
  expect(events).toEqual([]);
  await reloader.now();
  await reloader.now();
  expect(events).toEqual(['read', 'replaced', 'read', 'replaced']);
});

it('replaces one graph at a time', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { reloader, events } = given({ intervalMs: 0, replace: () => promise });
  const done = Promise.all([reloader.now(), reloader.now()]);
  await vi.advanceTimersByTimeAsync(10);
  expect(events).toEqual(['read']);
  resolve();
  await done;
  expect(events).toEqual(['read', 'read']);
});

it('does nothing once it is closed', async () => {
  const { reloader, events } = given({ intervalMs: 100 });
  await reloader.close();
  await reloader.now();
  await vi.advanceTimersByTimeAsync(1000);
  expect(events).toEqual([]);
});

/** A reloader whose polls have `answers` in turn, then nothing new. */
function given(options: Partial<ReloaderOptions> = {}) {
  const events: string[] = [];
  const times: number[] = [];
  const answers: Array<Graph | Error | undefined> = [];
  const startedAtMs = Date.now();
  const source: Pick<GraphSource, 'read' | 'readIfChanged' | 'accepted'> = {
    accepted() {},
    read() {
      events.push('read');
      return Promise.resolve(graph);
    },
    readIfChanged() {
      events.push('polled');
      times.push(Date.now() - startedAtMs);
      const answer = answers.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const reloader = new Reloader({
    source: source as GraphSource,
    replace: () => Promise.resolve(void events.push('replaced')),
    onRefused: (error) => void events.push(`refused ${(error as Error).message}`),
    intervalMs: 100,
    intervalMaxMs: 1000,
    random: () => 0.5,
    ...options,
  });
  return { reloader, events, times, answers };
}
