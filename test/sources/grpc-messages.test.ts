/** Messages of gRPC: what arrives is what was given, and what does not fit its type is refused before it is sent. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ExactNumber } from '../../src/shared/exact-number.ts';
import { requestContext } from '../support/context.ts';
import { echoServer, echoSource } from './support/echo-server.ts';

const ints = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
} as const;
type Int = keyof typeof ints;
const intTypes = Object.keys(ints) as Int[];
const isLong = (type: Int): boolean => type.endsWith('64');

describe('a whole number', () => {
  it.each(intTypes)('of type %s is sent as it is, from the least to the greatest', async (type) => {
    const { find } = await given();
    const [min, max] = ints[type];
    for (const value of [min, max, 0n, 7n]) {
      const read = isLong(type) ? String(value) : Number(value);
      expect(await find({ [type]: String(value) })).toMatchObject({ [type]: read });
      expect(await find({ [type]: value })).toMatchObject({ [type]: read });
      expect(await find({ [type]: new ExactNumber(String(value)) })).toMatchObject({ [type]: read });
      const number = Number(value);
      if (Number.isSafeInteger(number))
        expect(await find({ [type]: number })).toMatchObject({ [type]: read });
    }
    expect(await find({ [type]: '1e2' })).toMatchObject({ [type]: isLong(type) ? '100' : 100 });
  });

  it.each(intTypes)('that is none of type %s is refused', async (type) => {
    const { find, got } = await given();
    const [min, max] = ints[type];
    const wrong = [
      String(min - 1n),
      String(max + 1n),
      'abc',
      '12x',
      '',
      ' 1',
      '0x10',
      '1.5',
      1.5,
      NaN,
      Infinity,
      true,
    ];
    for (const value of [...wrong, {}, [1], 2 ** 70]) {
      await expect(find({ [type]: value })).rejects.toMatchObject(refusal(type, `a whole number (${type})`));
    }
    expect(got).toHaveLength(0);
  });

  it('above 2^53 that is no text may have been another one before', async () => {
    const { find } = await given();
    for (const value of [2 ** 53, -(2 ** 53), 2 ** 60]) {
      await expect(find({ int64: value })).rejects.toMatchObject(refusal('int64', 'above 2^53 as a string'));
    }
  });

  it('of 64 bits has all its digits in both directions, as a value and as a key', async () => {
    const { find } = await given();
    const types = intTypes.filter(isLong);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...types).chain((type) => {
          const [min, max] = ints[type];
          return fc.tuple(fc.constant(type), fc.bigInt(min, max).map(String));
        }),
        async ([type, digits]) => {
          const map = `by${type[0]?.toUpperCase()}${type.slice(1)}`;
          const nested = type === 'int64' ? { nested: { [digits]: { byInt64: { [digits]: 'y' } } } } : {};
          const message = {
            [type]: digits,
            [map]: { [digits]: 'x' },
            others: [{ [map]: { [digits]: 'z' } }],
            ...nested,
          };
          expect(await find(message)).toMatchObject(message);
        },
      ),
      { numRuns: 200 },
    );
  });
});

const fits: ReadonlyArray<readonly [given: object, read: object]> = [
  [{ float: 1.5 }, { float: 1.5 }],
  [{ double: '1e300' }, { double: 1e300 }],
  [{ double: 'NaN' }, { double: NaN }],
  [{ float: '-Infinity' }, { float: -Infinity }],
  [{ bool: true }, { bool: true }],
  [{ string: 'grün 🦊' }, { string: 'grün 🦊' }],
  [{ bytes: 'aGk=' }, { bytes: Buffer.from('hi') }],
  [{ bytes: '_-8' }, { bytes: Buffer.from([255, 239]) }],
  [{ bytes: Buffer.from([0, 255]) }, { bytes: Buffer.from([0, 255]) }],
  [{ kind: 'KIND_A' }, { kind: 'KIND_A' }],
  [
    { kind: 1, kinds: [0, 'KIND_A'] },
    { kind: 'KIND_A', kinds: ['KIND_UNSPECIFIED', 'KIND_A'] },
  ],
  [{ kind: 77 }, { kind: 77 }],
  [{ inner: { inner: { string: 'x' } } }, { inner: { inner: { string: 'x' } } }],
  [
    { many: [1, '2'], string: null, kind: undefined },
    { many: [1, 2], string: '', kind: 'KIND_UNSPECIFIED' },
  ],
  [{ order_id: 5 }, { orderId: '5' }],
  [{ renamed: 'x' }, { odd: 'x' }],
  [{ maybe: 0 }, { maybe: 0 }],
  [{ right: 0 }, { right: 0 }],
  [{ byBool: { true: 'a', false: 'b' } }, { byBool: { true: 'a', false: 'b' } }],
  [{ byBool: { false: 'b' } }, { byBool: { false: 'b' } }],
  [
    { byString: { '': 'a', 日: 'b', constructor: 'c' } },
    { byString: { '': 'a', 日: 'b', constructor: 'c' } },
  ],
  [{ byInt32: { '-1': 'a', 7: 'b' } }, { byInt32: { '-1': 'a', 7: 'b' } }],
  [{ bySint32: { '-2147483648': 'a' } }, { bySint32: { '-2147483648': 'a' } }],
  [{ byUint32: { 4294967295: 'a' } }, { byUint32: { 4294967295: 'a' } }],
  [{ byFixed32: { 4294967295: 'a' } }, { byFixed32: { 4294967295: 'a' } }],
  [{ bySfixed32: { '-1': 'a' } }, { bySfixed32: { '-1': 'a' } }],
  [
    { any: { '@type': 'type.googleapis.com/test.All', int32: 7 } },
    { any: { type_url: 'type.googleapis.com/test.All', value: Buffer.from([0x08, 0x07]) } },
  ],
  [{ byInt64: { 0: 'a', '-1': 'b' } }, { byInt64: { 0: 'a', '-1': 'b' } }],
];

it.each(fits)('%j arrives', async (message, read) => {
  const { find } = await given();
  expect(await find(message)).toMatchObject(read);
});

const unfit: ReadonlyArray<readonly [given: unknown, place: string, expected: string]> = [
  [{ double: NaN }, 'double', 'a number (double)'],
  [{ double: Infinity }, 'double', 'a number (double)'],
  [{ double: 'abc' }, 'double', 'a number (double)'],
  [{ float: 1e39 }, 'float', 'a number (float)'],
  [{ bool: 'true' }, 'bool', 'true or false'],
  [{ bool: 1 }, 'bool', 'true or false'],
  [{ string: 5 }, 'string', 'a string'],
  [{ string: '\ud800' }, 'string', 'a string'],
  [{ bytes: 'no base64!' }, 'bytes', 'bytes, or a string of them in base64'],
  [{ bytes: 'abcde' }, 'bytes', 'bytes, or a string of them in base64'],
  [{ bytes: [1, 2] }, 'bytes', 'bytes, or a string of them in base64'],
  [{ kind: 'KIND_TYPO' }, 'kind', 'a value of Kind'],
  [{ kind: 'constructor' }, 'kind', 'a value of Kind'],
  [{ kind: '1' }, 'kind', 'a value of Kind'],
  [{ kind: 1.5 }, 'kind', 'a value of Kind'],
  [{ kinds: ['KIND_A', 'KIND_B'] }, 'kinds[1]', 'a value of Kind'],
  [{ inner: 'x' }, 'inner', 'an object (All)'],
  [{ inner: [{}] }, 'inner', 'an object (All)'],
  [{ inner: { int32: 'x' } }, 'inner.int32', 'a whole number (int32)'],
  [{ many: 1 }, 'many', 'a list'],
  [{ many: [1, null] }, 'many[1]', 'a whole number (int32)'],
  [{ byString: 'x' }, 'byString', 'an object (a map)'],
  [{ byString: ['x'] }, 'byString', 'an object (a map)'],
  [{ byString: { a: 1 } }, 'byString.a', 'a string'],
  [{ byInt64: { x: 'a' } }, 'byInt64', 'keys that are each int64'],
  [{ byInt64: { '9223372036854775808': 'a' } }, 'byInt64', 'keys that are each int64'],
  [{ byUint32: { '-1': 'a' } }, 'byUint32', 'keys that are each uint32'],
  [{ byBool: { yes: 'a' } }, 'byBool', 'keys that are each bool'],
  [{ byInt32: { 1: 'a', '01': 'b' } }, 'byInt32', 'each key once'],
  [{ left: 'a', right: 1 }, 'right', 'one field of "choice"'],
  [{ orderId: 1, order_id: 2 }, 'order_id', 'one value for a field'],
  [{ unknown: 1 }, 'unknown', 'only fields of All'],
  [{ any: { '@type': 'test.None' } }, 'any.@type', 'the name of a message'],
  [{ any: { '@type': 'x/test.All', int32: 'x' } }, 'any.int32', 'a whole number (int32)'],
  [{ any: { typeUrl: 'x', value: 'not base64!' } }, 'any.value', 'bytes, or a string of them in base64'],
];

it.each(unfit)('%j is refused, and nothing is sent', async (message, place, expected) => {
  const { find, got } = await given();
  await expect(find(message)).rejects.toMatchObject(refusal(place, expected));
  expect(got).toHaveLength(0);
});

it.each([[null], ['x'], [[]]])('%j is no message', async (message) => {
  const { find } = await given();
  await expect(find(message)).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: 'the message cannot be sent to echo: expected an object (All)',
  });
});

it('a message that holds itself is refused', async () => {
  const { find } = await given();
  const message: Record<string, unknown> = {};
  message['inner'] = message;
  await expect(find(message)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

it('what cannot be sent says nothing of the service', async () => {
  const { find, service } = await given();
  for (let round = 0; round < 50; round += 1) {
    await expect(find({ byString: 'x' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  }
  expect(service.breaker.state).toBe('closed');
  expect(await find({ int32: 1 })).toMatchObject({ int32: 1 });
});

it('text of an answer that is not UTF-8 is an error and not other text', async () => {
  // Field 14, two bytes.
  const { find } = await given(Buffer.from([0x72, 0x02, 0xc3, 0x28]));
  await expect(find({})).rejects.toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
});

function refusal(place: string, expected: string): object {
  const start = `the value given for "${place}" cannot be sent to echo: expected `;
  return {
    code: 'BAD_USER_INPUT',
    message: expect.stringMatching(new RegExp(`^${escaped(start)}.*${escaped(expected)}`)) as unknown,
    public: { service: 'echo' },
  };
}

function escaped(text: string): string {
  return text.replace(/[^\w\s]/g, String.raw`\$&`);
}

async function given(answer?: Buffer) {
  const server = await echoServer(answer ? { answer } : {});
  const { source, service } = await echoSource([server.url]);
  return {
    service,
    got: server.got,
    find: (message: unknown) => source.call('Find', message as object, requestContext()),
  };
}
