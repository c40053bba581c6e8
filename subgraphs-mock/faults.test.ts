/**
 * What each fault looks like to a client, over HTTP and over gRPC, on real sockets.
 */
import { connect } from 'node:net';

import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { getJson, grpcClient, postJson, putFaults, putText } from './shared/test-clients.ts';
import type { GrpcClient } from './shared/test-clients.ts';
import { startMocks } from './start.ts';
import type { Mocks } from './start.ts';

let mocks: Mocks;
let inventory: GrpcClient;

beforeAll(async () => {
  mocks = await startMocks({ portBase: 0, only: ['reviews', 'users', 'payments', 'inventory', 'shipping'] });
  const { url } = mocks.service('inventory');
  inventory = grpcClient(url, 'inventory.proto', 'tributary.inventory.v1.Inventory');
});

beforeEach(() => mocks.reset());

afterAll(async () => {
  inventory.close();
  await mocks.close();
});

describe('faults over HTTP', () => {
  it('delay, and answer all the same', async () => {
    await putFaults(mocks, 'users', { latencyMs: 80, jitterMs: 20 });
    const startedAtMs = performance.now();
    expect((await getJson(`${mocks.service('users').url}/users/u1`)).status).toBe(200);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(75);
  });

  it('answer with an error status, always or for a share of calls that is the same each time', async () => {
    await putFaults(mocks, 'users', { status: 502 });
    expect(await statuses(2)).toEqual([502, 502]);
    await putFaults(mocks, 'users', { errorRate: 0.5 });
    const first = await statuses(30);
    expect(new Set(first)).toEqual(new Set([200, 503]));
    await putFaults(mocks, 'users', { errorRate: 0.5 });
    expect(await statuses(30)).toEqual(first);
  });

  it('never answer, and log that the client left', async () => {
    await putFaults(mocks, 'users', { hang: true });
    const signal = AbortSignal.timeout(100);
    await expect(fetch(`${mocks.service('users').url}/users/u1`, { signal })).rejects.toThrow('timeout');
    await expect.poll(() => mocks.service('users').calls.list()[0]?.outcome).toBe('aborted');
  });

  it('answer 200 with HTML, or with JSON of another shape', async () => {
    await putFaults(mocks, 'reviews', { garbage: true });
    const { url } = mocks.service('reviews');
    const latest = { query: '{ latestReviews { id } }' };
    expect(await postJson(url, latest)).toMatchObject({
      status: 200,
      text: expect.stringMatching(/^<!doctype/),
    });
    await putFaults(mocks, 'reviews', { wrongJson: true });
    const answer = await postJson(url, latest);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).not.toHaveProperty('data');
  });

  it('break off in the middle of the answer, after the work was done', async () => {
    await putFaults(mocks, 'payments', { truncate: true });
    const payment = { orderId: 'o502', amount: 100, method: 'CARD' };
    const url = `${mocks.service('payments').url}/payments`;
    await expect(postJson(url, payment, { 'idempotency-key': 'key' })).rejects.toThrow();
    expect(mocks.service('payments').ledger).toEqual({ created: 1, keys: { key: 1 } });
    expect(mocks.service('payments').calls.list()).toMatchObject([{ outcome: 'aborted', fault: 'truncate' }]);
  });

  it('trickle the answer', async () => {
    await putFaults(mocks, 'users', { trickleBytesPerSecond: 500 });
    const startedAtMs = performance.now();
    const { body } = await getJson(`${mocks.service('users').url}/users/u1`);
    const bytes = Buffer.byteLength(JSON.stringify(body));
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual((bytes / 500) * 1_000 * 0.9);
  });

  it('destroy connections, the open ones too, until they are cleared', async () => {
    const { url } = mocks.service('users');
    const idle = connect(Number(new URL(url).port), '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const dropped = new Promise((resolve) => idle.once('close', resolve));
    await putFaults(mocks, 'users', { down: true });
    await dropped;
    await expect(fetch(`${url}/users/u1`)).rejects.toThrow();
    expect(mocks.service('users').calls.total).toBe(0);
    await fetch(`${mocks.service('users').controlUrl}/faults`, { method: 'DELETE' });
    expect((await fetch(`${url}/users/u1`)).status).toBe(200);
  });

  it('hit only the operations named, and only so often as told', async () => {
    await putFaults(mocks, 'reviews', { status: 500, operations: ['User'], times: 1 });
    const entity = (typename: string, key: object) =>
      postJson(mocks.service('reviews').url, {
        query: 'query($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
        variables: { r: [{ __typename: typename, ...key }] },
      });
    expect((await entity('Product', { upc: 'p1' })).status).toBe(200);
    expect((await entity('User', { id: 'u1' })).status).toBe(500);
    expect((await entity('User', { id: 'u1' })).status).toBe(200);
  });

  it('may be several: the first that applies to a call decides', async () => {
    await putFaults(mocks, 'users', [{ status: 418, operations: ['GET /users?ids'] }, { status: 500 }]);
    const { url } = mocks.service('users');
    expect((await getJson(`${url}/users?ids=u1`)).status).toBe(418);
    expect((await getJson(`${url}/users/u1`)).status).toBe(500);
  });

  it('are refused with a reason when they make no sense, and the old ones stay', async () => {
    await putFaults(mocks, 'users', { latencyMs: 1 });
    const { controlUrl } = mocks.service('users');
    const refused = async (body: string): Promise<unknown> => {
      const answer = await putText(`${controlUrl}/faults`, body);
      expect(answer.status).toBe(400);
      return (answer.body as { error: unknown }).error;
    };
    expect(await refused('{')).toMatch(/^not JSON/);
    expect(await refused('{"latency": 5}')).toMatch(/^unknown fault "latency"; faults: latencyMs/);
    expect(await refused('{"errorRate": 2}')).toBe('errorRate must be a number from 0 to 1, got 2');
    expect(await refused('{"hang": true, "down": true}')).toMatch(/^down and hang exclude each other/);
    expect((await getJson(`${controlUrl}/faults`)).body).toEqual([{ latencyMs: 1 }]);
    expect((await getJson(`${controlUrl}/nothing`)).status).toBe(404);
  });
});

