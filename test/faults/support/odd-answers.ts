/**
 * What services send that is not quite, or not at all, as GraphQL over HTTP has it, and what clients get instead: the
 * data that is sound, and each error once, at its field, with the true code and service.
 */

import { brotliCompressSync, gzipSync } from 'node:zlib';

import { encoded, graphqlJson, json, type OddAnswer } from './odd-answer.ts';
import { entities, mutations } from './odd-entities.ts';

export const thingsSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
  type Query { value: Int must: Int! text: String root: Int list: [Thing] one: Thing tags: [String!] mood: Mood any: Any blob: Blob }
  type Mutation { change: Int make: Thing }
  type Thing @key(fields: "id") { id: ID! }
  interface Any { id: ID! }
  type This implements Any { id: ID! this: Int }
  type That implements Any { id: ID! that: Int }
  enum Mood { GOOD BAD }
  scalar Blob
`;

export const pricesSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
  type Thing @key(fields: "id") { id: ID! price: Int must: Int! parts: [Part!] }
  type Part { name: String weight: Int }
`;

const good = '{"data":{"value":1}}';
const ok = { query: '{ value }', data: { value: 1 }, errors: [] };
const unusable = {
  query: '{ value }',
  data: { value: null },
  errors: ['value SERVICE_BAD_RESPONSE things retryable'],
};
const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** To `{ value }`: the bytes, the status and the coding. */
const transported: Readonly<Record<string, OddAnswer>> = {
  'a byte order mark': { ...ok, things: { body: `\ufeff${good}` } },
  'identity in capitals': { ...ok, things: encoded('Identity', good) },
  'an empty coding': { ...ok, things: encoded('', good) },
  'gzip in capitals': { ...ok, things: encoded('GZIP', gzipSync(good)) },
  'x-gzip': { ...ok, things: encoded('x-gzip', gzipSync(good)) },
  'gzip and identity': { ...ok, things: encoded('gzip, identity', gzipSync(good)) },
  'a coding nobody asked for': { ...unusable, things: encoded('br', brotliCompressSync(good)) },
  'gzip twice': { ...unusable, things: encoded('gzip, gzip', gzipSync(gzipSync(good))) },
  'a coding of an empty body': { ...unusable, things: encoded('gzip', '') },
  'latin-1': {
    query: '{ text }',
    things: { body: Buffer.from('{"data":{"text":"Zürich"}}', 'latin1') },
    data: { text: null },
    errors: ['text SERVICE_BAD_RESPONSE things retryable'],
  },
  'UTF-16': { ...unusable, things: { body: Buffer.from(`\ufeff${good}`, 'utf16le') } },
  'UTF-8 that ends in the middle of a character': {
    ...unusable,
    things: { body: Buffer.concat([Buffer.from('{"data":{"value":1},"x":"'), Buffer.from([0xe2, 0x82])]) },
  },
  'half of the JSON': { ...unusable, things: { body: good.slice(0, -3) } },
  'status 500 with data': { ...unusable, things: json({ data: { value: 1 } }, 500) },
  'status 500 with errors': { ...unusable, things: json({ errors: [{ message: 'no' }] }, 500) },
  'status 503 with data': {
    ...unusable,
    things: json({ data: { value: 1 } }, 503),
    errors: ['value SERVICE_UNAVAILABLE things retryable'],
  },
  'status 500 with data in the media type of GraphQL': {
    ...ok,
    things: graphqlJson({ data: { value: 1 } }, 500),
  },
  'status 401 in HTML': {
    ...unusable,
    things: { status: 401, headers: { 'content-type': 'text/html' }, body: '<html>' },
    errors: ['value SERVICE_ERROR things'],
  },
  'status 403 with other JSON': {
    ...unusable,
    things: json({ error: 'no' }, 403),
    errors: ['value SERVICE_ERROR things'],
  },
};

/** An odd error stands beside the data of another field. */
const oddError = (errors: unknown, shown: string, message = 'things answered with an error'): OddAnswer => ({
  query: '{ value root }',
  things: json({ data: { value: 1, root: null }, errors }),
  data: { value: 1, root: null },
  errors: [shown],
  message,
});

