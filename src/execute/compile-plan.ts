/** Compiles a plan into steps. */

import type { PathStep, PlanNode, PreparedOperation } from '../pipeline/prepared.ts';
import { compileFetch } from './fetch-step.ts';
import type { Step } from './fetch.ts';
import { compileSplit } from './graft.ts';
import { compileSerial } from './serial.ts';
import type { StepCode } from './step-code.ts';

export function compilePlan(operation: PreparedOperation, code: StepCode): Step {
  const compileAll = (nodes: readonly PlanNode[]): Step[] => nodes.map((node) => compileNode(node, [], code));
  const serial = operation.kind === 'mutation' ? compileSerial(operation, compileAll) : undefined;
  return serial ?? compileRoot(operation.plan, code);
}

function compileRoot(node: PlanNode | null, code: StepCode): Step {
  return node ? compileNode(node, [], code) : () => undefined;
}

function compileNode(node: PlanNode, path: readonly PathStep[], code: StepCode): Step {
  const compileChild = (child: PlanNode): Step => compileNode(child, path, code);
  switch (node.kind) {
    case 'sequence':
      return inSequence(node.nodes.map(compileChild));
    case 'parallel':
      return inParallel(node.nodes.map(compileChild));
    case 'flatten':
      return compileNode(node.node, [...path, ...node.path], code);
    case 'condition':
      return onCondition(
        node.variable,
        node.whenTrue ? compileChild(node.whenTrue) : undefined,
        node.whenFalse ? compileChild(node.whenFalse) : undefined,
      );
    case 'split':
      return compileSplit(
        compileRoot(node.main, code),
        node.others.map((other) => ({ step: compileChild(other.node), graft: other.graft })),
      );
    case 'fetch':
      return compileFetch(node, path, code);
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
