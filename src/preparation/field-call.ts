/** What makes two selections of one response name the same: the field and its arguments, as GraphQL merges them. */

import { print, visit, type FieldNode, type ObjectValueNode } from 'graphql';

/** Equal for fields that GraphQL merges under one response name, and for those only. */
export function fieldCall(field: FieldNode): string {
  return `${field.name.value}(${argumentsText(field)})`;
}

/** The order of arguments and of the fields of input objects says nothing. */
export function argumentsText({ arguments: args = [] }: FieldNode): string {
  return args
    .map((argument) => print(visit(argument, { ObjectValue: { leave: sortedByName } })))
    .sort()
    .join();
}

function sortedByName(value: ObjectValueNode): ObjectValueNode {
  return { ...value, fields: value.fields.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1)) };
}
