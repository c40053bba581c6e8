/** The shape of a plan as a short text: its steps and their services, no documents and no variables. */

import { cutText } from '../../shared/cut-text.ts';
import type { PlanOutline } from '../../shared/operation-events.ts';

const charsMax = 1000;

/** @returns Such as `sequence(fetch(orders), parallel(flatten(fetch(users)), flatten(fetch(payments))))`. */
export function planShape(plan: PlanOutline | null): string {
  return plan ? cutText(shapeOf(plan), charsMax) : 'nothing to fetch';
}

function shapeOf(node: PlanOutline): string {
  switch (node.kind) {
    case 'fetch':
      return `fetch(${node.service})`;
    case 'sequence':
    case 'parallel':
      return `${node.kind}(${node.nodes.map(shapeOf).join(', ')})`;
    case 'flatten':
      return `flatten(${shapeOf(node.node)})`;
    case 'condition':
      return `condition(${optional(node.whenTrue)}, ${optional(node.whenFalse)})`;
    case 'split':
      return `split(${[optional(node.main), ...node.others.map((other) => shapeOf(other.node))].join(', ')})`;
  }
}

function optional(node: PlanOutline | null): string {
  return node ? shapeOf(node) : 'nothing';
}
