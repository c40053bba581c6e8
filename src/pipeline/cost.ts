/**
 * The cost of an operation as a formula over its variables: a planner worker makes it, `operation/cost/` evaluates it.
 * Types only.
 */

import type { Clause } from './clause.ts';

/** Constants are summed already: what is left depends on variables. */
export interface CostSpec {
  /** Of the whole operation, as its client sees it. */
  readonly total: CostTerm;
  /** What stands in several places; terms name them by index, only those before their own. Absent: none. */
  readonly shared?: readonly CostTerm[];
  /** Variables whose values cost something; terms name them by index. Absent: none. */
  readonly inputs?: readonly InputCost[];
  /** Absent: none. */
  readonly inputTypes?: readonly InputTypeCost[];
  /** To count the cost of an answer. Absent: as in a graph without directives. */
  readonly actual?: ActualCostSpec;
  /** Planned calls to services. */
  readonly calls: CostTerm;
  /** Of the planned calls to each service together. Absent: not asked for. */
  readonly services?: ReadonlyArray<{ readonly service: string; readonly cost: CostTerm }>;
}

/** What is not as in a graph without directives: objects cost 1, values of leaf types and fields by themselves nothing. */
export interface ActualCostSpec {
  /** Names of types whose objects or values cost something else. */
  readonly weights: ReadonlyArray<readonly [type: string, weight: number]>;
  /** Of the root. */
  readonly calls: readonly CallCost[];
}

/** A field that costs something by itself, or has such fields below it. */
export interface CallCost {
  /** Response name. */
  readonly key: string;
  /** Runtime types that it is selected on. */
  readonly types: readonly string[];
  /** Each time that it is executed. Absent: 0. */
  readonly cost?: CostTerm;
  readonly below?: readonly CallCost[];
}

/** Services whose part of an operation is above their maximum, and is not fetched. */
export type RefusedServices = ReadonlyMap<string, { readonly cost: number; readonly maximum: number }>;

export type CostTerm =
  | number
  | { readonly is: 'sum'; readonly of: readonly CostTerm[] }
  | { readonly is: 'max'; readonly of: readonly CostTerm[] }
  /** 0 instead of less. */
  | { readonly is: 'positive'; readonly of: CostTerm }
  | { readonly is: 'times'; readonly size: ListSize; readonly of: CostTerm }
  /** 0 unless one of the clauses holds. */
  | { readonly is: 'when'; readonly when: readonly Clause[]; readonly of: CostTerm }
  /** Of the value of a variable: an index of `inputs`. */
  | { readonly is: 'input'; readonly input: number }
  /** An index of `shared`. */
  | { readonly is: 'shared'; readonly shared: number };

/** The assumed length of a list: the largest of those that are known, or else `otherwise`. */
export type ListSize = number | { readonly largestOf: readonly KnownSize[]; readonly otherwise: ListSize };

/** By one `@listSize`: the largest of the slicing arguments that are given, or else `assumed`. */
export interface KnownSize {
  readonly slices: ReadonlyArray<number | SliceVariable>;
  /** Absent: unknown without a slicing argument. */
  readonly assumed?: number;
}

/** A number, or a list that counts by its length. */
export interface SliceVariable {
  readonly variable: string;
  /** Input fields from the variable to the value. */
  readonly path: readonly string[];
  /** Used where the variable has no value. Absent: the argument is then not given. */
  readonly otherwise?: number;
}

/** The cost of a value where it is used. */
export interface ValueCost {
  /** Once, unless it is null. */
  readonly weight: number;
  /** For each element of a list, or for a single value. */
  readonly each: number;
  /** Depth of lists around the elements. Absent: 0. */
  readonly lists?: number;
  /** An index of `inputTypes`. Absent: not an input object. */
  readonly type?: number;
}

export interface InputCost extends ValueCost {
  readonly variable: string;
  /** Cost of the default where the variable has no value. Absent: 0. */
  readonly otherwise?: number;
}

/** Fields of an input object that may cost something. */
export type InputTypeCost = ReadonlyArray<readonly [name: string, cost: ValueCost]>;

/** A field that must be asked for with exactly one slicing argument, which depends on variables. */
export interface SlicingCheck {
  /** Type.field */
  readonly field: string;
  /** Where the client's document selects it. */
  readonly at: { readonly line: number; readonly column: number };
  /** Names of the slicing arguments, for the message. */
  readonly names: readonly string[];
  /** Slicing arguments that are given in any case. */
  readonly given: number;
  readonly variables: ReadonlyArray<Pick<SliceVariable, 'variable' | 'path'>>;
  /** None has to be given: one has a default. */
  readonly hasDefault: boolean;
  /** Selected if any clause holds; absent: always. */
  readonly when?: readonly Clause[];
}
