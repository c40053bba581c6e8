/** What one HTTP call to a backend may cost and how it may fail: real sockets, small services that misbehave. */

import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type LookupFunction, type Socket, createServer } from 'node:net';

import { afterEach, describe, expect, it, vi } from 'vitest';

import type { ServiceTransport } from '../../src/config/gateway/transport.ts';
import { newCall } from '../../src/resilience/call.ts';
import { monotonicClock } from '../../src/shared/clock.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { type HttpTransport, createHttpTransport, parseJson } from '../../src/sources/http/transport.ts';
import { type ContextOptions, requestContext } from '../support/context.ts';
import { type Answer, freePort, json, startStandIn, text } from './support/stand-in.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

/** Longer than a test may take: what ends sooner ends by something else. */
const tooLateMs = 600_000;
/** Of a call that is to arrive, and to end by its timeout then. */
const hangingMs = 500;

describe('a call that succeeds', () => {
  it('sends the allow-listed headers, the request id and JSON, and nothing of the connection', async () => {
    const { service, send } = await given(json({ ok: true }));
    const forwardHeaders = { 'x-user-id': 'u1', 'content-length': '1', host: 'evil', connection: 'close' };
    const response = await send({ body: '{"a":1}' }, { requestId: 'r-1', forwardHeaders });
    expect(parseJson('reviews', response)).toEqual({ ok: true });
    const [asked] = service.asked;
    expect(asked).toMatchObject({ method: 'POST', url: '/graphql', body: '{"a":1}' });
    expect(asked?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': '7',
      'x-request-id': 'r-1',
      'x-user-id': 'u1',
    });
    expect(asked?.headers.host).toBe(new URL(service.url).host);
  });

  it('reads a body that arrives in many chunks', async () => {
    const value = { text: 'ä'.repeat(200_000) };
    const { send } = await given(json(value));
    expect(parseJson('reviews', await send())).toEqual(value);
  });

  it('uses connections again, and at most as many as allowed', async () => {
    const later: Answer = (request, response) => void setTimeout(() => json({})(request, response), 5);
    const { service, send } = await given(later, { connections: 4 });
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 40 }, () => send()));
    }
    expect(service.asked).toHaveLength(120);
    expect(service.connections).toBe(4);
  });

  it('shares connections between services of one origin that have the same settings, and no others', async () => {
    const { service, transport, send } = await given(json({}), { connections: 1 });
    await send();
    await sendTo(transport, `${service.url}/a`, { connections: 1 })();
    expect(service.connections).toBe(1);
    await sendTo(transport, `${service.url}/a`, { connections: 2 })();
    expect(service.connections).toBe(2);
  });

  it('tells the service how long it has', async () => {
    const { service, send } = await given(json({}));
    await send({ timeoutMs: 1000 });
    const toldMs = Number(service.asked[0]?.headers['x-deadline-ms']);
    expect(toldMs).toBeGreaterThan(500);
    expect(toldMs).toBeLessThanOrEqual(1000);
  });
});

describe('more addresses than connections are kept for', () => {
  const lookup: LookupFunction = (_host, { all }, done) =>
    all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

  it.each([
    ['plain', 0],
    ['compressed', 1],
  ])(
    'are all answered, also the ones that had to make room: %s bodies',
    async (_about, compressFromBytes) => {
      const service = await startStandIn(json({ ok: true }));
      const transport = createHttpTransport({ lookup });
      cleanups.push(
        () => transport.close(),
        () => service.close(),
      );
      const send = transport.service('reviews', { compressFromBytes });
      const { port } = new URL(service.url);
      const endpoints = Array.from({ length: 130 }, (_none, index) => {
        const url = `http://replica-${index}.test:${port}`;
        return { id: url, url };
      });
      const askAll = async () => {
        for (const endpoint of endpoints) {
          const call = newCall(requestContext(), 'query');
          call.endpoint = endpoint;
          expect((await send({ method: 'POST', path: '/', body: '{}' }, call)).status).toBe(200);
        }
      };
      await askAll();
      expect(service.connections).toBe(130);
      // In the same order each one is asked for just after it was let go.
      await askAll();
      expect(service.asked).toHaveLength(260);
      expect(service.connections).toBe(260);
    },
  );
});

