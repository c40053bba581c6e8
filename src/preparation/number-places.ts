/** Adds to the fetches of a plan the paths of custom scalars in their answers: numbers there keep all their digits. */

import {
  getNamedType,
  isCompositeType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import type { FetchNode, NumberPaths, PlanNode } from '../pipeline/prepared.ts';
import { responseName } from '../shared/selections.ts';
import { operationsIn } from './fetch-text.ts';
import { mapFetches } from './planner-fixes/map-fetches.ts';

export function withNumberPaths(plan: PlanNode, schema: GraphQLSchema): PlanNode {
  const withPaths = (fetch: FetchNode): FetchNode => {
    const numbers = operationsIn(fetch.operation).flatMap(({ operation, selectionSet }) =>
      pathsIn(selectionSet, schema.getRootType(operation) ?? undefined, schema),
    );
    const partialFetches = fetch.partialFetches.map(withPaths);
    return { ...fetch, partialFetches, ...(numbers.length > 0 ? { numbers } : {}) };
  };
  return mapFetches(plan, withPaths);
}

/** @param type Undefined if it is not in the API schema: then every value may be a custom scalar. */
function pathsIn(
  { selections }: SelectionSetNode,
  type: GraphQLNamedType | undefined,
  schema: GraphQLSchema,
): NumberPaths {
  return selections.flatMap((selection): NumberPaths => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value;
      const inner = condition === undefined ? type : schema.getType(condition);
      return pathsIn(selection.selectionSet, inner, schema);
    }
    if (selection.name.value === '__typename') return [];
    const key = responseName(selection);
    const fieldType = typeOf(selection, type);
    if (!selection.selectionSet) return isCustom(fieldType) ? [[key, null]] : [];
    const innerPaths = pathsIn(selection.selectionSet, fieldType, schema);
    return innerPaths.length > 0 ? [[key, innerPaths]] : [];
  });
}

function typeOf({ name }: FieldNode, parent: GraphQLNamedType | undefined): GraphQLNamedType | undefined {
  if (!isCompositeType(parent) || !('getFields' in parent)) return undefined;
  const field = Object.hasOwn(parent.getFields(), name.value) ? parent.getFields()[name.value] : undefined;
  return field && getNamedType(field.type);
}

function isCustom(type: GraphQLNamedType | undefined): boolean {
  return type === undefined || (isScalarType(type) && !isSpecifiedScalarType(type));
}
