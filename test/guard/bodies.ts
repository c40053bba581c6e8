/**
 * Hostile bodies by name, each about as long as it is told to be, for the graph below: mistakes in all of their bytes,
 * nesting, amplification, and values that are large but right. `expected`: a code, or `answered`.
 */
import type { SubgraphSchema } from '../../src/preparation/composition/compose.ts';
import type { ErrorCode } from '../../src/shared/errors.ts';
import { inheritedNames } from '../support/hostile-names.ts';

const subgraphs = 6;

/** Each subgraph has fields that take what bodies hold. */
export const bodyGraph: readonly SubgraphSchema[] = Array.from({ length: subgraphs }, (_, i) => ({
  name: `b${i}`,
  url: `http://127.0.0.1:1/b${i}`,
  file: `b${i}.graphql`,
  sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@shareable"])
    scalar JSON
    enum Kind { A B }
    input Filter {
      a: Int b: String flag: Boolean kind: Kind any: JSON nested: Filter all: [Filter!] strict: Strict
      ${Array.from({ length: 20 }, (__, field) => `d${field}: Int = ${field}`).join(' ')}
      ${Array.from({ length: 100 }, (__, field) => `o${field}: Int`).join(' ')}
    }
    input Strict { id: ID! name: String! more: Strict }
    type Query {
      find${i}(filter: Filter, filters: [Filter!], ids: [ID!], numbers: [Int!], texts: [String!], matrix: [[[Int!]!]!],
        kinds: [Kind!], strict: [Strict!], any: JSON, anyAll: [JSON!]): Int
    }`,
}));

export interface HostileBody {
  readonly name: string;
  readonly make: (bytes: number) => string;
  readonly expected: ErrorCode | 'answered';
}

type Row = readonly [name: string, make: (bytes: number) => string, expected: HostileBody['expected']];

const find = (argument: string, type: string): string =>
  JSON.stringify(`query ($v: ${type}) { find0(${argument}: $v) }`);
/** A body whose variable `v` is `value`, JSON text. */
const withValue = (argument: string, type: string, value: string): string =>
  `{"query":${find(argument, type)},"variables":{"v":${value}}}`;
const nested = (bytes: number, open: string, close: string, inner: string): string => {
  const levels = Math.floor(bytes / (open.length + close.length));
  return open.repeat(levels) + inner + close.repeat(levels);
};
/** JSON text of a list. */
const listOf = (bytes: number, element: string | ((i: number) => string)): string => {
  const text = typeof element === 'string' ? element : element(100_000);
  const count = Math.floor(bytes / (text.length + 1));
  return `[${Array.from({ length: count }, (_, i) => (typeof element === 'string' ? element : element(i))).join()}]`;
};
const objectOf = (bytes: number, member: (i: number) => string): string =>
  `{${listOf(bytes, member).slice(1, -1)}}`;

const mistakes: readonly Row[] = [
  ['lists where ids belong', (n) => withValue('ids', '[ID!]', listOf(n, '[]')), 'BAD_USER_INPUT'],
  ['nulls where none may be', (n) => withValue('ids', '[ID!]', listOf(n, 'null')), 'BAD_USER_INPUT'],
  ['texts where numbers belong', (n) => withValue('numbers', '[Int!]', listOf(n, '""')), 'BAD_USER_INPUT'],
  ['numbers beyond 32 bits', (n) => withValue('numbers', '[Int!]', listOf(n, '9e9')), 'BAD_USER_INPUT'],
  ['numbers beyond all', (n) => withValue('numbers', '[Int!]', listOf(n, '1e999')), 'BAD_USER_INPUT'],
  ['values that are no enum', (n) => withValue('kinds', '[Kind!]', listOf(n, '"C"')), 'BAD_USER_INPUT'],
  [
    'long values that are no enum',
    (n) => withValue('kinds', '[Kind!]', `["${'C'.repeat(n)}"]`),
    'BAD_USER_INPUT',
  ],
  [
    'objects that lack what they need',
    (n) => withValue('strict', '[Strict!]', listOf(n, '{}')),
    'BAD_USER_INPUT',
  ],
  [
    'unknown fields',
    (n) =>
      withValue(
        'filter',
        'Filter',
        objectOf(n, (i) => `"u${i}":1`),
      ),
    'BAD_USER_INPUT',
  ],
  [
    'unknown fields with long names',
    (n) =>
      withValue(
        'filters',
        '[Filter!]',
        listOf(n, (i) => `{"${'u'.repeat(4000)}${i}":1}`),
      ),
    'BAD_USER_INPUT',
  ],
  [
    'an unknown field with a huge name',
    (n) => withValue('filter', 'Filter', `{"${'u'.repeat(n)}":1}`),
    'BAD_USER_INPUT',
  ],
  ['texts where objects belong', (n) => withValue('filters', '[Filter!]', listOf(n, '1')), 'BAD_USER_INPUT'],
  [
    'a mistake at the end of a long list',
    (n) => withValue('ids', '[ID!]', listOf(n, '1').replace(/1\]$/, 'null]')),
    'BAD_USER_INPUT',
  ],
  [
    'mistakes in a variable with a long name',
    (n) => {
      const name = 'n'.repeat(n / 4);
      const query = JSON.stringify(`query ($${name}: [ID!]) { find0(ids: $${name}) }`);
      return `{"query":${query},"variables":{"${name}":${listOf(n / 4, '[]')}}}`;
    },
    'BAD_USER_INPUT',
  ],
];

const depth: readonly Row[] = [
  [
    'input objects in one another',
    (n) => withValue('filter', 'Filter', nested(n, '{"nested":', '}', '{}')),
    'BAD_USER_INPUT',
  ],
  [
    'lists of input objects in one another',
    (n) => withValue('filter', 'Filter', nested(n, '{"all":[', ']}', '{}')),
    'BAD_USER_INPUT',
  ],
  [
    'lists in one another',
    (n) => withValue('matrix', '[[[Int!]!]!]', nested(n, '[', ']', '1')),
    'BAD_USER_INPUT',
  ],
  ['lists in a scalar', (n) => withValue('any', 'JSON', nested(n, '[', ']', '1')), 'BAD_USER_INPUT'],
  ['objects in a scalar', (n) => withValue('any', 'JSON', nested(n, '{"a":', '}', '1')), 'BAD_USER_INPUT'],
  [
    'many scalars as deep as they may be',
    (n) => withValue('anyAll', '[JSON!]', listOf(n, nested(120, '[', ']', '1'))),
    'answered',
  ],
  [
    'nesting in extensions',
    (n) => `{"query":"{ find0 }","extensions":{"a":${nested(n, '[', ']', '1')}}}`,
    'answered',
  ],
  [
    'nesting in variables that nobody declared',
    (n) => `{"query":"{ find0 }","variables":{"a":${nested(n, '[', ']', '1')}}}`,
    'answered',
  ],
  ['nesting without an end', (n) => '['.repeat(n), 'BAD_REQUEST'],
];

const amplification: readonly Row[] = [
  [
    'empty objects that have defaults',
    (n) => withValue('filters', '[Filter!]', listOf(n, '{}')),
    'BAD_USER_INPUT',
  ],
  [
    'objects with all fields',
    (n) =>
      withValue(
        'filters',
        '[Filter!]',
        listOf(n, () => objectOf(1000, (i) => `"o${i % 100}":1`)),
      ),
    'answered',
  ],
  [
    'one large variable for each subgraph',
    (n) => {
      const fields = bodyGraph.map((_, i) => `a${i}: find${i}(ids: $v) b${i}: find${i}(any: $w)`).join(' ');
      const query = JSON.stringify(`query ($v: [ID!], $w: JSON) { ${fields} }`);
      return `{"query":${query},"variables":{"v":${listOf(n / 2, '"1"')},"w":${listOf(n / 2, '1')}}}`;
    },
    'answered',
  ],
  [
    'members of every object, again and again',
    (n) =>
      withValue(
        'any',
        'JSON',
        listOf(
          n,
          objectOf(300, (i) => `"${inheritedNames[i % inheritedNames.length]}":{}`),
        ),
      ),
    'answered',
  ],
];

const large: readonly Row[] = [
  ['many ids', (n) => withValue('ids', '[ID!]', listOf(n, '1')), 'answered'],
  ['many texts', (n) => withValue('texts', '[String!]', listOf(n, '""')), 'answered'],
  ['a scalar with a long list', (n) => withValue('any', 'JSON', listOf(n, '1')), 'answered'],
  [
    'a scalar with many members',
    (n) =>
      withValue(
        'any',
        'JSON',
        objectOf(n, (i) => `"m${i}":1`),
      ),
    'answered',
  ],
  [
    'a scalar with numbers for names',
    (n) =>
      withValue(
        'any',
        'JSON',
        objectOf(n, (i) => `"${i * 4_294_967}":1`),
      ),
    'answered',
  ],
  ['a scalar with empty objects', (n) => withValue('any', 'JSON', listOf(n, '{}')), 'answered'],
  [
    'numbers with many digits',
    (n) => withValue('any', 'JSON', listOf(n, '12345678901234567890.123')),
    'answered',
  ],
  ['numbers with a zero at their end', (n) => withValue('any', 'JSON', listOf(n, '1.0')), 'answered'],
  ['zeros with a sign', (n) => withValue('any', 'JSON', listOf(n, '-0')), 'answered'],
  ['whole numbers with a fraction', (n) => withValue('numbers', '[Int!]', listOf(n, '1.0')), 'answered'],
  [
    'one number with all the digits',
    (n) => withValue('any', 'JSON', `1${'0'.repeat(300)}.${'1'.repeat(n)}`),
    'answered',
  ],
  ['escapes', (n) => withValue('texts', '[String!]', `["${'\\u0001'.repeat(n / 6)}"]`), 'answered'],
  [
    'halves of surrogate pairs',
    (n) => withValue('texts', '[String!]', `["${'\\ud800'.repeat(n / 6)}"]`),
    'answered',
  ],
  [
    'variables that nobody declared',
    (n) => `{"query":"{ find0 }","variables":${objectOf(n, (i) => `"v${i}":1`)}}`,
    'answered',
  ],
  [
    'members of the body that mean nothing',
    (n) => `{"query":"{ find0 }",${objectOf(n, (i) => `"v${i}":1`).slice(1)}`,
    'answered',
  ],
  ['one member again and again', (n) => `{${listOf(n, '"query":"{ find0 }"').slice(1, -1)}}`, 'answered'],
  ['blank space', (n) => `{"query":"{ find0 }"${' '.repeat(n)}}`, 'answered'],
  ['a list of operations', (n) => listOf(n, '{"query":"{ find0 }"}'), 'BAD_REQUEST'],
  [
    'a name of an operation',
    (n) => `{"query":"{ find0 }","operationName":"${'n'.repeat(n)}"}`,
    'OPERATION_RESOLUTION_FAILURE',
  ],
];

export const bodies: readonly HostileBody[] = [...mistakes, ...depth, ...amplification, ...large].map(
  ([name, make, expected]) => ({ name, make, expected }),
);

/** What the documents and names around the values take at most. */
const frameBytes = 1024;

/** A body that is as long as it may be, or a little shorter. */
export function bodyOf(make: HostileBody['make'], bytesMax: number): string {
  return make(bytesMax - frameBytes);
}
