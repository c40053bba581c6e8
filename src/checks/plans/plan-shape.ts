/** How much a plan asks of services, and how long it has to wait for them. */

import type { PlanNode } from '../../pipeline/prepared.ts';

export interface PlanShape {
  /** Calls to services, all of them if conditions leave some open. */
  readonly calls: number;
  /** Calls that wait for one another. */
  readonly waves: number;
  /** With a name for each call. */
  readonly services: readonly string[];
}

export function planShape(plan: PlanNode | null): PlanShape {
  if (plan === null) return { calls: 0, waves: 0, services: [] };
  switch (plan.kind) {
    case 'fetch':
      return { calls: 1, waves: 1, services: [plan.service] };
    case 'flatten':
      return planShape(plan.node);
    case 'sequence':
      return together(plan.nodes.map(planShape), 'inTurn');
    case 'parallel':
      return together(plan.nodes.map(planShape), 'atOnce');
    case 'condition':
      return worse(planShape(plan.whenTrue), planShape(plan.whenFalse));
    case 'split':
      return together([plan.main, ...plan.others.map(({ node }) => node)].map(planShape), 'atOnce');
  }
}

function together(shapes: readonly PlanShape[], order: 'inTurn' | 'atOnce'): PlanShape {
  const waves = shapes.map((shape) => shape.waves);
  return {
    calls: shapes.reduce((sum, { calls }) => sum + calls, 0),
    waves: order === 'inTurn' ? waves.reduce((sum, one) => sum + one, 0) : Math.max(0, ...waves),
    services: shapes.flatMap(({ services }) => services),
  };
}

export function worse(one: PlanShape, other: PlanShape): PlanShape {
  return one.calls > other.calls || (one.calls === other.calls && one.waves >= other.waves) ? one : other;
}
