/** Which service a value of the answer comes from. Slow: for errors only. */

import { Kind, parse, type SelectionSetNode } from 'graphql';

import type { FetchNode, PathStep, PlanNode, PreparedOperation } from '../pipeline/prepared.ts';
import { toMergedNames } from './client-paths.ts';
import type { ClientPath } from './projection.ts';
import type { Run } from './run.ts';

/** @returns undefined for a path that several services are asked for, or none. */
export function compileServiceOf(
  { plan, projection }: PreparedOperation,
  run: Run,
): (path: ClientPath) => string | undefined {
  // Elements of a list come from where the list does.
  const known = new Map<string, string | undefined>();
  return (path) => {
    const names = toMergedNames(projection, run, path);
    const key = names.join('.');
    if (!known.has(key)) {
      const services = new Set<string>();
      if (plan) collectServices(plan, names, services);
      known.set(key, services.size === 1 ? [...services][0] : undefined);
    }
    return known.get(key);
  };
}

/** @param names From where the node's results are merged. */
function collectServices(node: PlanNode, names: readonly string[], into: Set<string>): void {
  switch (node.kind) {
    case 'sequence':
    case 'parallel':
      for (const child of node.nodes) collectServices(child, names, into);
      break;
    case 'flatten': {
      const below = namesBelow(node.path, names);
      if (below) collectServices(node.node, below, into);
      break;
    }
    case 'condition':
      if (node.whenTrue) collectServices(node.whenTrue, names, into);
      if (node.whenFalse) collectServices(node.whenFalse, names, into);
      break;
    case 'split':
      if (node.main) collectServices(node.main, names, into);
      for (const other of node.others) collectServices(other.node, names, into);
      break;
    case 'fetch':
      if (selectsNames(node, names)) into.add(node.service);
      break;
  }
}

/** @returns undefined where the path leads elsewhere. */
function namesBelow(path: readonly PathStep[], names: readonly string[]): readonly string[] | undefined {
  const keys = path.flatMap((step) => ('key' in step ? [step.key] : []));
  return keys.every((key, index) => names[index] === key) ? names.slice(keys.length) : undefined;
}

function selectsNames({ operation, requires, outputRewrites }: FetchNode, names: readonly string[]): boolean {
  if (names.length === 0) return false;
  const wanted = requires ? ['_entities', ...names] : names;
  const isNamed = (response: string, name: string): boolean =>
    response === name ||
    outputRewrites.some((rewrite) => {
      const last = rewrite.path.at(-1);
      return (
        rewrite.kind === 'rename' && rewrite.to === name && last && 'key' in last && last.key === response
      );
    });
  return parse(operation, { noLocation: true }).definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION && selects(definition.selectionSet, wanted, isNamed),
  );
}

function selects(
  selectionSet: SelectionSetNode | undefined,
  [name, ...below]: readonly string[],
  isNamed: (response: string, name: string) => boolean,
): boolean {
  if (name === undefined) return true;
  return (selectionSet?.selections ?? []).some((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return selects(selection.selectionSet, [name, ...below], isNamed);
    }
    if (selection.kind !== Kind.FIELD) return false;
    const response = selection.alias?.value ?? selection.name.value;
    return isNamed(response, name) && selects(selection.selectionSet, below, isNamed);
  });
}
