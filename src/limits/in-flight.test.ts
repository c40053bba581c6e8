import { describe, expect, it } from 'vitest';

import { limitsSchema } from '../config/gateway/limits.ts';
import { anyClient, type Client } from '../pipeline/client.ts';
import { inFlightMaximum, OperationsInFlight } from './in-flight.ts';

const own = { tier: null, policies: {}, inFlightMax: null, costMax: null };
const client = (...limits: Array<Partial<Client['limits'][number]>>): Client => ({
  ...anyClient,
  limits: limits.map((limit) => ({ ...own, ...limit })),
});

describe('operations in flight', () => {
  it('are refused above the maximum, and make room when they end', () => {
    const inFlight = new OperationsInFlight(() => 2);
    expect([inFlight.enter('a', anyClient, null), inFlight.enter('a', anyClient, null)]).toEqual([
      true,
      true,
    ]);
    expect(() => inFlight.enter('a', anyClient, null)).toThrow('may have 2 operations in flight');
    expect(inFlight.enter('b', anyClient, null)).toBe(true);
    inFlight.leave('a');
    expect(inFlight.enter('a', anyClient, null)).toBe(true);
    expect(() => inFlight.enter('a', anyClient, null)).toThrow(
      expect.objectContaining({ code: 'OVERLOADED' }),
    );
  });

  it('are not counted without a maximum', () => {
    const inFlight = new OperationsInFlight(() => null);
    expect(inFlight.enter('a', anyClient, null)).toBe(false);
  });
});

describe('the maximum', () => {
  const of = inFlightMaximum(
    limitsSchema.parse({ inFlight: { perClientMax: 10, tiers: { free: 2, paid: 50 } } }),
  );

  it('is that of the client, of its tier, of the tier of the principal, or the one for all', () => {
    expect(of(client({ inFlightMax: 7, tier: 'free' }), 'paid')).toBe(7);
    expect(of(client({ tier: 'free' }), 'paid')).toBe(2);
    expect(of(client({}), 'paid')).toBe(50);
    expect(of(client({ tier: 'other' }), null)).toBe(10);
    expect(of(anyClient, 'free')).toBe(2);
    expect(of(anyClient, null)).toBe(10);
  });

  it('is the lowest of several', () => {
    expect(of(client({ tier: 'paid' }, { tier: 'free' }), null)).toBe(2);
    expect(of(client({ inFlightMax: 1 }, { tier: 'free' }), null)).toBe(1);
  });

  it('is none where none is configured', () => {
    expect(inFlightMaximum(limitsSchema.parse({}))(client({ tier: 'free' }), null)).toBeNull();
  });
});
