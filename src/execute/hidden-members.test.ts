import { describe, expect, it } from 'vitest';

import type { Fallback } from '../pipeline/answer.ts';
import type { FieldSpec, ProjectionSpec } from '../pipeline/prepared.ts';
import { compileHiddenMembers } from './hidden-members.ts';
import type { Data } from './merge.ts';
import type { ClientPath } from './projection.ts';
import type { Report, Run } from './run.ts';

/** Films and the color RED are hidden. */
const spec: ProjectionSpec = {
  shapes: [
    {
      type: 'Query',
      isObject: true,
      cases: [
        {
          types: ['Query'],
          fields: [
            field('media', { is: 'object', shape: 1 }),
            field('colors', { is: 'enum', type: 'Color' }),
          ],
        },
      ],
    },
    {
      type: 'Media',
      isObject: false,
      hiddenTypes: ['Film'],
      cases: [
        {
          types: ['Book'],
          fields: [
            field('parts', { is: 'object', shape: 1 }),
            field('title', { is: 'scalar', type: 'String' }),
          ],
        },
      ],
    },
  ],
  enums: { Color: ['GREEN'] },
  hiddenValues: { Color: ['RED'] },
};

describe('compileHiddenMembers', () => {
  it.each<[string, Data, Data]>([
    ['objects of hidden types', { media: [film(), book(), film()] }, { media: [book()] }],
    ['objects within lists of lists', { media: [[film()], [book(), film()]] }, { media: [[], [book()]] }],
    [
      'objects below those that stay',
      { media: [film(), { ...book(), parts: [film(), book()] }] },
      { media: [{ ...book(), parts: [book()] }] },
    ],
    [
      'objects below an object outside of lists',
      { media: { ...book(), parts: [film()] } },
      { media: { ...book(), parts: [] } },
    ],
    ['hidden values of enums', { colors: ['RED', 'GREEN', 'RED'] }, { colors: ['GREEN'] }],
    ['hidden values within lists of lists', { colors: [['RED'], ['GREEN']] }, { colors: [[], ['GREEN']] }],
  ])('leaves out %s', (_title, data, expected) => {
    compileHiddenMembers(spec)!(run(data));
    expect(data).toEqual(expected);
  });

  it.each<[string, Data]>([
    ['null elements', { media: [null], colors: [null] }],
    ['a hidden object or value outside of lists', { media: film(), colors: 'RED' }],
    ['elements that are no objects', { media: [1, 'Film'], colors: [1, {}] }],
    ['an object without a type name', { media: [{}, { __typename: null }] }],
    ['missing fields', {}],
  ])('keeps %s', (_title, data) => {
    const expected = structuredClone(data);
    compileHiddenMembers(spec)!(run(data));
    expect(data).toEqual(expected);
  });

  it('has nothing to do where nothing that is selected can be hidden', () => {
    const shapes = spec.shapes.map(({ type, isObject, cases }) => ({ type, isObject, cases }));
    expect(compileHiddenMembers({ shapes, enums: {} })).toBeNull();
    expect(compileHiddenMembers({ shapes, enums: {}, hiddenValues: {} })).toBeNull();
    expect(compileHiddenMembers({ shapes, enums: {}, hiddenValues: { Color: ['RED'] } })).not.toBeNull();
  });

  it('filters a list that several positions share once', () => {
    const parts = [film(), book(), film(), book()];
    const data = {
      media: [
        { ...book(), parts },
        { ...book(), parts },
      ],
    };
    const given = run(data, [['media', 1, 'parts', 3]]);
    compileHiddenMembers(spec)!(given);
    expect(parts).toEqual([book(), book()]);
    expect(given.explainedPaths).toEqual([['media', 1, 'parts', 1]]);
  });
});

describe('paths of what is reported', () => {
  it.each<[ClientPath, ClientPath[]]>([
    [['media', 1, 'title'], [['media', 0, 'title']]],
    [['media', 3, 'parts', 2, 'title'], [['media', 1, 'parts', 0, 'title']]],
    [['media'], [['media']]],
    [['other', 4], [['other', 4]]],
    [['media', 0, 'title'], []],
    [['media', 2], []],
    [['media', 3, 'parts', 0], []],
  ])('move with the members: %j to %j', (path, moved) => {
    const parts = [film(), film(), book()];
    const given = run({ media: [film(), book(), film(), { ...book(), parts }] }, [path]);
    compileHiddenMembers(spec)!(given);
    expect(given.explainedPaths).toEqual(moved);
    expect(given.state.fallbacks?.marks.map((mark) => mark.path)).toEqual(moved);
    expect(given.reports.map(({ paths }) => paths)).toEqual(moved.length === 0 ? [[]] : [moved, []]);
  });

  it('keep the report of several members with those that stay', () => {
    const given = run({ media: [film(), book()] }, []);
    given.reports.splice(0, 1, {
      ...report,
      paths: [
        ['media', 0],
        ['media', 1],
      ],
    });
    compileHiddenMembers(spec)!(given);
    expect(given.reports).toEqual([{ ...report, paths: [['media', 0]] }]);
  });
});

const report: Omit<Report, 'paths'> = { message: 'x', code: 'SERVICE_ERROR', fromBackend: true };

/** A run that reports each path, explains it and marks it, and reports an error without a path. Only these are read. */
function run(data: Data, paths: ClientPath[] = []): Run {
  const marks = paths.map((path): Fallback => ({ path, service: 'media', source: 'declared' }));
  return {
    data,
    reports: [...(paths.length > 0 ? [{ ...report, paths }] : []), { ...report, paths: [] }],
    explainedPaths: [...paths],
    state: { fallbacks: { marks, filled: new Map() } },
  } as unknown as Run;
}

function book(): Data {
  return { __typename: 'Book' };
}

function film(): Data {
  return { __typename: 'Film', parts: [] };
}

function field(key: string, value: FieldSpec['value']): FieldSpec {
  return { key, from: key, name: `T.${key}`, wrappers: '', value, at: [] };
}
