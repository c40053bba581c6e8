/**
 * Hostile documents by name, each made of a size, with what becomes of it under the default limits: a code, `accepted`
 * or `unreadable` (nothing is over a limit before the place where graphql-js refuses it).
 */
import type { ErrorCode } from '../../src/shared/errors.ts';

export interface HostileDocument {
  readonly name: string;
  readonly size: number;
  /** Its length grows with `size` in proportion, roughly. */
  readonly make: (size: number) => string;
  readonly expected: ErrorCode | 'accepted' | 'unreadable';
}

type Row = readonly [
  name: string,
  size: number,
  make: (size: number) => string,
  expected: HostileDocument['expected'],
];

const many = (count: number, part: string | ((i: number) => string), separator = ' '): string =>
  Array.from({ length: count }, (_, i) => (typeof part === 'string' ? part : part(i))).join(separator);

/** `levels` fragments, each of which spreads the next one as `body` says; the last one has one field. */
const fragments = (levels: number, root: string, body: (next: string, level: number) => string): string =>
  `${root} ${many(levels, (i) => `fragment F${i} on T { ${i === levels - 1 ? 'id' : body(`...F${i + 1}`, i)} }`)}`;

const aliasedBomb = (levels: number): string =>
  fragments(levels + 1, '{ me { ...F0 } }', (next) => `a: friends { ${next} } b: friends { ${next} }`);
const spreadBomb = (levels: number): string =>
  fragments(levels + 1, '{ me { ...F0 } }', (next) => `${next} ${next}`);
const sameKeyBomb = (levels: number): string =>
  fragments(levels + 1, '{ me { ...F0 } }', (next) => `friends { ${next} } friends { ${next} }`);
const crossSubgraphBomb = (levels: number): string =>
  fragments(levels + 1, '{ me { ...F0 } }', (next, i) =>
    i % 2 ? `author { ${next} } author { ${next} }` : `reviews { ${next} } reviews { ${next} }`,
  );

const nested = (count: number, open: string, close: string): string =>
  open.repeat(count) + close.repeat(count);

const multiplication: readonly Row[] = [
  ['aliased fragment bomb 2^8', 8, aliasedBomb, 'TOO_MANY_ALIASES'],
  ['aliased fragment bomb 2^12', 12, aliasedBomb, 'OPERATION_TOO_COMPLEX'],
  ['aliased fragment bomb 2^14', 14, aliasedBomb, 'OPERATION_TOO_DEEP'],
  ['aliased fragment bomb 2^16', 16, aliasedBomb, 'OPERATION_TOO_DEEP'],
  ['aliased fragment bomb 2^20', 20, aliasedBomb, 'OPERATION_TOO_DEEP'],
  ['aliased fragment bomb 2^100', 100, aliasedBomb, 'OPERATION_TOO_DEEP'],
  ['bomb of bare spreads 2^8, which is small', 8, spreadBomb, 'accepted'],
  ['bomb of bare spreads 2^13', 13, spreadBomb, 'OPERATION_TOO_COMPLEX'],
  ['bomb of bare spreads 2^20', 20, spreadBomb, 'OPERATION_TOO_COMPLEX'],
  ['bomb of bare spreads 2^60, past 2^53', 60, spreadBomb, 'OPERATION_TOO_COMPLEX'],
  ['bomb of bare spreads 2^250', 250, spreadBomb, 'OPERATION_TOO_COMPLEX'],
  ['bomb of one response key 2^13', 13, sameKeyBomb, 'OPERATION_TOO_COMPLEX'],
  ['bomb across subgraphs 2^13', 13, crossSubgraphBomb, 'OPERATION_TOO_COMPLEX'],
  ['bomb across subgraphs 2^20', 20, crossSubgraphBomb, 'OPERATION_TOO_DEEP'],
  [
    'multiplication by 60 in each of 20 levels, past what a double holds exactly',
    20,
    (n) => fragments(n, '{ ...F0 }', (next) => many(60, next)),
    'OPERATION_TOO_COMPLEX',
  ],
  [
    'multiplication to Infinity without saturation',
    300,
    (n) => fragments(n, '{ a { ...F0 } }', (next) => many(2, next)),
    'OPERATION_TOO_COMPLEX',
  ],
  [
    'multiplied aliases',
    12,
    (n) => fragments(n, '{ me { ...F0 } }', (next) => `x: id ${next} ${next}`),
    'TOO_MANY_ALIASES',
  ],
  [
    'multiplied directives',
    6,
    (n) => fragments(n, '{ me { ...F0 } }', (next) => `id @skip(if: false) ${next} ${next}`),
    'accepted',
  ],
  [
    'more multiplied directives',
    8,
    (n) => fragments(n, '{ me { ...F0 } }', (next) => `id @skip(if: false) ${next} ${next}`),
    'TOO_MANY_DIRECTIVES',
  ],
  [
    'multiplied root fields',
    5,
    (n) => fragments(n + 1, '{ ...F0 }', (next) => `${next} ${next}`),
    'TOO_MANY_ROOT_FIELDS',
  ],
  [
    'bomb that nothing spreads',
    20,
    (n) => fragments(n, '{ a }', (x) => `${x} ${x}`),
    'OPERATION_TOO_COMPLEX',
  ],
  [
    'bomb in the second of two operations',
    20,
    (n) => `query A { a } ${fragments(n, 'query B { b { ...F0 } }', (x) => `${x} ${x}`)}`,
    'OPERATION_TOO_COMPLEX',
  ],
  [
    'bomb with its fragments in reverse order',
    20,
    (n) =>
      spreadBomb(n)
        .split(/ (?=fragment)/)
        .toReversed()
        .join(' '),
    'OPERATION_TOO_COMPLEX',
  ],
  [
    'bomb below __schema',
    20,
    (n) => fragments(n, '{ __schema { types { ...F0 } } }', (next) => `${next} ${next}`),
    'OPERATION_TOO_COMPLEX',
  ],
];

