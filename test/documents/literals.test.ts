/**
 * Documents that differ in literals share an operation where that cannot be noticed: what each of them is answered is what
 * it is answered as an operation of its own, and what one plain schema answers.
 */
import { beforeEach, describe, expect, it } from 'vitest';

import { openMonolith } from '../engine/oracle/monolith.ts';
import { EngineGraph } from '../engine/ours/engine.ts';
import { guardLimitDefaults } from '../guard/default-limits.ts';
import { echoFixture } from './echo-fixture.ts';
import { openRequests, type Requests } from './requests.ts';

const graph = new EngineGraph(echoFixture);
const monolith = openMonolith(echoFixture);
let shared: Requests;
let single: Requests;
beforeEach(() => {
  const options = { graph, limits: guardLimitDefaults };
  shared = openRequests(echoFixture, { ...options, shareLiterals: true });
  single = openRequests(echoFixture, { ...options, shareLiterals: false });
});

type Row = readonly [title: string, ...parts: Array<string | Readonly<Record<string, unknown>>>];

/** A title, documents, and perhaps variables. */
function rows(table: readonly Row[]) {
  return table.map(([title, ...parts]) => ({
    title,
    documents: parts.filter((part) => typeof part === 'string'),
    variables: parts.find((part) => typeof part === 'object') ?? {},
  }));
}

const alike: readonly Row[] = [
  ['strings', '{ text(value: "a") }', '{ text(value: "b") }'],
  ['strings with escapes', '{ text(value: "\\u0041\\n\\"\\/") }', '{ text(value: "\\u{1F600}") }'],
  ['strings with surrogate pairs', '{ text(value: "😀") }', '{ text(value: "\\uD83D\\uDE00") }'],
  ['strings that look like code', '{ text(value: "}#${") }', '{ text(value: "$_value0s") }'],
  ['whole numbers', '{ int(value: 1) }', '{ int(value: -2147483648) }'],
  ['whole numbers for floats', '{ float(value: 1) }', '{ float(value: 12345678901234567890) }'],
  ['floats', '{ float(value: 1.5) }', '{ float(value: -2.50e-3) }'],
  ['whole numbers for ids', '{ id(value: 1) }', '{ id(value: 12345678901234567890) }'],
  ['strings for ids', '{ id(value: "1") }', '{ id(value: "__proto__") }'],
  ['lists', '{ texts(values: ["a"]) }', '{ texts(values: ["a", "b", "c"]) }'],
  ['lists of ids', '{ ids(values: [1, 2]) }', '{ ids(values: [3]) }'],
  ['a value for a list', '{ texts(values: "a") }', '{ texts(values: "b") }'],
  ['a value for a list of lists', '{ matrix(values: 1) }', '{ matrix(values: 2) }'],
  ['a list for a list of lists', '{ matrix(values: [1, 2]) }', '{ matrix(values: [3]) }'],
  ['lists of lists', '{ matrix(values: [[1], [2, 3], []]) }', '{ matrix(values: [[4, 5], [6], []]) }'],
  [
    'input objects',
    '{ near(near: { place: "a", tags: ["b"], inner: { place: "c" }, color: GREEN }) }',
    '{ near(near: { place: "d", tags: [], inner: { place: "f" }, color: GREEN }) }'.replace(
      '[]',
      '["e", "f"]',
    ),
  ],
  [
    'input objects in lists',
    '{ all(near: [{ place: "a" }, { place: "b" }]) }',
    '{ all(near: [{ place: "c" }, { place: "d" }]) }',
  ],
  [
    'an input object for a list',
    '{ all(near: { place: "a", km: 2 }) }',
    '{ all(near: { place: "b", km: 3 }) }',
  ],
  [
    'literals beside variables',
    'query ($v: String!, $f: Float) { near(near: { place: $v, km: $f, tags: ["a", $v] }) }',
    'query ($v: String!, $f: Float) { near(near: { place: $v, km: $f, tags: ["b", $v] }) }',
    { v: 'v' },
  ],
  [
    'equal literals of one field',
    '{ text(value: "a") text(value: "\\u0061") }',
    '{ text(value: "b") text(value: "b") }',
  ],
  [
    'literals in places of different types',
    '{ int(value: 1) float(value: 1) id(value: 1) ids(values: 1) }',
    '{ int(value: 2) float(value: 2) id(value: 2) ids(values: 2) }',
  ],
  [
    'equal literals of types in other places',
    '{ animals { ... on Cat { purr(at: 1) } ... on Dog { purr(at: 1) } call(volume: 1) sound(times: 1) } }',
    '{ animals { ... on Cat { purr(at: 2) } ... on Dog { purr(at: 2) } call(volume: 2) sound(times: 2) } }',
  ],
  [
    'different literals under different type conditions',
    '{ animals { ... on Cat { call(volume: 1) } ... on Dog { call(volume: 2) } } }',
    '{ animals { ... on Cat { call(volume: 3) } ... on Dog { call(volume: 4) } } }',
  ],
  [
    'literals in fragments',
    '{ animals { ...F ... on Cat { call(volume: 1) } } } fragment F on Animal { call(volume: 1) }',
    '{ animals { ...F ... on Cat { call(volume: 2) } } } fragment F on Animal { call(volume: 2) }',
  ],
  ['names of operations', 'query A { text(value: "a") }', 'query __proto__ { text(value: "b") }'],
  ['mutations', 'mutation A { change(to: "a") }', 'mutation B { change(to: "b") }'],
  [
    'operations with conditions',
    'query ($yes: Boolean!) { text(value: "a") @include(if: $yes) int(value: 1) @skip(if: true) }',
    'query ($yes: Boolean!) { text(value: "b") @include(if: $yes) int(value: 2) @skip(if: true) }',
    { yes: true },
  ],
  ['errors', '{ int(value: 1) broken(why: "a") }', '{\n  int(value: 2)\n  # why\n  broken(why: "b") }'],
  [
    'custom scalars beside literals',
    '{ json(value: "a") int(value: 1) }',
    '{ json(value: "a") int(value: 2) }',
  ],
];