describe('faults over gRPC', () => {
  const stock = () => inventory.unary('GetStock', { upc: 'p1' });

  it('delay, fail with UNAVAILABLE, or fail with the code given', async () => {
    await putFaults(mocks, 'inventory', { latencyMs: 60 });
    const startedAtMs = performance.now();
    await stock();
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(55);
    await putFaults(mocks, 'inventory', { errorRate: 1 });
    await expect(stock()).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await putFaults(mocks, 'inventory', { status: status.RESOURCE_EXHAUSTED });
    await expect(stock()).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it('never answer', async () => {
    await putFaults(mocks, 'inventory', { hang: true });
    const late = inventory.unary('GetStock', { upc: 'p1' }, { timeoutMs: 100 });
    await expect(late).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await expect.poll(() => mocks.service('inventory').calls.list()[0]?.outcome).toBe('aborted');
  });

  it('answer with bytes that do not decode', async () => {
    await putFaults(mocks, 'inventory', { garbage: true });
    await expect(stock()).rejects.toMatchObject({ code: status.INTERNAL });
  });

  it('break the connection, for one call or for all', async () => {
    await putFaults(mocks, 'inventory', { truncate: true, times: 1 });
    await expect(stock()).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await expect.poll(async () => stock().catch(() => undefined)).toMatchObject({ upc: 'p1' });
    await putFaults(mocks, 'inventory', { down: true });
    await expect(stock()).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  it('lose the answer after the work was done', async () => {
    const { url } = mocks.service('shipping');
    const shipping = grpcClient(url, 'shipping.proto', 'tributary.shipping.v1.Shipping');
    await putFaults(mocks, 'shipping', { truncate: true, times: 1 });
    const created = shipping.unary('CreateShipment', { orderId: 'o777' });
    await expect(created).rejects.toMatchObject({ code: status.UNAVAILABLE });
    const lookUp = async () => shipping.unary('GetShipments', { orderIds: ['o777'] }).catch(() => undefined);
    await expect.poll(lookUp).toMatchObject({ shipments: [{ id: 'shp-o777' }] });
    shipping.close();
  });

  it('are refused where gRPC has no such thing', async () => {
    const { controlUrl } = mocks.service('inventory');
    expect(await putText(`${controlUrl}/faults`, '{"wrongJson": true}')).toEqual({
      status: 400,
      body: { error: 'wrongJson is for HTTP services only; for gRPC: down, hang, status, garbage, truncate' },
    });
  });
});

/** The statuses of so many calls, one after another. */
async function statuses(count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let call = 0; call < count; call += 1)
    seen.push((await getJson(`${mocks.service('users').url}/users/u1`)).status);
  return seen;
}
