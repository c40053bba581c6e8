import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from '../config/gateway/gateway-config.ts';
import { limitsSchema } from '../config/gateway/limits.ts';
import { anyClient, type Client, type ClientLimits } from '../pipeline/client.ts';
import { graphPolicies, isReturned, policiesOf, type Policy } from './policies.ts';

const hour = 3_600_000;

function policy(config: object): Policy {
  const parsed = limitsSchema.parse({ tiers: {}, policies: { it: { limit: 7, ...config } } });
  return policiesOf(parsed)[0] as Policy;
}

const own = (limits: Partial<ClientLimits> = {}): ClientLimits => ({
  tier: null,
  policies: {},
  inFlightMax: null,
  costMax: null,
  ...limits,
});
const client = (...limits: ClientLimits[]): Client => ({ ...anyClient, name: 'web', limits });

describe('the gate of a policy', () => {
  it.each([
    [1, { key: ['address'] }],
    [1, { key: ['apiKey', 'header.x-device'] }],
    [2, { key: ['address'], when: { anonymous: true } }],
    [2, { key: ['address'], when: { clients: ['web'] } }],
    [2, { key: ['address'], when: { versions: ['1'] } }],
    [2, { key: ['address'], tiers: { free: { limit: 1 } } }],
    [2, { key: ['principal'] }],
    [2, { key: ['claim.tenant.id'] }],
    [2, { key: ['version'] }],
    [2, { key: ['global'] }],
    [3, { key: ['address'], unit: 'points' }],
    [3, { key: ['address'], unit: 'calls' }],
    [3, { key: ['operation'] }],
    [3, { key: ['address'], when: { kinds: ['mutation'] } }],
    [3, { key: ['address'], when: { operations: ['Home'] } }],
    [3, { key: ['args.Mutation.login.email'] }],
  ])('is %i for %o', (gate, config) => {
    expect(policy(config).gate).toBe(gate);
  });

  it('orders the policies, with that of the tiers', async () => {
    const { limits } = await loadGatewayConfig(undefined, { environment: {} });
    const policies = policiesOf({
      ...limits,
      policies: limitsSchema.parse({
        policies: { b: { key: ['operation'], limit: 1 }, a: { key: ['address'], limit: 1 } },
      }).policies,
    });
    expect(policies.map(({ name, gate }) => `${name} ${gate}`)).toEqual(['a 1', 'tier 2', 'b 3']);
  });
});

