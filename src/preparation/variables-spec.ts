/** The specification of an operation's variables, which coerces them without the schema. */

import {
  getLocation,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isNonNullType,
  isSpecifiedScalarType,
  Kind,
  typeFromAST,
  type ASTNode,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLSchema,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';

import type { InputTypeSpec, SourcePosition, TypeRef, VariableSpec } from '../pipeline/prepared.ts';
import { defaultValueOf, literalValue } from './literal-values.ts';
import { conditionVariable } from './planner-fixes/conditions.ts';
import { someSelection } from './selection-walk.ts';
import { wrappersOf } from './type-wrappers.ts';

export interface VariablesSpec {
  readonly variables: VariableSpec[];
  readonly inputTypes: InputTypeSpec[];
}

export function variablesSpec(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): VariablesSpec {
  const inputTypes = new Map<string, InputTypeSpec>();
  const conditions = conditionPositions(operation, fragments);
  const variables = (operation.variableDefinitions ?? []).map((definition): VariableSpec => {
    const type = typeFromAST(schema, definition.type);
    if (!isInputType(type)) throw new Error('A variable of no input type: the document was not validated');
    addInputTypes(getNamedType(type), inputTypes);
    const name = definition.variable.name.value;
    const conditionAt = isNonNullType(type) ? undefined : conditions.get(name);
    return {
      name,
      type: refOf(type),
      ...(definition.defaultValue ? { defaultValue: literalValue(definition.defaultValue, type) } : {}),
      at: positionOf(definition),
      ...(conditionAt ? { conditionAt } : {}),
    };
  });
  return { variables, inputTypes: [...inputTypes.values()] };
}

/** By variable, where `@skip` or `@include` first uses it. */
function conditionPositions(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Map<string, SourcePosition> {
  const positions = new Map<string, SourcePosition>();
  const visitedFragments = new Set<string>();
  const collect = ({ selectionSet }: OperationDefinitionNode | FragmentDefinitionNode): void => {
    someSelection(selectionSet, (selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        if (fragment && !visitedFragments.has(selection.name.value)) {
          visitedFragments.add(selection.name.value);
          collect(fragment);
        }
      }
      for (const directive of selection.directives ?? []) {
        const variable = conditionVariable(directive);
        const value = directive.arguments?.[0]?.value;
        if (variable !== undefined && value && !positions.has(variable))
          positions.set(variable, positionOf(value));
      }
      return false;
    });
  };
  if (operation.variableDefinitions?.length) collect(operation);
  return positions;
}

function positionOf({ loc }: ASTNode): SourcePosition {
  if (!loc) throw new Error('A node without a location: the document was not parsed from text');
  return getLocation(loc.source, loc.start);
}

function refOf(type: GraphQLInputType): TypeRef {
  return { wrappers: wrappersOf(type), name: getNamedType(type).name };
}

function addInputTypes(type: GraphQLNamedInputType, inputTypes: Map<string, InputTypeSpec>): void {
  const { name } = type;
  if (isSpecifiedScalarType(type) || inputTypes.has(name)) return;
  if (isEnumType(type)) {
    inputTypes.set(name, { name, kind: 'enum', values: type.getValues().map((value) => value.name) });
  } else if (isInputObjectType(type)) {
    // Set before visiting its fields: input types may be recursive.
    inputTypes.set(name, { name, kind: 'input', oneOf: type.isOneOf, fields: [] });
    const fields = Object.values(type.getFields());
    for (const field of fields) addInputTypes(getNamedType(field.type), inputTypes);
    inputTypes.set(name, {
      name,
      kind: 'input',
      oneOf: type.isOneOf,
      fields: fields.map((field) => {
        const spec = { name: field.name, type: refOf(field.type) };
        const defaultValue = defaultValueOf(field);
        return defaultValue === undefined ? spec : { ...spec, defaultValue };
      }),
    });
  } else {
    inputTypes.set(name, { name, kind: 'scalar' });
  }
}