const described: Readonly<Record<string, OddAnswer>> = {
  'a text as extensions': oddError(
    [{ message: 'm', path: ['root'], extensions: 'E42' }],
    'root SERVICE_ERROR things',
    'm',
  ),
  'a textual path': oddError([{ message: 'm', path: 'root' }], '- SERVICE_ERROR things', 'm'),
  'a path that fits nothing': oddError(
    [{ message: 'm', path: ['variable', 'n', 3] }],
    '- SERVICE_ERROR things',
    'm',
  ),
  'an empty path': oddError([{ message: 'm', path: [] }], '- SERVICE_ERROR things', 'm'),
  'a path of a hundred thousand steps': oddError(
    [{ message: 'm', path: Array(100_000).fill('root') }],
    '- SERVICE_ERROR things',
    'm',
  ),
  'no message': oddError([{ path: ['root'] }], 'root SERVICE_ERROR things'),
  'a code that is a number': oddError(
    [{ message: 'm', path: ['root'], extensions: { code: 42 } }],
    'root SERVICE_ERROR things',
    'm',
  ),
  'a text as an error': oddError(['m'], '- SERVICE_ERROR things', 'm'),
  'null as an error': oddError([null], '- SERVICE_ERROR things'),
  'an object as the list of errors': oddError(
    { message: 'm', path: ['root'] },
    'root SERVICE_ERROR things',
    'm',
  ),
  'a text as the list of errors': oddError('m', '- SERVICE_ERROR things', 'm'),
  'one error twice': oddError(
    Array(2).fill({ message: 'm', path: ['root'] }),
    'root SERVICE_ERROR things',
    'm',
  ),
  'extensions a hundred thousand levels deep': {
    query: '{ value root }',
    things: {
      body: `{"data":{"value":1,"root":null},"errors":[{"message":"m","path":["root"],"extensions":{"a":${deep(100_000)}}}]}`,
    },
    data: { value: 1, root: null },
    errors: ['root SERVICE_ERROR things'],
  },
  'a data field named like a decision of the gateway': {
    ...ok,
    things: json({ data: { value: 1 }, shared: true, stale: { ageMs: 5 }, status: 500 }),
  },
};

const wrong = (query: string, data: unknown, shown: string, message: string): OddAnswer => ({
  query,
  things: json({ data }),
  data: Object.fromEntries(Object.keys(data as object).map((name) => [name, null])),
  errors: [shown],
  message,
});

const mistyped: Readonly<Record<string, OddAnswer>> = {
  'a text for a number': wrong(
    '{ value }',
    { value: '1' },
    'value FIELD_VALUE_INVALID things',
    'Expected Int for field Query.value, got a string',
  ),
  'a number beyond its type': wrong(
    '{ value }',
    { value: 3e9 },
    'value FIELD_VALUE_INVALID things',
    'Expected Int for field Query.value, got a number that this type does not have',
  ),
  'an object for a text': wrong(
    '{ text }',
    { text: { a: 1 } },
    'text FIELD_VALUE_INVALID things',
    'Expected String for field Query.text, got an object',
  ),
  'a text for a list': wrong(
    '{ tags }',
    { tags: 'a' },
    'tags FIELD_VALUE_INVALID things',
    'Expected [String!] for field Query.tags, got a string',
  ),
  'null in a list without nulls': wrong(
    '{ tags }',
    { tags: ['a', null] },
    'tags.1 FIELD_VALUE_INVALID things',
    'Cannot return null for non-nullable field Query.tags ([String!])',
  ),
  'a value that is not in its enum': wrong(
    '{ mood }',
    { mood: 'UGLY' },
    'mood FIELD_VALUE_INVALID things',
    'Expected Mood for field Query.mood, got a value that is not part of the schema',
  ),
  'a list for an object': wrong(
    '{ any { id } }',
    { any: [] },
    'any FIELD_VALUE_INVALID things',
    'Expected Any for field Query.any, got a list',
  ),
  'an object without a type name': wrong(
    '{ any { id ... on This { this } } }',
    { any: { __typename: null, id: '1' } },
    'any FIELD_VALUE_INVALID things',
    'Expected Any, got an object without a type name',
  ),
  'an object whose type name is an object': wrong(
    '{ any { id ... on This { this } } }',
    { any: { __typename: {}, id: '1' } },
    'any FIELD_VALUE_INVALID things',
    'Expected Any, got an object of a type that is not part of the schema',
  ),
  'an object of a type that nobody knows': wrong(
    '{ any { id ... on This { this } } }',
    { any: { __typename: 'Other', id: '1' } },
    'any FIELD_VALUE_INVALID things',
    'Expected Any, got an object of a type that is not part of the schema',
  ),
  'null where there must be a value': {
    query: '{ must }',
    things: json({ data: { must: null } }),
    data: null,
    errors: ['must FIELD_VALUE_INVALID things'],
    message: 'Cannot return null for non-nullable field Query.must (Int!)',
  },
};

export const oddAnswers: Readonly<Record<string, OddAnswer>> = {
  ...transported,
  ...described,
  ...mistyped,
  ...entities,
  ...mutations,
};
