/** What `schemas/policy/checks.yaml` demands: deprecations, owners, overrides, usage; and the rules of lint. */

import { nothingToDo, rule, type RuleEntry } from './rule-description.ts';

const tellOwners = 'Tell the owners of the clients which operations to change, and by when.';

const deprecationRules: readonly RuleEntry[] = [
  rule('deprecation-missing', 'Removed without deprecation', [
    'The policy demands that an element is deprecated before it is removed, and the base does not deprecate it.',
    'Restore the element with `@deprecated(reason:)`, release that, and remove it after the minimum age.',
  ]),
  rule('deprecation-too-young', 'Removed too soon after its deprecation', [
    'The element is deprecated for less than the minimum age of the policy.',
    'Restore the element, and remove it when the deprecation is old enough.',
  ]),
  rule('deprecation-age-unknown', 'Removed, and its deprecation has no date', [
    'The policy demands a minimum age, and the reason of the deprecation does not say since when it holds.',
    'Restore the element, and write `since` and a date into the reason.',
  ]),
  rule('field-deprecation-added', 'A field became deprecated', [
    'Nothing breaks. Operations that use it should be changed before it is removed.',
    tellOwners,
  ]),
  rule('field-deprecation-removed', 'A field is no longer deprecated', ['Nothing breaks.', nothingToDo]),
  ...['field', 'enum-value'].flatMap((element) => [
    rule(`${element}-deprecation-reason-added`, 'A deprecation got a reason', [
      'Nothing breaks. The reason says what to use instead.',
      tellOwners,
    ]),
    rule(`${element}-deprecation-reason-changed`, 'The reason of a deprecation changed', [
      'Nothing breaks. If its date changed, so did the age of the deprecation.',
      nothingToDo,
    ]),
    rule(`${element}-deprecation-reason-removed`, 'A deprecation lost its reason', [
      'Owners of clients read in the reason what to use instead.',
      'Restore the reason, unless the element is no longer deprecated.',
    ]),
  ]),
];

const ownerRules: readonly RuleEntry[] = [
  rule('owner-missing', 'A subgraph has no owner', [
    'Nobody is named who answers for the subgraph.',
    'Write `owner` beside the subgraph in graph.yaml.',
  ]),
  rule('owner-not-allowed', 'An owner is not in the list', [
    'The policy lists the teams that may own subgraphs and clients, and this is none of them.',
    'Correct the name, or add the team to `owners.allowed` of checks.yaml.',
  ]),
];

const overrideRules: readonly RuleEntry[] = [
  rule('override-expired', 'An override expired', [
    'Its last day is over, so that what it accepted counts again.',
    'Resolve the finding, or have the override approved again with a later date.',
  ]),
  rule('override-unused', 'An override matches no finding', [
    'What it accepted is no longer found: it was merged, or withdrawn.',
    'Remove the file.',
  ]),
  rule('override-mismatch', 'An override says something else than its finding', [
    'Its rule, client or coordinate is not that of the finding with its fingerprint, so that it does not count.',
    'Correct the file, or remove it.',
  ]),
  rule('override-approver', 'An override is approved by somebody else than the owner', [
    'Whoever owns the client that is concerned should accept what happens to it. The override counts all the same.',
    'Let the owner of the client approve it.',
  ]),
];

/** Keys of `severities` in checks.yaml that decide where a change has no severity of its own. */
const usageRules: readonly RuleEntry[] = [
  rule('affected', 'Operations are affected', [
    'An answer may differ, for a reason that has no severity of its own.',
    'See the reasons of the operations.',
  ]),
  rule('values-unknown', 'Values of variables decide', [
    'What operations send in variables is not known, and some values are refused after the change.',
    'Ask the owners which values their clients send.',
  ]),
  rule('below-threshold', 'Only rarely used operations are concerned', [
    'The operations have fewer calls than the thresholds of the policy, so that they do not fail the check.',
    'Tell the owners all the same, or lower the threshold of a client whose calls are few but matter.',
  ]),
  rule('breaking-unused', 'Breaking, but not used', [
    'The change would break operations that use the element, and no known operation does.',
    nothingToDo,
  ]),
  rule('breaking-without-usage', 'Breaking, and no operation is known', [
    'Nothing shows whether the client uses the element.',
    'Register the operations of the client, or pass recorded usage by `--usage`.',
  ]),
  rule('dangerous-unused', 'Dangerous, but not used', [
    'The change would affect operations that use the element, and no known operation does.',
    nothingToDo,
  ]),
  rule('dangerous-without-usage', 'Dangerous, and no operation is known', [
    'Nothing shows whether the client uses the element.',
    'Register the operations of the client, or pass recorded usage by `--usage`.',
  ]),
];

const renaming =
  'Rename it if it is new. Otherwise add the new name beside the old one, and deprecate that: names are what clients use.';

const nameRules: readonly RuleEntry[] = [
  rule('lint-type-name', 'The name of a type is unusual', ['Names of types are in PascalCase.', renaming]),
  rule('lint-field-name', 'The name of a field is unusual', ['Names of fields are in camelCase.', renaming]),
  rule('lint-argument-name', 'The name of an argument is unusual', [
    'Names of arguments are in camelCase.',
    renaming,
  ]),
  rule('lint-enum-value', 'The name of an enum value is unusual', [
    'Enum values are in UPPER_CASE.',
    renaming,
  ]),
  rule('lint-input-name', 'The name of an input type is unusual', [
    'Names of input types end in `Input`.',
    renaming,
  ]),
  rule('lint-tag-name', 'A tag is not in the list', [
    'A misspelt tag shows or hides elements by mistake, so that only listed tags are allowed.',
    'Correct the name, or add the tag to `tags.allowed` of checks.yaml.',
  ]),
];

const lintRules: readonly RuleEntry[] = [
  ...nameRules,
  rule('lint-description', 'A description is missing', [
    'Descriptions are what developers of clients see in their editors.',
    'Write what it is, in quotes, above the definition.',
  ]),
  rule('lint-deprecation-reason', 'A deprecation lacks its reason or date', [
    'Owners of clients read in the reason what to use instead, and the policy since when.',
    'Write `@deprecated(reason: "Use ..., since 2026-12-31")`.',
  ]),
  rule('lint-unused-type', 'A type is not used', [
    'No field and no argument of any subgraph leads to the type.',
    'Remove the type, or add the field that was meant to return it.',
  ]),
  rule('lint-list-pagination', 'A list cannot be limited', [
    'Without an argument such as `first`, each operation receives the whole list, however long it becomes.',
    'Add an argument with a default, or say by `@listSize(assumedSize:)` that the list is always short.',
  ]),
  rule('lint-list-cost', 'The size of a list is not declared', [
    'The cost of operations with the list cannot be estimated.',
    'Declare it by `@listSize`.',
  ]),
  rule('lint-id-type', 'An identifier is not of type ID', [
    'Clients store entities by their `ID`; another type does not say that it is one.',
    'Use `ID!` for a new field. For an old one, add a field of that type and deprecate it.',
  ]),
  rule('lint-nullable-list-item', 'Items of a list may be null', [
    'Clients have to handle null in each place of the list.',
    'Write `[Item!]` unless a place in the list means something by itself.',
  ]),
];

export const policyRules: readonly RuleEntry[] = [
  ...deprecationRules,
  ...ownerRules,
  ...overrideRules,
  ...usageRules,
  ...lintRules,
];
