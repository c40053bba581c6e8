import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { RequestContext } from '../pipeline/request.ts';
import { Cancellation } from '../shared/cancellation.ts';
import { monotonicClock } from '../shared/clock.ts';
import { startDeadline } from './deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('cancels the request at its deadline, not before', () => {
  const { context, reason } = given(100);
  startDeadline(context);
  vi.advanceTimersByTime(99);
  expect(reason()).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(reason()).toMatchObject({ code: 'SERVICE_TIMEOUT' });
});

it('counts the time that has passed before it starts', () => {
  const { context, reason } = given(100);
  vi.advanceTimersByTime(70);
  startDeadline(context);
  vi.advanceTimersByTime(29);
  expect(reason()).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(reason()).toBeDefined();
});

it('cancels a request whose deadline has passed in the next turn', () => {
  const { context, reason } = given(-50);
  startDeadline(context);
  expect(reason()).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(reason()).toMatchObject({ code: 'SERVICE_TIMEOUT' });
});

it('leaves no timer once it is stopped', () => {
  const { context, reason } = given(100);
  startDeadline(context)();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(reason()).toBeUndefined();
});

function given(leftMs: number) {
  const cancellation = new Cancellation();
  const context = { cancellation, deadlineAtMs: monotonicClock() + leftMs } as RequestContext;
  return { context, reason: () => cancellation.reason };
}
