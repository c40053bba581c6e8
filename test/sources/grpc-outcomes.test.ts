/** What policies learn of gRPC calls that fail, and that no failure takes a place along. */

import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';

import { Client, status, type ServiceError } from '@grpc/grpc-js';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { policyDefaults } from '../../src/config/gateway/policies.ts';
import type { ServiceOptions } from '../../src/resilience/service.ts';
import { statusError } from '../../src/sources/grpc/status.ts';
import { requestContext } from '../support/context.ts';
import { echoServer, echoSource } from './support/echo-server.ts';
import { freePort } from './support/stand-in.ts';

afterEach(() => vi.restoreAllMocks());

const retrying: Partial<ServiceOptions> = {
  retries: { ...policyDefaults.retries, max: 2, baseMs: 1, budget: { percent: 100, perSecondMin: 100 } },
  breaker: { ...policyDefaults.breaker, minimumCalls: 1000, connectErrorsMax: 1000 },
};

describe('a call that the service cancels', () => {
  it('is a failure of the service, and tried again where it is a query', async () => {
    const server = await echoServer({ code: status.CANCELLED });
    const { source } = await echoSource([server.url], retrying);
    await expect(source.call('Find', {}, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: 'echo is not available; try again later',
    });
    expect(server.got).toHaveLength(3);
    await expect(source.call('Change', {}, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    expect(server.got).toHaveLength(4);
  });

  it('is counted by the breaker', async () => {
    const server = await echoServer({ code: status.CANCELLED });
    const { source, service } = await echoSource([server.url]);
    const { minimumCalls } = policyDefaults.breaker;
    for (let call = 0; call < minimumCalls; call += 1) {
      await source.call('Find', {}, requestContext()).catch(() => undefined);
    }
    expect(service.breaker.state).toBe('open');
  });
});

describe('a mutation', () => {
  it('is tried again where no connection was made', async () => {
    const server = await echoServer();
    const refusing = `grpc://127.0.0.1:${await freePort()}`;
    const { source } = await echoSource([refusing, server.url], retrying);
    for (let round = 0; round < 20; round += 1) {
      expect(await source.call('Change', { int32: round }, requestContext())).toMatchObject({ int32: round });
    }
    expect(server.got).toHaveLength(20);
  });

  it('is SERVICE_UNAVAILABLE with those words where no address takes it', async () => {
    const { source } = await echoSource([`grpc://127.0.0.1:${await freePort()}`], retrying);
    await expect(source.call('Change', {}, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: 'echo could not be reached; try again later',
      nothingSent: true,
    });
  });

  it('is not tried again where the service has it, whatever words it gives', async () => {
    const server = await echoServer({ code: status.UNAVAILABLE });
    const { source } = await echoSource([server.url], retrying);
    await expect(source.call('Change', {}, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: 'echo is not available; try again later',
      nothingSent: false,
    });
    expect(server.got).toHaveLength(1);
  });
});

it('RESOURCE_EXHAUSTED says that the service has too much to do: no failure, and tried again where it is a query', async () => {
  const server = await echoServer({ code: status.RESOURCE_EXHAUSTED });
  const { source, service } = await echoSource([server.url], {
    ...retrying,
    breaker: { ...policyDefaults.breaker, minimumCalls: 2 },
  });
  await expect(source.call('Find', {}, requestContext())).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    outcome: 'busy',
  });
  expect(server.got).toHaveLength(3);
  expect(service.breaker.state).toBe('closed');
});

it.each([
  'Received message larger than max (11 vs. 10)',
  'Received message that decompresses to a size larger than 10',
])('an answer above the limit is no refusal of the service: %s', (details) => {
  const error = Object.assign(new Error(details), { code: status.RESOURCE_EXHAUSTED, details });
  expect(statusError('echo', error as ServiceError)).toMatchObject({
    code: 'SERVICE_BAD_RESPONSE',
    outcome: 'too-large',
    retryable: false,
  });
});

it.each([
  [400, 'answered'],
  [413, 'answered'],
  [431, 'answered'],
  [500, 'server-error'],
])('an HTTP status %i of a service or a proxy before it: %s', async (httpStatus, outcome) => {
  const http2 = createHttp2Server((_request, response) => {
    response.writeHead(httpStatus).end();
  });
  onTestFinished(() => void http2.close());
  await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve));
  const { port } = http2.address() as AddressInfo;
  const { source } = await echoSource([`grpc://127.0.0.1:${port}`]);
  await expect(source.call('Find', {}, requestContext())).rejects.toMatchObject({ outcome });
});

it.each(['makeUnaryRequest', 'makeServerStreamRequest'] as const)(
  'a defect in %s leaves the place of the call free',
  async (method) => {
    const server = await echoServer();
    const { source } = await echoSource([server.url], {}, { callsMax: 1 });
    vi.spyOn(Client.prototype, method).mockImplementation(() => {
      throw new TypeError('a defect');
    });
    for (let round = 0; round < 3; round += 1) {
      const call =
        method === 'makeUnaryRequest'
          ? source.call('Find', {}, requestContext())
          : source.stream('Watch', {}, requestContext())[Symbol.asyncIterator]().next();
      await expect(call).rejects.toThrow('a defect');
    }
    vi.restoreAllMocks();
    expect(await source.call('Find', { int32: 1 }, requestContext())).toMatchObject({ int32: 1 });
  },
);
