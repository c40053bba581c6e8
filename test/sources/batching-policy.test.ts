/** `batching` of gateway.yaml, on its way to the loaders of the shop's own subgraphs, over the real mock services. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { loadGraphFile } from '../../src/config/graph/file.ts';
import { Events, type GatewayEvents } from '../../src/shared/events.ts';
import { MutationCounter } from '../../src/shared/mutation-counter.ts';
import { createBackends } from '../../src/services/backends.ts';
import { loadSubgraphs } from '../../src/services/load.ts';
import { startMocks } from '../../subgraphs-mock/start.ts';
import { folderWith } from '../support/folder.ts';
import { entitiesFrom } from './support/fetch.ts';

const graphPath = fileURLToPath(new URL('../../schemas/graph.yaml', import.meta.url));

it('holds for REST and gRPC sources alike, each service having its own, and is told as an event', async () => {
  const { subgraphs, batches } = await shopWith(`policies:
  defaults: { batching: { batchMax: 10 } }
  services:
    users: { batching: { batchMax: 4 } }
`);
  const users = refs(9, (number) => ({ __typename: 'User', id: `u${number}` }));
  const named = await entitiesFrom(subgraphs.get('users'), '... on User { name }', users);
  const products = refs(12, (number) => ({ __typename: 'Product', upc: `p${number}` }));
  const stocked = await entitiesFrom(subgraphs.get('inventory'), '... on Product { quantity }', products);
  expect(named.entities).toEqual(users.map(() => ({ name: expect.any(String) })));
  expect(stocked.entities).toEqual(products.map(() => ({ quantity: expect.any(Number) })));
  expect(batches).toMatchObject([
    { service: 'users', loader: 'users.byId', keys: 9, calls: 3 },
    { service: 'inventory', loader: 'inventory.byUpc', keys: 10, calls: 1 },
    { service: 'inventory', loader: 'inventory.byUpc', keys: 2, calls: 1 },
  ]);
});

it('is refused for a subgraph, which no loader asks', async () => {
  await expect(
    shopWith('policies: { services: { reviews: { batching: { batchMax: 5 } } } }'),
  ).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'policies.services.reviews.batching: only sources are asked by loaders, and this is a subgraph',
  });
});

function refs<Ref>(count: number, refOf: (number: number) => Ref): Ref[] {
  return Array.from({ length: count }, (_, index) => refOf(index + 1));
}

async function shopWith(gatewayYaml: string) {
  const mocks = await startMocks({ portBase: 0 });
  onTestFinished(() => mocks.close());
  const environment = Object.fromEntries(
    mocks.all.map(({ name, url }) => [`${name.toUpperCase()}_URL`, url]),
  );
  const folder = await folderWith({ 'gateway.yaml': gatewayYaml });
  const config = await loadGatewayConfig(join(folder, 'gateway.yaml'), { environment: {} });
  const events = new Events();
  const batches: Array<GatewayEvents['batchLoaded']> = [];
  events.on('batchLoaded', (event) => batches.push(event));
  const backends = createBackends(config, new MutationCounter(), events);
  const loaded = await loadSubgraphs(await loadGraphFile(graphPath, { environment }), backends);
  onTestFinished(() => loaded.close());
  return { subgraphs: loaded.subgraphs, batches };
}