describe('a call that fails', () => {
  it('is SERVICE_UNAVAILABLE when nothing listens', async () => {
    const { send } = await givenUrl(`http://127.0.0.1:${await freePort()}`);
    const error = await failure(send());
    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', public: { service: 'reviews' } });
    expect(error.message).toBe('reviews could not be reached; try again later');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('is SERVICE_UNAVAILABLE when the connection is reset before an answer', async () => {
    const { send } = await given((_request, response) => void response.socket?.resetAndDestroy());
    expect(await failure(send())).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('is SERVICE_TIMEOUT when the service hangs, and the service sees the call end', async () => {
    const { service, send } = await given(() => {});
    const call = send({ timeoutMs: hangingMs }, { deadlineInMs: tooLateMs });
    expect(await failure(call)).toMatchObject({ code: 'SERVICE_TIMEOUT' });
    await until(() => service.abandonedAtMs.length === 1);
  });

  it('is SERVICE_TIMEOUT when the body stops in the middle', async () => {
    const { send } = await given((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a":');
    });
    expect(await failure(send({ timeoutMs: 60 }))).toMatchObject({ code: 'SERVICE_TIMEOUT' });
  });

  it('is SERVICE_TIMEOUT at the deadline of the request, however long its own timeout', async () => {
    const { send } = await given(() => {});
    const call = send({ timeoutMs: tooLateMs }, { deadlineInMs: 60 });
    expect(await failure(call)).toMatchObject({ code: 'SERVICE_TIMEOUT' });
  });

  it('is not sent at all once the deadline has passed', async () => {
    const { service, send } = await given(json({}));
    expect(await failure(send({}, { deadlineInMs: -1 }))).toMatchObject({ code: 'SERVICE_TIMEOUT' });
    expect(service.asked).toHaveLength(0);
  });

  it('is SERVICE_BAD_RESPONSE for a redirect, which is not followed', async () => {
    const target = await given(json({ secret: true }));
    const { send } = await given(text('', 302, { location: `${target.service.url}/graphql` }));
    expect(await failure(send({}, { forwardHeaders: { authorization: 'Bearer t' } }))).toMatchObject({
      code: 'SERVICE_BAD_RESPONSE',
    });
    expect(target.service.asked).toHaveLength(0);
  });

  it('is SERVICE_BAD_RESPONSE for a body cut short', async () => {
    const { send } = await given((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"data":', () => response.destroy());
    });
    expect(await failure(send())).toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
  });

  it('is SERVICE_BAD_RESPONSE for what is not HTTP', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.once('data', () => socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const { send } = await givenUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await failure(send())).toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
  });

  it('is SERVICE_BAD_RESPONSE for an encoding nobody asked for', async () => {
    const { send } = await given(text('x', 200, { 'content-encoding': 'gzip, gzip' }));
    expect(await failure(send())).toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
  });

  it('is SERVICE_BAD_RESPONSE for an oversized body, announced or not', async () => {
    const announced = await given(json('x'.repeat(2000)), { responseBytesMax: 1000 });
    // It would be as large again.
    const tooLarge = { code: 'SERVICE_BAD_RESPONSE', retryable: false };
    expect(await failure(announced.send())).toMatchObject(tooLarge);

    const endless: Answer = (_request, response) => {
      const more = () => response.write('x'.repeat(100), () => !response.destroyed && setImmediate(more));
      more();
    };
    const streamed = await given(endless, { responseBytesMax: 1000 });
    expect(await failure(streamed.send())).toMatchObject(tooLarge);
    await until(() => streamed.service.abandonedAtMs.length === 1);
  });

  it('keeps address, body and stack out of the message and of what the client may see', async () => {
    const { service, send } = await given(text('<h1>secret customer</h1>'));
    const error = await failure(send().then((response) => parseJson('reviews', response)));
    expect(error).toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
    const shown = JSON.stringify({ message: error.message, public: error.public });
    for (const hidden of ['secret', service.url, '127.0.0.1', ' at /']) expect(shown).not.toContain(hidden);
    expect(String(error.cause)).not.toContain('secret');
  });
});

describe('cancellation', () => {
  it('ends the call, here and at the service', async () => {
    const { service, send } = await given(() => {});
    const context = requestContext();
    const pending = failure(send({}, context));
    await until(() => service.asked.length === 1);
    const reason = new GatewayError('CANCELLED', 'the client left');
    context.cancellation.cancel(reason);
    expect(await pending).toBe(reason);
    await until(() => service.abandonedAtMs.length === 1);
  });

  it('never sends a call that was cancelled while it waited for a connection', async () => {
    const { service, send } = await given(() => {}, { connections: 1 });
    const first = failure(send({ timeoutMs: hangingMs }));
    const context = requestContext();
    const second = failure(send({}, context));
    context.cancellation.cancel(new GatewayError('CANCELLED', 'the client left'));
    expect(await second).toMatchObject({ code: 'CANCELLED' });
    expect(await first).toMatchObject({ code: 'SERVICE_TIMEOUT' });
    expect(await failure(send({ timeoutMs: hangingMs, path: '/third' }))).toMatchObject({
      code: 'SERVICE_TIMEOUT',
    });
    expect(service.asked.map(({ url }) => url)).toEqual(['/graphql', '/third']);
  });

  it('refuses at once when the request is already cancelled', async () => {
    const { service, send } = await given(json({}));
    const context = requestContext();
    context.cancellation.cancel(new GatewayError('CANCELLED', 'the client left'));
    expect(await failure(send({}, context))).toMatchObject({ code: 'CANCELLED' });
    expect(service.asked).toHaveLength(0);
  });
});

it('leaves no listener behind on the request it was made for', async () => {
  const { send } = await given(json({}));
  const context = requestContext();
  const listeners = new Set<unknown>();
  vi.spyOn(context.cancellation, 'on').mockImplementation((listener) => void listeners.add(listener));
  vi.spyOn(context.cancellation, 'off').mockImplementation((listener) => void listeners.delete(listener));
  const first = send({}, context);
  expect(listeners.size).toBe(1);
  await first;
  expect(listeners.size).toBe(0);
});

it('refuses more calls than may be under way, and takes calls again when some have ended', async () => {
  const { send } = await given(() => {}, { connections: 1, callsMax: 2 });
  const context = requestContext({ deadlineInMs: tooLateMs });
  const hang = () => failure(send({ timeoutMs: tooLateMs }, context));
  const hanging = [hang(), hang()];
  expect(await failure(send())).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  context.cancellation.cancel(new GatewayError('CANCELLED', 'the client left'));
  await Promise.all(hanging);
  await until(async () => (await failure(send({ timeoutMs: 30 }))).code === 'SERVICE_TIMEOUT');
});

it('serves again as soon as the service is back', async () => {
  const port = await freePort();
  const { send } = await givenUrl(`http://127.0.0.1:${port}`);
  expect(await failure(send())).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  const server = createHttpServer((_request, response) => void response.end('{}'));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  cleanups.push(async () => void (await new Promise((resolve) => server.close(resolve))));
  expect((await send()).status).toBe(200);
  server.closeIdleConnections();
});

it('refuses calls after it was closed', async () => {
  const { send, transport } = await given(json({}));
  await send();
  await transport.close();
  expect(await failure(send())).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});

interface SendOptions {
  readonly timeoutMs?: number;
  readonly body?: string;
  readonly path?: string;
}

async function given(answer: Answer, options: Partial<ServiceTransport> = {}) {
  const service = await startStandIn(answer);
  cleanups.push(() => service.close());
  return { service, ...(await givenUrl(service.url, options)) };
}

function givenUrl(url: string, options: Partial<ServiceTransport> = {}) {
  const transport: HttpTransport = createHttpTransport();
  cleanups.unshift(() => transport.close());
  return Promise.resolve({ transport, send: sendTo(transport, url, options) });
}

function sendTo(transport: HttpTransport, url: string, options: Partial<ServiceTransport> = {}) {
  const send = transport.service('reviews', options);
  const endpoint = { id: url, url };
  return (request: SendOptions = {}, context: ContextOptions = {}) => {
    const { timeoutMs = 5000, path = '/graphql', body = '{}' } = request;
    const call = newCall(requestContext(context), 'query');
    call.endpoint = endpoint;
    call.deadlineAtMs = Math.min(call.deadlineAtMs, monotonicClock() + timeoutMs);
    return send({ method: 'POST', path, body }, call);
  };
}

async function failure(call: Promise<unknown>): Promise<GatewayError> {
  return call.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error as GatewayError,
  );
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(condition, { interval: 5 }).toBe(true);
}
