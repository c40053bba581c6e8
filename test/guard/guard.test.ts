/** What the guard counts, against graphql-js; where its limits lie; what it says. */
import fc from 'fast-check';
import { buildSchema, getIntrospectionQuery, NoFragmentCyclesRule, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';

import type { GuardLimits } from '../../src/config/gateway/guard-limits.ts';
import { saturatedAt } from '../../src/operation/guard/expansion.ts';
import { assertWithinLimits, guardDocument, type GuardFigures } from '../../src/operation/guard/guard.ts';
import { Lexer, tokens } from '../../src/operation/guard/lexer.ts';
import { CountingText } from './counting-text.ts';
import { guardLimitDefaults } from './default-limits.ts';
import { document, soup } from './documents.ts';
import { referenceFigures, referenceTokens } from './reference.ts';

const runs = { numRuns: 3000 };
const highest = Object.fromEntries(
  Object.keys(guardLimitDefaults).map((name) => [name, Number.MAX_SAFE_INTEGER]),
) as GuardLimits;

describe('the lexer finds the tokens that graphql-js finds, and stops where it stops', () => {
  it('in soups of tokens and pieces of them', () => {
    fc.assert(
      fc.property(soup, (text) => {
        expect(tokensOf(text)).toEqual(referenceTokens(text));
      }),
      { numRuns: 10_000 },
    );
  });

  it('in documents', () => {
    fc.assert(
      fc.property(document, (text) => {
        expect(tokensOf(text)).toEqual(referenceTokens(text));
      }),
      runs,
    );
  });

  it('in every pair of characters that mean something', () => {
    const codes = '!$&().:=@[]{|}"#\\ \t\n\r,a_Z09-+eE\'~\0\u007f\u0080\ufeff\ud83d\u0041\ude00'.split('');
    const ends = ['', '"', '\n', '..', '0'];
    const texts = codes.flatMap((a) => codes.flatMap((b) => ends.map((end) => a + b + end)));
    expect(texts.filter((text) => !sameTokens(text))).toEqual([]);
  });

  it('in strings with every escape and every mix of surrogates', () => {
    const codes = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const points = [
      '0',
      'D7FF',
      'D800',
      'DFFF',
      'E000',
      '10FFFF',
      '110000',
      '00000041',
      '000000041',
      'FFFFFFFF',
    ];
    const units = ['0041', 'd7FF', 'D800', 'DBFF', 'DC00', 'dfff', 'E000', 'ffff', '00g0', '123'];
    const surrogates = ['\ud83d', '\udbff', '\udc00', '\udfff', '\ue000'];
    const texts = [
      ...surrogates.flatMap((one) => surrogates.map((next) => `"${one}${next}"`)),
      ...codes.map((code) => `"\\${code}"`),
      ...codes.map((code) => `"""\\${code}"""`),
      ...points.map((point) => `"\\u{${point}}"`),
      ...units.flatMap((unit) => units.map((next) => `"\\u${unit}\\u${next}"`)),
    ];
    expect(texts.filter((text) => !sameTokens(text))).toEqual([]);
  });
});

describe('the figures of a document are those of its tree with every fragment expanded', () => {
  it('for documents of all kinds', () => {
    fc.assert(
      fc.property(document, (text) => {
        const figures = figuresOf(text);
        fc.pre(figures.selections < 20_000);
        expect(figures).toMatchObject(referenceFigures(text));
      }),
      runs,
    );
  });

  it('counts what is not tokens in bytes', () => {
    expect(figuresOf('{ a,b }\n').ignoredBytes).toBe(4);
    expect(figuresOf('\ufeff{a#\u00e9\u4e2d😀\r\n}').ignoredBytes).toBe(3 + 10 + 2);
    expect(figuresOf('{a(b:" , # ")}').ignoredBytes).toBe(0);
    expect(figuresOf('{a#\u007f\u0080\u07ff\u0800\uffff\n}').ignoredBytes).toBe(1 + 1 + 2 + 2 + 3 + 3 + 1);
  });

  it('saturates: multiplied past what a number holds, it is neither wrapped nor Infinity nor NaN', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 300 }), (factors) => {
        const { selections, aliases } = figuresOf(multiplying(factors));
        const expected = expectedOf(factors);
        expect(selections).toBe(Math.min(expected.selections, saturatedAt));
        expect(aliases).toBe(Math.min(expected.aliases, saturatedAt));
      }),
      { numRuns: 300 },
    );
  });
});

