/** Compiles a plan into steps, once per prepared operation. */

import type { PathStep, PlanNode, PreparedOperation } from '../pipeline/prepared.ts';
import { compileFetch } from './fetch-step.ts';
import type { Step } from './fetch.ts';
import { compileSplit } from './graft.ts';
import { compileSerial } from './serial.ts';

export function compilePlan(operation: PreparedOperation): Step {
  const serial = operation.kind === 'mutation' ? compileSerial(operation, compileRootNodes) : undefined;
  return serial ?? compileRoot(operation.plan);
}

function compileRoot(node: PlanNode | null): Step {
  return node ? compileNode(node, []) : () => undefined;
}

function compileRootNodes(nodes: readonly PlanNode[]): Step[] {
  return nodes.map((node) => compileNode(node, []));
}

function compileNode(node: PlanNode, path: readonly PathStep[]): Step {
  switch (node.kind) {
    case 'sequence':
      return inSequence(node.nodes.map((child) => compileNode(child, path)));
    case 'parallel':
      return inParallel(node.nodes.map((child) => compileNode(child, path)));
    case 'flatten':
      return compileNode(node.node, [...path, ...node.path]);
    case 'condition':
      return onCondition(
        node.variable,
        node.whenTrue ? compileNode(node.whenTrue, path) : undefined,
        node.whenFalse ? compileNode(node.whenFalse, path) : undefined,
      );
    case 'split':
      return compileSplit(
        compileRoot(node.main),
        node.others.map((other) => ({ step: compileNode(other.node, path), graft: other.graft })),
      );
    case 'fetch':
      return compileFetch(node, path);
  }
}

function inSequence(steps: readonly Step[]): Step {
  return async (run) => {
    for (const step of steps) await step(run);
  };
}

function inParallel(steps: readonly Step[]): Step {
  return (run) => {
    const pending: Array<Promise<void>> = [];
    for (const step of steps) {
      const promise = step(run);
      if (promise) pending.push(promise);
    }
    return pending.length > 1 ? Promise.all(pending).then(noop) : pending[0];
  };
}

function onCondition(variable: string, whenTrue: Step | undefined, whenFalse: Step | undefined): Step {
  return (run) => (run.variables.get(variable) === true ? whenTrue : whenFalse)?.(run);
}

function noop(): void {}
