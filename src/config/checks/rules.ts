/**
 * The rules of schema checks whose severity `schemas/policy/checks.yaml` can change, with their defaults.
 * docs/reference/checks-yaml.md explains each.
 */

export const ruleSeverities = ['error', 'warning', 'notice', 'off'] as const;

/** `off`: nothing is reported. */
export type RuleSeverity = (typeof ruleSeverities)[number];

export const lintRules = {
  'lint-type-name': 'warning',
  'lint-field-name': 'warning',
  'lint-argument-name': 'warning',
  'lint-enum-value': 'warning',
  'lint-input-name': 'notice',
  'lint-description': 'notice',
  'lint-deprecation-reason': 'warning',
  'lint-unused-type': 'warning',
  'lint-list-pagination': 'warning',
  'lint-id-type': 'warning',
  'lint-list-cost': 'warning',
  'lint-nullable-list-item': 'off',
  'lint-tag-name': 'error',
} as const satisfies Record<string, RuleSeverity>;

export type LintRule = keyof typeof lintRules;

export const lintRuleNames = Object.keys(lintRules) as readonly LintRule[];

/** Rules with a severity of their own, and what decides where a rule has none. */
const decided = {
  // Of changes, by the operations that use the element
  affected: 'warning',
  'values-unknown': 'warning',
  'below-threshold': 'notice',
  'breaking-unused': 'notice',
  'breaking-without-usage': 'error',
  'dangerous-unused': 'notice',
  'dangerous-without-usage': 'warning',
  // Changes, and reasons for which an operation is affected
  'enum-value-added': 'notice',
  'became-non-null': 'notice',
  introspection: 'notice',
  'valid-now': 'notice',
  'not-compared': 'warning',
  'operation-invalid-before': 'warning',
  'became-public': 'error',
  'authorization-added': 'warning',
  'authorization-changed': 'warning',
  'base-invalid': 'warning',
  // Clients
  'client-added': 'notice',
  'client-removed': 'warning',
  'unregistered-operation-broken': 'warning',
  'implied-removal': 'notice',
  // Plans
  'operation-refused': 'error',
  'plan-calls-increased': 'warning',
  'plan-waves-increased': 'warning',
  'cost-increased': 'warning',
  'plans-not-compared': 'notice',
  // Policy
  'deprecation-missing': 'error',
  'deprecation-too-young': 'error',
  'deprecation-age-unknown': 'error',
  'owner-missing': 'error',
  'owner-not-allowed': 'error',
  'override-expired': 'warning',
  'override-unused': 'notice',
  'override-mismatch': 'warning',
  'override-approver': 'warning',
} as const satisfies Record<string, RuleSeverity>;

/** Their severity follows from the operations that use the element. */
const byUsage = [
  'type-added',
  'type-removed',
  'type-kind-changed',
  'field-added',
  'field-removed',
  'type-changed',
  'became-nullable',
  'argument-added',
  'required-argument-added',
  'argument-removed',
  'argument-type-changed',
  'default-changed',
  'input-field-added',
  'required-input-field-added',
  'input-field-removed',
  'input-field-type-changed',
  'input-field-became-non-null',
  'input-field-default-added',
  'input-type-changed',
  'variable-type-changed',
  'one-of-added',
  'one-of-removed',
  'enum-value-removed',
  'enum-value-no-longer-returned',
  'possible-type-added',
  'possible-type-removed',
  'type-condition-gained',
  'type-condition-lost',
  'interface-added',
  'interface-removed',
  'root-type-changed',
  'schema-query-type-changed',
  'schema-mutation-type-changed',
  'schema-subscription-type-changed',
  'directive-added',
  'directive-removed',
  'directive-changed',
  'directive-location-added',
  'directive-location-removed',
  'directive-repeatable-added',
  'directive-repeatable-removed',
  'directive-argument-added',
  'directive-argument-removed',
  'directive-argument-type-changed',
  'directive-argument-default-value-changed',
  'field-deprecation-added',
  'field-deprecation-removed',
  'field-deprecation-reason-added',
  'field-deprecation-reason-changed',
  'field-deprecation-reason-removed',
  'enum-value-deprecation-reason-added',
  'enum-value-deprecation-reason-changed',
  'enum-value-deprecation-reason-removed',
  'operation-invalid',
  'hidden-from-client',
  'shown-to-client',
  'cost-changed',
  'list-size-changed',
  'cache-control-changed',
  'composition-hint',
] as const;

export type CheckRule = keyof typeof decided | (typeof byUsage)[number];

/** Null: the rule has no severity of its own. */
export const checkRules: ReadonlyMap<CheckRule, RuleSeverity | null> = new Map<
  CheckRule,
  RuleSeverity | null
>([
  ...(Object.entries(decided) as Array<[CheckRule, RuleSeverity]>),
  ...byUsage.map((rule) => [rule, null] as const),
]);