const cycles: readonly Row[] = [
  [
    'fragment that spreads itself',
    1,
    () => '{ ...A } fragment A on Q { a ...A }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'two fragments that spread each other',
    1,
    () => '{ a { ...A } } fragment A on T { b { ...B } } fragment B on T { c { ...A } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'ring of fragments',
    300,
    (n) => `{ ...F0 } ${many(n, (i) => `fragment F${i} on Q { ...F${(i + 1) % n} }`)}`,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'fragments that all spread all',
    50,
    (n) => `{ ...F0 } ${many(n, (i) => `fragment F${i} on Q { ${many(n / 2, (j) => `...F${j}`)} }`)}`,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'cycle that nothing spreads',
    1,
    () => '{ a } fragment A on Q { ...B } fragment B on Q { ...A }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'cycle of fragments with very long names',
    10_000,
    (n) => `{ ...${'A'.repeat(n)} } fragment ${'A'.repeat(n)} on Q { ...${'A'.repeat(n)} }`,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['long chain of fragments', 400, (n) => fragments(n, '{ ...F0 }', (next) => next), 'accepted'],
];

const depth: readonly Row[] = [
  ['5,000 nested selection sets', 5000, (n) => nested(n, '{a', '}'), 'OPERATION_TOO_DEEP'],
  ['50,000 nested selection sets', 50_000, (n) => nested(n, '{a', '}'), 'OPERATION_TOO_DEEP'],
  ['nested selection sets never closed', 50_000, (n) => '{a'.repeat(n), 'OPERATION_TOO_DEEP'],
  ['nested lists', 50_000, (n) => `{ a(b: ${nested(n, '[', ']')}) }`, 'OPERATION_TOO_DEEP'],
  ['nested objects', 20_000, (n) => `{ a(b: ${'{c:'.repeat(n)}1${'}'.repeat(n)}) }`, 'OPERATION_TOO_DEEP'],
  ['nested types', 50_000, (n) => `query ($a: ${nested(n, '[', ']')}) { a }`, 'OPERATION_TOO_DEEP'],
  ['nested parentheses', 50_000, (n) => nested(n, '(', ')'), 'OPERATION_TOO_DEEP'],
  [
    'nested inline fragments',
    5000,
    (n) => `{ ${'... {'.repeat(n)} a ${'}'.repeat(n)} }`,
    'OPERATION_TOO_DEEP',
  ],
  ['nested default value', 5000, (n) => `query ($a: A = ${nested(n, '[', ']')}) { a }`, 'OPERATION_TOO_DEEP'],
  ['nested directive argument', 5000, (n) => `{ a @b(c: ${nested(n, '[', ']')}) }`, 'OPERATION_TOO_DEEP'],
  ['16 levels of fields', 16, (n) => nested(n, '{a', '}'), 'OPERATION_TOO_DEEP'],
  [
    'depth through a chain of fragments',
    100,
    (n) => fragments(n, '{ ...F0 }', (next) => `a { ${next} }`),
    'OPERATION_TOO_DEEP',
  ],
  [
    'one fragment at several depths',
    6,
    (n) =>
      `{ a { ...F } b ${nested(n, '{c', '')}{...F}${'}'.repeat(n)} } fragment F on T ${nested(9, '{d', '}')}`,
    'OPERATION_TOO_DEEP',
  ],
  [
    'deep introspection',
    40,
    (n) => `{ __schema { types { ${'ofType {'.repeat(n)} name ${'}'.repeat(n)} } } }`,
    'OPERATION_TOO_DEEP',
  ],
  ['only closing brackets', 50_000, (n) => '}'.repeat(n), 'unreadable'],
];

const width: readonly Row[] = [
  ['31 aliases', 31, (n) => `{ a { ${many(n, (i) => `a${i}: id`)} } }`, 'TOO_MANY_ALIASES'],
  ['300 aliases', 300, (n) => `{ a { ${many(n, (i) => `a${i}: id`)} } }`, 'TOO_MANY_ALIASES'],
  ['1,000 aliases', 1000, (n) => `{ a { ${many(n, (i) => `a${i}: id`)} } }`, 'TOO_MANY_ALIASES'],
  [
    '3,000 aliases with an entity hop',
    3000,
    (n) => `{ ${many(n, (i) => `a${i}: me { reviews { id } }`)} }`,
    'OPERATION_TOO_LARGE',
  ],
  ['10,000 aliases', 10_000, (n) => `{ ${many(n, (i) => `a${i}: me { id }`)} }`, 'OPERATION_TOO_LARGE'],
  [
    '5,000 aliases of conflicting fields',
    5000,
    (n) => `{ me { ${many(n, (i) => `a: f${i}`)} } }`,
    'OPERATION_TOO_LARGE',
  ],
  ['10,000 repeated fields', 10_000, (n) => `{ ${many(n, 'a')} }`, 'OPERATION_TOO_LARGE'],
  ['20,000 duplicate fields', 20_000, (n) => `{ a { ${many(n, 'id')} } }`, 'OPERATION_TOO_LARGE'],
  ['21 root fields', 21, (n) => `{ ${many(n, 'a')} }`, 'TOO_MANY_ROOT_FIELDS'],
  ['3,000 unknown root fields', 3000, (n) => `{ ${many(n, (i) => `u${i}`)} }`, 'TOO_MANY_ROOT_FIELDS'],
  [
    'root fields in inline fragments',
    50,
    (n) => `{ ${many(n, '... on Query { a }')} }`,
    'TOO_MANY_ROOT_FIELDS',
  ],
  ['root fields named __typename', 50, (n) => `{ ${many(n, '__typename')} }`, 'TOO_MANY_ROOT_FIELDS'],
  ['many introspections', 50, (n) => `{ ${many(n, '__schema { types { name } }')} }`, 'TOO_MANY_ROOT_FIELDS'],
  ['20,000 directives on one field', 20_000, (n) => `{ a ${many(n, '@a')} }`, 'OPERATION_TOO_LARGE'],
  ['51 directives on one field', 51, (n) => `{ a ${many(n, '@skip(if: true)')} }`, 'TOO_MANY_DIRECTIVES'],
  ['directives on an operation', 300, (n) => `query ${many(n, '@a')} { a }`, 'TOO_MANY_DIRECTIVES'],
  ['directives on a variable', 300, (n) => `query ($a: Int ${many(n, '@a')}) { a }`, 'TOO_MANY_DIRECTIVES'],
  [
    'directives on a spread',
    300,
    (n) => `{ ...F ${many(n, '@a')} } fragment F on Q { a }`,
    'TOO_MANY_DIRECTIVES',
  ],
  [
    'directives on a fragment',
    300,
    (n) => `{ a } fragment F on Q ${many(n, '@a')} { a }`,
    'TOO_MANY_DIRECTIVES',
  ],
  ['many operations', 500, (n) => many(n, (i) => `query Q${i} { a }`), 'accepted'],
  ['too many operations', 5000, (n) => many(n, (i) => `query Q${i} { a }`), 'OPERATION_TOO_LARGE'],
  ['many anonymous operations', 5000, (n) => many(n, '{ a }'), 'OPERATION_TOO_LARGE'],
  ['many variables', 5000, (n) => `query (${many(n, (i) => `$v${i}: Int`)}) { a }`, 'OPERATION_TOO_LARGE'],
  ['a list of many values', 10_000, (n) => `{ a(b: [${many(n, '1')}]) }`, 'OPERATION_TOO_LARGE'],
  ['spreads of nothing', 5000, (n) => `{ ${many(n, (i) => `...F${i}`)} }`, 'OPERATION_TOO_LARGE'],
  [
    'many fragments of one name',
    300,
    (n) => `{ ...F } ${many(n, 'fragment F on Q { ...G ...G }')} fragment G on Q { ...H }`,
    'accepted',
  ],
];

const names: readonly Row[] = [
  ['operation named __schema', 20, (n) => `query __schema ${nested(n, '{a', '}')}`, 'OPERATION_TOO_DEEP'],
  ['operation named __type', 50, (n) => `query __type { ${many(n, 'a')} }`, 'TOO_MANY_ROOT_FIELDS'],
  [
    'fragment named __schema',
    20,
    (n) => `{ ...__schema } fragment __schema on Q ${nested(n, '{a', '}')}`,
    'OPERATION_TOO_DEEP',
  ],
  [
    'fragment named __typename that multiplies',
    20,
    (n) => `{ a { ...__typename } } fragment __typename on Q { ${many(n, 'x: b')} ${many(n, 'y: b')} }`,
    'TOO_MANY_ALIASES',
  ],
  ['alias named __schema', 20, (n) => `{ __schema: a ${nested(n, '{a', '}')} }`, 'OPERATION_TOO_DEEP'],
  [
    'siblings of an introspection field',
    20,
    (n) => `{ __schema { types { name } } b ${nested(n, '{a', '}')} }`,
    'OPERATION_TOO_DEEP',
  ],
  [
    'fragment below introspection and beside it',
    18,
    (n) => `{ __type(name: "A") { ...F } a { ...F } } fragment F on T ${nested(n, '{a', '}')}`,
    'OPERATION_TOO_DEEP',
  ],
  [
    'fields named after prototypes',
    50,
    (n) => `{ a { ${many(n, '__proto__: constructor')} } }`,
    'TOO_MANY_ALIASES',
  ],
  [
    'fragments named after prototypes',
    20,
    () => '{ ...__proto__ ...constructor ...toString } fragment __proto__ on Q { ...hasOwnProperty }',
    'accepted',
  ],
];

const text: readonly Row[] = [
  ['5 MB of comments in one', 5_000_000, (n) => `{ a }#${'x'.repeat(n)}`, 'OPERATION_TOO_LARGE'],
  ['5 MB of empty comments', 2_500_000, (n) => `${'#\n'.repeat(n)}{ a }`, 'OPERATION_TOO_LARGE'],
  ['200 kB of comments in one', 200_000, (n) => `{ a #${'x'.repeat(n)}\n }`, 'OPERATION_TOO_LARGE'],
  ['30,000 empty comments', 30_000, (n) => `${'#\n'.repeat(n)}{ a }`, 'OPERATION_TOO_LARGE'],
  ['5,000 short comments', 5000, (n) => `{ a ${'#x\n'.repeat(n)} }`, 'OPERATION_TOO_LARGE'],
  ['comments in Chinese', 30_000, (n) => `{ a #${'\u4e2d'.repeat(n)}\n }`, 'OPERATION_TOO_LARGE'],
  ['1 MB of spaces', 1_000_000, (n) => `{${' '.repeat(n)}a }`, 'OPERATION_TOO_LARGE'],
  ['100 kB of newlines', 100_000, (n) => `{${'\r\n'.repeat(n / 2)}a }`, 'OPERATION_TOO_LARGE'],
  ['1 MB of commas', 1_000_000, (n) => `{ a ${','.repeat(n)} }`, 'OPERATION_TOO_LARGE'],
  ['100 kB of commas', 100_000, (n) => `{ a ${','.repeat(n)} }`, 'OPERATION_TOO_LARGE'],
  ['1 MB of byte order marks', 333_333, (n) => `{ a ${'\ufeff'.repeat(n)} }`, 'OPERATION_TOO_LARGE'],
  ['75 kB of byte order marks', 25_000, (n) => `{ a ${'\ufeff'.repeat(n)} }`, 'OPERATION_TOO_LARGE'],
  ['string of 1 MB', 1_000_000, (n) => `{ a(b: "${'x'.repeat(n)}") }`, 'OPERATION_TOO_LARGE'],
  ['string of 200 kB', 200_000, (n) => `{ a(b: "${'x'.repeat(n)}") }`, 'accepted'],
  [
    'string of 400 kB in 100,000 emoji',
    100_000,
    (n) => `{ a(b: "${'😀'.repeat(n)}") }`,
    'OPERATION_TOO_LARGE',
  ],
  ['block string of 200 kB', 200_000, (n) => `{ a(b: """${'x\n'.repeat(n / 2)}""") }`, 'accepted'],
  ['block string of escaped quotes', 50_000, (n) => `{ a(b: """${'\\"""'.repeat(n)}""") }`, 'accepted'],
  ['block string of quotes in pairs', 50_000, (n) => `{ a(b: """${'"" '.repeat(n)}""") }`, 'accepted'],
  [
    'block string that a backslash keeps open',
    200_000,
    (n) => `{ a(b: """${'\\'.repeat(n)}""") }`,
    'unreadable',
  ],
  ['unicode escapes', 40_000, (n) => `{ a(b: "${'\\u0041'.repeat(n)}") }`, 'accepted'],
  ['escaped surrogate pairs', 20_000, (n) => `{ a(b: "${'\\uD83D\\uDE00'.repeat(n)}") }`, 'accepted'],
  ['unicode escapes in braces', 20_000, (n) => `{ a(b: "${'\\u{0001F600}'.repeat(n)}") }`, 'accepted'],
  ['escaped half of a surrogate pair', 20_000, (n) => `{ a(b: "${'a'.repeat(n)}\\uD83D") }`, 'unreadable'],
  ['unterminated string', 200_000, (n) => `{ a(b: "${'x'.repeat(n)}`, 'unreadable'],
  ['unterminated block string', 200_000, (n) => `{ a(b: """${'"'.repeat(2)} ${'x'.repeat(n)}`, 'unreadable'],
  [
    'strings that end at once and begin again',
    100_000,
    (n) => `{ a(b: ${'""'.repeat(n)}`,
    'OPERATION_TOO_LARGE',
  ],
  ['newline in a string', 100_000, (n) => `{ a(b: "${'x'.repeat(n)}\n") }`, 'unreadable'],
  ['null byte', 1000, (n) => `{ a${'\0'.repeat(n)} }`, 'unreadable'],
  ['null byte in a string', 1000, (n) => `{ a(b: "${'\0'.repeat(n)}") }`, 'accepted'],
  ['half of a surrogate pair in a string', 1000, (n) => `{ a(b: "${'x'.repeat(n)}\ud83d") }`, 'unreadable'],
  ['half of a surrogate pair in a comment', 1000, (n) => `{ a #${'x'.repeat(n)}\ude00\n }`, 'unreadable'],
  ['look-alike characters', 1000, (n) => `{ ${many(n, '\u0430')} }`, 'unreadable'],
  ['integer of 200,000 digits', 200_000, (n) => `{ a(b: 1${'0'.repeat(n)}) }`, 'accepted'],
  ['exponent of 200,000 digits', 200_000, (n) => `{ a(b: 1e${'9'.repeat(n)}) }`, 'accepted'],
  ['zeros in front', 200_000, (n) => `{ a(b: ${'0'.repeat(n)}) }`, 'unreadable'],
  ['name of 200,000 letters', 200_000, (n) => `{ ${'a'.repeat(n)} }`, 'accepted'],
  [
    'long names spread and defined',
    1000,
    (n) => fragments(n / 100, '{ ...F0 }', (x) => `${x}${'_'.repeat(n)}`),
    'accepted',
  ],
  ['5,000 punctuators', 5000, (n) => '!'.repeat(n), 'OPERATION_TOO_LARGE'],
  ['dots', 100_000, (n) => '.'.repeat(n), 'OPERATION_TOO_LARGE'],
  ['two dots', 100_000, (n) => `{ a ${'.. '.repeat(n)}`.slice(0, n), 'unreadable'],
  ['nothing', 0, () => '', 'accepted'],
  [
    'schema of many types',
    500,
    (n) => many(n, (i) => `type T${i} { a(b: Int = 1): [Int!]! @c }`),
    'OPERATION_TOO_LARGE',
  ],
];

export const corpus: readonly HostileDocument[] = [
  ...multiplication,
  ...cycles,
  ...depth,
  ...width,
  ...names,
  ...text,
].map(([name, size, make, expected]) => ({ name, size, make, expected }));
