/** How `tributary serve` starts, says how it is and ends, as a real process with real signals. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type Mocks, startMocks } from '../../subgraphs-mock/start.ts';
import { ask, send } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { addressVariables, graphPath, productsGraph } from '../support/shop.ts';
import {
  servedAt,
  type Tributary,
  type TributaryOptions,
  tributary,
  signalUntilEnded,
} from '../support/tributary.ts';

const slow = 'query Slow { product(upc: "p1") { name } }';

describe('tributary serve', () => {
  it('is live and ready, and says so in JSON', async () => {
    const { url } = await given();
    expect(await health(url, 'live')).toEqual({ status: 200, text: '{"status":"live"}' });
    expect(await health(url, 'ready')).toEqual({ status: 200, text: '{"status":"ready"}' });
    const head = await fetch(new URL('/health/ready', url), { method: 'HEAD' });
    expect(head.status).toBe(200);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s is not ready any more, finishes what is in flight and ends with 0',
    async (signal) => {
      const { url, mocks, running } = await givenShop();
      mocks.service('products').faults.set({ latencyMs: 800 });
      const inFlight = ask(url, slow);
      await expect.poll(() => mocks.service('products').calls.total).toBe(1);
      running.child.kill(signal);

      await expect.poll(() => health(url, 'ready')).toEqual({ status: 503, text: '{"status":"not ready"}' });
      expect(await health(url, 'live')).toEqual({ status: 200, text: '{"status":"live"}' });
      const late = await ask(url, '{ __typename }');
      expect(late).toMatchObject({ status: 200, data: { __typename: 'Query' } });
      expect(late.headers.get('connection')).toBe('close');

      expect(await inFlight).toMatchObject({ status: 200, data: { product: { name: expect.any(String) } } });
      const { code, stdout, stderr } = await running.ended();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(messagesIn(stdout)).toEqual(expect.arrayContaining(['listening', 'draining', 'closed']));
      await expect(health(url, 'live')).rejects.toThrow('fetch failed');
    },
  );

  it('waits no longer than the drain time for what is in flight', async () => {
    const { url, mocks, running } = await given('server:\n  drainTimeoutMs: 200\n');
    mocks.service('products').faults.set({ hang: true });
    const cutOff = expect(ask(url, slow)).rejects.toThrow('fetch failed');
    await expect.poll(() => mocks.service('products').calls.total).toBe(1);
    running.child.kill('SIGTERM');
    await cutOff;
    expect((await running.ended()).code).toBe(0);
  });

  it.each([1, 2])(
    'with a drain delay and %i process(es) is not ready and still serves, with nothing in flight',
    async (workers) => {
      // Longer than the test: nothing here depends on how fast the machine is.
      const { url, running } = await given(`server: { drainDelayMs: 600000, workers: ${workers} }\n`);
      running.child.kill('SIGTERM');
      await expect.poll(() => health(url, 'ready')).toEqual({ status: 503, text: '{"status":"not ready"}' });
      expect(await ask(url, '{ __typename }')).toMatchObject({ status: 200, data: { __typename: 'Query' } });
      // npm passes a signal on that its group has got.
      running.child.kill('SIGTERM');
      expect(await ask(url, '{ __typename }')).toMatchObject({ status: 200 });
      expect((await signalUntilEnded(running, 'SIGTERM')).code).toBe(130);
    },
  );

  it.each([1, 2])('ends by itself after the drain delay, with %i process(es)', async (workers) => {
    const { url, running } = await given(
      `server: { drainDelayMs: 300, drainTimeoutMs: 100, workers: ${workers} }\n`,
    );
    running.child.kill('SIGTERM');
    expect((await running.ended()).code).toBe(0);
    await expect(health(url, 'live')).rejects.toThrow('fetch failed');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('on %s while it starts ends at once', async (signal, code) => {
    const silent = await silentServer();
    const running = tributary(['serve', '--supergraph', silent.url, '--port', '0']);
    await silent.asked;
    running.child.kill(signal);
    expect(await running.ended()).toEqual({ code, stdout: '', stderr: '' });
  });

  it('starts again with the code that all of its threads compiled before', async () => {
    const TMPDIR = await folderWith({});
    const environment = { TMPDIR, NODE_COMPILE_CACHE: '', NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
    const errorFile = join(TMPDIR, 'stderr');
    for (let starts = 0; starts < 2; starts += 1) {
      const { running } = await given('', { environment, errorFile });
      running.child.kill('SIGTERM');
      expect((await running.ended()).code).toBe(0);
    }
    const ofSecond = await readFile(errorFile, 'utf8');
    // One that the main thread loads, and one that only planner workers load.
    for (const file of ['fastify/fastify.js', '@apollo/query-planner/dist/buildPlan.js'])
      expect(ofSecond).toMatch(new RegExp(`cache for CommonJS \\S+/${file} was accepted`));
  });

  it('answers and ends where nobody reads its log any more', async () => {
    const { url, running } = await given();
    running.child.stdout?.destroy();
    expect((await ask(url, '{ __typename }')).status).toBe(200);
    expect((await ask(url, '{ __typename }')).status).toBe(200);
    running.child.kill('SIGTERM');
    expect((await running.ended()).code).toBe(0);
  });

  it('loses log lines rather than memory where their reader is slow, and says how many', async () => {
    const { url, running } = await given('log: { bufferBytesMax: 1000 }\n');
    running.child.stdout?.pause();
    // More than the pipe holds.
    for (let i = 0; i < 200; i += 1)
      await Promise.all(Array.from({ length: 20 }, () => ask(url, '{ __typename }')));
    running.child.stdout?.resume();
    await running.printed(/"lines":\d+,"msg":"log lines lost/);
  });

  it('ends at once on a repeated signal', async () => {
    const { url, mocks, running } = await given('timeouts: { requestMs: 60000 }\n');
    mocks.service('products').faults.set({ hang: true });
    const cutOff = expect(ask(url, slow)).rejects.toThrow('fetch failed');
    await expect.poll(() => mocks.service('products').calls.total).toBe(1);
    running.child.kill('SIGTERM');
    await running.printed(/"msg":"draining"/);
    expect((await signalUntilEnded(running, 'SIGTERM')).code).toBe(130);
    await cutOff;
  });

  it('answers a request that does not arrive in time with 408 and JSON', async () => {
    const { url } = await given('server:\n  requestReceiveTimeoutMs: 200\n');
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"que`,
    );
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"REQUEST_TIMEOUT","retryable":true');
  });

  it('logs one line of JSON a request, and nothing of what clients sent', async () => {
    const { url, running } = await givenShop();
    await ask(url, 'query Hello($secretId: ID!) { user(id: $secretId) { email } }', {
      variables: { secretId: 'swordfish' },
      headers: { authorization: 'Bearer swordfish', cookie: 'swordfish=1', 'x-request-id': 'log-1' },
    });
    await send(url, { method: 'POST', body: 'swordfish', headers: { 'x-request-id': 'log-2' } });
    running.child.kill('SIGTERM');
    const { stdout } = await running.ended();
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const requests = lines.filter(({ msg }) => msg === 'request');
    expect(requests).toMatchObject([
      { requestId: 'log-1', status: 200, operationName: 'Hello', operationKind: 'query', errors: 0 },
      { requestId: 'log-2', status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', errors: 1 },
    ]);
    expect(stdout).not.toContain('swordfish');
  });

  it('with a heap that is nearly full refuses queries and still does mutations and health checks', async () => {
    // One percent is always in use; the next step would be at half the heap.
    const { url, running } = await givenShop('admission:\n  heapPercentMax: 1\n', {
      environment: { NODE_OPTIONS: '--max-old-space-size=400' },
    });
    await running.printed(/overloaded: requests are refused/);
    const refused = await ask(url, '{ product(upc: "p1") { name } }');
    expect(refused).toMatchObject({
      status: 503,
      errors: [{ extensions: { code: 'OVERLOADED', retryAfter: 1 } }],
    });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('connection')).toBe('close');
    const done = await ask(
      url,
      'mutation { addReview(input: { upc: "p1", userId: "u1", rating: 4, body: "Good" }) { rating } }',
    );
    expect(done).toMatchObject({ status: 200, data: { addReview: { rating: 4 } } });
    expect(await health(url, 'ready')).toEqual({ status: 200, text: '{"status":"ready"}' });
  });

  it('in production serves no HTML, suggests no names and withholds what backends say', async () => {
    const { url } = await givenShop('', { environment: { NODE_ENV: 'production' } });
    const page = await send(url, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('application/json');
    expect(page.errors?.[0]?.extensions['code']).toBe('NOT_ACCEPTABLE');
    const script = await send(`${url}/graphiql/start.js`, {});
    expect(script.status).toBe(404);
    const unknown = await ask(url, '{ product(upc: "p1") { nam } }');
    expect(unknown.errors?.[0]?.message).toBe('Cannot query field "nam" on type "Product".');
    const { errors } = await ask(url, refusedOrder);
    expect(errors).toMatchObject([{ message: 'orders answered with an error', path: ['placeOrder'] }]);
  });
});

const refusedOrder = `mutation { placeOrder(input: {
  customer: { id: "u1" }, items: [{ product: { upc: "p999" }, quantity: 2 }],
  shipTo: { name: "Ada", street: "Main 1", city: "Lyon", country: "FR" }, payment: { method: CARD }
}) { order { id } } }`;

/** Takes a request and never answers it. */
async function silentServer(): Promise<{ url: string; asked: Promise<unknown> }> {
  const server = createServer();
  onTestFinished(() => void server.close());
  onTestFinished(() => server.closeAllConnections());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked: once(server, 'request'),
  };
}

interface Given {
  readonly url: string;
  readonly mocks: Mocks;
  readonly running: Tributary;
}

/** The mocks in this process, and the gateway of the products in one of its own. */
async function given(config = '', options: TributaryOptions = {}): Promise<Given> {
  return givenShop(config, options, 'graph.yaml');
}

/** The same with the whole graph, or another one. */
async function givenShop(config = '', options: TributaryOptions = {}, graph = graphPath): Promise<Given> {
  const mocks = await startMocks({ portBase: 0 });
  onTestFinished(() => mocks.close());
  const folder = await folderWith({ 'gateway.yaml': config, 'graph.yaml': productsGraph });
  const args = ['--graph', graph, '--config', 'gateway.yaml', '--port', '0'];
  const running = tributary(['serve', ...args], {
    ...options,
    cwd: folder,
    environment: { ...addressVariables(mocks), ...options.environment },
  });
  return { url: await servedAt(running), mocks, running };
}

async function health(url: string, what: 'live' | 'ready'): Promise<{ status: number; text: string }> {
  const { status, text } = await send(new URL(`/health/${what}`, url).href, {});
  return { status, text };
}

function messagesIn(log: string): unknown[] {
  return log
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg?: unknown }).msg);
}