describe.each(rows(alike))('documents that differ in $title', ({ documents, variables }) => {
  it('share one operation', async () => {
    for (const query of [...documents, ...documents]) {
      const { data } = await monolith.run({ query, variables });
      const answer = await shared.answer({ query, variables });
      expect(JSON.stringify(answer.data)).toBe(JSON.stringify(data));
      expect(answer).toEqual(await single.answer({ query, variables }));
    }
    const last = shared.asked.at(-1);
    expect(last?.literals).toBeDefined();
    expect(shared.asked.filter(({ query }) => query !== last?.query)).toEqual([]);
    expect(new Set(shared.asked.map((request) => JSON.stringify(request))).size).toBe(shared.asked.length);
  });
});

const unlike: readonly Row[] = [
  ['true and false', '{ flag(value: true) int(value: 1) }', '{ flag(value: false) int(value: 1) }'],
  ['enum values', '{ color(value: RED) int(value: 1) }', '{ color(value: GREEN) int(value: 1) }'],
  ['null', '{ text(value: null) int(value: 1) }', '{ text(value: "a") int(value: 1) }'],
  ['conditions', '{ int(value: 1) text @skip(if: true) }', '{ int(value: 1) text @skip(if: false) }'],
  [
    'defaults',
    'query ($v: Int = 1) { int(value: $v) id(value: 1) }',
    'query ($v: Int = 2) { int(value: $v) id(value: 1) }',
  ],
  ['aliases', '{ a: int(value: 1) }', '{ b: int(value: 1) }'],
  ['values of custom scalars', '{ json(value: "a") int(value: 1) }', '{ json(value: "b") int(value: 1) }'],
  [
    'values within custom scalars',
    '{ json(value: { a: [1, { b: "c" }] }) int(value: 1) }',
    '{ json(value: { a: [1, { b: "d" }] }) int(value: 1) }',
  ],
  [
    'values of custom scalars in input objects',
    '{ near(near: { place: "a", extra: 1.50 }) }',
    '{ near(near: { place: "a", extra: 1.5 }) }',
  ],
  ['block strings', '{ text(value: """a""") int(value: 1) }', '{ text(value: """b""") int(value: 1) }'],
  [
    'which literals are equal',
    '{ a: int(value: 1) b: int(value: 1) }',
    '{ a: int(value: 1) b: int(value: 2) }',
  ],
];

