/**
 * Splits an operation whose fields have conflicting requirements (see `conflicting-fields.ts`) into documents without
 * conflicts. The first keeps everything else; each further one has only the fields of its part and those around them.
 */

import {
  Kind,
  visit,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

import type { GraftTree } from '../../pipeline/prepared.ts';
import { GatewayError } from '../../shared/errors.ts';
import { emptyRecord } from '../../shared/records.ts';
import { typename } from '../../shared/selections.ts';
import { partsOf, type Parts } from './conflicting-fields.ts';
import type { InternalName } from './renaming.ts';
import type { LoadedSupergraph } from '../supergraph/supergraph.ts';

export interface SplitOperation {
  readonly main: OperationDefinitionNode;
  readonly others: ReadonlyArray<{ readonly operation: OperationDefinitionNode; readonly graft: GraftTree }>;
}

/**
 * @param inlined The operation without spreads.
 * @returns undefined where nothing conflicts.
 * @throws {GatewayError} `OPERATION_NOT_SUPPORTED` for mutations, which must not run twice, and as `partsOf`.
 */
export function splitByConflict(
  inlined: OperationDefinitionNode,
  { schema, requirements }: Pick<LoadedSupergraph, 'schema' | 'requirements'>,
  nameOf: InternalName,
): SplitOperation | undefined {
  const required = requirements.requiredArguments;
  if (!required) return undefined;
  // A fragment has the same nodes at each place, and each place may belong to another part.
  const operation = visit(inlined, { Field: { leave: (field) => ({ ...field }) } });
  const parts = partsOf(operation, { schema, required, nameOf });
  const count = Math.max(0, ...parts.values()) + 1;
  if (count === 1) return undefined;
  if (operation.operation !== 'query') {
    const fix = 'select them in separate operations';
    throw new GatewayError(
      'OPERATION_NOT_SUPPORTED',
      `Fields of this mutation need one field with different arguments: ${fix}`,
    );
  }
  const documentOf = (part: number): OperationDefinitionNode => ({
    ...operation,
    selectionSet: selectedIn(operation.selectionSet, { parts, part, outer: 0 }),
  });
  const others = Array.from({ length: count - 1 }, (_, index) => ({
    operation: documentOf(index + 1),
    graft: graftTree(operation, { parts, part: index + 1 }, nameOf),
  }));
  return { main: documentOf(0), others };
}

interface Selected {
  readonly parts: Parts;
  /** The one of the document. */
  readonly part: number;
  /** That of the field around. */
  readonly outer: number;
}

/** The fields of one part, and those around them. */
function selectedIn(selectionSet: SelectionSetNode, { parts, part, outer }: Selected): SelectionSetNode {
  const selections = selectionSet.selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
    const own = partOf(selection, parts, outer);
    if (!selection.selectionSet) return own === part ? [selection] : [];
    const inner = selectedIn(selection.selectionSet, { parts, part, outer: own });
    if (inner.selections.length === 0) return [];
    return [{ ...selection, selectionSet: inner } as SelectionNode];
  });
  // The object itself must still be fetched.
  if (selections.length === 0 && outer === part) return { ...selectionSet, selections: [typename] };
  return { ...selectionSet, selections };
}

/** Where the fields of one part belong in the data. */
function graftTree(
  operation: OperationDefinitionNode,
  { parts, part }: Pick<Selected, 'parts' | 'part'>,
  nameOf: InternalName,
): GraftTree {
  type Tree = Record<string, GraftTree | true>;
  const add = ({ selections }: SelectionSetNode, outer: number, tree: Tree): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) add(selection.selectionSet, outer, tree);
      if (selection.kind !== Kind.FIELD) continue;
      const name = nameOf(selection);
      const own = partOf(selection, parts, outer);
      if (own === part) tree[name] = true;
      // The same field may be selected several times.
      const inner = tree[name] ?? emptyRecord<GraftTree | true>();
      if (!selection.selectionSet || inner === true) continue;
      add(selection.selectionSet, own, inner as Tree);
      if (Object.keys(inner).length > 0) tree[name] = inner;
    }
  };
  const tree = emptyRecord<GraftTree | true>();
  add(operation.selectionSet, 0, tree);
  return tree;
}

function partOf(selection: SelectionNode, parts: Parts, outer: number): number {
  return (selection.kind === Kind.FIELD ? parts.get(selection) : undefined) ?? outer;
}
