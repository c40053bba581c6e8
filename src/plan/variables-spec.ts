/** What the variables of an operation may hold, in a form that needs no schema to coerce them. */

import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isSpecifiedScalarType,
  typeFromAST,
  valueFromAST,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

import type { InputTypeSpec, TypeRef, VariableSpec } from '../pipeline/prepared.ts';
import { wrappersOf } from './projection-spec.ts';

export interface VariablesSpec {
  readonly variables: VariableSpec[];
  readonly inputTypes: Record<string, InputTypeSpec>;
}

export function variablesSpec(schema: GraphQLSchema, operation: OperationDefinitionNode): VariablesSpec {
  const inputTypes: Record<string, InputTypeSpec> = {};
  const variables = (operation.variableDefinitions ?? []).map((definition): VariableSpec => {
    const type = typeFromAST(schema, definition.type);
    if (!isInputType(type)) throw new Error('A variable of no input type: the document was not validated');
    addInputTypes(getNamedType(type), inputTypes);
    const spec = { name: definition.variable.name.value, type: refOf(type) };
    return definition.defaultValue
      ? { ...spec, defaultValue: valueFromAST(definition.defaultValue, type) }
      : spec;
  });
  return { variables, inputTypes };
}

function refOf(type: GraphQLInputType): TypeRef {
  return { wrappers: wrappersOf(type), name: getNamedType(type).name };
}

function addInputTypes(type: GraphQLNamedInputType, into: Record<string, InputTypeSpec>): void {
  if (isSpecifiedScalarType(type) || Object.hasOwn(into, type.name)) return;
  if (isEnumType(type)) {
    into[type.name] = { kind: 'enum', values: type.getValues().map((value) => value.name) };
  } else if (isInputObjectType(type)) {
    // Set before its fields are looked at: input types may contain themselves.
    into[type.name] = { kind: 'input', oneOf: type.isOneOf, fields: [] };
    const fields = Object.values(type.getFields());
    for (const field of fields) addInputTypes(getNamedType(field.type), into);
    into[type.name] = {
      kind: 'input',
      oneOf: type.isOneOf,
      fields: fields.map((field) => {
        const spec = { name: field.name, type: refOf(field.type) };
        return field.defaultValue === undefined
          ? spec
          : { ...spec, defaultValue: field.defaultValue as unknown };
      }),
    };
  } else {
    into[type.name] = { kind: 'scalar' };
  }
}