describe.each(rows(unlike))('documents that differ in $title', ({ documents, variables }) => {
  it('share no operation', async () => {
    const prepared = [];
    for (const query of documents) {
      const { data } = await monolith.run({ query, variables });
      expect(JSON.stringify((await shared.answer({ query, variables })).data)).toBe(JSON.stringify(data));
      prepared.push((await shared.prepare({ query, variables })).operation);
    }
    expect(prepared[0]).not.toBe(prepared[1]);
  });
});

const unfit: readonly Row[] = [
  ['a string for an enum value', '{ color(value: "RED") }'],
  ['a string for a number', '{ int(value: "1") }'],
  ['a string for a float', '{ float(value: "1.5") }'],
  ['a number for a string', '{ text(value: 1) }'],
  ['a float for a whole number', '{ int(value: 1.0) }'],
  ['a float for an id', '{ id(value: 1.5) }'],
  ['a whole number of more than 32 bits', '{ int(value: 2147483648) }'],
  ['a number for true', '{ flag(value: 1) }'],
  ['a list for a value', '{ int(value: [1]) }'],
  ['a list of the wrong kind', '{ texts(values: [1, 2]) }'],
  ['a list of several kinds', '{ texts(values: ["a", 2]) }'],
  ['a list that is nested too deep', '{ matrix(values: [[[1]]]) }'],
  ['a literal for an input object', '{ near(near: "a") }'],
  ['an unknown field of an input object', '{ near(near: { place: "a", elsewhere: "b" }) }'],
  ['a missing field of an input object', '{ near(near: { km: 1 }) }'],
  ['null for what is required', '{ required(value: null) int(value: 1) }'],
  ['a missing argument', '{ required int(value: 1) }'],
  ['an unknown argument', '{ text(value: "a", other: "b") }'],
  ['an unknown field', '{ nothing(value: "a") }'],
  ['an argument twice', '{ text(value: "a", value: "a") }'],
  ['a field of an input object twice', '{ near(near: { place: "a", place: "b" }) }'],
  ['different literals for one field', '{ int(value: 1) int(value: 2) }'],
  ['literals of different kinds for one field', '{ float(value: 1) float(value: 1.0) }'],
  ['a literal in place of a name', '{ text("value": "a") }'],
  ['a literal after a literal', '{ text(value: "a" "b") }'],
  ['a literal in place of a field', '{ text(value: "a") 1 }'],
  ['a literal without an argument', '{ text("a") }'],
  ['an unfinished document', '{ text(value: "a")'],
  ['an unpaired surrogate', '{ text(value: "\ud83d") }'],
  ['an escaped surrogate', '{ text(value: "\\uD83D") }'],
  ['a variable that is not declared', '{ text(value: $v) int(value: 1) }'],
  ['a variable that is not used', 'query ($v: Int) { int(value: 1) }'],
  [
    'a variable with the name of a literal',
    'query ($_value0i0: Int) { a: int(value: 1) b: int(value: $_value0i0) }',
    { _value0i0: 5 },
  ],
  ['a variable that does not fit', 'query ($v: Int!) {\n required(value: $v) int(value: 1) }', { v: 'a' }],
  ['a variable that is missing', 'query ($v: Int!) { required(value: $v) int(value: 1) }'],
  ['a fragment that is not used', '{ int(value: 1) } fragment F on Query { int(value: 1) }'],
  ['several operations', 'query A { int(value: 1) } query B { text(value: "a") }'],
];

describe.each(rows(unfit))('a document with $title', ({ documents: [query = ''], variables }) => {
  it('is answered as if no other document shared anything with it', async () => {
    await shared.answer({ query: '{ int(value: 1) }' });
    for (let turn = 0; turn < 2; turn += 1) {
      const answer = await shared.answer({ query, variables });
      expect(answer).toEqual(await single.answer({ query, variables }));
      const { data } = await monolith.run({ query, variables }).catch(() => ({ data: undefined }));
      expect(JSON.stringify(answer.data)).toBe(JSON.stringify(data));
    }
  });
});

it('refuses a number that no service could read, whether its shape is known or not', async () => {
  const query = '{ float(value: 1e400) }';
  const refused = await shared.answer({ query });
  expect(refused.errors).toMatchObject([{ code: 'GRAPHQL_VALIDATION_FAILED' }, { locations: [{ line: 1 }] }]);
  await shared.answer({ query: '{ float(value: 1e4) }' });
  expect(await shared.answer({ query })).toEqual(refused);
  expect(await single.answer({ query })).toEqual(refused);
});

