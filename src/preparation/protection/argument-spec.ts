/** The arguments of a field in a form that is evaluated with the variables of a request, without the schema. */

import {
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  visit,
  type ConstValueNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type ValueNode,
} from 'graphql';

import type { ArgumentSpec, ArgumentValue } from '../../pipeline/authorization.ts';
import { exactValue } from '../../shared/exact-literals.ts';
import { defaultValueOf, literalValue } from '../literal-values.ts';

export function argumentSpecs(
  declared: readonly GraphQLArgument[],
  node: Pick<FieldNode, 'arguments'>,
): ArgumentSpec[] {
  return declared.flatMap((argument): ArgumentSpec[] => {
    const { name, type } = argument;
    const defaultValue = defaultValueOf(argument);
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value) return [{ name, value: valueOf(value, type, defaultValue) }];
    return defaultValue === undefined ? [] : [{ name, value: { is: 'constant', value: defaultValue } }];
  });
}

/** @param otherwise Used for a variable without a value; undefined: the argument is then absent. */
function valueOf(node: ValueNode, type: GraphQLInputType, otherwise?: unknown): ArgumentValue {
  if (isNonNullType(type)) return valueOf(node, type.ofType, otherwise);
  if (node.kind === Kind.VARIABLE) {
    const name = node.name.value;
    return otherwise === undefined ? { is: 'variable', name } : { is: 'variable', name, otherwise };
  }
  if (!hasVariable(node)) return { is: 'constant', value: literalValue(node as ConstValueNode, type) };
  if (isListType(type)) {
    const items = node.kind === Kind.LIST ? node.values : [node];
    return { is: 'list', items: items.map((item) => valueOf(item, type.ofType, null)) };
  }
  if (!isInputObjectType(type) || node.kind !== Kind.OBJECT) return withoutType(node);
  const fields = Object.values(type.getFields()).flatMap((field): ArgumentSpec[] => {
    const value = node.fields.find(({ name }) => name.value === field.name)?.value;
    const { name } = field;
    const defaultValue = defaultValueOf(field);
    if (value) return [{ name, value: valueOf(value, field.type, defaultValue) }];
    return defaultValue === undefined ? [] : [{ name, value: { is: 'constant', value: defaultValue } }];
  });
  return { is: 'object', fields };
}

/** A custom scalar with variables in it. */
function withoutType(node: ValueNode): ArgumentValue {
  switch (node.kind) {
    case Kind.VARIABLE:
      return { is: 'variable', name: node.name.value };
    case Kind.LIST:
      return { is: 'list', items: node.values.map(withoutType) };
    case Kind.OBJECT: {
      const fields = node.fields.map(({ name, value }) => ({ name: name.value, value: withoutType(value) }));
      return { is: 'object', fields };
    }
    default:
      return { is: 'constant', value: exactValue(node, 'digits') };
  }
}

function hasVariable(node: ValueNode): boolean {
  let isFound = false;
  visit(node, { Variable: () => void (isFound = true) });
  return isFound;
}
