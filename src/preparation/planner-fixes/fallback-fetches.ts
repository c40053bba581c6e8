/**
 * What a fetch of entities can still bring for objects that have only a part of what it requires.
 *
 * The planner makes one fetch of all that a subgraph is asked at one path, and requires for it what any of that needs.
 * An object that was reached under another type condition, or for which a requirement failed, lacks a part that other
 * fields can do without. Those are asked for by what they themselves need: one fetch for each requirement, by each key.
 */

import {
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';

import type { FetchNode, PlanNode, RequiredSelection } from '../../pipeline/prepared.ts';
import type { JoinSpec } from '../supergraph/join-spec.ts';
import { mapFetches } from './map-fetches.ts';
import { selectionSetOf } from '../supergraph/requirements.ts';

export function withFallbacks(node: PlanNode, joins: JoinSpec): PlanNode {
  return mapFetches(node, (fetch) =>
    fetch.requires ? { ...fetch, fallbacks: fallbacksOf(fetch, fetch.requires, joins) } : fetch,
  );
}

function fallbacksOf(
  fetch: FetchNode,
  requires: readonly RequiredSelection[],
  joins: JoinSpec,
): readonly FetchNode[] {
  const [operation] = parse(fetch.operation, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return [];
  /** Text of `@requires`; empty: a key is enough. */
  const requirementOf: RequirementOf = (type, { name }) =>
    joins.fieldsOf(type, name.value).find(({ subgraph }) => subgraph === fetch.service)?.requires ?? '';
  const requirements = new Set(
    fieldsOf(operation.selectionSet.selections, '')
      .filter(({ field }) => field.name.value !== '__typename' || fetch.resolvesTypes.length > 0)
      .map(({ type, field }) => requirementOf(type, field)),
  );
  const keys = requires.map((selection) => keysIn(selection, fetch.service, joins));
  const keysMax = Math.max(1, ...keys.map(({ length }) => length));
  if (requirements.size < 2 && keysMax < 2) return [];
  return [...requirements].flatMap((requirement) => {
    const part = partOf(fetch, operation, requirementOf, requirement);
    let fallbacks: FetchNode[] = [];
    for (let choice = keysMax - 1; choice >= 0; choice -= 1) {
      const needed = requires.map((selection, index) => {
        const key = keys[index]?.[choice] ?? keys[index]?.at(-1);
        return key === undefined ? selection : onlyNamed(selection, selectionsOf(`${key} ${requirement}`));
      });
      fallbacks = [{ ...part, requires: needed, fallbacks }];
    }
    return fallbacks;
  });
}

type RequirementOf = (type: string, field: FieldNode) => string;

/** The fields of entities, with the type they are selected on. */
function fieldsOf(
  selections: readonly SelectionNode[],
  type: string,
): Array<{ readonly type: string; readonly field: FieldNode }> {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return fieldsOf(selection.selectionSet.selections, selection.typeCondition?.name.value ?? type);
    if (selection.kind !== Kind.FIELD) return [];
    // `_entities` itself.
    return type === ''
      ? fieldsOf(selection.selectionSet?.selections ?? [], type)
      : [{ type, field: selection }];
  });
}

/** The fetch with those of its fields only that have this requirement. */
function partOf(
  fetch: FetchNode,
  operation: OperationDefinitionNode,
  requirementOf: RequirementOf,
  requirement: string,
): FetchNode {
  const keep = (selections: readonly SelectionNode[], type: string): SelectionNode[] =>
    selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      if (selection.kind === Kind.FIELD && type !== '') {
        const { value } = selection.name;
        return value === '__typename' || requirementOf(type, selection) === requirement ? [selection] : [];
      }
      const { selectionSet } = selection;
      const below = selection.kind === Kind.INLINE_FRAGMENT ? selection.typeCondition?.name.value : undefined;
      const kept = keep(selectionSet?.selections ?? [], below ?? type);
      return kept.length === 0
        ? []
        : [{ ...selection, selectionSet: { kind: Kind.SELECTION_SET, selections: kept } }];
    });
  const selections = keep(operation.selectionSet.selections, '');
  const kept = { ...operation, selectionSet: { ...operation.selectionSet, selections } };
  const used = new Set<string>();
  visit(kept.selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const definitions = operation.variableDefinitions ?? [];
  const written = new Set(
    fieldsOf(selections, '').map(({ field }) => field.alias?.value ?? field.name.value),
  );
  return {
    ...fetch,
    operation: stripIgnoredCharacters(
      print({
        ...kept,
        variableDefinitions: definitions.filter(({ variable }) => used.has(variable.name.value)),
      }),
    ),
    variables: fetch.variables.filter(({ name }) => used.has(name)),
    writes: fetch.writes.filter((name) => written.has(name)),
  };
}

/** The keys by which the subgraph resolves these types, and of which all is required. */
function keysIn(selection: RequiredSelection, service: string, joins: JoinSpec): string[] {
  if (selection.kind !== 'on') return [];
  const keys = new Set<string>();
  for (const type of selection.types) {
    for (const { subgraph, key } of joins.typesOf(type))
      if (subgraph === service && key !== null && covers(selection.selections, selectionsOf(key)))
        keys.add(key);
  }
  return [...keys];
}

function covers(have: readonly RequiredSelection[], wanted: readonly SelectionNode[]): boolean {
  return wanted.every((selection) => {
    if (selection.kind !== Kind.FIELD) return false;
    const found = have.find((one) => one.kind === 'field' && one.name === selection.name.value);
    return found !== undefined && covers(found.selections ?? [], selection.selectionSet?.selections ?? []);
  });
}

function onlyNamed(selection: RequiredSelection, wanted: readonly SelectionNode[]): RequiredSelection {
  return selection.selections ? { ...selection, selections: named(selection.selections, wanted) } : selection;
}

/** Of `have`, what `wanted` names. */
function named(have: readonly RequiredSelection[], wanted: readonly SelectionNode[]): RequiredSelection[] {
  const fields = flat(wanted);
  return have.flatMap((one) => {
    if (one.kind === 'on') return [onlyNamed(one, wanted)];
    if (one.name === '__typename') return [one];
    const same = fields.filter(({ name }) => name.value === one.name);
    return same.length === 0
      ? []
      : [
          onlyNamed(
            one,
            same.flatMap(({ selectionSet }) => selectionSet?.selections ?? []),
          ),
        ];
  }) as RequiredSelection[];
}

function flat(selections: readonly SelectionNode[]): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    return selection.kind === Kind.INLINE_FRAGMENT ? flat(selection.selectionSet.selections) : [];
  });
}

function selectionsOf(text: string): readonly SelectionNode[] {
  return selectionSetOf(text).selections;
}
