/**
 * T-PROTO, T-PROTO-MERGE: a subgraph whose every object holds keys of JavaScript's own changes neither an answer nor
 * the process.
 */

import { afterAll, describe, expect, it } from 'vitest';

import type { Subgraph } from '../../src/sources/source.ts';
import { fixtures } from '../engine/fixtures/index.ts';
import { openEngine } from '../engine/ours/engine.ts';

const poison =
  '"__proto__":{"polluted":true,"toString":"x"},"constructor":{"prototype":{"polluted":true},"call":"x"},' +
  '"prototype":{"polluted":true},"hasOwnProperty":"x","toString":"x","then":"x","valueOf":null';

const before = stateOfPrototypes();
afterAll(() => expect(stateOfPrototypes()).toBe(before));

const names = ['aliases', 'requires-chain', 'shareable', 'nested-lists', 'polymorphism', 'contexts'];

describe.each(names)('answers of the fixture %s', (name) => {
  const fixture = fixtures.find((one) => one.name === name);
  if (!fixture) throw new Error(`there is no fixture ${name}`);

  it.each([
    ['generated', false],
    ['plain', true],
  ])('stay what they are when every object is poisoned, with %s code', async (_code, interpreted) => {
    const clean = openEngine(fixture, { interpreted });
    let poisoned = 0;
    const hostile = openEngine(fixture, {
      interpreted,
      around: (_service, subgraph) => poisonous(subgraph, () => (poisoned += 1)),
    });
    for (const { query, variables = {} } of fixture.operations) {
      fixture.reset?.();
      const expected = await clean.run({ query, variables });
      fixture.reset?.();
      expect(await hostile.run({ query, variables })).toEqual(expected);
      expect(stateOfPrototypes()).toBe(before);
    }
    expect(poisoned).toBeGreaterThan(0);
  });
});

it('names of JavaScript as aliases from two subgraphs at one path are data like any other', async () => {
  const fixture = fixtures.find(({ name }) => name === 'aliases');
  if (!fixture) throw new Error('there is no fixture aliases');
  for (const interpreted of [false, true]) {
    const { data } = await openEngine(fixture, { interpreted }).run({
      query: `{ cards { constructor: title prototype: stock hasOwnProperty: price
        toString: owner { constructor: name call: mail then: id } } }`,
    });
    // As text: an object with a `then` of its own is not handed to anything that might await it.
    expect(JSON.stringify(data)).toBe(
      '{"cards":[{"constructor":"Red","prototype":2,"hasOwnProperty":"Red:1",' +
        '"toString":{"constructor":"Olga","call":"o@x","then":"o1"}},' +
        '{"constructor":null,"prototype":2,"hasOwnProperty":"null:undefined",' +
        '"toString":{"constructor":null,"call":null,"then":"o2"}}]}',
    );
  }
  expect(stateOfPrototypes()).toBe(before);
});

/** As JSON.parse makes it of a text: `__proto__` is then a key of the object itself. */
function poisonous(subgraph: Subgraph, count: () => void): Subgraph {
  return {
    async fetch(request) {
      const answer = await subgraph.fetch(request);
      const text = JSON.stringify(answer.data ?? null).replace(
        /\{(?=["}])/g,
        (_brace, at: number, all: string) => {
          count();
          return all[at + 1] === '}' ? `{${poison}` : `{${poison},`;
        },
      );
      return { ...answer, data: JSON.parse(text) as Record<string, unknown> | null };
    },
    close: () => subgraph.close(),
  };
}

/** Every property of the objects that everything inherits from, with its kind and, of functions, the text. */
function stateOfPrototypes(): string {
  const roots = [
    Object,
    Function,
    Array,
    String,
    Promise,
    Object.prototype,
    Function.prototype,
    Array.prototype,
  ];
  return JSON.stringify(
    roots.map((root) =>
      Reflect.ownKeys(root).map((key) => {
        const { value } = Object.getOwnPropertyDescriptor(root, key) ?? {};
        return [String(key), typeof value === 'function' ? String(value) : typeof value];
      }),
    ),
  );
}
