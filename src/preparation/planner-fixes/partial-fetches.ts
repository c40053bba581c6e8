/**
 * Partial fetches for entities that have only some of the fields that an entity fetch requires.
 *
 * The planner puts all fields of a subgraph at one path into one fetch, which requires what any of its fields needs. An
 * object that was reached under another type condition, or for which a requirement failed, lacks a field that the other
 * fields do not need. Partial fetches select those: one for each requirement, by each key.
 */

import {
  Kind,
  print,
  stripIgnoredCharacters,
  visit,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';

import type { FetchNode, PlanNode, RequiredSelection } from '../../pipeline/prepared.ts';
import { fieldsIn, responseName } from '../../shared/selections.ts';
import type { JoinSpec } from '../supergraph/join-spec.ts';
import { operationsIn } from '../fetch-text.ts';
import { mapFetches } from './map-fetches.ts';
import { selectionSetOf } from '../supergraph/requirements.ts';

export function withPartialFetches(node: PlanNode, joins: JoinSpec): PlanNode {
  return mapFetches(node, (fetch) =>
    fetch.requires ? { ...fetch, partialFetches: partialFetchesOf(fetch, fetch.requires, joins) } : fetch,
  );
}

function partialFetchesOf(
  fetch: FetchNode,
  requires: readonly RequiredSelection[],
  joins: JoinSpec,
): readonly FetchNode[] {
  const [operation] = operationsIn(fetch.operation);
  if (!operation) return [];
  /** The argument of `@requires`; empty: a key is enough. */
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
    const partialFetch = fetchFor(
      fetch,
      operation,
      (type, field) => requirementOf(type, field) === requirement,
    );
    let alternatives: FetchNode[] = [];
    for (let choice = keysMax - 1; choice >= 0; choice -= 1) {
      const requiredSelections = requires.map((selection, index) => {
        const key = keys[index]?.[choice] ?? keys[index]?.at(-1);
        return key === undefined
          ? selection
          : withSelectionsNamedBy(selection, selectionsOf(`${key} ${requirement}`));
      });
      alternatives = [{ ...partialFetch, requires: requiredSelections, partialFetches: alternatives }];
    }
    return alternatives;
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

/** The fetch with only the fields that have this requirement. */
function fetchFor(
  fetch: FetchNode,
  operation: OperationDefinitionNode,
  isKept: (type: string, field: FieldNode) => boolean,
): FetchNode {
  const filterSelections = (selections: readonly SelectionNode[], type: string): SelectionNode[] =>
    selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      if (selection.kind === Kind.FIELD && type !== '') {
        const { value } = selection.name;
        return value === '__typename' || isKept(type, selection) ? [selection] : [];
      }
      const { selectionSet } = selection;
      const condition =
        selection.kind === Kind.INLINE_FRAGMENT ? selection.typeCondition?.name.value : undefined;
      const filtered = filterSelections(selectionSet?.selections ?? [], condition ?? type);
      return filtered.length === 0
        ? []
        : [{ ...selection, selectionSet: { kind: Kind.SELECTION_SET, selections: filtered } }];
    });
  const selections = filterSelections(operation.selectionSet.selections, '');
  const filtered = { ...operation, selectionSet: { ...operation.selectionSet, selections } };
  const usedVariables = new Set<string>();
  visit(filtered.selectionSet, { Variable: ({ name }) => void usedVariables.add(name.value) });
  const definitions = operation.variableDefinitions ?? [];
  const writtenNames = new Set(fieldsOf(selections, '').map(({ field }) => responseName(field)));
  return {
    ...fetch,
    operation: stripIgnoredCharacters(
      print({
        ...filtered,
        variableDefinitions: definitions.filter(({ variable }) => usedVariables.has(variable.name.value)),
      }),
    ),
    variables: fetch.variables.filter(({ name }) => usedVariables.has(name)),
    writes: fetch.writes.filter((name) => writtenNames.has(name)),
  };
}

/** The keys by which the subgraph resolves these types and that the fetch requires completely. */
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

function covers(available: readonly RequiredSelection[], wanted: readonly SelectionNode[]): boolean {
  return wanted.every((selection) => {
    if (selection.kind !== Kind.FIELD) return false;
    const match = available.find(
      (candidate) => candidate.kind === 'field' && candidate.name === selection.name.value,
    );
    return match !== undefined && covers(match.selections ?? [], selection.selectionSet?.selections ?? []);
  });
}

function withSelectionsNamedBy(
  selection: RequiredSelection,
  wanted: readonly SelectionNode[],
): RequiredSelection {
  return selection.selections
    ? { ...selection, selections: selectionsNamedBy(selection.selections, wanted) }
    : selection;
}

/** The selections of `available` whose fields `wanted` names. */
function selectionsNamedBy(
  available: readonly RequiredSelection[],
  wanted: readonly SelectionNode[],
): RequiredSelection[] {
  const fields = fieldsIn(wanted);
  return available.flatMap((selection) => {
    if (selection.kind === 'on') return [withSelectionsNamedBy(selection, wanted)];
    if (selection.name === '__typename') return [selection];
    const matches = fields.filter(({ name }) => name.value === selection.name);
    return matches.length === 0
      ? []
      : [
          withSelectionsNamedBy(
            selection,
            matches.flatMap(({ selectionSet }) => selectionSet?.selections ?? []),
          ),
        ];
  }) as RequiredSelection[];
}

function selectionsOf(text: string): readonly SelectionNode[] {
  return selectionSetOf(text).selections;
}
