import { Socket } from 'node:net';

import { describe, expect, it } from 'vitest';

import { requestContext } from '../../test/support/context.ts';
import { loadGatewayConfig } from '../config/gateway/gateway-config.ts';
import { arrived, type MediaType } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';
import { Events } from '../shared/events.ts';
import { answerLabels } from './answer-headers.ts';
import { refusals } from './refuse.ts';

const config = await loadGatewayConfig(undefined, { environment: {} });

function refused(error: unknown, mediaType: MediaType | null = 'application/graphql-response+json') {
  const events = new Events();
  const heard: unknown[] = [];
  events.on('requestRefused', (event) => heard.push(event));
  const request = arrived({
    head: requestContext({ requestId: 'r1' }),
    http: { headers: {}, rawHeaders: [], socket: new Socket() },
    mediaType,
    body: null,
    clientInPath: null,
    queryOnly: false,
    read: () => {
      throw new Error('nobody reads it');
    },
  });
  const answered = refusals(answerLabels(config), events)(request, error, null);
  return { answered, heard };
}

describe('a refusal', () => {
  it('is emitted as an event, with the error that was thrown', () => {
    const error = new GatewayError('OVERLOADED', 'later');
    expect(refused(error).heard).toEqual([{ requestId: 'r1', error }]);
  });

  it('withholds errors other than GatewayError', () => {
    const { answered } = refused(new Error('secret'));
    expect(answered).toMatchObject({
      status: 500,
      errorCounts: [{ code: 'INTERNAL_ERROR', count: 1 }],
      later: null,
    });
    expect(answered.text).not.toContain('secret');
  });

  it.each<[GatewayError, Record<string, unknown>]>([
    [new GatewayError('METHOD_NOT_ALLOWED', 'by POST'), { allow: 'POST' }],
    [new GatewayError('OVERLOADED', 'later', { public: { retryAfter: 7 } }), { 'retry-after': '7' }],
    [
      new GatewayError('UNAUTHENTICATED', 'none', { credentialsMissing: true, cause: new Error('none') }),
      { 'www-authenticate': 'Bearer realm="graphql"' },
    ],
    [new GatewayError('UNAUTHENTICATED', 'needed'), { 'www-authenticate': 'Bearer realm="graphql"' }],
    [
      new GatewayError('UNAUTHENTICATED', 'bad', { cause: new Error('expired') }),
      { 'www-authenticate': 'Bearer realm="graphql", error="invalid_token"' },
    ],
  ])('has the headers that go with it: %s', (error, headers) => {
    const { answered } = refused(error);
    expect(answered.headers).toMatchObject({ ...headers, 'cache-control': 'no-store' });
    expect(answered.headers['vary']).toMatch(/^accept\b/);
    expect(answered.status).toBe(error.httpStatus);
  });

  it.each([
    ['application/json', 'GRAPHQL_VALIDATION_FAILED', 200],
    ['application/graphql-response+json', 'GRAPHQL_VALIDATION_FAILED', 400],
    ['application/json', 'BAD_REQUEST', 400],
    ['application/json', 'UNAUTHENTICATED', 401],
    [null, 'NOT_ACCEPTABLE', 406],
  ] as const)('as %s by %s has the status %i', (mediaType, code, status) => {
    const { answered } = refused(new GatewayError(code, 'no'), mediaType);
    expect(answered.status).toBe(status);
    expect(answered.mediaType).toBe(mediaType ?? 'application/json');
    expect(JSON.parse(answered.text)).toMatchObject({ errors: [{ extensions: { code, requestId: 'r1' } }] });
  });
});
