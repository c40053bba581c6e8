import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jsonText, parseExactJson, parseJson } from './exact-json.ts';
import { ExactNumber, mayHaveLongNumber, numberOf } from './exact-number.ts';
import { withPlainNumbers } from './plain-numbers.ts';

const digit = fc.nat(9).map(String);
const digits = (max: number) => fc.array(digit, { minLength: 1, maxLength: max }).map((all) => all.join(''));
const whole = digits(20).map((text) => text.replace(/^0+(?=\d)/, ''));

/** Of JSON, up to 40 digits. */
const jsonNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    whole,
    fc.option(digits(17), { nil: null }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e-', 'E+'), digits(3)), { nil: null }),
  )
  .map(
    ([sign, integer, fraction, exponent]) =>
      sign + integer + (fraction === null ? '' : `.${fraction}`) + (exponent ? exponent.join('') : ''),
  );

const space = fc.constantFrom('', ' ', '\n\t', '                    ');

describe('any number', () => {
  it('is read and written with the same digits, wherever it stands', () => {
    fc.assert(
      fc.property(jsonNumber, space, (number, gap) => {
        for (const text of [
          number,
          `{"a":${gap}${number}${gap}}`,
          `[1,${gap}${number}]`,
          `{"a":[[${number}]]}`,
        ]) {
          expect(JSON.stringify(parseJson(text))).toBe(text.replaceAll(gap, ''));
          expect(JSON.stringify(parseExactJson(text, 'digits'))).toBe(text.replaceAll(gap, ''));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is written as JSON.stringify writes it, among whatever else there is', () => {
    const members = fc.dictionary(fc.string(), fc.oneof(fc.json({ stringUnit: 'binary' }), jsonNumber));
    fc.assert(
      fc.property(members, jsonNumber, (others, number) => {
        const texts = Object.entries(others).map(([name, json]) => `${JSON.stringify(name)}:${json}`);
        const value = parseJson(
          `{"list":[${[...Object.values(others), number].join()}],${[...texts, '"n":0'].join()}}`,
        );
        expect(jsonText(value)).toBe(JSON.stringify(value));
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps its value where the digits do not matter', () => {
    fc.assert(
      fc.property(jsonNumber, (text) => {
        const value = numberOf(text, 'value');
        if (typeof value === 'number') expect(sameDecimal(text, String(value))).toBe(true);
        else expect(String(value)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('is found where it would lose digits, wherever in the text it begins', () => {
    fc.assert(
      fc.property(jsonNumber, fc.nat(40), (number, at) => {
        fc.pre(!/e/i.test(number) && typeof numberOf(number, 'value') !== 'number');
        expect(mayHaveLongNumber(Buffer.from(`${' '.repeat(at)}[${number},"x"]`))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

/** By whole numbers alone. */
function sameDecimal(one: string, other: string): boolean {
  const scaled = (text: string): bigint => {
    const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
    const [integer = '', fraction = ''] = mantissa.split('.');
    return BigInt(integer + fraction) * 10n ** BigInt(2000 + Number(exponent) - fraction.length);
  };
  return scaled(one) === scaled(other);
}

describe('any JSON', () => {
  const text = fc
    .tuple(fc.json({ stringUnit: 'binary' }), fc.constantFrom(0, 1, '\t'))
    .map(([json, space]) => JSON.stringify(JSON.parse(json), null, space));

  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(text, (json) => {
        expect(parseExactJson(json, 'value')).toStrictEqual(JSON.parse(json));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['{"a\\"b":"\\\\","c\\\\\\"":"\\u0041\\n"}'],
    ['{"__proto__":{"a":1},"a":1,"a":2,"2":0,"1":0}'],
    [' [ ] '],
    ['\r\n{ }\t'],
    ['"x"'],
    ['[true,false,null,-1,0,[[]],{}]'],
  ])('as in %s', (json) => {
    const value = parseExactJson(json, 'value');
    expect(value).toStrictEqual(JSON.parse(json));
    expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(json)));
  });

  it.each([[''], ['{'], ['[1,]'], ['01'], ['1.'], ['"\n"'], ['{"a":1}x'], ['1 2'], ['nul']])(
    'is refused where it is none: %j',
    (json) => expect(() => parseExactJson(json, 'digits')).toThrow(SyntaxError),
  );
});

describe('a number that JavaScript cannot hold', () => {
  const number = new ExactNumber('9007199254740993');

  it.each([
    ['as text', String(number), '9007199254740993'],
    ['within a text', `of ${String(number)}`, 'of 9007199254740993'],
    ['as a bigint of its text', BigInt(String(number)), 9007199254740993n],
    ['as JSON', JSON.stringify({ a: number }), '{"a":9007199254740993}'],
    ['where plain numbers are wanted', number.plain(), number],
  ])('is the same %s', (_place, got, expected) => expect(got).toBe(expected));

  it('takes no part in arithmetic', () => {
    expect(() => Number(number) + 1).toThrow(RangeError);
    expect(() => (number as unknown as number) > 5).toThrow(RangeError);
  });
});

describe('a number that is written in another way than JavaScript does', () => {
  it('is that number in arithmetic, and where plain numbers are wanted', () => {
    const values = parseJson('{"a":1.10,"b":[2.0,{"c":1e2}],"d":12345678901234567890,"e":"1.0"}');
    const plain = withPlainNumbers(values) as Record<string, unknown>;
    expect(plain).toEqual({ a: 1.1, b: [2, { c: 100 }], d: expect.any(ExactNumber), e: '1.0' });
    expect(Number((values as { a: ExactNumber }).a) + 1).toBe(2.1);
  });

  it('is not looked for where there is none', () => {
    const values = { a: [1, 'x'] };
    expect(withPlainNumbers(values)).toBe(values);
  });
});

it('takes time in proportion to the digits', () => {
  const text = `1${'0'.repeat(200_000)}1`;
  expect(String(numberOf(text, 'value'))).toBe(text);
  expect(JSON.stringify(parseJson(`[${text}]`))).toBe(`[${text}]`);
});
