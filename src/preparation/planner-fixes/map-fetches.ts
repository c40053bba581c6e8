import type { FetchNode, PlanNode } from '../../pipeline/prepared.ts';

/** The plan with every fetch changed; what was split off is planned, and changed, by itself. */
export function mapFetches(node: PlanNode, change: (fetch: FetchNode) => PlanNode): PlanNode {
  const below = (child: PlanNode): PlanNode => mapFetches(child, change);
  switch (node.kind) {
    case 'fetch':
      return change(node);
    case 'flatten':
      return { ...node, node: below(node.node) };
    case 'sequence':
    case 'parallel':
      return { ...node, nodes: node.nodes.map(below) };
    case 'condition':
      return {
        ...node,
        whenTrue: node.whenTrue && below(node.whenTrue),
        whenFalse: node.whenFalse && below(node.whenFalse),
      };
    case 'split':
      return node;
  }
}
