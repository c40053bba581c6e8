/** Generated code and the plain code it stands for answer alike, whatever the data. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { FieldSpec, PathStep, ProjectionSpec, RequiredSelection } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { compileMerge } from './merge-code.ts';
import { copyOf, merge, type Data } from './merge.ts';
import { compilePositions } from './positions-code.ts';
import { objectsAt, positionsAt } from './positions.ts';
import { compileProjection } from './projection-code.ts';
import { project } from './projection.ts';
import { generateRepresentation } from './representation-code.ts';
import { referenceRepresentation } from './representation.ts';

const keys = ['a', 'b', '__typename'] as const;

/** JSON of few names, so that paths and selections often meet something. */
const { json } = fc.letrec<{ json: unknown; object: Data }>((tie) => ({
  object: fc.dictionary(fc.constantFrom(...keys), tie('json'), {
    maxKeys: 3,
    noNullPrototype: true,
  }) as fc.Arbitrary<Data>,
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(
      null,
      undefined,
      0,
      1,
      '',
      'x',
      '"quoted"',
      true,
      'T',
      'U',
      new ExactNumber('9007199254740993'),
    ),
    tie('object'),
    fc.array(tie('json'), { maxLength: 3 }),
  ),
}));
const object = fc.record({
  __typename: fc.constantFrom('T', 'U', 'V'),
  a: json,
  b: json,
}) as fc.Arbitrary<Data>;

const step: fc.Arbitrary<PathStep> = fc.oneof(
  fc.constantFrom(...keys).map((key) => ({ key })),
  fc.constant({ each: true } as const),
);

describe('compilePositions', () => {
  it('finds what objectsAt finds, and positionsAt says where', () => {
    fc.assert(
      fc.property(object, fc.array(step, { maxLength: 5 }), (root, path) => {
        const found = compilePositions(path)(root);
        expect(found).toEqual(objectsAt(root, path));
        for (const { object: located, path: at } of positionsAt(root, path)) {
          expect(found).toContain(located);
          expect(at.reduce<unknown>((value, key) => (value as Data)[key], root)).toBe(located);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('compileMerge', () => {
  it('merges as merge does', () => {
    fc.assert(
      fc.property(object, object, (target, source) => {
        const expected = copyOf(target);
        merge(expected, copyOf(source));
        const actual = copyOf(target);
        compileMerge(['a', 'b'])(actual, copyOf(source));
        expect(actual).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

const { field } = fc.letrec<{ field: RequiredSelection }>((tie) => ({
  field: fc.record({
    kind: fc.constant('field' as const),
    name: fc.constantFrom('a', 'b'),
    selections: fc.option(fc.uniqueArray(tie('field'), { minLength: 1, maxLength: 2, selector: nameOf }), {
      maxDepth: 2,
    }),
  }) as fc.Arbitrary<RequiredSelection>,
}));

function nameOf(selection: RequiredSelection): string {
  return selection.kind === 'field' ? selection.name : '';
}

const typename: RequiredSelection = { kind: 'field', name: '__typename', selections: null };

describe('generateRepresentation', () => {
  it('builds what the reference builds', () => {
    const requires = fc
      .tuple(
        fc.uniqueArray(field, { maxLength: 2, selector: nameOf }),
        fc.uniqueArray(field, { maxLength: 2, selector: nameOf }),
      )
      .map(([one, other]): RequiredSelection[] => [
        { kind: 'on', types: ['T'], selections: [typename, ...one] },
        { kind: 'on', types: ['U', 'W'], selections: [typename, ...other] },
      ]);
    fc.assert(
      fc.property(requires, object, (selections, source) => {
        const generated = generateRepresentation(selections);
        expect(generated?.(source)).toEqual(referenceRepresentation(selections, [])(source));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('compileProjection', () => {
  const types = ['String', 'ID', 'Int', 'Float', 'Boolean', 'Json'];
  const spec: ProjectionSpec = {
    shapes: [
      {
        type: 'T',
        isObject: true,
        cases: [
          {
            types: ['T'],
            fields: [
              ...types.map((type): FieldSpec => fieldOf(type, '', { is: 'scalar', type })),
              fieldOf('Object', '', { is: 'object', shape: 1 }),
              fieldOf('Objects', '[', { is: 'object', shape: 1 }),
            ],
          },
        ],
      },
      {
        type: 'U',
        isObject: true,
        cases: [{ types: ['U'], fields: [fieldOf('a', '', { is: 'scalar', type: 'Json' })] }],
      },
    ],
    enums: {},
  };
  const numbers = fc
    .constantFrom('1', '1.0', '-0', '1e2', '1e400', '9007199254740993', '0.12345678901234567891')
    .map((text) => new ExactNumber(text));
  const leaf = fc.oneof(fc.constantFrom<unknown>(null, 1, 1.5, Infinity, 'x', true, {}, []), numbers);
  const data = fc.dictionary(
    fc.constantFrom(...types, 'Object', 'Objects'),
    fc.oneof(leaf, fc.array(leaf, { maxLength: 2 })),
    { maxKeys: 2, noNullPrototype: true },
  );

  it('answers as project does, or leaves it to it', () => {
    let answered = 0;
    fc.assert(
      fc.property(data, (source) => {
        const input = { spec, variables: new Map(), introspection: null, explained: [] };
        const expected = project({ ...input, data: source });
        const actual = compileProjection(spec)?.(source, new Map(), null);
        if (actual === undefined) {
          expect(expected.errors).not.toEqual([]);
        } else {
          answered += 1;
          expect(JSON.stringify(actual)).toBe(JSON.stringify(expected.data));
          expect(expected.errors).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
    expect(answered).toBeGreaterThan(0);
  });
});

function fieldOf(key: string, wrappers: string, value: FieldSpec['value']): FieldSpec {
  return { key, from: key, name: `T.${key}`, wrappers, value, at: [] };
}
