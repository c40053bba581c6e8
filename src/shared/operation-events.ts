/**
 * Events of the operation of one request, and what they tell of it: the shapes of its plan and of its answer, which a
 * `PreparedOperation` (pipeline/prepared.ts) has. Types only.
 */

/** Objects with the lifetime of a request, keyed by owner: the same map in each event of one request. */
export type Locals = Map<unknown, unknown>;

/** The operation of a request is known: it is valid and planned, and its variables fit. */
export interface OperationPrepared {
  readonly locals: Locals;
  readonly document: string;
  readonly operation: OperationOutline;
}

/** A response to a GraphQL request was handed to the connection. */
export interface AnswerSent {
  readonly requestId: string;
  readonly locals: Locals;
  /** As in `requestEnded`. */
  readonly client: string | null;
  readonly operationName: string | null;
  /** Path and query. */
  readonly url: string;
  /** Null: the request had none. */
  readonly body: Buffer | null;
  /** JSON. */
  readonly text: string;
}

export interface OperationOutline {
  /** Null: nothing has to be fetched. */
  readonly plan: PlanOutline | null;
  readonly projection: { readonly shapes: readonly ShapeOutline[] };
}

export type PlanOutline =
  | { readonly kind: 'fetch'; readonly service: string }
  | { readonly kind: 'sequence' | 'parallel'; readonly nodes: readonly PlanOutline[] }
  | { readonly kind: 'flatten'; readonly node: PlanOutline }
  | {
      readonly kind: 'condition';
      readonly whenTrue: PlanOutline | null;
      readonly whenFalse: PlanOutline | null;
    }
  | {
      readonly kind: 'split';
      readonly main: PlanOutline | null;
      readonly others: ReadonlyArray<{ readonly node: PlanOutline }>;
    };

/** A selection set: its fields by runtime type. Shape 0 is the root. */
export interface ShapeOutline {
  readonly cases: ReadonlyArray<{ readonly fields: readonly FieldOutline[] }>;
}

export interface FieldOutline {
  /** Response name. */
  readonly key: string;
  /** Type.field */
  readonly name: string;
  /** `shape`: of an object. */
  readonly value: { readonly is: string; readonly shape?: number };
}
