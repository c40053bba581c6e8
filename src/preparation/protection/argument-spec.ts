/** The arguments of a field in a form that gives their values without a schema, once the variables are known. */

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

export function argumentSpecs(declared: readonly GraphQLArgument[], node: FieldNode): ArgumentSpec[] {
  return declared.flatMap((argument): ArgumentSpec[] => {
    const { name, type } = argument;
    const defaultValue = defaultValueOf(argument);
    const given = node.arguments?.find((one) => one.name.value === name)?.value;
    if (given) return [{ name, value: valueOf(given, type, defaultValue) }];
    return defaultValue === undefined ? [] : [{ name, value: { is: 'constant', value: defaultValue } }];
  });
}

/** @param otherwise Stands in for a variable without a value; undefined: nothing does. */
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
    const given = node.fields.find(({ name }) => name.value === field.name)?.value;
    const { name } = field;
    const defaultValue = defaultValueOf(field);
    if (given) return [{ name, value: valueOf(given, field.type, defaultValue) }];
    return defaultValue === undefined ? [] : [{ name, value: { is: 'constant', value: defaultValue } }];
  });
  return { is: 'object', fields };
}

/** A scalar that holds anything, with variables in it. */
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
  let found = false;
  visit(node, { Variable: () => void (found = true) });
  return found;
}
