/**
 * Repairs plans in which a fetch selects a field that is external in its subgraph: in a chain of requirements the planner
 * may merge one fetch into that of the next subgraph, which only declares the field as external.
 *
 * The field is fetched before, from a subgraph that resolves it, and passed in the representation.
 */

import {
  Kind,
  print,
  stripIgnoredCharacters,
  visit,
  type FieldNode,
  type InlineFragmentNode,
  type SelectionSetNode,
} from 'graphql';

import type { FetchNode, PlanNode, RequiredSelection } from '../../pipeline/prepared.ts';
import { responseName } from '../../shared/selections.ts';
import type { JoinSpec } from '../supergraph/join-spec.ts';
import { operationsIn, parsedFetch } from '../fetch-text.ts';
import { mapFetches } from './map-fetches.ts';
import { selectionSetOf } from '../supergraph/requirements.ts';

/** @throws {Error} Where a wrong plan cannot be repaired: an error is better than a wrong answer. */
export function repairPlan(node: PlanNode, joins: JoinSpec): PlanNode {
  return mapFetches(node, (fetch) => repairFetch(fetch, joins));
}

interface Misplaced {
  readonly type: string;
  readonly field: FieldNode;
}

function repairFetch(fetch: FetchNode, joins: JoinSpec): PlanNode {
  if (!fetch.requires) return fetch;
  const misplaced = misplacedFields(fetch, joins);
  if (misplaced.length === 0) return fetch;
  const fetchesBefore = misplaced.map((misplacedField) =>
    fetchFrom(ownerOf(misplacedField, fetch, joins), misplacedField, fetch),
  );
  const typesByField = new Map(misplaced.map(({ type, field }) => [`${type}.${field.name.value}`, type]));
  const repaired: FetchNode = {
    ...fetch,
    operation: withoutFields(fetch.operation, misplaced),
    writes: fetch.writes.filter((name) => !misplaced.some(({ field }) => responseName(field) === name)),
    requires: fetch.requires.map((selection) =>
      selection.kind === 'on' ? withRequired(selection, fetch, { joins, typesByField }) : selection,
    ),
  };
  return { kind: 'sequence', nodes: [{ kind: 'parallel', nodes: fetchesBefore }, repaired] };
}

/** Fields directly below `_entities` that are external in this subgraph. */
function misplacedFields(fetch: FetchNode, joins: JoinSpec): Misplaced[] {
  const results: Misplaced[] = [];
  for (const { type, fields } of entitySelections(fetch.operation)) {
    const keys = joins.typesOf(type).filter(({ subgraph }) => subgraph === fetch.service);
    for (const field of fields) {
      const joined = joins
        .fieldsOf(type, field.name.value)
        .filter(({ subgraph }) => subgraph === fetch.service);
      const isExternal = joined.length > 0 && joined.every(({ external }) => external);
      const isKey = keys.some(({ key }) => key !== null && topNames(key).includes(field.name.value));
      if (isExternal && !isKey) results.push({ type, field });
    }
  }
  return results;
}

function entitySelections(operation: string): Array<{ type: string; fields: FieldNode[] }> {
  const results: Array<{ type: string; fields: FieldNode[] }> = [];
  for (const { selectionSet } of operationsIn(operation)) {
    for (const root of selectionSet.selections) {
      if (root.kind !== Kind.FIELD || !root.selectionSet) continue;
      for (const selection of root.selectionSet.selections) {
        if (selection.kind !== Kind.INLINE_FRAGMENT || !selection.typeCondition) continue;
        const fields = selection.selectionSet.selections.filter((child) => child.kind === Kind.FIELD);
        results.push({ type: selection.typeCondition.name.value, fields });
      }
    }
  }
  return results;
}

