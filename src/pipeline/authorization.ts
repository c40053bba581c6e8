/**
 * Authorization of an operation: a planner worker lists its checks, `authz/` decides them, `execute/` applies the
 * decisions. Types only.
 */

/** What the directives of a supergraph require for a field. */
export interface Demand {
  /** `@authenticated` */
  readonly authenticated: boolean;
  /** `@requiresScopes`: all must be met. */
  readonly scopes: readonly Alternatives[];
  /** `@policy`: all must be met. */
  readonly policies: readonly Alternatives[];
}

/** Met if all names of at least one list hold. */
export type Alternatives = ReadonlyArray<readonly string[]>;

/** All selections of an operation with the same decision: one per request, or one per parent object. */
export interface CheckSpec {
  /** Type.field, or a type whose objects are guarded as a whole. In document order. */
  readonly coordinates: readonly string[];
  /** Some of the paths in the answer, in response names without list indexes. */
  readonly paths: ReadonlyArray<readonly string[]>;
  readonly demand: Demand | null;
  /** Numbers of policy rules; all must allow. */
  readonly rules: readonly number[];
  /** The field's arguments; null if no rule reads them. */
  readonly arguments: readonly ArgumentSpec[] | null;
  /** A field of the query or mutation type, which is decided completely before execution. */
  readonly isRoot: boolean;
  /** The parent's fields that the rules read, from the merged data. */
  readonly parent: readonly ParentField[];
  /** The rules read the parent, of which only an interface is known, because a service failed: nobody can decide. */
  readonly isParentUnknown?: boolean;
  /** The one type that the parent can have where only its interface is known. */
  readonly parentType?: string;
  /** Selected if for any of these all variables of `yes` are true and none of `no` is; absent: always. */
  readonly when?: ReadonlyArray<{ readonly yes: readonly string[]; readonly no: readonly string[] }>;
}

export interface ParentField {
  readonly name: string;
  /** Response name in the merged data. */
  readonly from: string;
  /** Fields of an object; null for leaves. */
  readonly fields: readonly ParentField[] | null;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly value: ArgumentValue;
}

export type ArgumentValue =
  | { readonly is: 'constant'; readonly value: unknown }
  /** Without a value, `otherwise` is used, or else the argument, element or field is omitted. */
  | { readonly is: 'variable'; readonly name: string; readonly otherwise?: unknown }
  | { readonly is: 'list'; readonly items: readonly ArgumentValue[] }
  | { readonly is: 'object'; readonly fields: readonly ArgumentSpec[] };

/** The decision about a guarded field. */
export type Verdict =
  | { readonly is: 'allow' }
  | Denial
  /** The value is replaced by the result of `conceal`; null stays null. */
  | { readonly is: 'mask'; readonly conceal: (value: unknown) => unknown };

export interface Denial {
  readonly is: 'deny';
  readonly code: string;
  /** For the client. */
  readonly message: string;
}

/** The decisions about one operation, for `execute/`. */
export interface Decisions {
  /** By number of the check. `later`: decided with the parent object. Undefined: not selected. */
  readonly before: ReadonlyArray<Verdict | 'later' | undefined>;
  /** Decides a check that is `later`, for one parent object. */
  decide(check: number, parent: Readonly<Record<string, unknown>>): Verdict | Promise<Verdict>;
  /** A value of this check was withheld because it could not be concealed. */
  concealFailed(check: number, error: unknown): Denial;
  /** Called for each object that a `later` decision was applied to, unless a field above it was denied. */
  applied(check: number, verdict: Verdict): void;
  /** The answer is complete; no further decisions follow. */
  reviewed(): void;
}

// The policy, for planner workers

/** Which fields of the graph have a rule: the policy module without its functions. */
export interface PolicyOutline {
  /** The policy module, for messages. */
  readonly file: string;
  /** By type, then field; `*`: the other fields of the type. Null: allowed. */
  readonly types: Readonly<Record<string, Readonly<Record<string, RuleOutline | null>>>>;
  /** For fields without a rule of their own. */
  readonly fallback: RuleOutline | null;
  /** For `__schema` and `__type`. */
  readonly introspection: RuleOutline | null;
  /** Names of `@policy` that the module decides. */
  readonly named: readonly string[];
}

export interface RuleOutline {
  /** Number of the rule. */
  readonly rule: number;
  readonly readsArguments: boolean;
  readonly readsParent: boolean;
  /** It may mask values. */
  readonly conceals: boolean;
  /** Selections on the parent, as GraphQL fragments. */
  readonly fragments: readonly string[];
}
