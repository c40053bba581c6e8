/**
 * When a request is over, so are its calls: a client that leaves takes them along, nothing is sent after the deadline, and
 * the answer comes at the deadline with what is there. How late it comes is what `node bench/attacks.ts faults` prints: here
 * the deadline is only told from everything else that would end a call.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { kinds, operationOf, shapes, without, type Kind } from './support/cells.ts';
import { inParallel, openLedgerGateway } from './support/ledger-gateway.ts';
import { openStage, proxied, type Stage } from './support/stage.ts';

/** So long that a machine that does other work as well begins every call in time. */
const requestMs = 1200;
/** The services' own timeout. What is not ended before by something else has failed: a test has half of it. */
const serviceMs = 60_000;
const limits = { timeout: serviceMs / 2 };
/** Of the gateway to one address, by default. */
const connections = 16;

const stageWith = (deadlineMs: number): Promise<Stage> =>
  openStage(
    `timeouts: { requestMs: ${deadlineMs} }\npolicies: { defaults: { timeoutMs: ${serviceMs}, breaker: { mode: disabled } } }`,
  );

let stage: Stage;
/** Where no deadline of the gateway ends a call. */
let patient: Stage;
beforeAll(async () => {
  stage = await stageWith(requestMs);
  patient = await stageWith(10 * serviceMs);
});
afterAll(() => Promise.all([stage.close(), patient.close()]));

describe.each(Object.keys(kinds) as Kind[])('a %s service that never answers', limits, (kind) => {
  it.each(shapes)('costs what is behind it and no more than the time of the request (%s)', async (shape) => {
    const { text, variables, lost } = operationOf(kind, shape, 3);
    const healthy = await healthyAnswer(stage, text, variables);
    const proxy = stage.proxy(kinds[kind]);
    await proxy.set({ kind: 'blackhole' });
    const { data, errors = [] } = await stage.query(text, { variables });
    await proxy.heal();
    expect(data).toEqual(without(healthy, lost));
    expect(new Set(errors.map(({ extensions }) => extensions['service']))).toEqual(new Set([kinds[kind]]));
    expect(new Set(errors.map(({ extensions }) => extensions['code']))).toEqual(new Set(['SERVICE_TIMEOUT']));
  });

  it('is let go when the client has less time, and says so', async () => {
    const { text, variables } = operationOf(kind, 'root', 4);
    await healthyAnswer(patient, text, variables);
    const proxy = patient.proxy(kinds[kind]);
    await proxy.set({ kind: 'blackhole' });
    const { errors } = await patient.query(text, { variables, headers: { 'x-request-timeout': '600ms' } });
    await proxy.heal();
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_TIMEOUT', service: kinds[kind] } }]);
  });
});

describe('a client that leaves', limits, () => {
  it.each(Object.keys(kinds) as Kind[])('takes a %s call along', async (kind) => {
    const { faults, calls } = patient.mocks.service(proxied[kinds[kind]]);
    const { text, variables } = operationOf(kind, 'root', 5);
    await healthyAnswer(patient, text, variables);
    faults.set({ hang: true });
    onTestFinished(() => faults.clear());
    calls.clear();
    const controller = new AbortController();
    const asked = patient.query(text, { variables, signal: controller.signal });
    const left = expect(asked).rejects.toThrow(/abort/i);
    await expect.poll(() => calls.total, { interval: 5 }).toBeGreaterThan(0);
    const abortedAtMs = performance.now();
    controller.abort();
    await left;
    const outcomes = (): string[] => calls.list().map(({ outcome }) => outcome);
    await expect.poll(outcomes, { interval: 5 }).not.toContain('open');
    expect(new Set(outcomes())).toEqual(new Set(['aborted']));
    const delayMs = Math.max(...calls.list().map(({ endedAtMs = 0 }) => endedAtMs)) - abortedAtMs;
    console.log(`${kind}: aborted ${delayMs.toFixed(1)} ms after the client left`);
  });

  it('leaves no call behind that starts later', async () => {
    const gateway = await openLedgerGateway('');
    onTestFinished(() => gateway.close());
    await gateway.balance('warm');
    // Retries would come after the first answer; the client is gone by then.
    gateway.ledger.mood = 'status 503';
    await gateway.proxy.set({ kind: 'latency', ms: 100 });
    const controller = new AbortController();
    const asked = gateway.balance('gone', { signal: controller.signal });
    await expect.poll(() => gateway.ledger.requests).toBe(2);
    controller.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    await sleep(400);
    expect(gateway.ledger.requests).toBe(2);
  });
});

it('a service that takes all the time of requests is known to be out, by its own timeout or not', async () => {
  // The service's timeout is 5 s and a call is slow from 2 s on: no request here waits that long.
  const gateway = await openLedgerGateway('timeouts: { requestMs: 700 }');
  onTestFinished(() => gateway.close());
  await gateway.balance('warm');
  await gateway.proxy.set({ kind: 'blackhole' });
  // On a busy machine much of the time of a request is over before its call is sent: that does not count.
  const refusal = async () => {
    await inParallel(60, 30, (n) => gateway.balance(`b${n}`));
    return (await gateway.balance('refused')).errors;
  };
  let errors = await refusal();
  for (let round = 1; round < 4 && errors?.[0]?.extensions['retryAfter'] === undefined; round += 1)
    errors = await refusal();
  expect(errors).toMatchObject([
    { extensions: { code: 'SERVICE_UNAVAILABLE', service: 'ledger', retryAfter: expect.any(Number) } },
  ]);
});

it('clients in a hurry do not make a service look as if it were out', async () => {
  const gateway = await openLedgerGateway('timeouts: { requestMs: 700 }');
  onTestFinished(() => gateway.close());
  await gateway.balance('warm');
  await gateway.proxy.set({ kind: 'latency', ms: 100 });
  await inParallel(40, 20, (n) => gateway.balance(`b${n}`, { headers: { 'x-request-timeout': '40ms' } }));
  await expect.poll(async () => (await gateway.balance('patient')).data).toEqual({ balance: 1 });
  expect((await gateway.balance('patient')).errors).toBeUndefined();
});

it('what waits for a connection until its deadline is never sent', async () => {
  const asked = new Set<string>();
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    void idOf(request).then((id) => {
      asked.add(id);
      if (id.startsWith('holds')) held.push(response);
      else response.end('{"data":{"balance":1}}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const gateway = await openLedgerGateway(
    'policies: { defaults: { breaker: { mode: disabled } } }',
    `http://127.0.0.1:${port}/graphql`,
  );
  onTestFinished(() => gateway.close());
  await gateway.balance('warm');
  const holding = inParallel(connections, connections, (n) => gateway.balance(`holds ${n}`));
  await expect.poll(() => asked.size).toBe(connections + 1);
  const headers = { 'x-request-timeout': '200ms' };
  await inParallel(30, 30, (n) => gateway.balance(`waits ${n}`, { headers }));
  // Now the connections come free.
  for (const response of held) response.end('{"data":{"balance":1}}');
  await holding;
  await sleep(300);
  asked.delete('warm');
  expect([...asked].filter((id) => !id.startsWith('holds'))).toEqual([]);
});

async function healthyAnswer(
  asked: Stage,
  text: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  await expect.poll(async () => (await asked.query(text, { variables })).errors).toBeUndefined();
  return (await asked.query(text, { variables })).data;
}

async function idOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { variables } = JSON.parse(body) as { variables: Record<string, string> };
  return Object.values(variables)[0] ?? '';
}