describe('the limit of a policy', () => {
  const tiers = { free: { limit: 10, window: '1m' }, paid: { limit: 50, window: '1h' } };

  it('is that of the tier: of the client, else of the principal', () => {
    const { rules } = policy({ key: ['client'], tiers });
    expect(rules.of(client(own({ tier: 'free' })), 'paid')).toMatchObject([{ limit: 10 }]);
    expect(rules.of(client(own()), 'paid')).toMatchObject([{ limit: 50, windowMs: hour, burst: 5 }]);
    expect(rules.of(anyClient, 'free')).toMatchObject([{ limit: 10 }]);
    expect(rules.of(anyClient, null)).toMatchObject([{ limit: 7 }]);
  });

  it('of a tier that is not configured is the one for all, or else the lowest by rate', () => {
    expect(policy({ key: ['client'], tiers }).rules.of(anyClient, 'mistyped')).toMatchObject([{ limit: 7 }]);
    const { rules } = policy({ key: ['client'], tiers, limit: undefined });
    expect(rules.of(anyClient, 'mistyped')).toMatchObject([{ limit: 50 }]);
    expect(rules.of(anyClient, null)).toEqual([]);
  });

  it('may be the own one of the client, and is the same rule each time', () => {
    const { rules } = policy({ key: ['client'], tiers });
    const web = client(own({ tier: 'free', policies: { it: { limit: 3, window: '1d', burst: 2 } } }));
    expect(rules.of(web, null)).toMatchObject([{ limit: 3, windowMs: 24 * hour, burst: 2 }]);
    expect(rules.of(web, null)[0]).toBe(rules.of(web, null)[0]);
    const other = client(own({ policies: { another: { limit: 3, window: '1d' } } }));
    expect(rules.of(other, null)).toMatchObject([{ limit: 7 }]);
  });

  it('has the window of the policy where that of a tier or a client has none', () => {
    const { rules } = policy({ key: ['client'], window: '1d', tiers: { free: { limit: 10 } } });
    const day = 24 * hour;
    expect(rules.of(anyClient, 'free')).toMatchObject([{ limit: 10, windowMs: day }]);
    const web = client(own({ policies: { it: { limit: 3 } } }));
    expect(rules.of(web, null)).toMatchObject([{ limit: 3, windowMs: day }]);
  });

  it('of a client that is only stated is also that of the anonymous client', () => {
    const { rules } = policy({ key: ['client'], tiers });
    const both = [
      { limit: 10, windowMs: 60_000 },
      { limit: 50, windowMs: hour },
    ];
    expect(rules.of(client(own({ tier: 'free' }), own({ tier: 'paid' })), null)).toMatchObject(both);
    expect(rules.of(client(own({ tier: 'paid' }), own({ tier: 'free' })), null)).toMatchObject(
      both.toReversed(),
    );
    const onlyTiers = policy({ key: ['client'], tiers, limit: undefined });
    const stated = client(own({ tier: 'free' }), own());
    expect(onlyTiers.rules.of(stated, null)).toMatchObject([{ limit: 10 }]);
    expect(onlyTiers.rules.of(stated, 'paid')).toMatchObject(both);
    expect(onlyTiers.rules.of(stated, 'paid')[0]).toBe(onlyTiers.rules.of(stated, 'paid')[0]);
  });

  it('is the lower one of two with the same window, and so is what may come at once', () => {
    const { rules } = policy({ key: ['client'], algorithm: 'gcra' });
    const stated = own({ policies: { it: { limit: 5, window: '1m', burst: 5 } } });
    const anonymous = own({ policies: { it: { limit: 9, window: '1m', burst: 1 } } });
    expect(rules.of(client(stated, anonymous), null)).toMatchObject([{ limit: 5, burst: 1 }]);
  });
});

describe('what is given back', () => {
  it.each([
    [true, { unit: 'points', window: '1m' }],
    [true, { unit: 'requests', window: '1d' }],
    [false, { unit: 'requests', window: '23h' }],
    [false, { unit: 'calls', window: '1m' }],
    [false, { key: ['address'], window: '1d' }],
  ])('is %o for %o', (expected, config) => {
    const one = policy({ key: ['client'], ...config });
    expect(one.rules.of(anyClient, null).map((rule) => isReturned(one, rule))).toEqual([expected]);
  });
});

describe('limits of fields of the graph', () => {
  it('are policies, unless the configuration has its own', () => {
    const config = limitsSchema.parse({ fields: { 'Query.a': { limit: 1 } } });
    const policies = graphPolicies(
      [
        { coordinate: 'Query.a', limit: 5, window: '1m', key: null },
        { coordinate: 'Query.b', limit: 6, window: '1h', key: ['address'] },
      ],
      config,
    );
    expect(policies).toHaveLength(1);
    expect(policies[0]).toMatchObject({
      name: 'Query.b',
      gate: 3,
      field: 'Query.b',
      countsField: true,
      keys: { parts: ['address'] },
    });
  });
});

describe('the configuration', () => {
  it.each([
    [{ policies: { it: { key: ['client'] } } }, 'expected limit, or tiers with their limits'],
    [{ policies: { it: { key: ['global', 'client'], limit: 1 } } }, 'expected global to stand alone'],
    [{ policies: { it: { key: ['everything'], limit: 1 } } }, 'expected address'],
    [
      { policies: { it: { key: ['args.A.b.c', 'args.A.d.c'], limit: 1 } } },
      'expected arguments of one field only',
    ],
    [{ policies: { tier: { key: ['client'], limit: 1 } } }, 'this one is the policy of limits.tiers'],
    [{ policies: { it: { key: ['client'], limit: 1, window: '90' } } }, 'expected a duration'],
    [{ policies: { it: { key: ['client'], limit: 1, window: '400d' } } }, 'at most 366d'],
    [{ fields: { 'Query.a': { limit: 1, key: ['args.Query.b.c'] } } }, 'expected arguments of Query.a only'],
    [{ fields: { a: { limit: 1 } } }, 'expected Type.field'],
  ])('refuses %o', (config, message) => {
    expect(limitsSchema.safeParse(config).error?.message).toContain(message);
  });
});
