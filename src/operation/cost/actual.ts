/**
 * Counts the cost of an answer: the objects and values that came, and the fields that were executed for them, by the
 * weights of the estimate. Where an answer does not say of which type an object is, it counts as the dearest.
 */

import type { CoercedVariables } from '../../pipeline/answer.ts';
import type { ActualCostSpec, CallCost, CostTerm } from '../../pipeline/cost.ts';
import type { FieldSpec, FieldValue, PreparedOperation, Shape } from '../../pipeline/prepared.ts';
import { isRecord, own } from '../../shared/records.ts';
import { Estimate, wholeCost } from './estimate.ts';

type CostedOperation = Pick<PreparedOperation, 'kind' | 'cost' | 'projection'>;

const noCosts: ActualCostSpec = { weights: [], calls: [] };
const mutationWeight = 10;

interface Counted {
  readonly root: CountedObject;
  /** Costs of fields by themselves, by index. */
  readonly calls: readonly CostTerm[];
}

/** Counted once for each operation. */
const compiled = new WeakMap<CostedOperation, Counted>();

/**
 * @param data As the client gets it.
 * @returns A whole number. Never more than the estimate where no list is longer than it was assumed, and the answer names
 *   the types of its objects: others count as the dearest they may be.
 */
export function actualCost(
  operation: CostedOperation,
  data: Readonly<Record<string, unknown>> | null,
  variables: CoercedVariables,
): number {
  let known = compiled.get(operation);
  if (!known) compiled.set(operation, (known = counted(operation)));
  const { kind, cost } = operation;
  const estimate = new Estimate(cost, variables);
  const calls = known.calls.map((call) => estimate.of(call));
  const total = data ? ofObject(known.root, data, calls) : 0;
  return wholeCost(total + (kind === 'mutation' ? mutationWeight : 0));
}

interface CountedObject {
  readonly cases: readonly CountedCase[];
  /** With that type alone. */
  readonly byType: ReadonlyMap<string, CountedCase>;
  /** Response names of `__typename`. */
  readonly typenames: readonly string[];
}

/** Runtime types with the same fields. */
interface CountedCase {
  /** Counted once, however many variants there are: each value may be an object with variants again. */
  readonly values: readonly CountedValue[];
  readonly variants: readonly Variant[];
}

interface CountedValue {
  readonly key: string;
  /** Depth of lists. */
  readonly lists: number;
  /** Of one value: a number for a leaf. */
  readonly value: number | CountedObject;
}

/** Runtime types that cost the same beside the values of their fields. */
interface Variant {
  readonly weight: number;
  /** Fields that cost something by themselves, with the index of the cost. */
  readonly calls: ReadonlyArray<{ readonly key: string; readonly call: number }>;
}

function ofObject(
  { cases, byType, typenames }: CountedObject,
  data: Readonly<Record<string, unknown>>,
  calls: readonly number[],
): number {
  const [first] = cases;
  if (cases.length === 1 && first?.variants.length === 1) return ofCase(first, data, calls);
  for (const key of typenames) {
    const known = byType.get(String(own(data, key)));
    if (known) return ofCase(known, data, calls);
  }
  let largest = 0;
  for (const one of cases) largest = Math.max(largest, ofCase(one, data, calls));
  return largest;
}

function ofCase(
  { values, variants }: CountedCase,
  data: Readonly<Record<string, unknown>>,
  calls: readonly number[],
): number {
  let total = 0;
  for (const { key, lists, value: each } of values) {
    const value = own(data, key);
    if (value !== undefined) total += ofValue(each, { value, lists }, calls);
  }
  let largest = 0;
  for (const variant of variants) {
    let cost = variant.weight;
    for (const { key, call } of variant.calls) if (own(data, key) !== undefined) cost += calls[call] ?? 0;
    largest = Math.max(largest, cost);
  }
  return total + largest;
}

/** @param lists Depth of lists from here. */
function ofValue(
  each: CountedValue['value'],
  { value, lists }: { readonly value: unknown; readonly lists: number },
  calls: readonly number[],
): number {
  if (value === null) return 0;
  if (lists > 0 && Array.isArray(value)) {
    let total = 0;
    for (const element of value) total += ofValue(each, { value: element, lists: lists - 1 }, calls);
    return total;
  }
  if (typeof each === 'number') return each;
  return isRecord(value) ? ofObject(each, value, calls) : 0;
}

function counted({ projection, cost }: CostedOperation): Counted {
  const { weights, calls } = cost.actual ?? noCosts;
  const counting = new Counting(projection.shapes, new Map(weights));
  const root = counting.of(0, calls);
  // The root is no object that a field returned.
  const cases = root.cases.map(({ values, variants }) => ({
    values,
    variants: variants.map((variant) => ({ ...variant, weight: 0 })),
  }));
  return { root: { ...root, cases }, calls: counting.calls };
}

class Counting {
  readonly calls: CostTerm[] = [];
  readonly #shapes: readonly Shape[];
  readonly #weights: ReadonlyMap<string, number>;

  constructor(shapes: readonly Shape[], weights: ReadonlyMap<string, number>) {
    this.#shapes = shapes;
    this.#weights = weights;
  }

  /** @param calls Of the fields of this shape. */
  of(shape: number, calls: readonly CallCost[]): CountedObject {
    const { cases } = this.#shapes[shape] as Shape;
    const byType = new Map<string, CountedCase>();
    const typenames = new Set<string>();
    const counted = cases.map(({ types, fields }): CountedCase => {
      const distinct = distinctFields(fields);
      for (const { key, value } of distinct) if (value.is === 'typename') typenames.add(key);
      const ofTypes = calls.filter((call) => call.types.some((type) => types.includes(type)));
      const values = this.#valuesOf(distinct, ofTypes);
      const variants = new Map<string, Variant>();
      for (const type of types) {
        const weight = this.#weights.get(type) ?? 1;
        const own = ofTypes.filter((call) => call.types.includes(type));
        const key = `${weight} ${own.map((call) => ofTypes.indexOf(call)).join()}`;
        let variant = variants.get(key);
        if (!variant) variants.set(key, (variant = { weight, calls: this.#callsOf(own) }));
        byType.set(type, { values, variants: [variant] });
      }
      return { values, variants: [...variants.values()] };
    });
    return { cases: counted, byType, typenames: [...typenames] };
  }

  /** @param calls Of these fields. */
  #valuesOf(fields: readonly FieldSpec[], calls: readonly CallCost[]): CountedValue[] {
    return fields.flatMap(({ key, wrappers, value: declared }) => {
      const below = calls.flatMap((call) => (call.key === key ? (call.below ?? []) : []));
      const value = this.#valueOf(declared, below);
      return value === 0 ? [] : { key, lists: wrappers.replaceAll('!', '').length, value };
    });
  }

  #callsOf(calls: readonly CallCost[]): Variant['calls'] {
    return calls.flatMap(({ key, cost }) =>
      cost === undefined ? [] : { key, call: this.calls.push(cost) - 1 },
    );
  }

  #valueOf(value: FieldValue, calls: readonly CallCost[]): number | CountedObject {
    switch (value.is) {
      case 'typename':
      case 'introspection':
        return 0;
      case 'scalar':
      case 'enum':
        return this.#weights.get(value.type) ?? 0;
      case 'object':
        return this.of(value.shape, calls);
    }
  }
}

/** A key occurs twice where its position depends on a condition. */
function distinctFields(fields: readonly FieldSpec[]): FieldSpec[] {
  return [...new Map(fields.map((field) => [field.key, field])).values()];
}
