/**
 * What `@requires` asks for, and which requirements of one type cannot be met at the same time: two that need one field
 * with different arguments. The planner fetches that field once, and one of the two gets the other's value.
 */

import { Kind, parse, print, type SelectionSetNode } from 'graphql';

import type { JoinSpec } from './join-spec.ts';

export interface Requirements {
  /** Names of the fields that have a requirement, whatever their type. */
  readonly fieldNames: ReadonlySet<string>;
  /** By coordinate, the coordinates it conflicts with. */
  readonly conflicts: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Arguments of each required field, by its path in the requirement. */
type Needs = ReadonlyMap<string, string>;

export function readRequirements(joins: JoinSpec): Requirements {
  const direct = new Map<string, Map<string, string>>();
  const byType = new Map<string, Set<string>>();
  const fieldNames = new Set<string>();
  for (const { type, field, requires } of joins.requirements()) {
    fieldNames.add(field);
    const coordinate = `${type}.${field}`;
    const needs = direct.get(coordinate) ?? new Map<string, string>();
    addNeeds(selectionSetOf(requires), '', needs);
    direct.set(coordinate, needs);
    byType.set(type, (byType.get(type) ?? new Set()).add(coordinate));
  }
  const conflicts = new Map<string, Set<string>>();
  for (const [type, coordinates] of byType) {
    for (const one of coordinates) {
      for (const other of coordinates) {
        if (one === other) continue;
        if (!conflict(allNeeds(type, one, direct), allNeeds(type, other, direct))) continue;
        conflicts.set(one, (conflicts.get(one) ?? new Set()).add(other));
      }
    }
  }
  return { fieldNames, conflicts };
}

export function selectionSetOf(text: string): SelectionSetNode {
  const [definition] = parse(`{ ${text} }`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`Not a selection: ${text}`);
  return definition.selectionSet;
}

function addNeeds(selectionSet: SelectionSetNode, path: string, into: Map<string, string>): void {
  for (const selection of selectionSet.selections) {
    if (selection.kind === Kind.FIELD) {
      const at = `${path}.${selection.name.value}`;
      into.set(
        at,
        (selection.arguments ?? [])
          .map((argument) => print(argument))
          .sort()
          .join(),
      );
      if (selection.selectionSet) addNeeds(selection.selectionSet, at, into);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      addNeeds(selection.selectionSet, path, into);
    }
  }
}

/** Those of the fields it requires on the same type, too. */
function allNeeds(
  type: string,
  coordinate: string,
  direct: ReadonlyMap<string, Needs>,
  seen = new Set<string>(),
): Map<string, string> {
  const all = new Map<string, string>();
  if (seen.has(coordinate)) return all;
  seen.add(coordinate);
  for (const [path, args] of direct.get(coordinate) ?? []) {
    all.set(path, args);
    const [, field = ''] = path.split('.');
    for (const [deeper, deeperArgs] of allNeeds(type, `${type}.${field}`, direct, seen))
      all.set(deeper, deeperArgs);
  }
  return all;
}

function conflict(one: Needs, other: Needs): boolean {
  for (const [path, args] of one) {
    const otherArgs = other.get(path);
    if (otherArgs !== undefined && otherArgs !== args) return true;
  }
  return false;
}
