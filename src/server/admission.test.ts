import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { WaitingRequest } from '../pipeline/stages.ts';
import { Cancellation } from '../shared/cancellation.ts';
import { GatewayError } from '../shared/errors.ts';
import { Admission } from './admission.ts';
import { Overload } from './overload.ts';

describe('Admission', () => {
  it('admits requests up to the limit, and queues the others in order', async () => {
    const { admission, enter, entered } = given();
    for (const name of ['a', 'b', 'c', 'd']) enter(name);
    expect(entered).toEqual(['a', 'b']);
    admission.leave();
    await settled();
    expect(entered).toEqual(['a', 'b', 'c']);
    admission.leave();
    await settled();
    expect(entered).toEqual(['a', 'b', 'c', 'd']);
  });

  it('raises the limit while the event loop is idle and requests are queued', async () => {
    const { admission, enter, entered, state } = given();
    for (const name of ['a', 'b', 'c', 'd', 'e']) enter(name);
    state.busy = 0.3;
    for (let look = 1; look <= 2; look += 1) admission.adjust();
    expect(admission.limit).toBe(2);
    admission.adjust();
    await settled();
    expect(admission.limit).toBe(3);
    expect(entered).toEqual(['a', 'b', 'c']);
    admission.adjust();
    await settled();
    expect(entered).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('lowers the limit to its minimum while the event loop is saturated', () => {
    const { admission, enter, state } = given();
    for (let i = 0; i < 20; i += 1) enter(String(i));
    state.busy = 0.3;
    for (let i = 0; i < 10; i += 1) admission.adjust();
    expect(admission.limit).toBeGreaterThan(10);
    state.busy = 1;
    for (let i = 0; i < 50; i += 1) admission.adjust();
    expect(admission.limit).toBe(2);
  });

  it('does not raise the limit without queued requests', () => {
    const { admission, state } = given();
    state.busy = 0;
    for (let i = 0; i < 50; i += 1) admission.adjust();
    expect(admission.limit).toBe(2);
  });

  it('refuses requests beyond the queue, with a retryAfter', () => {
    const { admission, enter } = given({ queueMax: 1 });
    for (const name of ['a', 'b', 'c']) enter(name);
    expect(() => admission.enter(request(), () => false)).toThrow(
      expect.objectContaining({ code: 'OVERLOADED', public: { retryAfter: 1 } }),
    );
  });

  it('refuses a request that waited too long, without taking a slot', async () => {
    const { admission, enter, entered } = given({ waitTimeoutMs: 1 });
    enter('a');
    enter('b');
    await expect(admission.enter(request(), () => false)).rejects.toMatchObject({ code: 'OVERLOADED' });
    enter('d');
    admission.leave();
    await settled();
    expect(entered).toEqual(['a', 'b', 'd']);
  });

  it('refuses a request at its own deadline, and as soon as its client has gone, for those behind it', async () => {
    const { admission, enter, entered } = given({ queueMax: 2 });
    enter('a');
    enter('b');
    const cancellation = new Cancellation();
    const impatient = admission.enter(request({ deadlineAtMs: 1 }), () => false);
    const gone = admission.enter(request({ cancellation }), () => false);
    expect(() => admission.enter(request(), () => false)).toThrow(GatewayError);
    cancellation.cancel(new GatewayError('CANCELLED', 'The client closed the connection'));
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(impatient).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(admission.queued).toBe(0);
    enter('c');
    admission.leave();
    await settled();
    expect(entered).toEqual(['a', 'b', 'c']);
  });

  it('refuses queries first under overload, then everything', () => {
    const { admission, overload } = given();
    const enterWith = (mayChangeData: boolean) => () => admission.enter(request(), () => mayChangeData);
    const refused = expect.objectContaining({ code: 'OVERLOADED', public: { retryAfter: 1 } });
    overload.update({ lagMs: 0, heapShare: 0.93 });
    expect(enterWith(false)).toThrow(refused);
    expect(enterWith(true)).not.toThrow();
    overload.update({ lagMs: 0, heapShare: 0.99 });
    expect(enterWith(true)).toThrow(refused);
    overload.update({ lagMs: 0, heapShare: 0.3 });
    expect(enterWith(false)).not.toThrow();
  });

  it('admits nothing from the queue while everything is refused', async () => {
    const { admission, enter, entered, overload } = given();
    for (const name of ['a', 'b', 'c']) enter(name);
    overload.update({ lagMs: 0, heapShare: 0.99 });
    admission.leave();
    admission.adjust();
    await settled();
    expect(entered).toEqual(['a', 'b']);
    overload.update({ lagMs: 0, heapShare: 0.3 });
    admission.adjust();
    await settled();
    expect(entered).toEqual(['a', 'b', 'c']);
  });

  it('raises no limit while it is overloaded', () => {
    const { admission, enter, state, overload } = given();
    for (const name of ['a', 'b', 'c']) enter(name);
    overload.update({ lagMs: 0, heapShare: 0.93 });
    state.busy = 0.3;
    for (let look = 1; look <= 10; look += 1) admission.adjust();
    expect(admission.limit).toBe(2);
  });
});

describe('a request that waits aside', () => {
  const over = new GatewayError('CANCELLED', 'The client closed the connection');

  it('comes before the queue when it returns', async () => {
    const { admission, enter, entered } = given();
    for (const name of ['a', 'b']) enter(name);
    const back = admission.aside(request(), Promise.resolve()).then(() => entered.push('a again'));
    for (const name of ['c', 'd']) enter(name);
    await settled();
    admission.leave();
    await back;
    await settled();
    expect(entered).toEqual(['a', 'b', 'c', 'a again']);
  });

  it.each(['deadline', 'cancellation'])('does not wait for a slot beyond its %s', async (end) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { admission, enter } = given();
    for (const name of ['a', 'b']) enter(name);
    const cancellation = new Cancellation();
    const deadlineAtMs = end === 'deadline' ? 5 : 60_000;
    const back = admission.aside(request({ deadlineAtMs, cancellation }), Promise.resolve('planned'));
    enter('c');
    await settled();
    expect([admission.running, admission.queued]).toEqual([2, 1]);
    if (end === 'cancellation') cancellation.cancel(over);
    else vi.advanceTimersByTime(deadlineAtMs);
    await expect(back).resolves.toBe('planned');
    expect([admission.running, admission.queued]).toEqual([3, 0]);
    for (let left = 3; left > 0; left -= 1) admission.leave();
    expect(admission.running).toBe(0);
  });
});

function request(options: Partial<WaitingRequest> = {}): WaitingRequest {
  return { deadlineAtMs: 60_000, cancellation: new Cancellation(), ...options };
}

function given({ queueMax = 100, waitTimeoutMs = 10_000 } = {}) {
  const state = { busy: 0.9 };
  const overload = new Overload({ lagMsMax: 250, heapShareMax: 0.92 });
  const admission = new Admission({
    limitMin: 2,
    limitMax: 100,
    queueMax,
    waitTimeoutMs,
    utilization: () => state.busy,
    overload,
    heapShare: () => 0,
    now: () => 0,
    onOverload: () => {},
  });
  admission.close();
  const entered: string[] = [];
  const enter = (name: string): void => {
    const wait = admission.enter(request(), () => false);
    // A request that is still queued at the end of its test is refused later.
    if (wait)
      wait.then(
        () => entered.push(name),
        () => {},
      );
    else entered.push(name);
  };
  return { admission, enter, entered, state, overload };
}

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
