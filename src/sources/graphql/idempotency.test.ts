import { expect, it } from 'vitest';

import { requestContext } from '../../../test/support/context.ts';
import { noHeaderRules } from '../headers/request-header-rules.ts';
import { idempotencyKeys } from './idempotency.ts';

const uuid = expect.stringMatching(/^[\da-f]{8}-/) as string;
const keyOf = idempotencyKeys(['Mutation.pay', 'Mutation.refund']);

function keyFor(query: string, kind: 'query' | 'mutation' = 'mutation') {
  const operation = { service: 'till', kind, name: undefined, query };
  return keyOf({ operation, variablesJson: '{}', body: query, context: requestContext() });
}

it('gives each call a key of its own where every field of the mutation is declared, whatever its alias', () => {
  const keys = [
    keyFor('mutation{pay{id}}'),
    keyFor('mutation{pay{id}}'),
    keyFor('mutation{a:pay{id} refund}'),
  ];
  expect(keys).toEqual([expect.any(String), expect.any(String), expect.any(String)]);
  expect(new Set(keys).size).toBe(3);
});

it.each([
  ['a mutation with another field beside', 'mutation{pay{id} ship{id}}'],
  ['a field that is only called like it', 'mutation{pay:ship{id}}'],
  ['a field in a fragment', 'mutation{...on Mutation{ship{id}}}'],
])('gives none to %s', (_about, query) => {
  expect(keyFor(query)).toBeNull();
});

it('gives none to a query', () => {
  expect(keyFor('{pay{id}}', 'query')).toBeNull();
});

it.each([
  ['forwarded to this service alone', { forward: ['idempotency-key'] }, { 'idempotency-key': 'K' }, 'K'],
  [
    'under another name',
    { forward: ['x-once'], rename: { 'x-once': 'idempotency-key' } },
    { 'x-once': 'K' },
    'K',
  ],
  [
    'removed',
    { forward: ['idempotency-key'], remove: ['idempotency-key'] },
    { 'idempotency-key': 'K' },
    uuid,
  ],
  ['not forwarded', {}, { 'idempotency-key': 'K' }, uuid],
  ['empty', { forward: ['idempotency-key'] }, { 'idempotency-key': '' }, uuid],
  ['the same for all', { insert: { 'idempotency-key': 'K' } }, {}, uuid],
])('knows the key of a client by what the service gets: %s', (_about, rules, headers, key) => {
  const keyOfService = idempotencyKeys(['Mutation.pay'], { ...noHeaderRules, ...rules });
  const operation = {
    service: 'till',
    kind: 'mutation',
    name: undefined,
    query: 'mutation{pay{id}}',
  } as const;
  const context = requestContext({ headers });
  expect(keyOfService({ operation, variablesJson: '{}', body: '', context })).toEqual(key);
});

it('sends the key of the client with the first change of a service, and others that follow from it with the next', () => {
  const operation = (service: string) =>
    ({ service, kind: 'mutation', name: undefined, query: 'mutation{pay{id}}' }) as const;
  const keysOfOneTry = () => {
    const context = requestContext({ forwardHeaders: { 'idempotency-key': 'K' } });
    return ['till', 'till', 'bank', 'till'].map((service) =>
      keyOf({ operation: operation(service), variablesJson: '{}', body: '', context }),
    );
  };
  expect(keysOfOneTry()).toEqual(['K', 'K:1', 'K', 'K:2']);
  const context = requestContext({ forwardHeaders: { 'idempotency-key': 'K' } });
  const unlisted = { ...operation('till'), query: 'mutation{ship{id}}' };
  expect(keyOf({ operation: unlisted, variablesJson: '{}', body: '', context })).toBeNull();
  expect(keyOf({ operation: operation('till'), variablesJson: '{}', body: '', context })).toBe('K:1');
  expect(keysOfOneTry()).toEqual(['K', 'K:1', 'K', 'K:2']);
});
