/** What the log says, and that its volume is bounded whatever clients send. */

import { PassThrough } from 'node:stream';

import { expect, it, vi } from 'vitest';

import { CallFailure } from '../resilience/outcome.ts';
import { GatewayError } from '../shared/errors.ts';
import type { CauseNote } from '../shared/errors.ts';
import { Events, type GatewayEvents } from '../shared/events.ts';
import { logTo } from './logger.ts';

type FieldError = GatewayEvents['fieldsFailed']['errors'][number];

const denied: FieldError = { code: 'FORBIDDEN', message: 'no', fromBackend: false };
const unavailable: FieldError = {
  code: 'SERVICE_UNAVAILABLE',
  message: 'a could not be reached',
  service: 'a',
  fromBackend: false,
  cause: new Error('connect ECONNREFUSED'),
};

it.each([
  ['denied', denied, 30, 'fields denied'],
  ['of a service that is unavailable', unavailable, 40, 'field failed'],
])('a thousand fields %s are one line', async (_what, error, level, msg) => {
  const { events, lines } = given();
  const errors = Array.from({ length: 1000 }, (_, i) => ({ ...error, path: [`alias${i}`, 0] }));
  events.emit('fieldsFailed', { requestId: 'r1', errors });
  expect(await lines()).toEqual([
    expect.objectContaining({
      level,
      msg,
      requestId: 'r1',
      code: error.code,
      fields: 1000,
      paths: ['alias0.0', 'alias1.0', 'alias2.0', 'alias3.0', 'alias4.0'],
    }),
  ]);
});

it('errors that all differ are a few lines', async () => {
  const { events, lines } = given();
  const errors = Array.from({ length: 1000 }, (_, i) => ({
    ...denied,
    code: `CODE_${i}`,
    fromBackend: true,
  }));
  events.emit('fieldsFailed', { requestId: 'r1', errors });
  const written = await lines();
  expect(written).toHaveLength(11);
  expect(written.at(-1)).toMatchObject({ fields: 990, msg: 'more fields failed' });
});

const long = 'x'.repeat(100_000);

it.each<[string, (events: Events) => void]>([
  [
    'an operation',
    (events) =>
      events.emit('requestEnded', {
        spanId: 1,
        requestId: 'r1',
        httpStatus: 200,
        durationMs: 1,
        operationName: long,
        client: 'web',
        clientVersion: '4.1',
        operationKind: 'query',
        errors: 0,
        code: null,
      }),
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
  const { events, lines, text } = given();
  happen(events);
  const [line] = await lines();
  expect(line).toMatchObject({ requestId: 'r1' });
  expect(text()).toContain('(100000 characters)');
  expect(text().length).toBeLessThan(20_000);
});

it.each<[string, FieldError]>([
  [
    'an open breaker',
    {
      ...unavailable,
      cause: new CallFailure('SERVICE_UNAVAILABLE', 'a is not answering', { outcome: 'refused' }),
    },
  ],
  ['a connection that was refused', unavailable],
  [
    'a malformed error',
    { ...unavailable, code: 'INTERNAL_ERROR', cause: noted({ isRemark: true }, 'MalformedError') },
  ],
])('%s has its reason and no stack trace', async (_what, error) => {
  const { events, lines, text } = given();
  events.emit('fieldsFailed', { requestId: 'r1', errors: [error] });
  expect(await lines()).toMatchObject([{ cause: (error.cause as Error).message }]);
  expect(text()).not.toContain(' at ');
});

it('a defect has its stack trace', async () => {
  const { events, lines, text } = given();
  const cause = new TypeError('x is not a function');
  events.emit('fieldsFailed', {
    requestId: 'r1',
    errors: [{ ...unavailable, code: 'INTERNAL_ERROR', cause }],
  });
  events.emit('requestRefused', { requestId: 'r2', error: cause });
  expect(await lines()).toHaveLength(2);
  expect(text().match(/TypeError: x is not a function\\n {4}at /g)).toHaveLength(2);
});

it('requests that are refused for one reason are one line a second, without a stack trace', async () => {
  vi.useFakeTimers();
  try {
    const { events, lines, text } = given();
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

it.each<[string, FieldError, object]>([
  [
    'a service',
    { code: 'secret code', message: 'secret', service: 'a', fromBackend: true },
    { code: 'SERVICE_ERROR', message: 'withheld' },
  ],
  [
    'a malformed error',
    {
      code: 'SERVICE_ERROR',
      message: 'secret',
      service: 'a',
      fromBackend: true,
      cause: noted({ isRemark: true }, 'MalformedError'),
    },
    { message: 'withheld', cause: 'MalformedError' },
  ],
  [
    'a refusal behind a failure of ours',
    { ...unavailable, cause: new Error('failed', { cause: noted({ isServiceText: true }, 'secret') }) },
    { message: unavailable.message },
  ],
])('texts of %s are redacted if so configured', async (_name, error, logged) => {
  const { events, lines, text } = given('redact');
  events.emit('fieldsFailed', { requestId: 'r1', errors: [error] });
  expect(await lines()).toMatchObject([logged]);
  expect(text()).not.toContain('secret');
});

function noted(note: CauseNote, message: string): Error {
  return Object.assign(new Error(message), note);
}

function given(backendMessages: 'pass' | 'redact' = 'pass') {
  const events = new Events();
  const stream = new PassThrough();
  let written = '';
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const flushed = async (): Promise<void> => {};
  const output = { stream, lost: () => 0, onDrained: () => {}, flushed };
  const log = logTo(output, events, { level: 'info', backendMessages });
  return {
    events,
    text: () => written,
    lines: async (): Promise<Array<Record<string, unknown>>> => {
      await log.flushed();
      return written
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}
