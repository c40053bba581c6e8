/**
 * A prepared operation: everything about a document that does not depend on a request, as plain JSON.
 * A planner worker makes it once; `operation/` coerces variables by it and `execute/` compiles it. Types only.
 */

import type { ArgumentSpec, CheckSpec } from './authorization.ts';
import type { Clause } from './clause.ts';
import type { CostSpec, SlicingCheck } from './cost.ts';

/** How one operation is executed. A null `plan` means that nothing has to be fetched. */
export interface PreparedOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string | null;
  readonly variables: readonly VariableSpec[];
  /** Input types of variables other than built-in scalars. */
  readonly inputTypes: readonly InputTypeSpec[];
  readonly plan: PlanNode | null;
  readonly projection: ProjectionSpec;
  readonly introspection: IntrospectionSpec | null;
  /** Authorization checks. Absent: none. */
  readonly checks?: readonly CheckSpec[];
  /** Of the operation without regard to denied fields. */
  readonly cost: CostSpec;
  /** Fields whose slicing arguments depend on variables. Absent: none. */
  readonly slicing?: readonly SlicingCheck[];
  /** Selections of fields with limits of their own, in document order. Absent: none. */
  readonly limitedFields?: readonly LimitedField[];
}

/** One selection by its own name, however many objects it is selected on. */
export interface LimitedField {
  /** Type.field of the limit. */
  readonly coordinate: string;
  /** Those that keys need. */
  readonly arguments: readonly ArgumentSpec[];
  /** Included if any clause holds; absent: always. */
  readonly when?: readonly Clause[];
}

/** The result of the planner worker: the operation, or why there is none. */
export type PreparationResult =
  | { readonly prepared: PreparedOperation }
  /** The plan depends on the values of these variables of `@skip` and `@include`: prepare again with them. */
  | { readonly conditional: ConditionalOperation }
  | { readonly refused: PreparationRefusal };

/** The result for a shape. Its positions are those in the shape. */
export type ShapeResult =
  | Exclude<PreparationResult, { readonly refused: unknown }>
  /** The literals of these numbers cannot be variables: prepare again with their texts. */
  | { readonly literals: readonly number[] }
  /** Each of its documents has to be prepared by itself, be it only to say what is wrong with it. */
  | { readonly unshaped: true };

export interface ConditionalOperation extends Pick<PreparedOperation, 'variables' | 'inputTypes'> {
  readonly conditionVariables: readonly string[];
}

export interface PreparationRefusal {
  readonly code:
    | 'GRAPHQL_PARSE_FAILED'
    | 'GRAPHQL_VALIDATION_FAILED'
    | 'OPERATION_RESOLUTION_FAILURE'
    | 'OPERATION_NOT_SUPPORTED'
    | 'PLANNING_FAILED';
  readonly errors: ReadonlyArray<{
    readonly message: string;
    readonly locations?: readonly SourcePosition[];
  }>;
  /** For the log only. */
  readonly detail?: string;
}

// Variables

export interface VariableSpec {
  readonly name: string;
  readonly type: TypeRef;
  /** Its value is this literal of the client's document, and nothing that the client sends. Absent: a client's variable. */
  readonly literal?: number;
  /** Already coerced. Absent: no default. */
  readonly defaultValue?: unknown;
  /** Position of its definition. */
  readonly at: SourcePosition;
  /** Position of its first use in `@skip` or `@include`, which are non-null, if its type is nullable. */
  readonly conditionAt?: SourcePosition;
}

/** Line and column in the client's document, from 1. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** A named type inside wrappers, outermost first: `[ID!]!` is `{ wrappers: '![!', name: 'ID' }`. */
export interface TypeRef {
  readonly wrappers: string;
  readonly name: string;
}

export type InputTypeSpec = { readonly name: string } & (
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'scalar' }
  | { readonly kind: 'input'; readonly oneOf: boolean; readonly fields: readonly InputFieldSpec[] }
);

