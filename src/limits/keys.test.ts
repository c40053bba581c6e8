import { describe, expect, it } from 'vitest';

import { anyClient } from '../pipeline/client.ts';
import { anonymous } from '../pipeline/principal.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { clientOf, ownerOf, PolicyKeys, type KeyInputs } from './keys.ts';

const user = { ...anonymous, provenBy: 'jwt' as const, issuer: 'https://a', subject: 'u1' };

function inputs(changes: Partial<KeyInputs> = {}): KeyInputs {
  return {
    network: () => '192.0.2.1',
    headers: {},
    apiKeyHeader: 'x-api-key',
    caller: { principal: user, client: anyClient },
    operationName: null,
    fieldArguments: null,
    ...changes,
  };
}

const keyOf = (parts: readonly string[], of: KeyInputs): string => new PolicyKeys(parts).of(of);

const as = (principal: object, client: object = {}): KeyInputs =>
  inputs({ caller: { principal: { ...anonymous, ...principal }, client: { ...anyClient, ...client } } });

describe('a key', () => {
  it('is short, the same for the same values, and shows none of them', () => {
    const key = keyOf(['principal', 'address'], inputs());
    expect(key).toMatch(/^[\w-]{22}$/);
    expect(keyOf(['principal', 'address'], inputs())).toBe(key);
    expect(keyOf(['address', 'principal'], inputs())).not.toBe(key);
  });

  it.each<[string, KeyInputs, KeyInputs]>([
    ['address', inputs(), inputs({ network: () => '192.0.2.2' })],
    ['apiKey', inputs({ headers: { 'x-api-key': 'a' } }), inputs({ headers: { 'x-api-key': 'b' } })],
    ['header.x-device', inputs({ headers: { 'x-device': 'a' } }), inputs({ headers: { 'x-device': 'b' } })],
    ['principal', as(user), as({ ...user, subject: 'u2' })],
    ['principal', as(user), as({ ...user, issuer: 'https://b' })],
    ['principal', as({ ...user, subject: null, client: 'a' }), as({ ...user, subject: null, client: 'b' })],
    // A service that calls itself like a user is another principal.
    ['principal', as({ ...user, subject: 'a' }), as({ ...user, subject: null, client: 'a' })],
    ['client', as({ ...user, client: 'a' }), as({ ...user, client: 'b' })],
    ['client', as(user, { name: 'web', isProven: true }), as(user, { name: 'web', isProven: false })],
    ['version', as(user, { version: '1' }), as(user, { version: '2' })],
    ['operation', inputs({ operationName: 'A' }), inputs({ operationName: 'B' })],
    [
      'claim.org.id',
      as({ ...user, claims: { org: { id: 1 } } }),
      as({ ...user, claims: { org: { id: 2 } } }),
    ],
    [
      'args.Query.a.filter.id',
      inputs({ fieldArguments: new Map([['filter', { id: 1 }]]) }),
      inputs({ fieldArguments: new Map([['filter', { id: 2 }]]) }),
    ],
  ])('with %s tells requests apart', (part, one, other) => {
    expect(keyOf([part], one)).not.toBe(keyOf([part], other));
  });

  it.each([
    'apiKey',
    'principal',
    'client',
    'version',
    'operation',
    'claim.org',
    'header.x-device',
    'args.Query.a.id',
  ])('with %s goes by the network where a request has no such value', (part) => {
    const nothing = as({});
    const elsewhere = { ...nothing, network: () => '192.0.2.2' };
    expect(keyOf([part], nothing)).not.toBe(keyOf([part], elsewhere));
  });

  it('of a principal without a client goes by the network of each request', () => {
    for (const parts of [['client'], ['client', 'principal']]) {
      const keys = new PolicyKeys(parts);
      const caller = { principal: { ...user }, client: { ...anyClient } };
      const [here, elsewhere] = ['192.0.2.1', '192.0.2.2'].map((network) =>
        keys.of(inputs({ caller, network: () => network })),
      );
      expect(here, String(parts)).not.toBe(elsewhere);
    }
  });

  it('is that of the number, however a client writes it', () => {
    const keyWith = (pin: unknown): string =>
      keyOf(['args.Query.a.pin'], inputs({ fieldArguments: new Map([['pin', pin]]) }));
    expect(keyWith(new ExactNumber('1.10e1'))).toBe(keyWith(11));
  });

  it('made of a value that a client chooses is never that of a network', () => {
    const network = keyOf(['header.x-device'], inputs());
    for (const value of ['192.0.2.1', '["192.0.2.1"]']) {
      expect(keyOf(['header.x-device'], inputs({ headers: { 'x-device': value } }))).not.toBe(network);
    }
    const claims = { tenant: ['192.0.2.1'] };
    expect(keyOf(['claim.tenant'], as({ ...user, claims }))).not.toBe(keyOf(['claim.tenant'], as(user)));
  });

  it('does not read what objects inherit', () => {
    const claims = JSON.parse('{"a":{}}') as Record<string, unknown>;
    expect(keyOf(['claim.a.constructor'], as({ ...user, claims }))).toBe(keyOf(['claim.b'], as(user)));
    expect(keyOf(['header.constructor'], inputs())).toBe(keyOf(['header.b'], inputs()));
  });

  it('for all is one', () => {
    expect(keyOf(['global'], inputs())).toBe(keyOf(['global'], as({}, { name: 'web' })));
  });
});

describe('the client of limits', () => {
  it('is the one that credentials prove, else the anonymous one', () => {
    const web = { ...anyClient, name: 'web' };
    expect(clientOf({ principal: user, client: { ...web, isProven: true } })).toBe('web');
    expect(clientOf({ principal: user, client: web })).toBe('anonymous');
    expect(clientOf({ principal: { ...user, client: 'app' }, client: anyClient })).toBe('app');
    expect(clientOf({ principal: anonymous, client: anyClient })).toBeNull();
  });

  it('has a short digest', () => {
    expect(ownerOf('web')).toMatch(/^[\w-]{6}$/);
    expect(ownerOf('web')).not.toBe(ownerOf('mobile'));
  });
});
