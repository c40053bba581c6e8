/**
 * Sketches of operations, as fast-check arbitraries over a schema. A sketch says what to select and how it would like
 * to be named; `write.ts` makes a valid operation of any sketch. Shrinking works on sketches, so it knows no GraphQL.
 */
import fc from 'fast-check';
import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLAbstractType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

import { jsonOf, type KnownValues } from './values.ts';

export interface OperationSketch {
  readonly kind: 'query' | 'mutation';
  readonly selections: readonly SelectionSketch[];
  /** A fragment may spread only later ones, so there are no cycles. */
  readonly fragments: readonly FragmentSketch[];
  readonly conditions: readonly ConditionVariable[];
}

export interface FragmentSketch {
  readonly on: string;
  readonly selections: readonly SelectionSketch[];
}

export type SelectionSketch =
  | {
      readonly kind: 'field';
      readonly name: string;
      readonly alias: string | null;
      readonly args: Readonly<Record<string, ValueSketch>>;
      readonly conditions: readonly Condition[];
      /** null for leaves. */
      readonly selections: readonly SelectionSketch[] | null;
    }
  | {
      readonly kind: 'inline';
      readonly on: string | null;
      readonly conditions: readonly Condition[];
      readonly selections: readonly SelectionSketch[];
    }
  /** One of the fragments that may stand here; none where there is none. */
  | { readonly kind: 'spread'; readonly pick: number; readonly conditions: readonly Condition[] };

export interface Condition {
  readonly directive: 'skip' | 'include';
  /** A constant, or the index of a condition variable. */
  readonly by: boolean | number;
}

export interface ConditionVariable {
  readonly value: boolean;
  readonly form: 'required' | 'default' | 'other default' | 'nullable default';
}

export type ValueSketch =
  | { readonly is: 'json'; readonly json: unknown }
  | { readonly is: 'object'; readonly fields: Readonly<Record<string, ValueSketch>> }
  | {
      readonly is: 'variable';
      /** Uses of one slot and one type share a variable. */
      readonly slot: number;
      readonly json: unknown;
      /** Whether a value is given; without one the default holds, or nothing. */
      readonly given: boolean;
      readonly defaultJson: { readonly json: unknown } | null;
    };

export const conditionVariables = 3;

const depthMax = 5;
const fragmentDepthMax = 3;
const oddNames = `
  a a b b c __proto__ constructor toString hasOwnProperty _t0 _t1 _t_0
  representations _entities __typename then
`
  .trim()
  .split(/\s+/);

/** @param leftOut Names of fields that no sketch selects. */
export function sketches(
  schema: GraphQLSchema,
  known: KnownValues,
  leftOut: readonly string[] = [],
): fc.Arbitrary<OperationSketch> {
  const maker = new SketchMaker(schema, known, leftOut);
  const kinds = schema.getMutationType() ? (['query', 'mutation'] as const) : (['query'] as const);
  return fc.oneof(
    ...kinds.map((kind) =>
      fc.record({
        kind: fc.constant(kind),
        selections: maker.root(kind),
        fragments: fc.array(maker.fragment(), { maxLength: 3 }),
        conditions: fc.array(conditionVariable, {
          minLength: conditionVariables,
          maxLength: conditionVariables,
        }),
      }),
    ),
  );
}

const conditionVariable: fc.Arbitrary<ConditionVariable> = fc.record({
  value: fc.boolean(),
  form: fc.constantFrom('required', 'default', 'other default', 'nullable default'),
});

const condition: fc.Arbitrary<Condition> = fc.record({
  directive: fc.constantFrom('include', 'skip'),
  by: fc.oneof(
    { weight: 1, arbitrary: fc.boolean() },
    { weight: 4, arbitrary: fc.nat(conditionVariables - 1) },
  ),
});

const conditions: fc.Arbitrary<readonly Condition[]> = fc
  .tuple(fc.nat(11), condition, condition)
  .map(([dice, one, other]) => {
    if (dice < 9) return [];
    return dice === 11 && one.directive !== other.directive ? [one, other] : [one];
  });