export interface InputFieldSpec {
  readonly name: string;
  readonly type: TypeRef;
  readonly defaultValue?: unknown;
}

// Plan

export type PlanNode = SequenceNode | ParallelNode | FetchNode | FlattenNode | ConditionNode | SplitNode;

/**
 * Parts of a query that must not share data during execution: each runs on its own, then the fields that `graft` names
 * are moved from the other parts into the first.
 */
export interface SplitNode {
  readonly kind: 'split';
  readonly main: PlanNode | null;
  readonly others: ReadonlyArray<{ readonly node: PlanNode; readonly graft: GraftTree }>;
}

/** By response name in the merged data; true: this field. */
export interface GraftTree {
  readonly [key: string]: GraftTree | true;
}

export interface SequenceNode {
  readonly kind: 'sequence';
  readonly nodes: readonly PlanNode[];
  /**
   * Each node resolves root fields of a mutation completely; if one makes the answer null, the later ones do not run.
   */
  readonly isSerial?: true;
}

export interface ParallelNode {
  readonly kind: 'parallel';
  readonly nodes: readonly PlanNode[];
}

export interface FlattenNode {
  readonly kind: 'flatten';
  readonly path: readonly PathStep[];
  readonly node: PlanNode;
}

/** One step into the merged data: a response name, or each element of a list. `types` filters by runtime type. */
export type PathStep =
  | { readonly key: string; readonly types?: readonly string[] }
  | { readonly each: true; readonly types?: readonly string[] };

export interface ConditionNode {
  readonly kind: 'condition';
  readonly variable: string;
  readonly whenTrue: PlanNode | null;
  readonly whenFalse: PlanNode | null;
}

export interface FetchNode {
  readonly kind: 'fetch';
  readonly service: string;
  readonly operation: string;
  readonly operationName: string | null;
  readonly operationKind: 'query' | 'mutation';
  readonly variables: readonly VariableUse[];
  /** Response names that this fetch writes at its position, which become null if it fails. */
  readonly writes: readonly string[];
  /** For entity fetches: the selections of a representation. */
  readonly requires: readonly RequiredSelection[] | null;
  /** Interfaces whose runtime types this fetch resolves: an object without an entity does not exist. */
  readonly resolvesTypes: readonly string[];
  readonly inputRewrites: readonly DataRewrite[];
  readonly outputRewrites: readonly DataRewrite[];
  /** Sent instead, each by itself, for objects that lack some of the fields that this fetch requires. */
  readonly partialFetches: readonly FetchNode[];
  /** Variables of the fetch with values from ancestors of each position (`@fromContext`). Absent: none. */
  readonly contexts?: readonly ContextUse[];
  /** Where numbers must keep their digits. Absent: nowhere. */
  readonly numbers?: NumberPaths;
  /**
   * Positions of the same entity get copies, because fields below depend on ancestors. Absent: they share one object.
   */
  readonly unshared?: true;
  /** The plan has the same fetch at other paths, too, which get copies of its entities. Absent: it has not. */
  readonly repeated?: true;
  /** How it shares a call with other fetches of entities. Absent: it has a call of its own. */
  readonly joinable?: JoinableText;
}

/** Parts of the `operation` of a fetch. */
export interface JoinableText {
  /** The definition of each of its `variables`. */
  readonly definitions: readonly TextRange[];
  /** What it selects of the entities, with its braces. */
  readonly selections: TextRange;
}

export type TextRange = readonly [start: number, end: number];

/** Positions of custom scalars in a response, by response name; null: this field. A name may occur several times. */
export type NumberPaths = ReadonlyArray<readonly [name: string, below: NumberPaths | null]>;

export interface ContextUse {
  /** Its name in the fetch's operation. */
  readonly variable: string;
  /** Where the value may be; the first that exists is used. */
  readonly places: ReadonlyArray<{
    /** Number of ancestors to go up from the position. */
    readonly up: number;
    /** From there to the value. */
    readonly path: readonly RewriteStep[];
  }>;
}

