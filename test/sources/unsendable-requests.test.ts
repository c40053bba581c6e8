/** Requests that cannot be sent: refused, each as the fault of who made it, and they take no connection along. */

import { fileURLToPath } from 'node:url';

import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { isHeaderValue } from '../../src/shared/header-values.ts';
import { sourceToOpen } from '../../src/sources/custom/custom-source.ts';
import { createGraphqlSource } from '../../src/sources/graphql/graphql-source.ts';
import { createGrpcSource } from '../../src/sources/grpc/grpc-source.ts';
import { HttpCall } from '../../src/sources/http/exchange.ts';
import { createHttpTransport } from '../../src/sources/http/transport.ts';
import { createRestSource } from '../../src/sources/rest/rest-source.ts';
import { requestContext } from '../support/context.ts';
import { senderTo } from './support/sender.ts';
import { json, startStandIn } from './support/stand-in.ts';
import { plainService, plainBackend } from '../support/plain-services.ts';

afterEach(() => vi.restoreAllMocks());

const impossible = [
  'a\r\nx-admin: 1',
  'a\nb',
  'a\rb',
  'a\0',
  'a\u007f',
  'a\u0001b',
  '日',
  'ключ',
  '😀',
  ' a',
  'a\t',
];

describe('a value that no header can have', () => {
  it.each(impossible)('is %j', (value) => expect(isHeaderValue(value)).toBe(false));

  it.each(['', 'a', 'a b\tc', 'grün', '\u00ff', '~!'])('is not %j', (value) =>
    expect(isHeaderValue(value)).toBe(true),
  );

  describe.each(kindsOfSources())('is BAD_USER_INPUT %s', (_where, ask) => {
    it.each(impossible)('such as %j', async (value) => {
      const { asked, call } = await ask(value);
      await expect(call).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(asked()).toBe(0);
    });
  });

  it('is one above ASCII in metadata, which is less than HTTP allows', async () => {
    const kinds = kindsOfSources();
    const toGrpc = kinds.find(([where]) => where.includes('gRPC'))?.[1];
    await expect((await toGrpc?.('grün'))?.call).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'the value given for "x-tenant" cannot be sent to inventory',
    });
  });
});

/** Whatever throws between taking a connection and sending. */
const faults: ReadonlyArray<
  readonly [string, Parameters<ReturnType<typeof senderTo>['send']>[0], () => void]
> = [
  ['a path that is none', { path: '/日' }, () => {}],
  ['a header whose name is none', { headers: { 'a b': '1' } }, () => {}],
  ['a header that is not sent so', { headers: { expect: '100-continue' } }, () => {}],
  ['a header of the connection', { headers: { 'transfer-encoding': 'chunked' } }, () => {}],
  ['a value that no header can have', { headers: { 'x-key': '日' } }, () => {}],
  [
    'a defect of ours before the request is written',
    {},
    () =>
      vi.spyOn(HttpCall.prototype, 'onRequestStart').mockImplementation(() => {
        throw new TypeError('a defect');
      }),
  ],
];

describe.each(faults)('after %s', (_fault, request, arm) => {
  it.each([1, 4])('the pool of one connection is whole, with pipelining %i', async (pipelining) => {
    const service = await startStandIn(json({ ok: true }));
    const options = { connections: 1, pipelining, callsMax: 4 };
    const { send, failure, close } = senderTo(service.url, options);
    onTestFinished(() => Promise.all([service.close(), close()]).then(() => undefined));
    await send();
    arm();
    for (let round = 0; round < 20; round += 1) await failure(request);
    vi.restoreAllMocks();
    const answers = await Promise.all([send(), send(), send(), send()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(service.asked).toHaveLength(5);
  });
});

it('a request that is not built while others wait leaves the connection to them', async () => {
  const service = await startStandIn((_request, response) =>
    setTimeout(() => json({})(_request, response), 5),
  );
  const { send, failure, close } = senderTo(service.url, { connections: 1 });
  onTestFinished(() => Promise.all([service.close(), close()]).then(() => undefined));
  const all = await Promise.all([send(), failure({ path: '/日' }), send(), failure({ path: '/日' }), send()]);
  expect(all.map((one) => ('status' in one ? one.status : one.code))).toEqual([
    200,
    'INTERNAL_ERROR',
    200,
    'INTERNAL_ERROR',
    200,
  ]);
});

type Ask = (value: string) => Promise<{ readonly asked: () => number; readonly call: Promise<unknown> }>;

/** Every way on which a value becomes a header. */
function kindsOfSources(): ReadonlyArray<readonly [string, Ask]> {
  const http =
    (call: (backend: ReturnType<typeof plainBackend>, value: string) => Promise<unknown>): Ask =>
    async (value) => {
      const service = await startStandIn(json({ data: {} }));
      const transport = createHttpTransport();
      onTestFinished(() => Promise.all([service.close(), transport.close()]).then(() => undefined));
      const backend = plainBackend({ name: 'users', urls: [service.url] }, transport);
      return { asked: () => service.asked.length, call: call(backend, value) };
    };
  const forwarded = (value: string) => requestContext({ forwardHeaders: { 'x-tenant': value } });
  const custom = (backend: ReturnType<typeof plainBackend>) =>
    sourceToOpen(backend, { url: '', options: {} }).sender(() => null);
  const change = { kind: 'mutation', method: 'POST', template: '/a' } as const;
  return [
    [
      'in headers of a REST call',
      http((b, v) => createRestSource(b).get('/a', { headers: { 'x-key': v } }, requestContext())),
    ],
    [
      'in headers of a REST change',
      http((b, v) => createRestSource(b).post('/a', { headers: { 'x-key': v } }, requestContext())),
    ],
    [
      'as the idempotency key of a REST change',
      http((b, v) => createRestSource(b).put('/a', { idempotencyKey: v }, requestContext())),
    ],
    [
      'in headers that a REST service is sent on',
      http((b, v) => createRestSource(b).get('/a', {}, forwarded(v))),
    ],
    [
      'in headers of a custom source',
      http((b, v) => custom(b)({ ...change, headers: { 'x-key': v } }, requestContext())),
    ],
    [
      'as the idempotency key of a custom source',
      http((b, v) => custom(b)({ ...change, idempotencyKey: v }, requestContext())),
    ],
    [
      'in headers that a GraphQL service is sent on',
      http((b, v) => createGraphqlSource(b).query('{ a }', {}, forwarded(v))),
    ],
    [
      'in metadata of a gRPC service',
      async (value) => {
        const protoPath = fileURLToPath(new URL('../../schemas/protos/inventory.proto', import.meta.url));
        const source = await createGrpcSource(
          { protoPath, service: 'tributary.inventory.v1.Inventory' },
          plainService({ name: 'inventory', urls: ['grpc://127.0.0.1:1'] }),
        );
        onTestFinished(() => source.close());
        return { asked: () => 0, call: source.call('GetStock', { upc: 'p1' }, forwarded(value)) };
      },
    ],
  ];
}
