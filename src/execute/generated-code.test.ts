/** Generated code and the plain code it stands for answer alike, whatever the data. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { PathStep, RequiredSelection } from '../pipeline/prepared.ts';
import { compileMerge } from './merge-code.ts';
import { merge, type Data } from './merge.ts';
import { compilePositions } from './positions-code.ts';
import { objectsAt, positionsAt } from './positions.ts';
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
    fc.constantFrom<unknown>(null, undefined, 0, 1, '', 'x', '"quoted"', true, 'T', 'U'),
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
        const expected = structuredClone(target);
        merge(expected, structuredClone(source));
        const actual = structuredClone(target);
        compileMerge(['a', 'b'])(actual, structuredClone(source));
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
