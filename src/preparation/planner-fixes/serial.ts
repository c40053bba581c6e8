/**
 * Groups the root fields of a mutation so that each sees what the earlier ones did and nothing of the later ones: the
 * planner asks for all neighbouring fields of one subgraph at once and follows up on their payloads afterwards.
 */

import { Kind, type InlineFragmentNode, type OperationDefinitionNode, type SelectionNode } from 'graphql';

import type { PlanNode } from '../../pipeline/prepared.ts';

/** @param operation Without spreads. */
export function planInTurn(
  operation: OperationDefinitionNode,
  plan: (operation: OperationDefinitionNode) => PlanNode,
): PlanNode {
  const fields = rootFields(operation.selectionSet.selections, []);
  const withFields = (selections: readonly SelectionNode[]): OperationDefinitionNode => ({
    ...operation,
    selectionSet: { ...operation.selectionSet, selections },
  });
  if (fields.size <= 1) return plan(operation);
  const groups: Array<{ readonly selections: SelectionNode[]; readonly joinedBy: string | undefined }> = [];
  for (const selections of fields.values()) {
    const alone = plan(withFields(selections));
    const service = firstService(alone);
    // One fetch and nothing after it: the next field may share it.
    const joinedBy = alone.kind === 'fetch' ? service : undefined;
    const last = groups.at(-1);
    if (last?.joinedBy !== undefined && last.joinedBy === service)
      groups.splice(-1, 1, { selections: [...last.selections, ...selections], joinedBy });
    else groups.push({ selections: [...selections], joinedBy });
  }
  const nodes = groups.map((group) => plan(withFields(group.selections)));
  return nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'sequence', nodes, isSerial: true };
}

/** Of the fetch that a plan begins with; undefined where it begins with several. */
function firstService(node: PlanNode | null | undefined): string | undefined {
  switch (node?.kind) {
    case 'fetch':
      return node.service;
    case 'sequence':
      return firstService(node.nodes[0]);
    case 'condition':
      return firstService(node.whenTrue ?? node.whenFalse);
    default:
      return undefined;
  }
}

/** By response name, each below the fragments whose conditions it stands under. */
function rootFields(
  selections: readonly SelectionNode[],
  around: readonly InlineFragmentNode[],
  into = new Map<string, SelectionNode[]>(),
): Map<string, SelectionNode[]> {
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      rootFields(selection.selectionSet.selections, [...around, selection], into);
    } else if (selection.kind === Kind.FIELD && selection.name.value !== '__typename') {
      const name = selection.alias?.value ?? selection.name.value;
      const wrapped = around.reduceRight<SelectionNode>(
        (inner, fragment) => ({
          ...fragment,
          selectionSet: { kind: Kind.SELECTION_SET, selections: [inner] },
        }),
        selection,
      );
      into.set(name, [...(into.get(name) ?? []), wrapped]);
    }
  }
  return into;
}
