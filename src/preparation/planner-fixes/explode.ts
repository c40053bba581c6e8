/**
 * Selects fields that an `@override` with a label moves on each object type, never on an interface. The planner evaluates
 * the label only for fields of object types; through an interface it uses any subgraph that has the interface's field,
 * whatever the label decides.
 */

import {
  getNamedType,
  isInterfaceType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type GraphQLInterfaceType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

import { onType, typename } from '../../shared/selections.ts';
import type { JoinSpec } from '../supergraph/join-spec.ts';

/** @param operation Without spreads. */
export function exploded(
  schema: GraphQLSchema,
  joins: JoinSpec,
  operation: OperationDefinitionNode,
): OperationDefinitionNode {
  if (!joins.hasLabels) return operation;
  const types = new TypeInfo(schema);
  const visitor = visitWithTypeInfo(types, {
    SelectionSet(selectionSet): SelectionSetNode | undefined {
      const type = getNamedType(types.getParentType());
      if (!isInterfaceType(type)) return undefined;
      const selections = selectionSet.selections.flatMap((selection) =>
        explode({ schema, joins }, type, selection),
      );
      return selections.length > selectionSet.selections.length ? { ...selectionSet, selections } : undefined;
    },
  });
  return visit(operation, visitor);
}

function explode(
  { schema, joins }: { readonly schema: GraphQLSchema; readonly joins: JoinSpec },
  type: GraphQLInterfaceType,
  selection: SelectionNode,
): readonly SelectionNode[] {
  if (selection.kind !== Kind.FIELD) return [selection];
  const name = selection.name.value;
  const possible = schema.getPossibleTypes(type);
  if (
    !possible.some((objectType) => joins.fieldsOf(objectType.name, name).some(({ label }) => label !== null))
  ) {
    return [selection];
  }
  return [typename, ...possible.map((objectType) => onType(objectType.name, [selection]))];
}
