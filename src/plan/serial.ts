/**
 * Groups the root fields of a mutation so that each sees what the earlier ones did and nothing of the later ones: the
 * planner asks for all neighbouring fields of one subgraph at once and follows up on their payloads afterwards.
 */

import { Kind, type InlineFragmentNode, type OperationDefinitionNode, type SelectionNode } from 'graphql';

import type { PlanNode } from '../pipeline/prepared.ts';

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
  const groups: SelectionNode[][] = [[]];
  for (const selections of fields.values()) {
    groups.at(-1)?.push(...selections);
    // One fetch and nothing after it: the next field may share it.
    if (plan(withFields(selections)).kind !== 'fetch') groups.push([]);
  }
  const nodes = groups.filter((group) => group.length > 0).map((group) => plan(withFields(group)));
  return nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'sequence', nodes };
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