interface Level {
  /** How many more selection sets may be nested. */
  readonly depth: number;
  /** Whether this is below one of several type conditions that use the same names. */
  readonly isForked: boolean;
}

function below({ depth, isForked }: Level): Level {
  return { depth: depth - 1, isForked };
}

class SketchMaker {
  readonly #schema: GraphQLSchema;
  readonly #known: KnownValues;
  readonly #leftOut: readonly string[];
  readonly #composites: readonly GraphQLCompositeType[];
  readonly #selections = new Map<string, fc.Arbitrary<SelectionSketch>>();
  readonly #aliases: fc.Arbitrary<string | null>;
  readonly #forkedAliases = fc.constantFrom(null, 'a', 'a', 'b');

  constructor(schema: GraphQLSchema, known: KnownValues, leftOut: readonly string[]) {
    this.#leftOut = leftOut;
    this.#schema = schema;
    this.#known = known;
    this.#composites = Object.values(schema.getTypeMap()).filter(
      (type): type is GraphQLCompositeType => isCompositeType(type) && !type.name.startsWith('__'),
    );
    const fieldNames = this.#composites.flatMap((type) =>
      'getFields' in type ? Object.keys(type.getFields()) : [],
    );
    this.#aliases = fc.oneof(
      { weight: 6, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constantFrom(...oddNames) },
      { weight: 1, arbitrary: fc.constantFrom('id', ...new Set(fieldNames)) },
    );
  }

  root(kind: 'query' | 'mutation'): fc.Arbitrary<SelectionSketch[]> {
    const type = kind === 'query' ? this.#schema.getQueryType() : this.#schema.getMutationType();
    if (!type) throw new Error(`The schema has no ${kind} type`);
    return fc.array(this.#selection(type, { depth: depthMax, isForked: false }), {
      minLength: 1,
      maxLength: 4,
    });
  }

  fragment(): fc.Arbitrary<FragmentSketch> {
    return fc.oneof(
      ...this.#composites.map((type) =>
        fc.record({
          on: fc.constant(type.name),
          selections: this.#set(type, { depth: fragmentDepthMax, isForked: false }),
        }),
      ),
    );
  }

  #set(type: GraphQLCompositeType, level: Level): fc.Arbitrary<SelectionSketch[]> {
    if (level.depth <= 0) return fc.constant([]);
    return fc.array(this.#selection(type, level), { minLength: level.isForked ? 2 : 1, maxLength: 4 });
  }

  #selection(type: GraphQLCompositeType, level: Level): fc.Arbitrary<SelectionSketch> {
    const key = `${type.name} ${level.depth} ${level.isForked}`;
    const made = this.#selections.get(key);
    if (made) return made;
    const declared = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const fields = declared.filter((field) => !this.#leftOut.includes(field.name));
    const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
    const objects = fields.filter((field) => !leaves.includes(field));
    const typename = this.#field({ name: '__typename', args: [] }, null, level);
    const options: Array<fc.WeightedArbitrary<SelectionSketch>> = [{ weight: 2, arbitrary: typename }];
    for (const [group, weight] of [
      [leaves, 8],
      [objects, 12],
    ] as const) {
      if (group.length === 0) continue;
      const arbitrary = fc.oneof(
        ...group.map((field) => {
          const named = getNamedType(field.type);
          return this.#field(field, isCompositeType(named) ? named : null, level);
        }),
      );
      options.push({ weight, arbitrary });
    }
    options.push({ weight: isAbstractType(type) ? 16 : 3, arbitrary: this.#inline(type, level) });
    if (isAbstractType(type) && this.#schema.getPossibleTypes(type).length > 0)
      options.push({ weight: 24, arbitrary: this.#fork(type, level) });
    options.push({
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('spread' as const), pick: fc.nat(5), conditions }),
    });
    const arbitrary = fc.oneof(...options);
    this.#selections.set(key, arbitrary);
    return arbitrary;
  }

  #field(
    field: Pick<GraphQLField<unknown, unknown>, 'name' | 'args'>,
    type: GraphQLCompositeType | null,
    level: Level,
  ): fc.Arbitrary<SelectionSketch> {
    return fc.record({
      kind: fc.constant('field' as const),
      name: fc.constant(field.name),
      alias: level.isForked ? this.#forkedAliases : this.#aliases,
      args: this.#inputs(field.args, isRequiredArgument),
      conditions,
      selections: type ? this.#set(type, below(level)) : fc.constant(null),
    });
  }

  #inline(type: GraphQLCompositeType, level: Level): fc.Arbitrary<SelectionSketch> {
    const possible = (one: GraphQLCompositeType): readonly unknown[] =>
      isAbstractType(one) ? this.#schema.getPossibleTypes(one) : [one];
    const overlapping = this.#composites.filter((other) =>
      possible(other).some((member) => possible(type).includes(member)),
    );
    const of = (inner: GraphQLCompositeType, on: string | null): fc.Arbitrary<SelectionSketch> =>
      fc.record({
        kind: fc.constant('inline' as const),
        on: fc.constant(on),
        conditions,
        selections: this.#set(inner, below(level)),
      });
    return fc.oneof(of(type, null), ...overlapping.map((other) => of(other, other.name)));
  }

  /** Two members of an abstract type, each asked for what it likes under the same few names, at any depth. */
  #fork(type: GraphQLAbstractType, level: Level): fc.Arbitrary<SelectionSketch> {
    const branches = this.#schema.getPossibleTypes(type).map((member) =>
      fc.record({
        kind: fc.constant('inline' as const),
        on: fc.constant(member.name),
        conditions: fc.constant([]),
        selections: this.#set(member, { depth: level.depth - 1, isForked: true }),
      }),
    );
    const branch = fc.oneof(...branches);
    return fc.record({
      kind: fc.constant('inline' as const),
      on: fc.constant(null),
      conditions: fc.constant([]),
      selections: fc.tuple(branch, branch),
    });
  }

  #inputs<Input extends GraphQLArgument | GraphQLInputField>(
    inputs: readonly Input[],
    isRequired: (input: Input) => boolean,
  ): fc.Arbitrary<Record<string, ValueSketch>> {
    if (inputs.length === 0) return fc.constant({});
    const model = inputs.map((input) => [input.name, this.#value(input.type, input.name)] as const);
    const requiredKeys = inputs.filter(isRequired).map((input) => input.name);
    return fc.record(Object.fromEntries(model), { requiredKeys }) as fc.Arbitrary<
      Record<string, ValueSketch>
    >;
  }

  #value(type: GraphQLInputType, name: string): fc.Arbitrary<ValueSketch> {
    const json = jsonOf(type, name, this.#known);
    const options: Array<fc.WeightedArbitrary<ValueSketch>> = [
      { weight: 4, arbitrary: json.map((value) => ({ is: 'json', json: value })) },
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.nat(2), json, fc.boolean(), fc.option(json.map((value) => [value])))
          .map(([slot, value, given, otherwise]): ValueSketch => {
            const defaultJson = otherwise ? { json: otherwise[0] } : null;
            return { is: 'variable', slot, json: value, given, defaultJson };
          }),
      },
    ];
    const inner = isNonNullType(type) ? type.ofType : type;
    if (isInputObjectType(inner) && !inner.isOneOf && !isRecursive(inner)) {
      const fields = this.#inputs(Object.values(inner.getFields()), isRequiredInputField);
      options.push({ weight: 4, arbitrary: fields.map((values) => ({ is: 'object', fields: values })) });
    }
    return fc.oneof(...options);
  }
}

function isRecursive(type: GraphQLInputType, within: readonly string[] = []): boolean {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return false;
  if (within.includes(named.name)) return true;
  return Object.values(named.getFields()).some((field) => isRecursive(field.type, [...within, named.name]));
}
