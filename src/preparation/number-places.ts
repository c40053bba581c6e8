/** Where the answers to the fetches of a plan hold custom scalars: numbers there count by their digits. */

import {
  getNamedType,
  isCompositeType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  parse,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import type { FetchNode, NumberPlaces, PlanNode } from '../pipeline/prepared.ts';
import { mapFetches } from './planner-fixes/map-fetches.ts';

export function withNumberPlaces(plan: PlanNode, schema: GraphQLSchema): PlanNode {
  const placed = (fetch: FetchNode): FetchNode => {
    const numbers = parse(fetch.operation, { noLocation: true }).definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? placesIn(definition.selectionSet, schema.getRootType(definition.operation) ?? undefined, schema)
        : [],
    );
    const partialFetches = fetch.partialFetches.map(placed);
    return { ...fetch, partialFetches, ...(numbers.length > 0 ? { numbers } : {}) };
  };
  return mapFetches(plan, placed);
}

/** @param type Undefined where the schema of clients does not have it: then every value may be of a custom scalar. */
function placesIn(
  { selections }: SelectionSetNode,
  type: GraphQLNamedType | undefined,
  schema: GraphQLSchema,
): NumberPlaces {
  return selections.flatMap((selection): NumberPlaces => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value;
      const inner = condition === undefined ? type : schema.getType(condition);
      return placesIn(selection.selectionSet, inner, schema);
    }
    if (selection.name.value === '__typename') return [];
    const key = selection.alias?.value ?? selection.name.value;
    const fieldType = typeOf(selection, type);
    if (!selection.selectionSet) return isCustom(fieldType) ? [[key, null]] : [];
    const below = placesIn(selection.selectionSet, fieldType, schema);
    return below.length > 0 ? [[key, below]] : [];
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