describe('each limit', () => {
  it.each(boundaries())(
    'lets $limit documents of its size pass, and no larger one',
    ({ limit, text, size }) => {
      const at = guardDocument(text, { ...highest, [limit]: size });
      expect(at.is).toBe('accepted');
      const below = guardDocument(text, { ...highest, [limit]: size - 1 });
      expect(below.is === 'refused' && below.error.public).toEqual({ limit: size - 1, actual: size });
    },
  );

  it('says by how much it is exceeded and what to do', () => {
    const text = `{ a { ${'b: c '.repeat(31)} } }`;
    expect(() => assertWithinLimits(text, guardLimitDefaults)).toThrow(
      'The document has 31 aliases, each fragment counted wherever it is spread; at most 30 are allowed. ' +
        'Use a field that takes a list, or split the operation.',
    );
    expect(() => assertWithinLimits('{ a }', guardLimitDefaults)).not.toThrow();
  });

  it('says "at least" where counting has stopped or saturated', () => {
    const over = guardDocument('{ a b c d e }', { ...highest, tokensMax: 3 });
    expect(over.is === 'refused' && over.error.message).toMatch(/has at least 4 tokens/);
    const saturated = guardDocument(multiplying(Array(100).fill(2)), {
      ...highest,
      expandedSelectionsMax: 10,
    });
    expect(saturated.is === 'refused' && saturated.error.message).toMatch(
      /has at least 1000000000 selections/,
    );
  });
});

describe('a cycle of fragments is refused in the words of validation', () => {
  it.each([
    ['{ ...A } fragment A on Q { ...A }', 'Cannot spread fragment "A" within itself.'],
    [
      '{ a } fragment A on Q { ...B } fragment B on Q { ...C } fragment C on Q { a { ...A } }',
      'Cannot spread fragment "A" within itself via "B", "C".',
    ],
    [ringOf('ABCD'), 'Cannot spread fragment "A" within itself via "B", "C", "D".'],
    [ringOf('ABCDEF'), 'Cannot spread fragment "A" within itself via "B", "C", "D" and others.'],
  ])('%s', (text, message) => {
    expect(() => assertWithinLimits(text, highest)).toThrow(message);
  });

  it.each([
    '{ ...B } fragment A on Q { ...B } fragment B on Q { ...A }',
    'fragment C on Q { a { ... on Q { ...B } } }\r\nfragment A on Q {\n  a\r  ...B\n}\n\nfragment B on Q { b ...C }{ ...A }',
    '# comment\n{ a { ...A } } fragment A on Q { a { ...A } }',
    '{ a } fragment Z on Q { a } fragment A on Q { ...Z ...B } fragment B on Q { ...Z ...B }',
    ringOf('ABC'),
  ])('and at its locations: %j', (text) => {
    const [expected] = validate(buildSchema('type Query { a: Int }'), parse(text), [NoFragmentCyclesRule]);
    const verdict = guardDocument(text, highest);
    if (verdict.is !== 'refused') throw new Error('accepted');
    const { message, locations } = expected ?? {};
    expect(verdict.error.errors).toEqual([{ message, locations }]);
  });
});

describe('a document over its limit of bytes', () => {
  it('is not even read', () => {
    const text = new CountingText('{ a }'.repeat(100));
    expect(guardDocument(text.asString(), { ...highest, documentBytesMax: 499 }).is).toBe('refused');
    expect(text.reads).toBe(0);
  });
});

describe('introspection', () => {
  const all = {
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    experimentalDirectiveDeprecation: true,
    oneOf: true,
  };

  it.each([{}, all, { ...all, typeDepth: 14 }])('by the usual query passes: %o', (options) => {
    expect(guardDocument(getIntrospectionQuery(options), guardLimitDefaults).is).toBe('accepted');
  });

  it('has a depth of its own, which exempts nothing beside it', () => {
    const deep = (levels: number): string => '{ofType'.repeat(levels) + '}'.repeat(levels);
    expect(figuresOf(`{ __schema ${deep(18)} }`)).toMatchObject({ depth: 1, introspectionDepth: 19 });
    expect(figuresOf(`{ __schema { a } b ${deep(18)} }`)).toMatchObject({ depth: 19, introspectionDepth: 2 });
    expect(figuresOf(`{ x: __type ${deep(18)} }`)).toMatchObject({ depth: 1, introspectionDepth: 19 });
    expect(figuresOf(`{ __type: a ${deep(18)} }`)).toMatchObject({ depth: 19, introspectionDepth: 0 });
    expect(figuresOf(`query __schema { a ${deep(18)} }`)).toMatchObject({ depth: 19 });
    expect(figuresOf(`{ a { ...__type } } fragment __type on T ${deep(18)}`)).toMatchObject({ depth: 19 });
  });

  it('in a fragment spread both below it and beside it is counted at each place', () => {
    const text = '{ __schema { ...F } a { b { ...F } } } fragment F on T { c { d } }';
    expect(figuresOf(text)).toMatchObject({ depth: 4, introspectionDepth: 3 });
  });
});

