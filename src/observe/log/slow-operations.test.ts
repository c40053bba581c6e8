/** What the log says of slow operations, and that fast ones and a log that is off cost nothing. */

import { expect, it, vi } from 'vitest';

import { memoryLog } from '../../../test/support/log.ts';
import type { Events, GatewayEvents } from '../../shared/events.ts';

const call: GatewayEvents['callEnded'] = {
  spanId: 1,
  requestId: 'r1',
  locals: new Map(),
  service: 'orders',
  endpoint: null,
  attempt: 0,
  outcome: 'answered',
  error: null,
  durationMs: 100,
};
const ended: GatewayEvents['requestEnded'] = {
  spanId: 1,
  requestId: 'r1',
  locals: null,
  traceId: null,
  isSampled: false,
  httpStatus: 200,
  durationMs: 1500,
  operationName: 'Order',
  client: 'web',
  clientVersion: '4.1',
  operationKind: 'query',
  method: 'POST',
  route: '/graphql',
  errorCounts: [],
};

const begins = { requestId: 'r1', method: 'POST', route: '/', traceId: null, isSampled: false };

it('a slow operation has its plan, and its calls with offsets from the arrival of the request', async () => {
  vi.useFakeTimers();
  try {
    const { events, lines } = memoryLog();
    const locals = new Map<unknown, unknown>();
    // It arrived at 0.
    vi.advanceTimersByTime(200);
    prepare(events, locals);
    vi.advanceTimersByTime(300);
    events.emit('callEnded', { ...call, locals, durationMs: 250 });
    // Of another request, which has the same id.
    events.emit('callEnded', { ...call, service: 'other' });
    vi.advanceTimersByTime(1000);
    events.emit('callEnded', {
      ...call,
      locals,
      service: 'users',
      attempt: 1,
      outcome: 'timeout',
      durationMs: 900,
    });
    events.emit('requestEnded', { ...ended, locals, traceId: 'abc' });
    const [line] = (await lines()).filter(({ msg }) => msg === 'slow operation');
    expect(line).toEqual({
      level: 40,
      time: expect.any(String),
      msg: 'slow operation',
      requestId: 'r1',
      traceId: 'abc',
      status: 200,
      durationMs: 1500,
      client: 'web',
      clientVersion: '4.1',
      operationName: 'Order',
      operationKind: 'query',
      errors: 0,
      operationHash: 'a78801174e204b6c092e56b3141d47ad2c46b11279d49a72332ebe8475e9e685',
      preparedAfterMs: 200,
      plan: 'sequence(fetch(orders), flatten(fetch(users)))',
      callCount: 2,
      calls: [
        { service: 'orders', attempt: 0, startMs: 250, durationMs: 250, outcome: 'answered' },
        { service: 'users', attempt: 1, startMs: 600, durationMs: 900, outcome: 'timeout' },
      ],
    });
  } finally {
    vi.useRealTimers();
  }
});

it('a slow operation with many calls has the first ones, and their number', async () => {
  const { events, lines } = memoryLog();
  const locals = new Map<unknown, unknown>();
  prepare(events, locals);
  for (let i = 0; i < 500; i += 1) events.emit('callEnded', { ...call, locals });
  events.emit('requestEnded', { ...ended, locals });
  const line = (await lines()).find(({ msg }) => msg === 'slow operation');
  expect([line?.['callCount'], line?.['calls']]).toEqual([500, expect.objectContaining({ length: 20 })]);
});

it('a request that was slow before its operation was known has a line without a plan', async () => {
  const { events, lines } = memoryLog();
  events.emit('requestEnded', { ...ended, httpStatus: 503, operationName: null, operationKind: null });
  const line = (await lines()).find(({ msg }) => msg === 'slow operation');
  expect(line).toMatchObject({ status: 503, durationMs: 1500 });
  expect(line).not.toHaveProperty('plan');
});

it('there are ten lines a second, and one that says how many more there were', async () => {
  const { events, lines } = memoryLog({ requests: 'none' });
  for (let i = 0; i < 1000; i += 1) events.emit('requestEnded', { ...ended, requestId: `r${i}` });
  const written = await lines();
  expect(written).toHaveLength(11);
  expect(written.at(-1)).toMatchObject({ msg: 'lines of slow operations left out', lines: 990 });
});

it('operations under the threshold have no line', async () => {
  const { events, lines } = memoryLog({ requests: 'none' });
  events.emit('requestEnded', { ...ended, durationMs: 999.9 });
  expect(await lines()).toEqual([]);
});

it.each([
  ['the threshold is 0', { slowOperationMs: 0 }],
  ['the level is above it', { level: 'error' }],
] as const)('nothing is kept of an operation where %s', (_what, options) => {
  const { events } = memoryLog({ requests: 'none', ...options });
  const locals = new Map<unknown, unknown>();
  prepare(events, locals);
  expect(locals.size).toBe(0);
  expect(events.begin('request', begins)).toBeUndefined();
});

function prepare(events: Events, locals: Map<unknown, unknown>): void {
  const fetch = (service: string) => ({ kind: 'fetch', service }) as const;
  events.emit('operationPrepared', {
    locals,
    document: 'query Order { order { user { name } } }',
    operation: {
      plan: { kind: 'sequence', nodes: [fetch('orders'), { kind: 'flatten', node: fetch('users') }] },
      projection: { shapes: [] },
    },
  });
}
