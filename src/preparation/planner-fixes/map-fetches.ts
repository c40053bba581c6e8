import type { FetchNode, PlanNode } from '../../pipeline/prepared.ts';

/** Maps every fetch of a plan, except those of split nodes, whose parts are mapped when they are planned. */
export function mapFetches(node: PlanNode, change: (fetch: FetchNode) => PlanNode): PlanNode {
  const mapChild = (child: PlanNode): PlanNode => mapFetches(child, change);
  switch (node.kind) {
    case 'fetch':
      return change(node);
    case 'flatten':
      return { ...node, node: mapChild(node.node) };
    case 'sequence':
    case 'parallel':
      return { ...node, nodes: node.nodes.map(mapChild) };
    case 'condition':
      return {
        ...node,
        whenTrue: node.whenTrue && mapChild(node.whenTrue),
        whenFalse: node.whenFalse && mapChild(node.whenFalse),
      };
    case 'split':
      return node;
  }
}
