/** What a debug token shows of a request, and to whom it shows nothing. */

import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { signDebugToken } from '../../src/authn/debug/debug-tokens.ts';
import { debugSchema } from '../../src/config/gateway/debug.ts';
import type { DebugReport, PlanReport } from '../../src/pipeline/debug.ts';
import type { SpanReport } from '../../src/shared/span-tree.ts';
import { clientGateway } from '../clients/support/client-gateway.ts';
import { secretGraph } from '../clients/support/secret-graph.ts';
import { ask, type GraphqlReply } from '../support/ask.ts';
import { openShop, type Shop } from '../support/shop.ts';

const secret = randomBytes(32).toString('hex');
const settings = `debug: { secret: ${secret} }\n`;
const config = debugSchema.parse({ secret });
const orderDetails = `query Details($id: ID!) {
  orderDetails(orderId: $id) { order { status total } user { name } payment { status } }
}`;
const variables = { id: 'o1' };

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ settings: `${settings}sharing: { requests: true }\n` });
});
beforeEach(() => shop.mocks.reset());
afterAll(() => shop.close());

describe('a request with a debug token', () => {
  it('is told its plan, and every stage, step and call with its times', async () => {
    const reply = await shop.query(orderDetails, { variables, headers: await token() });
    const report = reportOf(reply);
    expect(reply.headers.get('cache-control')).toContain('no-store');
    expect(servicesOf(report.plan).map(String).toSorted()).toEqual([
      'bff',
      'bff',
      'orders',
      'payments',
      'users',
    ]);
    expect(report.nulls).toEqual([]);
    const spans = flat(report.spans);
    const names = spans.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['authenticate', 'admit', 'prepare', 'authorize', 'execute', 'fetch bff']),
    );
    const calls = spans.filter(({ name }) => name.startsWith('call '));
    expect(calls.map(({ attributes }) => String(attributes?.['tributary.service'])).toSorted()).toEqual([
      'orders',
      'payments',
      'users',
    ]);
    for (const { startMs, durationMs } of calls) {
      expect(startMs).toBeGreaterThanOrEqual(0);
      expect(durationMs).not.toBeNull();
    }
  });

  it('is told why a field is null', async () => {
    shop.mocks.service('users').faults.set({ status: 503 });
    const reply = await shop.query(orderDetails, { variables, headers: await token() });
    const { nulls, spans } = reportOf(reply);
    expect(nulls).toMatchObject([
      { path: ['orderDetails', 'user', 'name'], code: 'SERVICE_UNAVAILABLE', service: 'users' },
    ]);
    expect(flat(spans).filter(({ error }) => error !== undefined)).not.toEqual([]);
  });

  it('is answered for itself, beside identical ones whose answers are shared', async () => {
    const others = (): Array<Promise<GraphqlReply>> =>
      Array.from({ length: 5 }, () => shop.query(orderDetails, { variables }));
    await shop.query(orderDetails, { variables });
    const [first, debugged, second] = [
      others(),
      shop.query(orderDetails, { variables, headers: await token() }),
      others(),
    ];
    expect(reportOf(await debugged).requestId).toBeTruthy();
    for (const { text } of await Promise.all([...first, ...second])) {
      expect(text).not.toContain('debug');
      expect(text).toBe(
        '{"data":{"orderDetails":{"order":{"status":"SHIPPED","total":73030},"user":{"name":"Uma Garcia"},"payment":{"status":"CAPTURED"}}}}',
      );
    }
  });

  it('is refused where the token does not hold', async () => {
    const once = await token();
    expect((await shop.query('{ __typename }', { headers: once })).status).toBe(200);
    for (const headers of [once, { 'x-tributary-debug': 'x' }, { 'x-tributary-debug': '' }]) {
      const { status, errors, text } = await shop.query(orderDetails, { variables, headers });
      expect([status, errors?.[0]?.extensions['code']]).toEqual([403, 'DEBUG_TOKEN_REFUSED']);
      expect(text).not.toContain(secret);
    }
  });
});

it('means nothing where debugging is not configured', async () => {
  const plain = await openShop();
  const { status, text } = await plain.query(orderDetails, { variables, headers: await token() });
  await plain.close();
  expect(status).toBe(200);
  expect(text).not.toContain('debug');
});

it('names nothing that a contract hides from the client', async () => {
  const gateway = await clientGateway({
    ...secretGraph,
    settings: [...(secretGraph.settings ?? []), settings],
  });
  const query = '{ products { id name kind price } nodes { id } namesHidden fails unfit { id } }';
  const headers = { ...gateway.keyOf('web'), ...(await token()) };
  const { text } = await ask(gateway.url, query, { headers });
  expect(text).toContain('"debug"');
  expect(text).toContain('"namesHidden"');
  expect(text).not.toContain('_Hid');
});

async function token(): Promise<Record<string, string>> {
  return {
    'x-tributary-debug': await signDebugToken(config, { lifetimeSeconds: 60, uses: 1 }, Date.now()),
  };
}

function reportOf({ text }: GraphqlReply): DebugReport {
  const { extensions } = JSON.parse(text) as { extensions?: { debug?: DebugReport } };
  if (!extensions?.debug) throw new Error(`No report in ${text}`);
  return extensions.debug;
}

function flat(span: SpanReport): SpanReport[] {
  return [span, ...(span.children ?? []).flatMap(flat)];
}

function servicesOf(plan: PlanReport | null): unknown[] {
  if (!plan) return [];
  return [...(plan.service === undefined ? [] : [plan.service]), ...(plan.steps ?? []).flatMap(servicesOf)];
}
