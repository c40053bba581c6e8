/**
 * Groups the root fields of a mutation so that each sees the effects of earlier ones only: the planner fetches all
 * adjacent fields of one subgraph at once and resolves their payloads afterwards.
 */

import { Kind, type InlineFragmentNode, type OperationDefinitionNode, type SelectionNode } from 'graphql';

import type { PlanNode } from '../../pipeline/prepared.ts';
import { responseName } from '../../shared/selections.ts';

/** @param operation Without spreads. */
export function planSerially(
  operation: OperationDefinitionNode,
  plan: (operation: OperationDefinitionNode) => PlanNode,
): PlanNode {
  const fields = rootFields(operation.selectionSet.selections, []);
  const withFields = (selections: readonly SelectionNode[]): OperationDefinitionNode => ({
    ...operation,
    selectionSet: { ...operation.selectionSet, selections },
  });
  if (fields.size <= 1) return plan(operation);
  const groups: Array<{ readonly selections: SelectionNode[]; readonly openService: string | undefined }> =
    [];
  for (const selections of fields.values()) {
    const ownPlan = plan(withFields(selections));
    const service = firstService(ownPlan);
    // A single fetch without follow-up: the next field of the same service may join it.
    const openService = ownPlan.kind === 'fetch' ? service : undefined;
    const last = groups.at(-1);
    if (last?.openService !== undefined && last.openService === service)
      groups.splice(-1, 1, { selections: [...last.selections, ...selections], openService });
    else groups.push({ selections: [...selections], openService });
  }
  const nodes = groups.map((group) => plan(withFields(group.selections)));
  return nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'sequence', nodes, isSerial: true };
}

/** The service of the first fetch; undefined where a plan begins with several. */
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

/** By response name, each wrapped in its enclosing fragments. */
function rootFields(
  selections: readonly SelectionNode[],
  fragments: readonly InlineFragmentNode[],
  fieldsByName = new Map<string, SelectionNode[]>(),
): Map<string, SelectionNode[]> {
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      rootFields(selection.selectionSet.selections, [...fragments, selection], fieldsByName);
    } else if (selection.kind === Kind.FIELD && selection.name.value !== '__typename') {
      const name = responseName(selection);
      const wrapped = fragments.reduceRight<SelectionNode>(
        (inner, fragment) => ({
          ...fragment,
          selectionSet: { kind: Kind.SELECTION_SET, selections: [inner] },
        }),
        selection,
      );
      fieldsByName.set(name, [...(fieldsByName.get(name) ?? []), wrapped]);
    }
  }
  return fieldsByName;
}
