/** What becomes of the words in which services say that they failed, and of which failure each kind of source speaks. */

import { status } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { backendOf } from '../../src/sources/backend.ts';
import { sourceToOpen } from '../../src/sources/custom/custom-source.ts';
import { createGraphqlSource } from '../../src/sources/graphql/graphql-source.ts';
import { createHttpTransport } from '../../src/sources/http/transport.ts';
import { createRestSource } from '../../src/sources/rest/rest-source.ts';
import { requestContext } from '../support/context.ts';
import { echoServer, echoSource } from './support/echo-server.ts';
import { type Answer, freePort, startStandIn, text } from './support/stand-in.ts';
import { plainService, plainBackend } from '../support/plain-services.ts';

type Said = readonly [body: string, message: string, code: string | undefined];

const general = 'users answered with an error';

const bodies: readonly Said[] = [
  ['{"message":"sold out","code":"OUT_OF_STOCK"}', 'sold out', 'OUT_OF_STOCK'],
  ['{"error":"sold out","code":"OUT_OF_STOCK"}', 'sold out', 'OUT_OF_STOCK'],
  ['{"error":{"message":"sold out","code":"OUT_OF_STOCK"}}', 'sold out', 'OUT_OF_STOCK'],
  ['{"error":{"code":409,"message":"sold out","status":"OUT_OF_STOCK"}}', 'sold out', 'OUT_OF_STOCK'],
  ['{"error":{"message":"sold out"},"code":"OUT_OF_STOCK"}', 'sold out', 'OUT_OF_STOCK'],
  [
    '{"type":"https://a/sold-out","title":"Sold out","status":409,"detail":"no p1 is left"}',
    'no p1 is left',
    undefined,
  ],
  ['{"type":"about:blank","title":"Sold out","status":409}', 'Sold out', undefined],
  ['{"title":"Sold out","detail":"no p1 is left","code":"OUT_OF_STOCK"}', 'no p1 is left', 'OUT_OF_STOCK'],
  [
    '{"errors":[{"title":"Sold out","detail":"no p1 is left","code":"OUT_OF_STOCK"}]}',
    'no p1 is left',
    'OUT_OF_STOCK',
  ],
  ['{"message":"sold out","code":"any text"}', 'sold out', undefined],
  ['{"message":5,"code":{"a":1},"error":[]}', general, undefined],
  ['{"error":{"error":{"message":"deep"}}}', general, undefined],
  ['"OUT_OF_STOCK"', 'OUT_OF_STOCK', 'OUT_OF_STOCK'],
  ['null', general, undefined],
  ['[]', general, undefined],
  ['<html>sold out</html>', general, undefined],
  ['', general, undefined],
];

describe.each(['application/json', 'application/problem+json'])('a body of %s', (type) => {
  it.each(bodies)('%s says %j', async (body, message, code) => {
    const { backend } = await given(text(body, 409, { 'content-type': type }));
    await expect(createRestSource(backend).post('/a', {}, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_ERROR',
      message: general,
      public: code === undefined ? { service: 'users' } : { service: 'users', serviceCode: code },
      cause: { name: 'ServiceRefusal', message },
    });
  });
});

describe.each([
  [503, 'users is not available; try again later'],
  [502, 'users is not available; try again later'],
  [504, 'users is not available; try again later'],
  [429, 'users has too much to do; try again later'],
])('a service that answers %i', (code, message) => {
  it.each(['REST', 'GraphQL', 'custom'] as const)(
    'over %s was reached, and the error says so',
    async (kind) => {
      const { backend } = await given(text('no', code));
      const calls = {
        REST: () => createRestSource(backend).get('/a', {}, requestContext()),
        GraphQL: () => createGraphqlSource(backend).query('{ a }', {}, requestContext()),
        custom: () =>
          sourceToOpen(backend, { url: '', options: {} }).sender((response, answers) => {
            throw answers.statusFailure(response);
          })({ kind: 'query', method: 'GET', template: '/a' }, requestContext()),
      };
      await expect(calls[kind]()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', message });
    },
  );
});

it('a gRPC service that answers UNAVAILABLE was reached, and the error says so', async () => {
  const server = await echoServer({ code: status.UNAVAILABLE });
  const { source } = await echoSource([server.url]);
  await expect(source.call('Find', {}, requestContext())).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: 'echo is not available; try again later',
  });
});

it('a connection that breaks before an answer is told as such', async () => {
  const { backend } = await given((_asked, response) => void response.socket?.resetAndDestroy());
  await expect(createRestSource(backend).get('/a', {}, requestContext())).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: 'the connection to users broke before it answered; try again later',
    nothingSent: false,
  });
});

it.each(['http://127.0.0.1:', 'http://none.invalid:'])(
  'what nobody answers at %s could not be reached',
  async (host) => {
    const transport = createHttpTransport();
    onTestFinished(() => transport.close());
    const backend = plainBackend({ name: 'users', urls: [host + String(await freePort())] }, transport);
    await expect(createRestSource(backend).post('/a', {}, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: 'users could not be reached; try again later',
      nothingSent: true,
    });
  },
);

it('a call above the limit of calls was not sent, and the error says so', async () => {
  const { backend } = await given((_asked, response) => void setTimeout(() => response.end('{}'), 50), 1);
  const source = createRestSource(backend);
  const first = source.get('/a', {}, requestContext());
  await expect(source.get('/b', {}, requestContext())).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: 'users cannot be asked now; try again later',
  });
  expect(await first).toEqual({});
});

async function given(answer: Answer, callsMax = 16) {
  const service = await startStandIn(answer);
  const transport = createHttpTransport();
  onTestFinished(async () => {
    await transport.close();
    await service.close();
  });
  return {
    backend: backendOf(plainService({ name: 'users', urls: [service.url] }), transport, { callsMax }),
  };
}
