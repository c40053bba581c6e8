/** What the log says, and that its volume is bounded whatever clients send. */

import { describe, expect, it, vi } from 'vitest';

import { memoryLog } from '../../../test/support/log.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Events, GatewayEvents } from '../../shared/events.ts';

type FieldError = GatewayEvents['fieldsFailed']['errors'][number];

const denied: FieldError = { code: 'FORBIDDEN', message: 'no', fromBackend: false };
const ended: GatewayEvents['requestEnded'] = {
  traceId: null,
  isSampled: false,
  locals: null,
  spanId: 1,
  requestId: 'r1',
  httpStatus: 200,
  durationMs: 1.23456,
  operationName: 'Hello',
  client: 'web',
  clientVersion: '4.1',
  operationKind: 'query',
  method: 'POST',
  route: '/graphql',
  errorCounts: [],
};
const refused = { ...ended, httpStatus: 401, operationName: null, operationKind: null };
const unavailable: FieldError = {
  code: 'SERVICE_UNAVAILABLE',
  message: 'a could not be reached',
  service: 'a',
  fromBackend: false,
  cause: new Error('connect ECONNREFUSED'),
};

describe('the line of a request', () => {
  it('has who asked what, how long it took, and its errors by code and service', async () => {
    const { events, lines } = memoryLog();
    const errorCounts = [
      { code: 'SERVICE_TIMEOUT', service: 'a', count: 3 },
      { code: 'FORBIDDEN', service: null, count: 1 },
    ];
    events.emit('requestEnded', { ...ended, errorCounts });
    events.emit('requestEnded', { ...ended, requestId: 'r2' });
    const line = {
      level: 30,
      time: expect.any(String) as string,
      msg: 'request',
      requestId: 'r1',
      method: 'POST',
      route: '/graphql',
      status: 200,
      durationMs: 1.235,
      client: 'web',
      clientVersion: '4.1',
      operationName: 'Hello',
      operationKind: 'query',
    };
    expect(await lines()).toEqual([
      { ...line, errors: 4, code: 'SERVICE_TIMEOUT', errorCounts },
      { ...line, requestId: 'r2', errors: 0, code: null },
    ]);
  });

  it('has a bounded number of codes, and none that may be a text of a service if so configured', async () => {
    const { events, lines } = memoryLog({ backendMessages: 'redact' });
    const errorCounts = Array.from({ length: 1000 }, (_, i) => ({
      code: `secret ${i}`,
      service: 'a',
      count: 1,
    }));
    events.emit('requestEnded', { ...ended, errorCounts });
    const [line] = await lines();
    expect(line).toMatchObject({ errors: 1000, code: 'SERVICE_ERROR' });
    expect(line?.['errorCounts']).toHaveLength(10);
    expect(JSON.stringify(line)).not.toContain('secret');
  });

  it.each([
    ['all', ['ok', 'partial', 'refused']],
    ['failed', ['partial', 'refused']],
    ['none', []],
  ] as const)('is written of %s requests', async (requests, expected) => {
    const { events, lines } = memoryLog({ requests });
    events.emit('requestEnded', { ...ended, requestId: 'ok' });
    const errorCounts = [{ code: 'FORBIDDEN', service: null, count: 1 }];
    events.emit('requestEnded', { ...ended, requestId: 'partial', errorCounts });
    events.emit('requestEnded', { ...ended, requestId: 'refused', httpStatus: 429 });
    expect((await lines()).map(({ requestId }) => requestId)).toEqual(expected);
  });
});

