/** Services of a supergraph that was composed elsewhere have no timeout of a graph.yaml. */

import { expect, it } from 'vitest';

import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { createBackends } from '../../src/services/backends.ts';
import { Events } from '../../src/shared/events.ts';
import { MutationCounter } from '../../src/shared/mutation-counter.ts';
import { folderWith } from '../support/folder.ts';

it.each<[string, number | undefined, number]>([
  ['timeouts: { requestMs: 30000 }', undefined, 28_500],
  ['timeouts: { requestMs: 30000 }\npolicies: { services: { a: { timeoutMs: 20000 } } }', undefined, 20_000],
  ['timeouts: { requestMs: 30000 }\npolicies: { services: { a: { timeoutMs: 20000 } } }', 5000, 5000],
])('%s, and %s of graph.yaml: calls end after %d ms', async (settings, timeoutMs, expected) => {
  const folder = await folderWith({ 'gateway.yaml': `${settings}\n` });
  const config = await loadGatewayConfig(`${folder}/gateway.yaml`, { environment: {} });
  const leases = createBackends(config, new MutationCounter(), new Events()).leases();
  const described = { kind: 'graphql', name: 'a', url: 'http://127.0.0.1:1' } as const;
  const service = leases.use(timeoutMs === undefined ? described : { ...described, timeoutMs });
  expect(service.options.timeoutMs).toBe(expected);
  leases.release();
});
