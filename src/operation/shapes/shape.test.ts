import fc from 'fast-check';
import { parse, parseConstValue, print, visit, type DocumentNode } from 'graphql';
import { describe, expect, it } from 'vitest';

import { guardLimitDefaults } from '../../../test/guard/default-limits.ts';
import { document as acceptedDocuments, soup } from '../../../test/guard/documents.ts';
import { placeholderOf, shapeName } from '../../pipeline/shapes.ts';
import { shapeOf, type Shape } from './shape.ts';

const shape = (text: string): Shape | null => shapeOf(text, guardLimitDefaults);
const textOf = (text: string): string | undefined => shape(text)?.text;
const valuesOf = (text: string): unknown[] | undefined => shape(text)?.literals.map(({ value }) => value);

describe('the shape of a document', () => {
  it.each([
    ['literals', '{ a(x: 1, y: "s", z: 1.5) }', '{a(x:$_value0i y:$_value1s z:$_value2f)}'],
    ['whitespace and comments', '#\n{ a(\n x: 1, ) # c\n b }', '{a(x:$_value0i)b}'],
    ['the name of the operation', 'query Q { a(x: 1) }', 'query _{a(x:$_value0i)}'],
    [
      'literals in fragments',
      '{ ...F } fragment F on T { a(x: 1) }',
      '{... F}fragment F on T{a(x:$_value0i)}',
    ],
    ['literals in input objects', '{ a(x: {y: [$v, {z: 1}]}) }', '{a(x:{y:[$v{z:$_value0i}]})}'],
    ['lists of literals of one kind, however long', '{ a(x: [1, 2, 3]) }', '{a(x:$_value0I)}'],
    ['lists of lists', '{ a(x: [["a"], []]) }', '{a(x:[$_value0S[]])}'],
    ['lists of literals of several kinds', '{ a(x: [1, 2.5, "s"]) }', '{a(x:[$_value0i$_value1f$_value2s])}'],
    ['lists with what is no literal', '{ a(x: [1, $v, A]) }', '{a(x:[$_value0i$v A])}'],
  ])('is without %s', (_title, text, expected) => {
    expect(textOf(text)).toBe(expected);
  });

  it.each([
    [
      'true, false, null and enum values',
      '{ b(v: 1) a(x: true, y: null, z: RED) }',
      'a(x:true y:null z:RED)',
    ],
    ['arguments of directives', '{ a(v: 1) @skip(if: false) @d(x: 1) }', '@skip(if:false)@d(x:1)'],
    ['directives of operations', 'query @d(x: 1) { a(v: 1) }', 'query@d(x:1){'],
    ['directives of spreads', '{ a(v: 1) ...F @d(x: 1) } ', '... F@d(x:1)'],
    ['directives of fragments', '{ a(v: 1) ...F } fragment F on T @d(x: 1) { a }', 'on T@d(x:1){'],
    ['defaults of variables', 'query ($v: Int = 5) { a(v: 1) b(v: $v) }', '($v:Int=5)'],
    ['aliases', '{ alias: a(v: 1) }', 'alias:a('],
    ['block strings', '{ a(v: 1, x: """ "b" """) }', 'x:""" "b" """'],
    ['numbers that JavaScript writes in another way', '{ a(v: 1, x: -0, y: -0.0) }', 'x:-0 y:-0.0'],
    ['very long numbers', `{ a(v: 1, x: ${'9'.repeat(50)}) }`, `x:${'9'.repeat(50)}`],
    ['strings that would run into each other', '{ a(v: 1, x: ["" """b"""]) }', 'x:[$_value1s """b"""]'],
  ])('keeps %s', (_title, text, expected) => {
    expect(textOf(text)).toContain(expected);
  });

  it.each([
    ['no literals in arguments', '{ a @skip(if: true) }'],
    ['several operations', 'query A { a(x: 1) } query B { b }'],
    ['no operation', 'fragment F on T { a(x: 1) }'],
    ['a subscription', 'subscription { a(x: 1) }'],
    ['schema introspection', '{ a(x: 1) __type(name: "T") { name } }'],
    ['variables with names like those of literals', 'query ($_value0i: Int) { a(x: 1, y: $_value0i) }'],
    ['what no lexer reads', '{ a(x: 1) } %'],
    ['brackets that were not opened', '} { a(x: 1) }'],
    ['a very long name', `query ${'n'.repeat(129)} { a(x: 1) }`],
    ['too many literals', `{ ${Array.from({ length: 257 }, (_, i) => `a(x: ${i})`).join(' ')} }`],
    ['too many tokens', `{ a(x: [${'1 '.repeat(4000)}]) }`],
    ['comments that are too many tokens', `{ a(x: 1) } ${'#\n'.repeat(4000)}`],
    ['too many bytes', `{ a(x: "${'s'.repeat(262_144)}") }`],
    ['too many bytes in UTF-8', `{ a(x: "${'é'.repeat(131_072)}") }`],
    ['too much whitespace', `{ a(x: 1) ${' '.repeat(65_536)} }`],
    ['brackets that are nested too deep', `{ a(x: ${'['.repeat(63)}1${']'.repeat(63)}) }`],
  ])('is none for a document with %s', (_title, text) => {
    expect(shape(text)).toBeNull();
  });

  it('numbers equal literals alike, and others differently', () => {
    expect(textOf('{ a(x: "é") b(x: "\\u00e9") c(x: "e") d(x: ["e"]) }')).toBe(
      '{a(x:$_value0s)b(x:$_value0s)c(x:$_value1s)d(x:$_value2S)}',
    );
    expect(textOf('{ a(x: 1) b(x: 1.0) c(x: "1") d(x: 1) }')).toBe(
      '{a(x:$_value0i)b(x:$_value1f)c(x:$_value2s)d(x:$_value0i)}',
    );
  });

  it('has the values of its literals as a client would send them', () => {
    expect(
      valuesOf('{ a(x: "\\u{1F600}\\n", y: -12, z: 1e3, w: [], v: ["", "\\""], u: "__proto__") }'),
    ).toEqual(['😀\n', -12, expect.objectContaining({}), ['', '"'], '__proto__']);
    expect(JSON.stringify(valuesOf('{ a(x: 1.10, y: 12345678901234567890, z: 1e3) }'))).toBe(
      '[1.10,12345678901234567890,1e3]',
    );
  });

  it('is the same document with a variable for each literal', () => {
    let shaped = 0;
    const check = (text: string): void => {
      const found = shape(text);
      if (!found) return;
      shaped += 1;
      const original = parsed(text);
      const filled = parsed(found.text);
      expect(filled === null, text).toBe(original === null);
      if (original && filled) expect(print(withLiterals(filled, found))).toBe(print(withoutName(original)));
    };
    fc.assert(fc.property(acceptedDocuments, check), { numRuns: 3000 });
    fc.assert(fc.property(soup, check), { numRuns: 3000 });
    fc.assert(
      fc.property(soup, (text) => check(`{ a(x: [1, ${text} 2]) }`)),
      { numRuns: 3000 },
    );
    expect(shaped).toBeGreaterThan(500);
  });

  it('tells where each of its tokens is in the document', () => {
    const text = '# c\nquery Q {\n\ta(x: "é", y: [ 1, 2 ], z: [[3] $v])\n  b: c }';
    const offsets = { inShape: [] as number[], inDocument: [] as number[] };
    const found = shapeOf(text, guardLimitDefaults, offsets);
    const nameAt = (of = '', at = 0): string | undefined => /^[A-Za-z]\w*/.exec(of.slice(at))?.[0];
    const names = offsets.inShape.map((at) => nameAt(found?.text, at));
    expect(names.filter((name) => name !== undefined)).toEqual(['query', 'a', 'x', 'y', 'z', 'v', 'b', 'c']);
    expect(offsets.inDocument.map((at) => nameAt(text, at))).toEqual(names);
    expect(found?.text).toHaveLength((offsets.inShape.at(-1) ?? 0) + 1);
  });
});

function parsed(text: string): DocumentNode | null {
  try {
    return parse(text, { noLocation: true });
  } catch {
    return null;
  }
}

function withLiterals(document: DocumentNode, { literals }: Shape): DocumentNode {
  return visit(document, {
    Variable: ({ name }) => {
      const placeholder = placeholderOf(name.value);
      return placeholder && parseConstValue(literals[placeholder.number]?.text ?? '', { noLocation: true });
    },
  });
}

function withoutName(document: DocumentNode): DocumentNode {
  return visit(document, {
    OperationDefinition: ({ name, ...operation }) =>
      name ? { ...operation, name: { ...name, value: shapeName } } : undefined,
  });
}