/** A subgraph that resolves the field, and the type by a key that the broken fetch requires already. */
function ownerOf(
  { type, field }: Misplaced,
  fetch: FetchNode,
  joins: JoinSpec,
): { subgraph: string; key: string } {
  const available = new Set(
    (fetch.requires ?? []).flatMap((selection) =>
      selection.kind === 'on' && selection.types.includes(type) ? selection.selections.map(nameOf) : [],
    ),
  );
  const joined = joins.fieldsOf(type, field.name.value);
  for (const { subgraph, key } of joins.typesOf(type)) {
    const own = joined.find((join) => join.subgraph === subgraph);
    const canResolve = joined.length === 0 || (own !== undefined && !own.external && own.requires === null);
    if (canResolve && key !== null && topNames(key).every((name) => available.has(name)))
      return { subgraph, key };
  }
  throw new Error(`The plan asks ${fetch.service} for ${type}.${field.name.value}, which is external there`);
}

function fetchFrom(
  owner: { subgraph: string; key: string },
  { type, field }: Misplaced,
  fetch: FetchNode,
): FetchNode {
  const keys = topNames(owner.key);
  const requires = (fetch.requires ?? []).flatMap((selection): RequiredSelection[] =>
    selection.kind === 'on' && selection.types.includes(type)
      ? [
          {
            ...selection,
            selections: selection.selections.filter((s) => ['__typename', ...keys].includes(nameOf(s))),
          },
        ]
      : [],
  );
  const text = `...on ${type}{${stripIgnoredCharacters(print(field))}}`;
  return {
    ...fetch,
    service: owner.subgraph,
    operation: `query($representations:[_Any!]!){_entities(representations:$representations){${text}}}`,
    operationName: null,
    variables: [],
    writes: [responseName(field)],
    requires,
    resolvesTypes: [],
    outputRewrites: [],
  };
}

function withoutFields(operation: string, misplaced: readonly Misplaced[]): string {
  const names = new Set(misplaced.map(({ type, field }) => `${type}.${field.name.value}`));
  const document = visit(parsedFetch(operation), {
    // oxlint-disable-next-line max-params -- a visitor of graphql-js
    InlineFragment(fragment, _key, _parent, _path, ancestors): InlineFragmentNode | undefined {
      const depth = ancestors.filter((node) => 'kind' in node && node.kind === Kind.FIELD).length;
      const type = fragment.typeCondition?.name.value;
      if (depth !== 1 || type === undefined) return undefined;
      const selections = fragment.selectionSet.selections.filter(
        (child) => child.kind !== Kind.FIELD || !names.has(`${type}.${child.name.value}`),
      );
      return { ...fragment, selectionSet: { ...fragment.selectionSet, selections } };
    },
  });
  return stripIgnoredCharacters(print(document));
}

/** Adds the misplaced fields that other fields of the fetch require. */
function withRequired(
  selection: Extract<RequiredSelection, { kind: 'on' }>,
  fetch: FetchNode,
  { joins, typesByField }: { readonly joins: JoinSpec; readonly typesByField: ReadonlyMap<string, string> },
): RequiredSelection {
  const selections = [...selection.selections];
  for (const { type, fields } of entitySelections(fetch.operation)) {
    if (!selection.types.includes(type)) continue;
    for (const field of fields) {
      const join = joins.fieldsOf(type, field.name.value).find(({ subgraph }) => subgraph === fetch.service);
      if (!join || join.requires === null) continue;
      for (const required of toRequired(selectionSetOf(join.requires))) {
        const isPresent = selections.some((other) => nameOf(other) === nameOf(required));
        if (!isPresent && typesByField.has(`${type}.${nameOf(required)}`)) selections.push(required);
      }
    }
  }
  return { ...selection, selections };
}

function toRequired(selectionSet: SelectionSetNode): RequiredSelection[] {
  return selectionSet.selections.flatMap((selection): RequiredSelection[] =>
    selection.kind === Kind.FIELD
      ? [
          {
            kind: 'field',
            name: selection.name.value,
            selections: selection.selectionSet ? toRequired(selection.selectionSet) : null,
          },
        ]
      : [],
  );
}

function topNames(selection: string): string[] {
  return selectionSetOf(selection).selections.flatMap((child) =>
    child.kind === Kind.FIELD ? [child.name.value] : [],
  );
}

function nameOf(selection: RequiredSelection): string {
  return selection.kind === 'field' ? selection.name : '';
}
