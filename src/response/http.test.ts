import { describe, expect, it } from 'vitest';

import { requestContext } from '../../test/support/context.ts';
import type { Answer, AnswerError } from '../pipeline/answer.ts';
import { GatewayError, type ErrorCode } from '../shared/errors.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { answerMetadata } from './answer-metadata.ts';
import { acceptable, graphqlMediaType, jsonMediaType, toHttpAnswer, toHttpRefusal } from './http.ts';

const down = (retryAfter: unknown): AnswerError => ({
  message: 'down',
  code: 'SERVICE_UNAVAILABLE',
  fromBackend: false,
  extensions: { retryAfter },
});
const other: AnswerError = { message: 'other', code: 'SERVICE_ERROR', fromBackend: false };

describe('an answer over HTTP', () => {
  it('is JSON with all digits, and without "errors" where there are none', () => {
    const answer = { data: { n: new ExactNumber('1.10') }, errors: [] };
    expect(httpAnswer(answer)).toEqual({
      status: 200,
      mediaType: jsonMediaType,
      headers: {},
      text: '{"data":{"n":1.10}}',
    });
  });

  it('has its errors after its data, then what it says about fallbacks', () => {
    const fallbacks = [{ path: ['a'], service: 's', source: 'declared' as const }];
    const { headers, text } = httpAnswer({ data: { a: null }, errors: [other], extensions: { fallbacks } });
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['data', 'errors', 'extensions']);
    expect(headers).toEqual({ 'cache-control': 'no-store' });
  });

  it.each<[string, Answer, number, string | undefined]>([
    ['all services are down', { data: null, errors: [down(3), down(7), down(5)] }, 503, '7'],
    ['every field is null for that', { data: { a: null, b: null }, errors: [down(1)] }, 503, '1'],
    ['they may be asked at once', { data: {}, errors: [down(0)] }, 503, '0'],
    [
      'there is a value, even if it is false',
      { data: { a: null, b: false }, errors: [down(1)] },
      200,
      undefined,
    ],
    ['another error is the cause as well', { data: null, errors: [down(1), other] }, 200, undefined],
    ['nobody knows when to retry', { data: null, errors: [down(undefined)] }, 200, undefined],
    ['the time is no number', { data: null, errors: [down('1')] }, 200, undefined],
    ['nothing was selected', { data: {}, errors: [] }, 200, undefined],
    ['it has fallbacks', { data: null, errors: [down(1)], extensions: { fallbacks: [] } }, 200, undefined],
  ])(
    'has status 503 only if it has no data because all services are down: %s',
    (_title, answer, status, retryAfter) => {
      const given = httpAnswer(answer);
      expect([given.status, given.headers['retry-after']]).toEqual([status, retryAfter]);
    },
  );
});

describe('a refusal over HTTP', () => {
  it.each<[ErrorCode, number, number]>([
    ['GRAPHQL_PARSE_FAILED', 200, 400],
    ['BAD_USER_INPUT', 200, 400],
    ['BAD_REQUEST', 400, 400],
    ['OPERATION_TOO_DEEP', 400, 400],
    ['OVERLOADED', 503, 503],
    ['INTERNAL_ERROR', 500, 500],
  ])('%s has status %i as JSON and %i as a GraphQL response', (code, legacy, status) => {
    const error = new GatewayError(code, 'no');
    expect(toHttpRefusal(error, { requestId: 'r1' }, jsonMediaType).status).toBe(legacy);
    expect(toHttpRefusal(error, { requestId: 'r1' }, graphqlMediaType)).toMatchObject({
      status,
      mediaType: graphqlMediaType,
    });
  });

  it('has status 500 and no detail for any other error', () => {
    const { status, text } = toHttpRefusal(new Error('secret'), { requestId: 'r1' }, jsonMediaType);
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
  });

  it('has errors and no data', () => {
    const { text } = toHttpRefusal(new GatewayError('BAD_REQUEST', 'no'), { requestId: 'r1' }, jsonMediaType);
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['errors']);
  });
});

it('a client that accepts neither media type is refused', () => {
  expect(acceptable(graphqlMediaType)).toBe(graphqlMediaType);
  expect(() => acceptable(null)).toThrow(
    expect.objectContaining({ code: 'NOT_ACCEPTABLE', httpStatus: 406 }),
  );
});

it.each([
  ['a query', 'allowed', 'query', undefined, false],
  ['a query with checks', 'client', 'query', [], false],
  ['a query whose labels depend on the request', 'nobody', 'query', undefined, true],
  ['a mutation', 'nobody', 'mutation', undefined, false],
  ['a subscription', 'nobody', 'subscription', undefined, false],
] as const)('the answer to %s may be kept by "%s"', (_title, keep, kind, checks, hasOpenLabels) => {
  const operation = { kind, ...(checks ? { checks } : {}) };
  expect(answerMetadata(operation, { hasOpenLabels }, {})).toEqual({ kind, keep });
});

function httpAnswer(answer: Answer) {
  return toHttpAnswer({ context: requestContext(), answer }, jsonMediaType, { backendMessages: 'pass' });
}
