/** The signature of a field selection: its name and its arguments, which decide whether GraphQL merges two selections. */

import { Kind, print, visit, type ArgumentNode, type FieldNode, type ObjectValueNode } from 'graphql';

/** Of fields with arguments: fragments show a field at many places, and printing long lists takes long. */
const signatures = new WeakMap<FieldNode, string>();

/** Equal for fields that GraphQL merges under one response name, and for those only. */
export function fieldSignature(field: FieldNode): string {
  if (!field.arguments?.length) return `${field.name.value}()`;
  let signature = signatures.get(field);
  if (signature === undefined) {
    signature = `${field.name.value}(${argumentsText(field)})`;
    signatures.set(field, signature);
  }
  return signature;
}

/** Independent of the order of arguments and of fields of input objects. */
export function argumentsText({ arguments: args = [] }: FieldNode): string {
  if (args.length === 0) return '';
  return args.map(argumentText).sort().join();
}

function argumentText(argument: ArgumentNode): string {
  const { name, value } = argument;
  // Most of them, and printing takes much longer.
  if (value.kind === Kind.VARIABLE) return `${name.value}: $${value.name.value}`;
  return print(visit(argument, { ObjectValue: { leave: sortedByName } }));
}

function sortedByName(value: ObjectValueNode): ObjectValueNode {
  return { ...value, fields: value.fields.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1)) };
}
