/** Finds the service that a value of the answer comes from. Slow path: for errors only. */

import { Kind, parse, type SelectionSetNode } from 'graphql';

import type { FetchNode, PathStep, PlanNode, PreparedOperation } from '../pipeline/prepared.ts';
import { responseName } from '../shared/selections.ts';
import { toMergedNames } from './client-paths.ts';
import type { ClientPath } from './projection.ts';
import type { Run } from './run.ts';

/** The function returns undefined for a path that no service or more than one service is asked for. */
export function compileServiceOf(
  { plan, projection }: PreparedOperation,
  run: Run,
): (path: ClientPath) => string | undefined {
  // By path without list positions: the elements of a list come from the same service.
  const serviceByPath = new Map<string, string | undefined>();
  return (path) => {
    const names = toMergedNames(projection, run, path);
    const key = names.join('.');
    if (!serviceByPath.has(key)) {
      const services = new Set<string>();
      if (plan) collectServices(plan, names, services);
      serviceByPath.set(key, services.size === 1 ? [...services][0] : undefined);
    }
    return serviceByPath.get(key);
  };
}

/** @param names Path relative to where the node's results are merged. */
function collectServices(node: PlanNode, names: readonly string[], services: Set<string>): void {
  switch (node.kind) {
    case 'sequence':
    case 'parallel':
      for (const child of node.nodes) collectServices(child, names, services);
      break;
    case 'flatten': {
      const innerNames = namesBelow(node.path, names);
      if (innerNames) collectServices(node.node, innerNames, services);
      break;
    }
    case 'condition':
      if (node.whenTrue) collectServices(node.whenTrue, names, services);
      if (node.whenFalse) collectServices(node.whenFalse, names, services);
      break;
    case 'split':
      if (node.main) collectServices(node.main, names, services);
      for (const other of node.others) collectServices(other.node, names, services);
      break;
    case 'fetch':
      if (selectsNames(node, names)) services.add(node.service);
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
  const responseNames = requires ? ['_entities', ...names] : names;
  const hasName = (selected: string, name: string): boolean =>
    selected === name ||
    outputRewrites.some((rewrite) => {
      const last = rewrite.path.at(-1);
      return (
        rewrite.kind === 'rename' && rewrite.to === name && last && 'key' in last && last.key === selected
      );
    });
  return parse(operation, { noLocation: true }).definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      selects(definition.selectionSet, responseNames, hasName),
  );
}

function selects(
  selectionSet: SelectionSetNode | undefined,
  [name, ...innerNames]: readonly string[],
  hasName: (selected: string, name: string) => boolean,
): boolean {
  if (name === undefined) return true;
  return (selectionSet?.selections ?? []).some((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return selects(selection.selectionSet, [name, ...innerNames], hasName);
    }
    if (selection.kind !== Kind.FIELD) return false;
    return hasName(responseName(selection), name) && selects(selection.selectionSet, innerNames, hasName);
  });
}
