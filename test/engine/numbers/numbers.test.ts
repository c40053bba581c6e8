/** Numbers and other literals reach services and clients with the digits that they were sent with, or are refused. */

import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { partsOf, type Called } from './called.ts';
import { numbersGateway, type NumbersGateway, type Service } from './gateway.ts';

let gateway: NumbersGateway;

beforeAll(async () => {
  gateway = await numbersGateway(process.env['TEST_FRONT'] ?? 'direct');
});

afterAll(() => gateway.close());

beforeEach(() => {
  gateway.says('people', '{"echo":true}');
  gateway.says('api', '{"id":"x"}');
  for (const service of ['people', 'notes', 'api'] as const) gateway.asked(service);
});

const body = (query: string, variables = '{}') =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`;

/** What the service was asked in the one call that it got. */
function called(service: Service): Called {
  const calls = gateway.asked(service);
  expect(calls).toHaveLength(1);
  return partsOf(calls[0] ?? '');
}

const long = '9007199254740993';
const decimal = '12345678901234567890.1234567890';

describe('a literal', () => {
  it.each([
    [`decimal:${long}`],
    [`decimal:-${decimal}`],
    ['decimal:1.10'],
    ['decimal:1E5'],
    ['decimal:-0'],
    [`decimals:[1.10 ${long} null]`],
    [`json:{a:RED b:[1.0 GREEN{c:${decimal}}]d:"RED" e:true}`],
    ['json:RED'],
    ['json:"5"'],
    [`float:${long}.5`],
    ['float:1.10'],
    ['id:"5"'],
    ['id:5', 'id:"5"'],
    [`id:${long}`, `id:"${long}"`],
    [`id:"${long}"`],
    ['id:"-7"'],
    ['ids:["1" 2 "x"]', 'ids:["1" "2" "x"]'],
    [`amount:{decimal:1.10 json:{a:RED}float:2.50 id:"7" ids:["8"]inner:{decimal:${long}}}`],
    ['colour:RED'],
    ['int:5'],
    ['text:"5"'],
  ])('reaches the service as it was written: %s', async (argument, sent = argument) => {
    expect((await gateway.post(body(`{ echo(${argument}) }`))).text).toBe('{"data":{"echo":true}}');
    expect(called('people')).toEqual({ query: `{echo(${sent})}`, variables: '{}' });
  });

  it('stays beside variables in the same value', async () => {
    const query = 'query($v:Decimal){echo(json:{a:1.10 b:$v c:RED}amount:{decimal:$v id:"5"})}';
    await gateway.post(body(query, `{"v":${long}}`));
    expect(called('people')).toEqual({ query, variables: `{"v":${long}}` });
  });

  it('stays where it is alone in the place of a list', async () => {
    await gateway.post(body('{ echo(decimals: 1.10) }'));
    expect(called('people').query).toBe('{echo(decimals:[1.10])}');
  });

  it('does not take the name of a variable of the client', async () => {
    await gateway.post(
      body('query ($_literal0: Json) { echo(decimal: 1.10, json: $_literal0) }', '{"_literal0":2}'),
    );
    expect(called('people')).toEqual({
      query: 'query($_literal0:Json){echo(decimal:1.10 json:$_literal0)}',
      variables: '{"_literal0":2}',
    });
  });
});

describe('a variable', () => {
  it.each([
    ['Decimal', 'decimal', long],
    ['Decimal', 'decimal', `-${decimal}`],
    ['Decimal', 'decimal', '1.10'],
    ['Decimal', 'decimal', '-0'],
    ['[Decimal]', 'decimals', `[1.0,${long},null]`],
    ['Json', 'json', `{"a":[1.10,{"b":${long}}],"c":"RED"}`],
    ['Float', 'float', decimal],
    ['Float', 'float', '1.10'],
    ['Amount', 'amount', `{"decimal":1.10,"json":[${long}],"inner":{"float":${decimal}}}`],
  ])('of type %s reaches the service as it was sent: %s %s', async (type, name, value) => {
    const query = `query($v:${type}){echo(${name}:$v)}`;
    expect((await gateway.post(body(query, `{"v":${value}}`))).text).toBe('{"data":{"echo":true}}');
    expect(called('people')).toEqual({ query, variables: `{"v":${value}}` });
    await gateway.get(query, `{"v":${value}}`);
    expect(called('people')).toEqual({ query, variables: `{"v":${value}}` });
  });

  it.each([
    ['ID', 'id', long, `"${long}"`],
    ['[ID!]', 'ids', `[${long},1]`, `["${long}","1"]`],
    ['Amount', 'amount', `{"ids":[${long}]}`, `{"ids":["${long}"]}`],
    ['Int', 'int', '5.0', '5'],
  ])('of type %s is what the type says: %s %s', async (type, name, value, sent) => {
    await gateway.post(body(`query($v:${type}){echo(${name}:$v)}`, `{"v":${value}}`));
    expect(called('people').variables).toBe(`{"v":${sent}}`);
  });

  it.each([
    ['Decimal', 'decimal', decimal, decimal],
    ['Json', 'json', `{a: [1.10, RED]}`, '{"a":[1.10,"RED"]}'],
    ['Float', 'float', '1.10', '1.10'],
    ['ID', 'id', long, `"${long}"`],
    ['Amount', 'amount', `{decimal: 1.10, id: "5"}`, '{"decimal":1.10,"id":"5"}'],
  ])('of type %s keeps the digits of its default: %s', async (type, name, literal, sent) => {
    await gateway.post(body(`query ($v: ${type} = ${literal}) { echo(${name}: $v) }`));
    expect(called('people').variables).toBe(`{"v":${sent}}`);
  });

  it('gets the defaults of the schema as they are written there', async () => {
    await gateway.post(body('query ($v: Preset) { echo(preset: $v) }', '{"v":{"other":1}}'));
    expect(called('people').variables).toBe(`{"v":{"other":1,"decimal":${long}.10,"json":[1,{"a":"b"}]}}`);
    const { text } = await gateway.post(body('{ __type(name: "Preset") { inputFields { defaultValue } } }'));
    const shown = [`"${long}.10"`, 'null', '"[1, {a: \\"b\\"}]"'].map((value) => `{"defaultValue":${value}}`);
    expect(text).toBe(`{"data":{"__type":{"inputFields":[${shown.join(',')}]}}}`);
  });
});

describe('a number that no float can hold', () => {
  it.each([
    ['float: 1e400'],
    ['float: -1e400'],
    [`float: 1${'0'.repeat(400)}`],
    ['decimal: 1e400'],
    ['json: {a: [1e400]}'],
    ['amount: {float: 1.5e999}'],
  ])('is refused as a literal, where it stands: %s', async (argument) => {
    const { status, text } = await gateway.post(body(`{ echo(${argument}) }`));
    const { errors } = JSON.parse(text) as { errors: Array<Record<string, unknown>> };
    expect(errors).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' }, locations: [{ line: 1 }] },
    ]);
    expect([status, gateway.asked('people')]).toEqual([200, []]);
  });

  it.each([
    ['Float', '1e400', '$v"'],
    ['Float', `1${'0'.repeat(400)}`, '$v"'],
    ['[Decimal]', '[1,-1e400]', '"v[1]"'],
    ['Json', '{"a":[{"b":1e400}]}', '"v.a[0].b"'],
    ['Amount', '{"inner":{"float":1e400}}', '"v.inner.float"'],
    ['ID', '1e400', '$v"'],
    ['Int', '1e400', '$v"'],
  ])('is refused as a variable of type %s, where it stands: %s', async (type, value, place) => {
    const names: Readonly<Record<string, string>> = { '[Decimal]': 'decimals' };
    const name = names[type] ?? type.toLowerCase();
    const { text } = await gateway.post(body(`query ($v: ${type}) { echo(${name}: $v) }`, `{"v":${value}}`));
    const { errors } = JSON.parse(text) as {
      errors: Array<{ message: string; extensions: { code: string } }>;
    };
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(errors[0]?.message).toContain(place);
    expect(gateway.asked('people')).toEqual([]);
  });

  it('is an error at its field where a service sends it', async () => {
    gateway.says('people', '{"thing":{"float":1e400,"id":1e400,"json":1}}');
    const { text } = await gateway.post(body('{ thing { float id json } }'));
    expect(JSON.parse(text)).toMatchObject({
      data: { thing: { float: null, id: null, json: 1 } },
      errors: [
        { path: ['thing', 'float'], extensions: { code: 'FIELD_VALUE_INVALID' } },
        { path: ['thing', 'id'], extensions: { code: 'FIELD_VALUE_INVALID' } },
      ],
    });
  });
});

describe('an answer', () => {
  it.each([
    ['decimal', long, long],
    ['decimal', '1.10', '1.10'],
    ['decimal', '1e5', '1e5'],
    ['decimal', '1e400', '1e400'],
    ['decimals', `[[1.0,${decimal}],[]]`, `[[1.0,${decimal}],[]]`],
    ['json', `{"a":[1.10,{"b":-0}],"c":1e-400}`, `{"a":[1.10,{"b":-0}],"c":1e-400}`],
    ['float', decimal, decimal],
    ['id', long, `"${long}"`],
    ['id', '5', '"5"'],
  ])('reaches the client as it was sent: %s %s', async (field, sent, received) => {
    gateway.says('people', `{"thing":{"${field}":${sent}}}`);
    expect((await gateway.post(body(`{ thing { ${field} } }`))).text).toBe(
      `{"data":{"thing":{"${field}":${received}}}}`,
    );
  });

  it('with a long number in the place of an object is an error', async () => {
    gateway.says('people', `{"thing":{"key":${long}}}`);
    const { text } = await gateway.post(body('{ thing { key { code } } }'));
    expect(JSON.parse(text)).toMatchObject({
      data: { thing: { key: null } },
      errors: [{ path: ['thing', 'key'], extensions: { code: 'FIELD_VALUE_INVALID' } }],
    });
  });

  it('may say the same long number twice for one field', async () => {
    const key = `{"__typename":"Key","code":${long},"weight":${decimal}}`;
    gateway.says('people', `{"thing":{"key":${key}}}`);
    gateway.says('notes', `[{"__typename":"Key","code":${long},"note":"n","heavy":"h"}]`);
    expect((await gateway.post(body('{ thing { key { code note heavy } } }'))).text).toBe(
      `{"data":{"thing":{"key":{"code":${long},"note":"n","heavy":"h"}}}}`,
    );
  });
});

describe('entities', () => {
  it('are asked for by the digits of their keys and of what they require', async () => {
    const deep = `{"__typename":"Deep","part":{"number":1.10}}`;
    gateway.says(
      'people',
      `{"thing":{"key":{"__typename":"Key","code":${long},"weight":{"w":[${decimal},1.0]}},"deep":${deep}}}`,
    );
    gateway.says('notes', '[{"note":"n"}]');
    await gateway.post(body('{ thing { deep { note } } }'));
    expect(called('notes').variables).toBe(`{"representations":[${deep}]}`);
    gateway.says('notes', '[{"heavy":"h"}]');
    await gateway.post(body('{ thing { key { heavy } } }'));
    expect(called('notes').variables).toBe(
      `{"representations":[{"__typename":"Key","code":${long},"weight":{"w":[${decimal},1.0]}}]}`,
    );
  });
});

describe('a REST service', () => {
  it.each([[long], [decimal], ['-12345678901234567890'], ['5']])(
    'is asked for %s, and answers with it',
    async (number) => {
      gateway.says('api', `{"id":"x","number":${number},"json":{"a":[${number}]}}`);
      const query = `{ record(number: ${number}, list: [${number}, 1]) { number json } }`;
      const answer = `{"data":{"record":{"number":${number},"json":{"a":[${number}]}}}}`;
      expect((await gateway.post(body(query))).text).toBe(answer);
      const variable = 'query ($n: Decimal!, $l: [Decimal]) { record(number: $n, list: $l) { number json } }';
      expect((await gateway.post(body(variable, `{"n":${number},"l":[${number},1]}`))).text).toBe(answer);
      const asked = `/records/${number}?list=${number},1`;
      expect(gateway.asked('api')).toEqual([asked, asked]);
    },
  );

  it('gets whole bodies with the digits, and its numbers are ids', async () => {
    gateway.says('api', `{"id":${long}}`);
    const query = `mutation ($w: Json) { change(number: ${decimal}, whole: $w) { id } }`;
    expect((await gateway.post(body(query, `{"w":{"a":[${long}]}}`))).text).toBe(
      `{"data":{"change":{"id":"${long}"}}}`,
    );
    expect(gateway.asked('api')).toEqual([`{"number":${decimal},"whole":{"a":[${long}]}}`]);
  });

  it('has a field of type Float refused that would be rounded', async () => {
    gateway.says('api', `{"float":${decimal}}`);
    const { text } = await gateway.post(body('{ record(number: 1) { float } }'));
    expect(JSON.parse(text)).toMatchObject({
      data: { record: { float: null } },
      errors: [{ path: ['record', 'float'], extensions: { code: 'SERVICE_BAD_RESPONSE' } }],
    });
  });
});

describe('resolvers in TypeScript', () => {
  it.each([
    ['9007199254740993', 'object', '9007199254740993'],
    ['1.10', 'number', '1.1'],
    ['5', 'number', '5'],
  ])('get %s as %s', async (number, type, answered) => {
    const answer = `{"data":{"resolved":{"number":${answered},"seen":"${type}"}}}`;
    expect((await gateway.post(body(`{ resolved(number: ${number}) { number seen } }`))).text).toBe(answer);
    const variable = 'query ($n: Decimal) { resolved(number: $n) { number seen } }';
    expect((await gateway.post(body(variable, `{"n":${number}}`))).text).toBe(answer);
  });
});

// Any number in every position

const digits = (max: number) => fc.array(fc.nat(9).map(String), { minLength: 1, maxLength: max });
const anyNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits(20).map((all) => all.join('').replace(/^0+(?=.)/, '')),
    fc.option(
      digits(17).map((all) => `.${all.join('')}`),
      { nil: '', freq: 1 },
    ),
    fc.option(
      fc.tuple(fc.constantFrom('e', 'E-', 'e+'), digits(3)).map(([e, all]) => e + all.join('')),
      { nil: '', freq: 5 },
    ),
  )
  .map((parts) => parts.join(''));

interface Position {
  readonly name: string;
  /** @returns What came of the number; undefined where it was refused. */
  readonly send: (number: string) => Promise<string | undefined>;
}

const aNumber = /-?\d[\d.]*(?:[eE][-+]?\d+)?/;
const numberIn = (text: string | undefined): string | undefined => aNumber.exec(text ?? '')?.[0];

const literals = [
  'decimal: N',
  'decimals: [N]',
  'json: {a: [N]}',
  'float: N',
  'id: N',
  'id: "N"',
  'amount: {inner: {decimal: N}}',
].map((argument): Position => ({
  name: `the literal ${argument}`,
  async send(number) {
    await gateway.post(body(`{ echo(${argument.replace('N', number)}) }`));
    const [call] = gateway.asked('people');
    return call === undefined ? undefined : numberIn(partsOf(call).query);
  },
}));

const variables = [
  ['Decimal', 'decimal', 'N'],
  ['[Decimal]', 'decimals', '[N]'],
  ['Json', 'json', '{"a":[{"b":N}]}'],
  ['Float', 'float', 'N'],
  ['ID', 'id', 'N'],
  ['Amount', 'amount', '{"inner":{"decimal":N}}'],
].map(([type = '', name = '', value = '']): Position => ({
  name: `a variable of type ${type}`,
  async send(number) {
    await gateway.post(body(`query($v:${type}){echo(${name}:$v)}`, `{"v":${value.replace('N', number)}}`));
    return numberIn(/"variables":(.*)/.exec(gateway.asked('people')[0] ?? '')?.[1]);
  },
}));

const answers = ['decimal', 'json', 'id', 'float'].map((field): Position => ({
  name: `an answer of field ${field}`,
  async send(number) {
    gateway.says('people', `{"thing":{"${field}":${number}}}`);
    const { text } = await gateway.post(body(`{ thing { ${field} } }`));
    const received = text.includes('"errors"') ? undefined : numberIn(text);
    // A float or an id is its value: where nothing is lost, it may be written in another way.
    const isSame = received === JSON.stringify(Number(number)) && !/[\d.]{16}/.test(number);
    return isSame && (field === 'float' || field === 'id') ? number : received;
  },
}));

const others: Position[] = [
  {
    name: 'a default of a variable',
    async send(number) {
      await gateway.post(body(`query ($v: Json = {a: ${number}}) { echo(json: $v) }`));
      return numberIn(/"variables":(.*)/.exec(gateway.asked('people')[0] ?? '')?.[1]);
    },
  },
  {
    name: 'a key of an entity',
    async send(number) {
      gateway.says('people', `{"thing":{"key":{"__typename":"Key","code":${number}}}}`);
      gateway.says('notes', '[{"note":"n"}]');
      await gateway.post(body('{ thing { key { note } } }'));
      return numberIn(/"code":(.*)/.exec(gateway.asked('notes')[0] ?? '')?.[1]);
    },
  },
];

describe.each([...literals, ...variables, ...answers, ...others])('any number in $name', ({ send }) => {
  it('comes with the same digits or is refused', async () => {
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(anyNumber, async (number) => {
        const received = await send(number);
        for (const service of ['people', 'notes'] as const) gateway.asked(service);
        if (received === undefined) return;
        kept += 1;
        expect(received).toBe(number);
      }),
      { numRuns: 60 },
    );
    expect(kept).toBeGreaterThan(0);
  });
});
