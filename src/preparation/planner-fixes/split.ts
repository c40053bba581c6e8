/**
 * Splits an operation whose fields have conflicting requirements (see `requirements.ts`) into documents without conflicts.
 * The first keeps everything else; each further one has only its fields and their parents.
 */

import {
  getNamedType,
  isAbstractType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

import type { GraftTree } from '../../pipeline/prepared.ts';
import { GatewayError } from '../../shared/errors.ts';
import { emptyRecord } from '../../shared/records.ts';
import { typename } from '../../shared/selections.ts';
import type { InternalName } from './renaming.ts';
import type { Requirements } from '../supergraph/requirements.ts';
import type { LoadedSupergraph } from '../supergraph/supergraph.ts';

export interface SplitOperation {
  readonly main: OperationDefinitionNode;
  readonly others: ReadonlyArray<{ readonly operation: OperationDefinitionNode; readonly graft: GraftTree }>;
}

/** Part of each field node that belongs to one; nodes that are absent belong to part 0. */
type Parts = ReadonlyMap<FieldNode, number>;

/**
 * @param operation Without spreads.
 * @returns undefined where nothing conflicts.
 * @throws {GatewayError} `OPERATION_NOT_SUPPORTED` for mutations, which must not run twice.
 */
export function splitByConflict(
  operation: OperationDefinitionNode,
  { schema, requirements: { conflicts } }: Pick<LoadedSupergraph, 'schema' | 'requirements'>,
  nameOf: InternalName,
): SplitOperation | undefined {
  if (conflicts.size === 0) return undefined;
  const parts = partsOf(schema, conflicts, operation);
  const count = Math.max(0, ...parts.values()) + 1;
  if (count === 1) return undefined;
  if (operation.operation !== 'query') {
    const fix = 'select them in separate operations';
    throw new GatewayError(
      'OPERATION_NOT_SUPPORTED',
      `Fields of this mutation need one field with different arguments: ${fix}`,
    );
  }
  const partOf = (selectionSet: SelectionSetNode): OperationDefinitionNode => ({
    ...operation,
    selectionSet,
  });
  const others = Array.from({ length: count - 1 }, (_, index) => {
    const selectionSet = onlyPart(operation.selectionSet, parts, index + 1);
    return { operation: partOf(selectionSet), graft: graftTree(selectionSet, parts, nameOf) };
  });
  return { main: partOf(withoutParts(operation.selectionSet, parts)), others };
}

/** Greedy colouring: each coordinate gets the first part in which it conflicts with nothing. */
function partsOf(
  schema: GraphQLSchema,
  conflicts: Requirements['conflicts'],
  operation: OperationDefinitionNode,
): Parts {
  const byCoordinate = new Map<string, number>();
  const parts = new Map<FieldNode, number>();
  const types = new TypeInfo(schema);
  const collect = visitWithTypeInfo(types, {
    Field(field) {
      const parent = getNamedType(types.getParentType());
      if (!parent) return;
      const possible = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent];
      for (const type of possible) {
        const coordinate = `${type.name}.${field.name.value}`;
        const opponents = conflicts.get(coordinate);
        if (!opponents) continue;
        const part = byCoordinate.get(coordinate) ?? firstFree(opponents, byCoordinate);
        byCoordinate.set(coordinate, part);
        if (part > 0) parts.set(field, part);
      }
    },
  });
  visit(operation, collect);
  return parts;
}

function firstFree(opponents: ReadonlySet<string>, taken: ReadonlyMap<string, number>): number {
  const used = new Set([...opponents].map((opponent) => taken.get(opponent)));
  let part = 0;
  while (used.has(part)) part += 1;
  return part;
}

function withoutParts(selectionSet: SelectionSetNode, parts: Parts): SelectionSetNode {
  const selections = selectionSet.selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD && parts.has(selection)) return [];
    if (selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) return [selection];
    return [{ ...selection, selectionSet: withoutParts(selection.selectionSet, parts) } as SelectionNode];
  });
  // The object itself must still be fetched.
  return { ...selectionSet, selections: selections.length > 0 ? selections : [typename] };
}

function onlyPart(selectionSet: SelectionSetNode, parts: Parts, part: number): SelectionSetNode {
  const selections = selectionSet.selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD && parts.get(selection) === part) return [selection];
    if (selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) return [];
    if (selection.kind === Kind.FIELD && parts.has(selection)) return [];
    const inner = onlyPart(selection.selectionSet, parts, part);
    if (inner.selections.length === 0) return [];
    return [{ ...selection, selectionSet: inner } as SelectionNode];
  });
  return { ...selectionSet, selections };
}

function graftTree(selectionSet: SelectionSetNode, parts: Parts, nameOf: InternalName): GraftTree {
  const tree = emptyRecord<GraftTree | true>();
  const add = (selections: readonly SelectionNode[]): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) add(selection.selectionSet.selections);
      if (selection.kind !== Kind.FIELD) continue;
      const name = nameOf(selection);
      if (parts.has(selection)) tree[name] = true;
      else if (selection.selectionSet && tree[name] !== true) {
        tree[name] = { ...tree[name], ...graftTree(selection.selectionSet, parts, nameOf) };
      }
    }
  };
  add(selectionSet.selections);
  return tree;
}