describe('what graphql-js refuses is left to it', () => {
  it('wherever no limit is exceeded before', () => {
    for (const text of ['{', '}', '} {', '{ a', '{ a) }', '{ a(b: "', '{ a ?', '\0', '{ a(b: 01) }']) {
      expect(guardDocument(text, guardLimitDefaults)).toEqual({ is: 'unreadable' });
      expect(() => parse(text)).toThrow('Syntax Error');
    }
    const late = `{ ${'a '.repeat(5000)} ?`;
    expect(() => assertWithinLimits(late, guardLimitDefaults)).toThrow('tokens');
  });

  it('and no text makes the guard throw or disagree with itself', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const verdict = guardDocument(text, guardLimitDefaults);
        expect(guardDocument(text, guardLimitDefaults)).toEqual(verdict);
        if (verdict.is === 'unreadable') expect(() => parse(text)).toThrow();
      }),
      runs,
    );
  });
});

function boundaries(): ReadonlyArray<{ limit: keyof GuardLimits; text: string; size: number }> {
  return [
    { limit: 'documentBytesMax', text: `{ a(b: "${'\u4e2d'.repeat(100)}") }`, size: 312 },
    { limit: 'tokensMax', text: '{ a #x\n b }', size: 5 },
    { limit: 'ignoredBytesMax', text: '{ a #x\n b }', size: 7 },
    { limit: 'nestingMax', text: '{ a(b: [{c: 1}]) }', size: 4 },
    { limit: 'depthMax', text: '{ a { ...F } } fragment F on T { b { c } }', size: 3 },
    { limit: 'introspectionDepthMax', text: '{ __schema { types { name } } }', size: 3 },
    { limit: 'expandedSelectionsMax', text: '{ ...F ...F } fragment F on Q { a ... { b } }', size: 8 },
    { limit: 'rootFieldsMax', text: '{ a b ...F } fragment F on Q { ... { c { d } } }', size: 3 },
    { limit: 'aliasesMax', text: '{ a { ...F } b { ...F } } fragment F on T { x: y }', size: 2 },
    {
      limit: 'directivesMax',
      text: 'query @a ($b: Int @c) { d @e ...F @g } fragment F on Q @h { i }',
      size: 5,
    },
  ];
}

/** Fragments of which each spreads the next one, and the last one the first. */
function ringOf(names: string): string {
  const all = names.split('');
  const definitions = all.map((name, i) => `fragment ${name} on Q { ...${all[(i + 1) % all.length]} }`);
  return `{ a } ${definitions.join(' ')}`;
}

/** Fragments of which each spreads the next one as often as `factors` says. */
function multiplying(factors: readonly number[]): string {
  const definitions = factors.map(
    (factor, i) => `fragment F${i} on Q { a { x: b ${`...F${i + 1} `.repeat(factor)} } }`,
  );
  return `{ ...F0 } ${definitions.join(' ')} fragment F${factors.length} on Q { y: c }`;
}

function expectedOf(factors: readonly number[]): { selections: number; aliases: number } {
  let [selections, aliases] = [1, 1];
  for (const factor of factors.toReversed()) {
    selections = 2 + factor * (1 + selections);
    aliases = 1 + factor * aliases;
  }
  return { selections: 1 + selections, aliases };
}

function figuresOf(text: string): GuardFigures {
  const verdict = guardDocument(text, highest);
  if (verdict.is !== 'accepted') throw new Error(`${text} is ${verdict.is}`);
  return verdict.figures;
}

function sameTokens(text: string): boolean {
  return JSON.stringify(tokensOf(text)) === JSON.stringify(referenceTokens(text));
}

function tokensOf(text: string): ReturnType<typeof referenceTokens> {
  const lexer = new Lexer(text);
  const found = [];
  let kind = lexer.next();
  for (; kind > tokens.unreadable; kind = lexer.next()) found.push({ start: lexer.start, end: lexer.end });
  return { tokens: found, comments: lexer.comments, isReadable: kind === tokens.end };
}