describe('a client', () => {
  it('cannot give a literal another value by a variable', async () => {
    const names = ['_value0i', '_value0i0', '__proto__'];
    const variables = Object.fromEntries(names.map((name) => [name, 5]));
    for (const value of [1, 2]) {
      const { data } = await shared.answer({ query: `{ int(value: ${value}) }`, variables });
      expect(data).toEqual({ int: value });
    }
    expect(shared.asked).toHaveLength(1);
  });

  it('causes one preparation by a thousand documents of one new shape at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, value) => shared.answer({ query: `{ int(value: ${value}) }` })),
    );
    expect(answers.map(({ data }) => data)).toEqual(answers.map((_, value) => ({ int: value })));
    expect(shared.asked).toHaveLength(1);
  });

  it('causes one preparation by ten thousand documents of one shape, and none is refused', async () => {
    for (let value = 0; value < 10_000; value += 1) {
      const { data } = await shared.answer({
        query: `{ int(value: ${value}) ids(values: ["${value}", "x"]) }`,
      });
      expect(data).toEqual({ int: value, ids: [String(value), 'x'] });
    }
    expect(shared.asked).toHaveLength(1);
  });

  it('gets its own answer where a document of the same shape is refused at the same time', async () => {
    const values = ['2147483648', '1', '2147483649', '2'];
    const answers = await Promise.all(
      values.map((value) => shared.answer({ query: `{ int(value: ${value}) }` })),
    );
    expect(answers.map(({ data }) => data)).toEqual([undefined, { int: 1 }, undefined, { int: 2 }]);
  });

  it('does not get past a limit by a shape that is known', async () => {
    const known = '{ texts(values: ["a"]) }';
    await shared.answer({ query: known });
    const documents = [
      known.replace('"a"', '"a" '.repeat(4000)),
      `${known}${'#\n'.repeat(4000)}`,
      `${known}${' '.repeat(65_536)}`,
      known.replace('"a"', `"${'a'.repeat(262_144)}"`),
    ];
    for (const query of documents) {
      const answer = await shared.answer({ query });
      expect(answer).toEqual(await single.answer({ query }));
      expect(answer.errors[0]).toEqual({ code: 'OPERATION_TOO_LARGE' });
    }
  });

  it('is told what its own operation is called, and services are told no other', async () => {
    for (const [query, name] of [
      ['query One { text(value: "a") }', 'One'],
      ['query Other { text(value: "b") }', 'Other'],
      ['query One { text(value: "c") }', 'One'],
      ['query { text(value: "d") }', null],
    ] as const) {
      const before = shared.calls.length;
      expect((await shared.prepare({ query })).name).toBe(name);
      await shared.answer({ query });
      const [call] = shared.calls.slice(before);
      expect(call?.query.includes(`${name}__echo__0`)).toBe(name !== null);
      expect(call?.query).not.toContain(`${name === 'One' ? 'Other' : 'One'}__`);
    }
  });

  it('chooses an operation by its name alone', async () => {
    await shared.answer({ query: 'query A { int(value: 1) }', operationName: 'A' });
    const query = 'query A { int(value: 2) }';
    expect(await shared.answer({ query, operationName: 'B' })).toEqual(
      await single.answer({ query, operationName: 'B' }),
    );
    expect((await shared.answer({ query, operationName: 'A' })).data).toEqual({ int: 2 });
  });

  it('may send queries only by GET, whether the shape of a mutation is known or not', async () => {
    for (const value of ['a', 'b']) {
      const query = `mutation { change(to: "${value}") }`;
      const { errors } = await shared.answer({ query, queryOnly: true });
      expect(errors[0]).toEqual({ code: 'METHOD_NOT_ALLOWED' });
    }
  });
});

describe('the operations of another graph', () => {
  it('are prepared by the shapes that were used most', async () => {
    for (const value of [1, 2, 3])
      await shared.answer({ query: `{ int(value: ${value}) json(value: "a") }` });
    await shared.answer({ query: '{ text }' });
    const next = openRequests(echoFixture, { graph, shareLiterals: true });
    await next.operations.warmAll(shared.operations.hottest(1), 60_000);
    const before = next.asked.length;
    expect((await next.answer({ query: '{ int(value: 4) json(value: "a") }' })).data).toEqual({
      int: 4,
      json: 'a',
    });
    expect(next.asked).toHaveLength(before);
  });
});