export type RequiredSelection =
  | {
      readonly kind: 'field';
      readonly name: string;
      readonly selections: readonly RequiredSelection[] | null;
    }
  | {
      readonly kind: 'on';
      /** Runtime types that match the condition, including its own name. */
      readonly types: readonly string[];
      readonly selections: readonly RequiredSelection[];
    };

export interface VariableUse {
  /** Its name in the fetch's operation. */
  readonly name: string;
  /** Its name in the client's operation. */
  readonly from: string;
}

/** Changes data before it is sent or after it was received, at `path`; the last step names the field. */
export type DataRewrite =
  | { readonly kind: 'set'; readonly path: readonly RewriteStep[]; readonly value: unknown }
  | { readonly kind: 'rename'; readonly path: readonly RewriteStep[]; readonly to: string };

export type RewriteStep = { readonly key: string } | { readonly types: readonly string[] };

// Projection

/** The shape of the response, as a tree; shape 0 is the root. */
export interface ProjectionSpec {
  readonly shapes: readonly Shape[];
  /** Enum values the client may see, by enum name. */
  readonly enums: Readonly<Record<string, readonly string[]>>;
  /** Enum values that are left out of lists, by enum name: hidden from this client. Absent: none. */
  readonly hiddenValues?: Readonly<Record<string, readonly string[]>>;
}

/** A selection set: its fields by runtime type. */
export interface Shape {
  /** The declared type. */
  readonly type: string;
  /** The declared type is an object type, so that data needs no `__typename`. */
  readonly isObject: boolean;
  /** Each runtime type the client may see belongs to exactly one case. */
  readonly cases: readonly ShapeCase[];
  /** Runtime types whose objects are left out of lists: hidden from this client. Absent: none. */
  readonly hiddenTypes?: readonly string[];
  /** Interfaces that are no type of an object here, although services know objects by them alone. Absent: none. */
  readonly unresolved?: readonly UnresolvedType[];
}

/** The answer depends on the runtime type of an object: while it is not known, there is no answer. */
export interface UnresolvedType {
  readonly type: string;
  /** It depends on it if any clause holds; absent: always. */
  readonly when?: readonly Clause[];
}

export interface ShapeCase {
  readonly types: readonly string[];
  /** Number of the check that guards objects of these types. Absent: none. */
  readonly check?: number;
  /** In response order. A key may occur twice if its first position depends on a condition. */
  readonly fields: readonly FieldSpec[];
}

export interface FieldSpec {
  /** Response name for the client. */
  readonly key: string;
  /** Response name in the merged data. */
  readonly from: string;
  /** Schema coordinate of the field, for messages. */
  readonly name: string;
  readonly wrappers: string;
  readonly value: FieldValue;
  /** Where the client's document selects it, for errors. */
  readonly at: readonly FieldLocation[];
  /** Included if any clause holds; absent: always. */
  readonly when?: readonly Clause[];
  /** Number of the check that guards it. Absent: none. */
  readonly check?: number;
}

/** A tuple to be short, because there is one per field. Without a clause the field is always selected here. */
export type FieldLocation = readonly [line: number, column: number, clause?: Clause];

export type FieldValue =
  | { readonly is: 'typename' }
  | { readonly is: 'scalar'; readonly type: string }
  | { readonly is: 'enum'; readonly type: string }
  | { readonly is: 'object'; readonly shape: number }
  /** `__schema` and `__type`: copied from the result of schema introspection. */
  | { readonly is: 'introspection' };

// Introspection

/** Schema introspection. `answer`: the same for every request; `ask`: the planner worker executes it per request. */
export type IntrospectionSpec =
  | { readonly kind: 'answer'; readonly data: Record<string, unknown> }
  | { readonly kind: 'ask'; readonly document: string };
