import { describe, expect, it } from 'vitest';

import type { RequiredSelection } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { compileGrouping } from './entities.ts';
import type { Data } from './merge.ts';
import { generateIdentity } from './representation-code.ts';
import { compileRepresentation } from './representation.ts';

const oneKey: readonly RequiredSelection[] = [on('__typename', 'id')];
const twoKeys: readonly RequiredSelection[] = [on('__typename', 'id', 'shelf')];

describe('objects are grouped by entity', () => {
  it.each([
    ['a key', oneKey],
    ['several fields', twoKeys],
  ])('by %s', (_title, requires) => {
    const objects = ['a', 'b', 'a', 'a'].map((id) => ({ __typename: 'Book', id, shelf: 1 }));
    const { entities } = grouped(requires, objects);
    expect(entities.texts.map((text) => (JSON.parse(text) as Data)['id'])).toEqual(['a', 'b']);
    expect(entities.targets).toEqual([[objects[0], objects[2], objects[3]], objects[1]]);
    expect(entities.targets[1]).toBe(objects[1]);
  });

  it('where keys of different types look alike', () => {
    const { entities } = grouped(oneKey, [book(1), book('1'), book(true), book(null), book('null'), book(1)]);
    expect(entities.texts.map((text) => (JSON.parse(text) as Data)['id'])).toEqual([
      1,
      '1',
      true,
      null,
      'null',
    ]);
  });

  it('where a key looks like the representation of another', () => {
    const long = new ExactNumber('12345678901234567890');
    const text = '{"__typename":"Book","id":12345678901234567890}';
    const { entities } = grouped(oneKey, [book(long), book(text)]);
    expect(entities.texts).toEqual([text, JSON.stringify(book(text))]);
  });

  it('by the digits of numbers that keep them', () => {
    const objects = ['12345678901234567890', '12345678901234567891', '12345678901234567890'].map((digits) =>
      book(new ExactNumber(digits)),
    );
    const { entities } = grouped(oneKey, objects);
    expect(entities.texts).toHaveLength(2);
    expect(entities.targets).toEqual([[objects[0], objects[2]], objects[1]]);
  });

  it('by the whole representation where rewrites change it', () => {
    const represent = compileRepresentation(oneKey, [
      { kind: 'set', path: [{ key: 'id' }], value: 'same' },
    ] as never);
    const objects = [book('a'), book('b')];
    const entities = compileGrouping(represent, null, () => {})(objects, undefined);
    expect(entities).toEqual({ texts: [JSON.stringify(book('same'))], targets: [objects] });
  });

  it('without those of another type and those that lack a field', () => {
    const lacking = [{ __typename: 'Book' }, { __typename: 'Film', id: 1 }];
    const { entities, incomplete } = grouped(oneKey, [...lacking, book(1)]);
    expect(entities.texts).toHaveLength(1);
    expect(incomplete).toEqual(lacking);
  });
});

function grouped(requires: readonly RequiredSelection[], objects: readonly Data[]) {
  const incomplete: Data[] = [];
  const group = compileGrouping(compileRepresentation(requires, []), generateIdentity(requires), () => {});
  return { entities: group(objects, incomplete), incomplete };
}

function book(id: unknown): Data {
  return { __typename: 'Book', id };
}

function on(...names: readonly string[]): RequiredSelection {
  return {
    kind: 'on',
    types: ['Book'],
    selections: names.map((name) => ({ kind: 'field', name, selections: null })),
  };
}
