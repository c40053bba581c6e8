import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from './gateway-config.ts';
import { policiesSchema, policyDefaults, policyOf, unknownServices } from './policies.ts';

describe('policyOf', () => {
  it('lets each layer override single options of the one before', () => {
    const policies = policiesSchema.parse({
      defaults: { retries: { max: 1 }, timeoutMs: 4000 },
      kinds: { grpc: { timeoutMs: 3000, breaker: { slowMs: 500 } } },
      services: { stock: { breaker: { minimumCalls: 5 } } },
    });
    const policy = policyOf(policies, 'grpc', 'stock');
    expect(policy).toEqual({
      ...policyDefaults,
      timeoutMs: 3000,
      retries: { ...policyDefaults.retries, max: 1 },
      breaker: { ...policyDefaults.breaker, slowMs: 500, minimumCalls: 5 },
    });
    expect(policyOf(policies, 'rest', 'stock').timeoutMs).toBe(4000);
  });

  it('gives in-process subgraphs the time of their kind alone: their sources have the other one', () => {
    const timed = { defaults: { timeoutMs: 500 }, services: { users: { timeoutMs: 400 } } };
    expect(policyOf(policiesSchema.parse(timed), 'local', 'users').timeoutMs).toBe(60_000);
    expect(policyOf(policiesSchema.parse(timed), 'rest', 'users').timeoutMs).toBe(400);
    const local = policiesSchema.parse({ ...timed, kinds: { local: { timeoutMs: 7000 } } });
    expect(policyOf(local, 'local', 'users').timeoutMs).toBe(7000);
  });

  it('gives in-process subgraphs no breaker, queue and retries of their own unless somebody asks', () => {
    const off = policyOf(policiesSchema.parse({ defaults: { retries: { max: 2 } } }), 'local', 'bff');
    expect([off.breaker.mode, off.concurrency.enabled, off.retries.max]).toEqual(['disabled', false, 0]);
    const on = policyOf(
      policiesSchema.parse({ services: { bff: { breaker: { mode: 'auto' } } } }),
      'local',
      'bff',
    );
    expect(on.breaker.mode).toBe('auto');
  });
});

it('a service that the graph does not have is named with the one that was meant', () => {
  const policies = policiesSchema.parse({ services: { prodcts: {}, users: {} } });
  expect(unknownServices(policies, ['products', 'users'])).toEqual([
    'policies.services.prodcts: the graph has no such subgraph or source (did you mean "products"?)',
  ]);
});

it('an option that does not exist is refused with its place', async () => {
  expect(() => policiesSchema.parse({ defaults: { retries: { maxx: 1 } } })).toThrow(/maxx/);
  await expect(loadGatewayConfig(undefined)).resolves.toMatchObject({ policies: {} });
});
