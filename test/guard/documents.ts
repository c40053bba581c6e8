/** Random texts: soups of tokens and half-tokens, and documents that graphql-js accepts. */
import fc from 'fast-check';

/** Pieces that mean something only beside others, where lexers differ. */
const pieces = [
  ..."! $ & ( ) : = @ [ ] { | } ... .. . # % '".split(' '),
  ...'" "" """ \\ \\""" \\" \\n \\q \\/ \\u \\u{ \\u00e9 \\uD83D \\uD83D\\uDE00'.split(' '),
  ...'\\u{1F600} \\u{110000} \\u{} \\u{000000041} \\u{00000041} "a" "\\u0041" "é" "😀" "\ud83d"'.split(' '),
  ...'0 00 -0 - 1 12.5 1. .5 1e5 1E-5 1e 1e+ 1.5e3 0x1 1a 1_ 0e0'.split(' '),
  ...'a on query fragment __schema __type __typename _ a1 null true'.split(' '),
  ...'\n \t \r , \ufeff \0 \u0007 \ud83d \ude00 😀 é'.split(' '),
  '\r\n',
  ' ',
  '\u00a0',
  '# a "b" {',
  '"\n"',
  '"# {"',
  '"""a\nb"""',
  '""" \\""" """',
  'A'.repeat(40),
];

export const soup = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...pieces) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
      // Any UTF-16 unit, so also halves of surrogate pairs.
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

const ignored = fc.constantFrom(
  ' ',
  ' ',
  ' ',
  '\n',
  '\r\n',
  '\r',
  ',',
  '\t',
  '\ufeff ',
  ' # é {"""\n',
  '#\r',
  '#😀\n',
);
/** None of them is `on`, which no fragment may be called. */
const name = fc.constantFrom('a', 'b', 'query', 'fragment', '__schema', '__type', '__typename', 'type', '_1');
const fieldName = fc.oneof(name, fc.constant('on'));
/** Strings have no spaces: those become all kinds of ignored text. */
const literal = fc.constantFrom(
  ...'1 -0 1.5e-3 "" "{@a" "\\u{1F600}\\uD83D\\uDE00\\"" """{@b}\\"""""#no""" "😀" $a null ENUM [] {}'.split(
    ' ',
  ),
  '[[1] {a: {b: "}"}}]',
  '{a: [1, {c: $a}]}',
);

const { set } = fc.letrec<{ readonly set: string; readonly selection: string }>((tie) => ({
  set: fc
    .array(tie('selection'), { minLength: 1, maxLength: 3, depthIdentifier: 'set' })
    .map((selections) => `{ ${selections.join(' ')} }`),
  selection: fc.oneof(
    { depthSize: 'medium', depthIdentifier: 'set' },
    { weight: 3, arbitrary: field(fc.constant('')) },
    { weight: 2, arbitrary: fc.tuple(name, directives()).map(([of, on]) => `...${of} ${on}`) },
    { weight: 3, arbitrary: field(tie('set')) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.option(fieldName), directives(), tie('set'))
        .map(([type, on, set]) => `... ${type === null ? '' : `on ${type}`} ${on} ${set}`),
    },
  ),
}));

function field(set: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.option(fieldName), fieldName, fc.option(literal, { freq: 4 }), directives(), set)
    .map(([alias, of, value, on, inner]) => {
      const given = value === null ? '' : `(a: ${value} b: 1)`;
      return `${alias === null ? '' : `${alias} : `}${of} ${given} ${on} ${inner}`;
    });
}

function directives(): fc.Arbitrary<string> {
  const one = fc
    .tuple(fieldName, fc.option(literal))
    .map(([of, value]) => `@${of}${value === null ? '' : `(a: ${value})`}`);
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.array(one, { maxLength: 2 }).map((all) => all.join(' ')) },
  );
}

const operation = fc
  .tuple(
    fc.constantFrom('query', 'mutation', 'subscription', '"{@a" query', '"""}(""" mutation'),
    fc.option(fieldName),
    fc.boolean(),
    directives(),
    set,
  )
  .map(([kind, called, hasVariables, on, inner]) => {
    const variables = hasVariables ? '($a: [In!]! = [{a: 1}] @d(x: {y: 2}) @e, "text" $b: Int)' : '';
    return `${kind} ${called ?? ''} ${variables} ${on} ${inner}`;
  });

/** Fragments spread only those after them, so that expanding ends. The other names are spread but not defined. */
const fragmentNames = ['__type', 'a', '__schema', 'query', 'fragment', 'b'];

/** A document that graphql-js parses, with fragments spread at several places and depths. */
export const document = fc
  .record({
    operations: fc.array(fc.oneof(operation, set), { minLength: 1, maxLength: 3 }),
    fragments: fc.array(fc.tuple(directives(), set), { maxLength: fragmentNames.length }),
    gaps: fc.array(ignored, { minLength: 1, maxLength: 5 }),
    fragmentsFirst: fc.boolean(),
  })
  .map(({ operations, fragments, gaps, fragmentsFirst }) => {
    const defined = fragments.map(([on, inner], i) => {
      const own = fragmentNames[i] as string;
      return `fragment ${own} on T ${on} ${withoutEarlier(inner, i)}`;
    });
    const all = fragmentsFirst ? [...defined, ...operations] : [...operations, ...defined];
    let gap = 0;
    return all.join(' ').replaceAll(' ', (space) => {
      gap += 1;
      return gap % 7 === 0 ? (gaps[gap % gaps.length] ?? space) : space;
    });
  });

/** A spread of itself or of an earlier fragment becomes one of a fragment that is not defined. */
function withoutEarlier(set: string, own: number): string {
  return fragmentNames
    .slice(0, own + 1)
    .reduce(
      (text, name) => text.replaceAll(new RegExp(`\\.\\.\\.${name}(?![A-Za-z0-9_])`, 'g'), '...Nowhere'),
      set,
    );
}
