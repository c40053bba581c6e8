/** The signature of a field selection: its name and its arguments, which decide whether GraphQL merges two selections. */

import { print, visit, type FieldNode, type ObjectValueNode } from 'graphql';

/** Equal for fields that GraphQL merges under one response name, and for those only. */
export function fieldSignature(field: FieldNode): string {
  return `${field.name.value}(${argumentsText(field)})`;
}

/** Independent of the order of arguments and of fields of input objects. */
export function argumentsText({ arguments: args = [] }: FieldNode): string {
  return args
    .map((argument) => print(visit(argument, { ObjectValue: { leave: sortedByName } })))
    .sort()
    .join();
}

function sortedByName(value: ObjectValueNode): ObjectValueNode {
  return { ...value, fields: value.fields.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1)) };
}
