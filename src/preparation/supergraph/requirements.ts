/** The requirements of `@requires`, and the arguments with which they require one field differently. */

import { Kind, parse, type GraphQLSchema, type SelectionSetNode } from 'graphql';

import type { JoinSpec } from './join-spec.ts';
import { RequiredArguments } from './required-arguments.ts';

export interface Requirements {
  /** Names of the fields that have a requirement, whatever their type. */
  readonly fieldNames: ReadonlySet<string>;
  /** Null: no field is required with different arguments. */
  readonly requiredArguments: RequiredArguments | null;
}

/** @param schema With what clients do not see. */
export function readRequirements(joins: JoinSpec, schema: GraphQLSchema): Requirements {
  const byField = new Map<string, SelectionSetNode[]>();
  const fieldNames = new Set<string>();
  for (const { type, field, requires } of joins.requirements()) {
    fieldNames.add(field);
    const coordinate = `${type}.${field}`;
    byField.set(coordinate, [...(byField.get(coordinate) ?? []), selectionSetOf(requires)]);
  }
  return { fieldNames, requiredArguments: RequiredArguments.of(schema, byField) };
}

export function selectionSetOf(text: string): SelectionSetNode {
  const [definition] = parse(`{ ${text} }`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`Not a selection: ${text}`);
  return definition.selectionSet;
}