describe('an attack', () => {
  it('of 10,000 refused requests writes a hundred lines a second, and says what it left out', async () => {
    vi.useFakeTimers();
    try {
      const { events, lines } = memoryLog();
      const error = new GatewayError('UNAUTHENTICATED', 'no', { cause: new Error('signature') });
      for (let i = 0; i < 10_000; i += 1) {
        // Two seconds of 5,000 requests.
        if (i === 5000) vi.advanceTimersByTime(1000);
        const requestId = `r${i}`;
        events.emit('requestRefused', { requestId, error });
        const code = i % 10 === 0 ? 'BAD_REQUEST' : 'UNAUTHENTICATED';
        const errorCounts = [{ code, service: null, count: 1 }];
        events.emit('requestEnded', { ...refused, requestId, errorCounts });
        if (i % 100 === 0) events.emit('requestEnded', { ...ended, requestId: `ok${i}` });
      }
      vi.advanceTimersByTime(1000);
      events.emit('requestEnded', { ...refused, requestId: 'later' });
      const written = await lines();
      const of = (msg: string) => written.filter((line) => line['msg'] === msg);
      const successes = of('request').filter(({ status }) => status === 200);
      expect(successes).toHaveLength(100);
      expect(written).toHaveLength(2 * 100 + 100 + 2 + 1);
      expect(of('lines of refused requests left out')).toMatchObject([
        {
          lines: 9900,
          codes: [
            { code: 'UNAUTHENTICATED', lines: 5000 - 50 + 4500 - 45 },
            { code: 'BAD_REQUEST', lines: 500 - 5 },
          ],
        },
        { lines: 9900 },
      ]);
      expect(written.at(-1)).toMatchObject({ requestId: 'later' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('that finds a defect writes a few stack traces a second', async () => {
    const { events, lines } = memoryLog();
    for (let i = 0; i < 1000; i += 1) {
      events.emit('requestRefused', { requestId: `r${i}`, error: new TypeError('x is not a function') });
      events.emit('defect', { where: 'here', requestId: `r${i}`, error: new Error('oh') });
    }
    const written = await lines();
    expect(written).toHaveLength(11);
    expect(written.at(-1)).toMatchObject({
      msg: 'lines of defects left out',
      lines: 1990,
      codes: [
        { code: 'INTERNAL_ERROR', lines: 995 },
        { code: 'here', lines: 995 },
      ],
    });
  });

  it('on a service with fallbacks writes a line a second for it', async () => {
    const { events, lines } = memoryLog();
    const fallback = { path: ['a'], service: 'a', source: 'declared' } as const;
    for (let i = 0; i < 1000; i += 1)
      events.emit('fallbacksServed', { requestId: `r${i}`, fallbacks: [fallback, fallback] });
    expect(await lines()).toMatchObject([
      { msg: 'fallbacks served', service: 'a', fields: 2000, requestId: 'r0' },
    ]);
  });
});

describe('the level', () => {
  const retried = { service: 'a', requestId: 'r1', attempt: 1, outcome: 'timeout', delayMs: 1 };

  it('changes while the gateway runs, and a line says so', async () => {
    const { events, log, lines } = memoryLog({ level: 'warn' });
    const happen = (): void => {
      events.emit('callRetried', retried);
      events.emit('requestEnded', ended);
      events.emit('fieldsFailed', { requestId: 'r1', errors: [denied] });
    };
    happen();
    expect(log.switchLevel()).toBe('debug');
    happen();
    expect(log.switchLevel()).toBe('warn');
    happen();
    expect((await lines()).map(({ msg, logLevel }) => (logLevel as string | undefined) ?? msg)).toEqual([
      'debug',
      'call retried',
      'request',
      'field failed',
      'warn',
    ]);
  });

  it('stays where it is configured to be debug', async () => {
    const { log, lines } = memoryLog({ level: 'debug' });
    expect(log.switchLevel()).toBe('debug');
    expect(await lines()).toEqual([]);
  });

  it('that is off leaves no listener, which would cost every request', () => {
    const { events, log } = memoryLog({ level: 'warn', slowOperationMs: 0 });
    const listened = () =>
      events.begin('request', {
        requestId: 'r1',
        method: 'POST',
        route: '/',
        traceId: null,
        isSampled: false,
      });
    expect(listened()).toBeUndefined();
    log.setLevel('info');
    expect(listened()).toBeDefined();
    log.setLevel('error');
    expect(listened()).toBeUndefined();
  });
});

const long = 'x'.repeat(100_000);

it.each<[string, (events: Events) => void]>([
  [
    'an operation',
    (events) => events.emit('requestEnded', { ...ended, requestId: 'r1', operationName: long }),
  ],
  [
    'an alias',
    (events) => events.emit('fieldsFailed', { requestId: 'r1', errors: [{ ...unavailable, path: [long] }] }),
  ],
  [
    'a code and a message of a backend',
    (events) =>
      events.emit('fieldsFailed', {
        requestId: 'r1',
        errors: [{ code: long, message: long, service: 'a', fromBackend: true }],
      }),
  ],
  [
    'a credential',
    (events) =>
      events.emit('requestRefused', {
        requestId: 'r1',
        error: new GatewayError('UNAUTHENTICATED', 'no', { cause: new Error(long) }),
      }),
  ],
  ['a defect', (events) => events.emit('defect', { where: long, requestId: 'r1', error: new Error(long) })],
])('a long text of %s is truncated', async (_what, happen) => {
  const { events, lines, text } = memoryLog({ level: 'debug' });
  happen(events);
  const [line] = await lines();
  expect(line).toMatchObject({ requestId: 'r1' });
  expect(text()).toContain('(100000 characters)');
  expect(text().length).toBeLessThan(20_000);
});

it('requests that are refused for one reason are one line a second, without a stack trace', async () => {
  vi.useFakeTimers();
  try {
    const { events, lines, text } = memoryLog();
    const cause = new Error('connect ECONNREFUSED');
    for (let i = 0; i < 1000; i += 1) {
      events.emit('requestRefused', { requestId: `r${i}`, error: new GatewayError('OVERLOADED', 'busy') });
      const unavailableError = new GatewayError('AUTHENTICATION_UNAVAILABLE', 'introspection failed', {
        cause,
      });
      events.emit('requestRefused', { requestId: `r${i}`, error: unavailableError });
    }
    vi.advanceTimersByTime(1000);
    events.emit('requestRefused', { requestId: 'r9', error: new GatewayError('OVERLOADED', 'busy') });
    events.emit('requestRefused', { requestId: 'r9', error: new GatewayError('BAD_USER_INPUT', 'no') });
    expect(await lines()).toMatchObject([
      { level: 40, code: 'OVERLOADED', requests: 1000, requestId: 'r0', reason: 'busy' },
      {
        code: 'AUTHENTICATION_UNAVAILABLE',
        requests: 1000,
        reason: 'introspection failed: connect ECONNREFUSED',
      },
      { code: 'OVERLOADED', requests: 1, requestId: 'r9' },
    ]);
    expect(text()).not.toContain(' at ');
  } finally {
    vi.useRealTimers();
  }
});

it('requests over a limit are one line a second for each policy', async () => {
  const { events, lines } = memoryLog();
  for (const [policy, requestId] of [
    ['tier', 'r1'],
    ['tier', 'r2'],
    ['daily', 'r3'],
  ] as const) {
    const error = new GatewayError('RATE_LIMITED', `The limit "${policy}" is used up`, {
      public: { policy },
    });
    events.emit('requestRefused', { requestId, error });
  }
  const line = { level: 30, msg: 'over a limit: requests refused' };
  expect(await lines()).toMatchObject([
    { ...line, limit: 'tier', requests: 2, requestId: 'r1', reason: 'The limit "tier" is used up' },
    { ...line, limit: 'daily', requests: 1, requestId: 'r3' },
  ]);
});
