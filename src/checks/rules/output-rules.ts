/** Changes of what operations select: types, fields, enum values, members of unions and interfaces. */

import { deprecateFirst, nothingToDo, rule, type RuleEntry } from './rule-description.ts';

export const outputRules: readonly RuleEntry[] = [
  rule('field-removed', 'A field was removed', [
    'The field is no longer in the schema. Operations that select it are refused.',
    `Keep the field: ${deprecateFirst}. A field that moves to another subgraph keeps its name: use \`@override(from:)\`.`,
  ]),
  rule('field-added', 'A field was added', ['No operation selects it yet.', nothingToDo]),
  rule('type-removed', 'A type was removed', [
    'The type is no longer in the schema. Operations that name it in a fragment or a variable are refused.',
    'Keep the type until no operation names it. To rename it, add the new type beside it and deprecate the fields that return the old one.',
  ]),
  rule('type-added', 'A type was added', ['No operation uses it yet.', nothingToDo]),
  rule('type-kind-changed', 'A type became one of another kind', [
    'An object type became a union, a scalar an enum, or the like. Selections and variables of the type are no longer valid.',
    'Add a type of another name beside it, and deprecate the fields that return the old one.',
  ]),
  rule('type-changed', 'The type of a field changed', [
    'The field returns another type than clients were written for: a scalar of another kind, a list instead of one value, or another object.',
    'Add a field with the new type under another name, and deprecate this one.',
  ]),
  rule('became-nullable', 'A value may now be null', [
    'Generated code of clients says that the value is never null. A null fails where the value is used.',
    'Keep the type non-null and return a default or an error of the field, or add a nullable field of another name and deprecate this one.',
  ]),
  rule('became-non-null', 'A value is now never null', [
    'The answer keeps its shape, but an error of this field now makes its parent null: more of the answer is lost with it.',
    'Keep the value nullable where its service may fail. Otherwise regenerate the types of the clients.',
  ]),
  rule('possible-type-added', 'A union or interface got a member', [
    'Operations may receive a type that their client was not written for. Without a fragment for it, they receive an empty object.',
    'Offer the new type by a new field, or ask the owners whether their clients ignore types that they do not handle.',
  ]),
  rule('possible-type-removed', 'A union or interface lost a member', [
    'A fragment on the type can no longer match. Operations with one are refused, or no longer receive its data.',
    'Keep the member and stop returning it first. Remove it when no operation has a fragment on it.',
  ]),
  rule('interface-added', 'A type implements one more interface', [
    'Operations on the interface may receive the type, which their client was not written for.',
    'Ask the owners whether their clients ignore types that they do not handle.',
  ]),
  rule('interface-removed', 'A type no longer implements an interface', [
    'Operations on the interface no longer receive the type, and fragments on it within the interface are refused.',
    'Keep the interface until no operation has a fragment on the type within it.',
  ]),
  rule('type-condition-gained', 'A fragment now matches more types', [
    'Types that the fragment passed over before are now selected by it: answers have more fields.',
    'Ask the owners whether their clients accept the additional data.',
  ]),
  rule('type-condition-lost', 'A fragment matches fewer types', [
    'Types that the fragment selected before are passed over now: answers lack fields.',
    "Keep the type among the members of the fragment's type until clients select it in another way.",
  ]),
  rule('enum-value-added', 'An enum got a value', [
    'Operations that select a field of the enum may receive a value that their client was not written for.',
    'Ask the owners whether their clients have a default case. If not, return an old value until they are updated, or offer the new one by a new field.',
  ]),
  rule('enum-value-removed', 'An enum value was removed', [
    'Operations that send the value are refused. Values of variables are not known, so each operation with such a variable is concerned.',
    `Keep the value, and treat it on the server as its replacement: ${deprecateFirst}.`,
  ]),
  rule('enum-value-no-longer-returned', 'An enum value is no longer returned', [
    'Clients that wait for the value, or filter by it, never see it again.',
    'Nothing breaks by itself. Ask the owners whether their clients depend on the value.',
  ]),
  rule('root-type-changed', 'A root type changed', [
    'Queries, mutations or subscriptions begin at another type.',
    'Keep the names of root types, and change their fields.',
  ]),
  ...['query', 'mutation', 'subscription'].map((operation) =>
    rule(`schema-${operation}-type-changed`, `The ${operation} type has another name`, [
      `Operations that name the ${operation} type, as a fragment on it does, are refused.`,
      'Keep the name of the root type.',
    ]),
  ),
];
