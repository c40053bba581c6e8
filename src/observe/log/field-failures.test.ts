/** How failed fields are logged: few lines however many fail, with their reasons and without texts of services. */

import { describe, expect, it } from 'vitest';

import { memoryLog } from '../../../test/support/log.ts';
import { CallFailure } from '../../resilience/outcome.ts';
import type { CauseNote } from '../../shared/errors.ts';
import type { GatewayEvents } from '../../shared/events.ts';

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
  ['denied', denied, { level: 30, msg: 'fields denied', reason: 'no' }],
  [
    'denied to who is not signed in',
    { ...denied, code: 'UNAUTHENTICATED' },
    { level: 30, msg: 'fields denied', reason: 'no' },
  ],
  [
    'denied with the code of a rule',
    { ...denied, code: 'TOO_YOUNG' },
    { level: 30, msg: 'fields denied', reason: 'no' },
  ],
  [
    'of a service that authenticates nobody',
    { ...denied, code: 'UNAUTHENTICATED', service: 'a', fromBackend: true },
    { level: 40, msg: 'fields failed', reason: 'no' },
  ],
  [
    'whose rule failed',
    { ...denied, code: 'AUTHORIZATION_FAILED' },
    { level: 40, msg: 'fields failed', reason: 'no' },
  ],
  [
    'of a service that is unavailable',
    unavailable,
    { level: 40, msg: 'fields failed', reason: 'a could not be reached: connect ECONNREFUSED' },
  ],
])('fields %s are one line a second, in however many answers', async (_what, error, expected) => {
  const { events, lines } = memoryLog();
  for (let i = 0; i < 100; i += 1) {
    const errors = Array.from({ length: 10 }, (_, alias) => ({ ...error, path: [`alias${alias}`, 0] }));
    events.emit('fieldsFailed', { requestId: `r${i}`, errors });
  }
  const { code, service } = error;
  const written = await lines();
  expect(written).toEqual([
    { ...expected, time: expect.any(String), code, service, fields: 1000, requestId: 'r0' },
  ]);
});

it('fields that fail in different ways are a line a second for each way', async () => {
  const { events, lines } = memoryLog();
  const other = { ...unavailable, service: 'b' };
  const timeout = { ...unavailable, code: 'SERVICE_TIMEOUT' };
  events.emit('fieldsFailed', { requestId: 'r1', errors: [unavailable, other] });
  events.emit('fieldsFailed', { requestId: 'r2', errors: [timeout, unavailable] });
  expect(await lines()).toMatchObject([
    { code: 'SERVICE_UNAVAILABLE', service: 'a', fields: 2, requestId: 'r1' },
    { code: 'SERVICE_UNAVAILABLE', service: 'b', fields: 1, requestId: 'r1' },
    { code: 'SERVICE_TIMEOUT', service: 'a', fields: 1, requestId: 'r2' },
  ]);
});

it('errors that all differ are bounded lines a second', async () => {
  const { events, lines } = memoryLog();
  const errors = Array.from({ length: 1000 }, (_, i) => ({
    ...denied,
    code: `CODE_${i}`,
    fromBackend: true,
  }));
  events.emit('fieldsFailed', { requestId: 'r1', errors });
  const written = await lines();
  expect(written).toHaveLength(51);
  expect(written.at(-1)).toMatchObject({ fields: 950, msg: 'fields failed in further ways' });
});

describe('at level debug', () => {
  it('an answer has a line for each way in which its fields failed, with paths', async () => {
    const { events, lines } = memoryLog({ level: 'debug' });
    const errors = Array.from({ length: 1000 }, (_, i) => ({ ...denied, path: [`alias${i}`, 0] }));
    events.emit('fieldsFailed', { requestId: 'r1', errors: [...errors, unavailable] });
    const [first, second, ...bursts] = await lines();
    expect(first).toMatchObject({
      level: 20,
      msg: 'field failed',
      requestId: 'r1',
      code: 'FORBIDDEN',
      fields: 1000,
      paths: ['alias0.0', 'alias1.0', 'alias2.0', 'alias3.0', 'alias4.0'],
    });
    expect(second).toMatchObject({ message: 'a could not be reached', cause: 'connect ECONNREFUSED' });
    expect(bursts).toHaveLength(2);
  });

  it('an answer whose errors all differ has a few lines', async () => {
    const { events, lines } = memoryLog({ level: 'debug' });
    const errors = Array.from({ length: 1000 }, (_, i) => ({ ...denied, code: `CODE_${i}` }));
    events.emit('fieldsFailed', { requestId: 'r1', errors });
    const details = (await lines()).filter(({ level }) => level === 20);
    expect(details).toHaveLength(11);
    expect(details.at(-1)).toMatchObject({ fields: 990, msg: 'more fields failed' });
  });
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
  const { events, lines, text } = memoryLog({ level: 'debug' });
  events.emit('fieldsFailed', { requestId: 'r1', errors: [error] });
  const { message } = error.cause as Error;
  expect(await lines()).toMatchObject([
    { msg: 'field failed', cause: message },
    { msg: 'fields failed', reason: `a could not be reached: ${message}` },
  ]);
  expect(text()).not.toContain(' at ');
});

it('a defect has its stack trace', async () => {
  const { events, lines, text } = memoryLog();
  const cause = new TypeError('x is not a function');
  events.emit('fieldsFailed', {
    requestId: 'r1',
    errors: [{ ...unavailable, code: 'INTERNAL_ERROR', cause }],
  });
  events.emit('requestRefused', { requestId: 'r2', error: cause });
  expect(await lines()).toHaveLength(2);
  expect(text().match(/TypeError: x is not a function\\n {4}at /g)).toHaveLength(2);
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
  const { events, lines, text } = memoryLog({ backendMessages: 'redact', level: 'debug' });
  events.emit('fieldsFailed', { requestId: 'r1', errors: [error] });
  const [details, burst] = await lines();
  expect(details).toMatchObject({ msg: 'field failed', ...logged });
  expect(burst).toMatchObject({ msg: 'fields failed', code: details?.['code'] });
  expect(text()).not.toContain('secret');
});

function noted(note: CauseNote, message: string): Error {
  return Object.assign(new Error(message), note);
}
