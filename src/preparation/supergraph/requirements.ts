/**
 * The requirements of `@requires`, and which of them conflict: two that need one field with different arguments. The
 * planner fetches that field once, and one of the two gets the wrong value. Requirements of one type conflict at the
 * type's own fields; those of different types only further down, where the planner merges selections of one path whatever
 * their type conditions.
 */

import { Kind, parse, type SelectionSetNode } from 'graphql';

import { argumentsText } from '../field-call.ts';
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
  const fieldNames = new Set<string>();
  for (const { type, field, requires } of joins.requirements()) {
    fieldNames.add(field);
    const coordinate = `${type}.${field}`;
    const needs = direct.get(coordinate) ?? new Map<string, string>();
    addNeeds(selectionSetOf(requires), '', needs);
    direct.set(coordinate, needs);
  }
  return { fieldNames, conflicts: conflictsAmong(direct) };
}

function conflictsAmong(direct: ReadonlyMap<string, Needs>): Map<string, Set<string>> {
  const all = [...direct.keys()].map((coordinate) => ({
    coordinate,
    type: typeOf(coordinate),
    needs: allNeeds(coordinate, direct),
  }));
  const conflicts = new Map<string, Set<string>>();
  for (const one of all) {
    for (const other of all) {
      if (one === other || !conflict(one.needs, other.needs, one.type === other.type)) continue;
      conflicts.set(one.coordinate, (conflicts.get(one.coordinate) ?? new Set()).add(other.coordinate));
    }
  }
  return conflicts;
}

function typeOf(coordinate: string): string {
  return coordinate.slice(0, coordinate.indexOf('.'));
}

export function selectionSetOf(text: string): SelectionSetNode {
  const [definition] = parse(`{ ${text} }`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`Not a selection: ${text}`);
  return definition.selectionSet;
}

function addNeeds(selectionSet: SelectionSetNode, path: string, needs: Map<string, string>): void {
  for (const selection of selectionSet.selections) {
    if (selection.kind === Kind.FIELD) {
      const fieldPath = `${path}.${selection.name.value}`;
      needs.set(fieldPath, argumentsText(selection));
      if (selection.selectionSet) addNeeds(selection.selectionSet, fieldPath, needs);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      addNeeds(selection.selectionSet, path, needs);
    }
  }
}

/** Including the requirements of the fields that it requires on the same type. */
function allNeeds(
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
    for (const [deeper, deeperArgs] of allNeeds(`${typeOf(coordinate)}.${field}`, direct, seen))
      all.set(deeper, deeperArgs);
  }
  return all;
}

/** @param isOneType Whether the type's own fields can conflict, not only nested ones. */
function conflict(one: Needs, other: Needs, isOneType: boolean): boolean {
  for (const [path, args] of one) {
    const otherArgs = other.get(path);
    if (otherArgs === undefined || otherArgs === args) continue;
    if (isOneType || path.lastIndexOf('.') > 0) return true;
  }
  return false;
}
