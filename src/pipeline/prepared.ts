/**
 * A prepared operation: everything about a document that does not depend on a request, as plain JSON.
 * A planner worker makes it once; `operation/` coerces variables by it and `execute/` compiles it. Types only.
 */

import type { CheckSpec } from './authorization.ts';

/** How one operation is answered. Absent `plan` means that nothing has to be fetched. */
export interface PreparedOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string | null;
  readonly variables: readonly VariableSpec[];
  /** What variables may hold besides built-in scalars. */
  readonly inputTypes: readonly InputTypeSpec[];
  readonly plan: PlanNode | null;
  readonly projection: ProjectionSpec;
  readonly introspection: IntrospectionSpec | null;
  /** What of it is guarded. Absent: nothing. */
  readonly checks?: readonly CheckSpec[];
}

/** What the planner worker says: the operation, or why there is none. */
export type PreparationResult =
  | { readonly prepared: PreparedOperation }
  /** The plan depends on the values of these variables of `@skip` and `@include`: ask again with them. */
  | { readonly conditional: ConditionalOperation }
  | { readonly refused: PreparationRefusal };

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
  /** Already coerced. Absent: no default. */
  readonly defaultValue?: unknown;
  /** Of its definition. */
  readonly at: SourcePosition;
  /** Of its first use in `@skip` or `@include`, which take no null, where its type would take one. */
  readonly conditionAt?: SourcePosition;
}

/** In the client's document, from 1. */
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
 * Parts of one query that must not share data while they are fetched: each runs on its own, then the fields that
 * `graft` names are moved from the other parts into the first.
 */
export interface SplitNode {
  readonly kind: 'split';
  readonly main: PlanNode | null;
  readonly others: ReadonlyArray<{ readonly node: PlanNode; readonly graft: GraftTree }>;
}

/** By response name in the merged data; true: this field itself. */
export interface GraftTree {
  readonly [key: string]: GraftTree | true;
}

export interface SequenceNode {
  readonly kind: 'sequence';
  readonly nodes: readonly PlanNode[];
  /** Each node answers root fields of a mutation whole: where one makes the answer null, the later ones do not run. */
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

/** One step into the merged data: a response name, or every element of a list. `types` keeps only those runtime types. */
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
  /** Response names this fetch writes at its position: what a failure of it nulls. */
  readonly writes: readonly string[];
  /** Present on entity fetches: what a representation is made of. */
  readonly requires: readonly RequiredSelection[] | null;
  /** Interfaces whose runtime types this fetch finds out: where it finds no entity, there is no such object. */
  readonly resolvesTypes: readonly string[];
  readonly inputRewrites: readonly DataRewrite[];
  readonly outputRewrites: readonly DataRewrite[];
  /** Sent instead, each by itself, for objects that lack some of the fields that this fetch requires. */
  readonly partialFetches: readonly FetchNode[];
  /** Variables of the fetch whose values stand in the objects above each position. Absent: none. */
  readonly contexts?: readonly ContextUse[];
  /** Numbers here count by their digits. Absent: nowhere. */
  readonly numbers?: NumberPaths;
  /** Positions of one entity get copies of it: fields below may differ by what stands above. Absent: they share it. */
  readonly unshared?: true;
}

/** By response name: where custom scalars are in an answer; null: here. One name may come several times. */
export type NumberPaths = ReadonlyArray<readonly [name: string, below: NumberPaths | null]>;

export interface ContextUse {
  /** In the text of the fetch. */
  readonly variable: string;
  /** Where the value may stand: the first place that exists counts. */
  readonly places: ReadonlyArray<{
    /** Objects to go up from the position. */
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
      /** Type names the condition matches, its own among them. */
      readonly types: readonly string[];
      readonly selections: readonly RequiredSelection[];
    };

export interface VariableUse {
  /** In the text of the fetch. */
  readonly name: string;
  /** In the client's operation. */
  readonly from: string;
}

/** Changes data before it is sent or after it came, at `path`; the last step names the field that changes. */
export type DataRewrite =
  | { readonly kind: 'set'; readonly path: readonly RewriteStep[]; readonly value: unknown }
  | { readonly kind: 'rename'; readonly path: readonly RewriteStep[]; readonly to: string };

export type RewriteStep = { readonly key: string } | { readonly types: readonly string[] };

// Projection

/** What the client sees, as a tree of shapes; shape 0 is the root. */
export interface ProjectionSpec {
  readonly shapes: readonly Shape[];
  /** Enum values the client may see, by enum name. */
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

/** A selection set: its fields by runtime type. */
export interface Shape {
  /** The declared type. */
  readonly type: string;
  /** The declared type is an object type, so that data without `__typename` is of that type. */
  readonly isObject: boolean;
  /** Each runtime type the client may see belongs to exactly one case. */
  readonly cases: readonly ShapeCase[];
}

export interface ShapeCase {
  readonly types: readonly string[];
  /** Number of the check that guards objects of these types wherever they stand. Absent: none. */
  readonly check?: number;
  /** In the order of the response. A key may come twice when its first place depends on a condition. */
  readonly fields: readonly FieldSpec[];
}

export interface FieldSpec {
  /** Response name the client asked for. */
  readonly key: string;
  /** Response name in the merged data. */
  readonly from: string;
  /** For messages: the schema's name of the field, as a coordinate. */
  readonly name: string;
  readonly wrappers: string;
  readonly value: FieldValue;
  /** Where the client's document asks for it, for errors. */
  readonly at: readonly FieldLocation[];
  /** Included when any clause holds; absent: always. */
  readonly when?: readonly Clause[];
  /** Number of the check that guards it. Absent: none. */
  readonly check?: number;
}

/** As short as can be, because there is one for each field. Without a clause the field is asked for here always. */
export type FieldLocation = readonly [line: number, column: number, clause?: Clause];

/** Variables that must be true, and variables that must be false. */
export interface Clause {
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

export type FieldValue =
  | { readonly is: 'typename' }
  | { readonly is: 'scalar'; readonly type: string }
  | { readonly is: 'enum'; readonly type: string }
  | { readonly is: 'object'; readonly shape: number }
  /** `__schema` and `__type`: taken from the introspection answer as they are. */
  | { readonly is: 'introspection' };

// Introspection

/** `answer` when it is the same for every request; else the worker is asked each time. */
export type IntrospectionSpec =
  | { readonly kind: 'answer'; readonly data: Record<string, unknown> }
  | { readonly kind: 'ask'; readonly document: string };
