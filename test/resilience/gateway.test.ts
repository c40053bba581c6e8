/** Breakers and deadlines as clients of a whole gateway see them. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { start } from '../../src/assembly/start.ts';
import { ask } from '../support/ask.ts';
import { countingSubgraph } from '../support/counting-subgraph.ts';
import { openShop } from '../support/shop.ts';

/** Long enough that no breaker closes while a test runs. */
const policies = `policies:
  defaults: { retries: { max: 0 }, breaker: { openMs: 60000, openMaxMs: 60000, openJitterPercent: 0 } }
`;

it('a service that is down is refused at once: 503 where nothing else was asked, the rest of the answer otherwise', async () => {
  const shop = await openShop({ settings: policies });
  onTestFinished(() => shop.close());
  await shop.mocks.service('reviews').stop();
  await shop.mocks.service('products').stop();
  const query = '{ product(upc: "p1") { name } }';
  for (let call = 0; call < 5; call += 1) expect((await shop.query(query)).status).toBe(200);
  const alone = await shop.query(query);
  expect(alone.status).toBe(503);
  expect(alone.headers.get('retry-after')).toMatch(/^(60|5\d)$/);
  expect(alone.errors).toMatchObject([
    {
      path: ['product'],
      extensions: { code: 'SERVICE_UNAVAILABLE', service: 'products', retryAfter: expect.any(Number) },
    },
  ]);
  const partly = await shop.query('{ product(upc: "p1") { name } user(id: "u1") { name } }');
  expect([partly.status, partly.data]).toEqual([200, { product: null, user: { name: 'Femke Fischer' } }]);
});

it('a client that is in a hurry gets what there is by its own deadline, and services hear of it', async () => {
  // Longer than a test may take: only the client's deadline ends it.
  const settings = 'policies: { defaults: { timeoutMs: 600000 } }\ntimeouts: { requestMs: 600000 }\n';
  const shop = await openShop({ settings });
  onTestFinished(() => shop.close());
  shop.mocks.service('products').faults.set({ hang: true });
  const headers = { 'x-request-timeout': '3000ms' };
  const query = '{ product(upc: "p1") { name } user(id: "u1") { name } }';
  const { status, data, errors } = await shop.query(query, { headers });
  expect([status, data]).toEqual([200, { product: null, user: { name: 'Femke Fischer' } }]);
  expect(errors).toMatchObject([{ path: ['product'], extensions: { code: 'SERVICE_TIMEOUT' } }]);
  const user = '{ user(id: "u1") { name } }';
  expect((await shop.query(user, { headers: { 'x-request-timeout': 'soon' } })).status).toBe(200);
});

it('a reload does not forget that a service is down, nor does a policy name a service that is not there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-policies-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const backend = await countingSubgraph();
  const graphPath = join(folder, 'graph.yaml');
  const configPath = join(folder, 'gateway.yaml');
  await writeFile(join(folder, 'a.graphql'), 'type Query { one: Int }');
  const entry = (name: string) =>
    `  ${name}: { kind: graphql, url: "${backend.url}", schema: a.graphql, owner: x }\n`;
  await writeFile(graphPath, `subgraphs:\n${entry('shop')}`);
  await writeFile(configPath, `${policies}  services: { shpo: {} }\n`);
  const options = { graphPath, configPath, port: 0, logLevel: 'silent' } as const;
  await expect(start(options)).rejects.toThrow(/services\.shpo.*did you mean "shop"/);

  await writeFile(configPath, policies);
  const gateway = await start(options);
  onTestFinished(() => gateway.close());
  await backend.close();
  for (let call = 0; call < 5; call += 1) await ask(gateway.url, '{ one }');
  expect((await ask(gateway.url, '{ one }')).status).toBe(503);
  await writeFile(join(folder, 'a.graphql'), 'type Query { one: Int two: Int }');
  await gateway.reload();
  const { status, errors } = await ask(gateway.url, '{ two }');
  expect(status).toBe(503);
  // Some of the minute has passed; a breaker that began anew would not refuse at all.
  expect(errors?.[0]?.extensions['retryAfter']).toBeGreaterThan(0);
});
