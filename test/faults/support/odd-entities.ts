/** Odd answers about entities and to mutations. */

import { json, type OddAnswer } from './odd-answer.ts';

const list = json({ data: { list: ['1', '2'].map((id) => ({ __typename: 'Thing', id })) } });
const one = json({ data: { one: { __typename: 'Thing', id: '1' } } });
const refusal = { message: 'not allowed', extensions: { code: 'NOT_ALLOWED' } };

export const entities: Readonly<Record<string, OddAnswer>> = {
  'an error of root fields without data and path': {
    query: '{ value root }',
    things: json({ errors: [refusal] }),
    data: { value: null, root: null },
    errors: ['value NOT_ALLOWED things', 'root NOT_ALLOWED things'],
  },
  'an error of one entity without a path': {
    query: '{ one { price } }',
    things: one,
    prices: json({ errors: [refusal] }),
    data: { one: { price: null } },
    errors: ['one.price NOT_ALLOWED prices'],
  },
  'an error of entities in a list without a path': {
    query: '{ list { id price } }',
    things: list,
    prices: json({ data: null, errors: [refusal] }),
    data: {
      list: [
        { id: '1', price: null },
        { id: '2', price: null },
      ],
    },
    errors: ['list.0.price NOT_ALLOWED prices', 'list.1.price NOT_ALLOWED prices'],
  },
  'an error without a path of fields that must not be null': {
    query: '{ one { must } }',
    things: one,
    prices: json({ errors: [refusal] }),
    data: { one: null },
    errors: ['one.must NOT_ALLOWED prices'],
  },
  'an error without a path of one entity of two': {
    query: '{ list { price } }',
    things: list,
    prices: json({ data: { _entities: [{ price: 1 }, null] }, errors: [refusal] }),
    data: { list: [{ price: 1 }, { price: null }] },
    errors: ['list.1.price NOT_ALLOWED prices'],
  },
  'an error without a path beside entities that are all there': {
    query: '{ list { price } }',
    things: list,
    prices: json({ data: { _entities: [{ price: 1 }, { price: 2 }] }, errors: [refusal] }),
    data: { list: [{ price: 1 }, { price: 2 }] },
    errors: ['- NOT_ALLOWED prices'],
  },
  'an error at an entity that there is none of': {
    query: '{ list { price } }',
    things: list,
    prices: json({
      data: { _entities: [null, { price: 2 }] },
      errors: [{ ...refusal, path: ['_entities', 9] }],
    }),
    data: { list: [{ price: null }, { price: 2 }] },
    errors: ['list.0.price NOT_ALLOWED prices'],
  },
  'the same error of two fetches of one entity': {
    query: '{ a: one { price } b: one { price } }',
    things: json({ data: { a: { __typename: 'Thing', id: '1' }, b: { __typename: 'Thing', id: '1' } } }),
    prices: json({ errors: [refusal, refusal] }),
    data: { a: { price: null }, b: { price: null } },
    errors: ['a.price NOT_ALLOWED prices', 'b.price NOT_ALLOWED prices'],
  },
  'entities that are texts': {
    query: '{ list { price } }',
    things: list,
    prices: json({ data: { _entities: ['no', { price: 2 }] } }),
    data: { list: [{ price: null }, { price: 2 }] },
    errors: ['list.0.price SERVICE_BAD_RESPONSE prices retryable'],
  },
  'entities that are lists': {
    query: '{ list { price } }',
    things: list,
    prices: json({ data: { _entities: [[{ price: 1 }], { price: 2 }] } }),
    data: { list: [{ price: null }, { price: 2 }] },
    errors: ['list.0.price SERVICE_BAD_RESPONSE prices retryable'],
  },
  'an object in place of the entities': {
    query: '{ one { price } }',
    things: one,
    prices: json({ data: { _entities: { 0: { price: 1 } } } }),
    data: { one: { price: null } },
    errors: ['one.price SERVICE_BAD_RESPONSE prices retryable'],
  },
  'too few entities': {
    query: '{ list { price } }',
    things: list,
    prices: json({ data: { _entities: [{ price: 1 }] } }),
    data: { list: [{ price: null }, { price: null }] },
    errors: [
      'list.0.price SERVICE_BAD_RESPONSE prices retryable',
      'list.1.price SERVICE_BAD_RESPONSE prices retryable',
    ],
  },
  'a text for a number in an entity': {
    query: '{ one { parts { weight } } }',
    things: one,
    prices: json({ data: { _entities: [{ parts: [{ weight: 'heavy' }] }] } }),
    data: { one: { parts: [{ weight: null }] } },
    errors: ['one.parts.0.weight FIELD_VALUE_INVALID prices'],
    message: 'Expected Int for field Part.weight, got a string',
  },
  'an entity that is not there': {
    query: '{ one { must } }',
    things: one,
    prices: json({ data: { _entities: [null] } }),
    data: { one: null },
    errors: ['one.must FIELD_VALUE_INVALID prices'],
    message: 'Cannot return null for non-nullable field Thing.must (Int!)',
  },
};

/** A change that may have been made would be made twice. */
export const mutations: Readonly<Record<string, OddAnswer>> = {
  'an answer to a mutation that cannot be read': {
    query: 'mutation { change }',
    things: { body: '{' },
    data: { change: null },
    errors: ['change SERVICE_BAD_RESPONSE things'],
  },
  'status 502 to a mutation': {
    query: 'mutation { change }',
    things: { status: 502, body: '<html>' },
    data: { change: null },
    errors: ['change SERVICE_UNAVAILABLE things'],
  },
  'status 429 to a mutation': {
    query: 'mutation { change }',
    things: { status: 429, body: '' },
    data: { change: null },
    errors: ['change SERVICE_UNAVAILABLE things retryable'],
  },
  'an answer about what a mutation made that cannot be read': {
    query: 'mutation { make { price } }',
    things: json({ data: { make: { __typename: 'Thing', id: '1' } } }),
    prices: { body: '{' },
    data: { make: { price: null } },
    errors: ['make.price SERVICE_BAD_RESPONSE prices'],
  },
  'a code of the gateway in an error of a mutation': {
    query: 'mutation { change }',
    things: json({
      data: { change: null },
      errors: [{ message: 'm', path: ['change'], extensions: { code: 'SERVICE_TIMEOUT' } }],
    }),
    data: { change: null },
    errors: ['change SERVICE_TIMEOUT things'],
  },
  'an error that says itself that it helps to ask again': {
    query: '{ root }',
    things: json({
      data: { root: null },
      errors: [{ message: 'm', path: ['root'], extensions: { code: 'BUSY', retryable: true } }],
    }),
    data: { root: null },
    errors: ['root BUSY things retryable'],
  },
  'an error that says itself that it does not help to ask again': {
    query: '{ root }',
    things: json({
      data: { root: null },
      errors: [{ message: 'm', path: ['root'], extensions: { code: 'SERVICE_TIMEOUT', retryable: false } }],
    }),
    data: { root: null },
    errors: ['root SERVICE_TIMEOUT things'],
  },
};
