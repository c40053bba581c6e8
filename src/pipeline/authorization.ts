/**
 * What of an operation is guarded, and what was decided about it. A planner worker lists the checks, `authz/` decides
 * them, `execute/` applies what was decided. Types only.
 */

/** What the directives of a supergraph demand of whoever sees a field. */
export interface Demand {
  /** `@authenticated` */
  readonly authenticated: boolean;
  /** `@requiresScopes`: each must be met. */
  readonly scopes: readonly Alternatives[];
  /** `@policy`: each must be met. */
  readonly policies: readonly Alternatives[];
}

/** Met where all names of one of the lists hold. */
export type Alternatives = ReadonlyArray<readonly string[]>;

/** Everything an operation asks for that is decided alike: one decision per request, or per parent object. */
export interface CheckSpec {
  /** Type.field; a type alone where an object of it is guarded whatever is asked of it. In the order of the document. */
  readonly coordinates: readonly string[];
  /** Where in the answer, in the client's names without list positions; a few of them. */
  readonly paths: ReadonlyArray<readonly string[]>;
  readonly demand: Demand | null;
  /** Numbers of rules of the policy; each must allow. */
  readonly rules: readonly number[];
  /** Of the field, for rules that look at them; null where no rule does. */
  readonly arguments: readonly ArgumentSpec[] | null;
  /** A field of the query or mutation type: everything about it is decided before execution. */
  readonly isRoot: boolean;
  /** What the rules get as the parent, from the merged data. */
  readonly parent: readonly ParentField[];
  /** Asked for when for any of these the variables of `yes` are true and those of `no` are not; absent: always. */
  readonly when?: ReadonlyArray<{ readonly yes: readonly string[]; readonly no: readonly string[] }>;
}

export interface ParentField {
  readonly name: string;
  /** Response name in the merged data. */
  readonly from: string;
  /** Of objects; null for leaves. */
  readonly fields: readonly ParentField[] | null;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly value: ArgumentValue;
}

export type ArgumentValue =
  | { readonly is: 'constant'; readonly value: unknown }
  /** Without a value it is as if the argument, element or field were not there; `otherwise` stands in for it. */
  | { readonly is: 'variable'; readonly name: string; readonly otherwise?: unknown }
  | { readonly is: 'list'; readonly items: readonly ArgumentValue[] }
  | { readonly is: 'object'; readonly fields: readonly ArgumentSpec[] };

/** What becomes of a guarded field. */
export type Verdict =
  | { readonly is: 'allow' }
  | Denial
  /** The value is replaced by what `conceal` makes of it; null stays null. */
  | { readonly is: 'mask'; readonly conceal: (value: unknown) => unknown };

export interface Denial {
  readonly is: 'deny';
  readonly code: string;
  /** For the client. */
  readonly message: string;
}

/** What `execute/` has to know of the decisions about one operation. */
export interface Decisions {
  /** By number of the check. `later`: with the parent object, once it is there. Undefined: not asked for. */
  readonly before: ReadonlyArray<Verdict | 'later' | undefined>;
  /** Decides one of the later ones. */
  decide(check: number, parent: Readonly<Record<string, unknown>>): Verdict | Promise<Verdict>;
  /** A value of this check was withheld because it could not be concealed. */
  concealFailed(check: number, error: unknown): Denial;
  /** Each object that a later decision was applied to, where no field above it was denied. */
  applied(check: number, verdict: Verdict): void;
  /** The answer is made: nothing else will be decided. */
  reviewed(): void;
}

// Policy, as a planner worker knows it

/** Which fields of the graph have a rule: the policy module without its functions. */
export interface PolicyOutline {
  /** Of the module, for messages. */
  readonly file: string;
  /** By type, then field; `*` for the other fields of the type. Null: allowed. */
  readonly types: Readonly<Record<string, Readonly<Record<string, RuleOutline | null>>>>;
  /** For fields without a rule of their own. */
  readonly fallback: RuleOutline | null;
  /** For `__schema` and `__type`. */
  readonly introspection: RuleOutline | null;
  /** Names of `@policy` that it decides. */
  readonly named: readonly string[];
}

export interface RuleOutline {
  /** Number of the rule. */
  readonly rule: number;
  readonly readsArguments: boolean;
  readonly readsParent: boolean;
  /** It may conceal values. */
  readonly conceals: boolean;
  /** Selections on the parent, as GraphQL fragments. */
  readonly fragments: readonly string[];
}
