/**
 * Makes one fetch of two that ask one subgraph for the same entities: neighbours, and one that could come at once with
 * a later one that has to wait for more of its requirements. Nothing waits longer for it: what runs in parallel ends
 * together. Where a requirement of the later one fails, `partial-fetches.ts` has what the earlier one asked for.
 */

import {
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type VariableDefinitionNode,
} from 'graphql';

import type { FetchNode, FlattenNode, PlanNode, RequiredSelection } from '../../pipeline/prepared.ts';

export function mergeFetches(node: PlanNode): PlanNode {
  switch (node.kind) {
    case 'parallel':
      return mergeParallel(node.nodes.map(mergeFetches));
    case 'sequence':
      return { ...node, nodes: node.nodes.map(mergeFetches) };
    case 'condition':
      return {
        ...node,
        whenTrue: node.whenTrue && mergeFetches(node.whenTrue),
        whenFalse: node.whenFalse && mergeFetches(node.whenFalse),
      };
    case 'split':
      return {
        ...node,
        main: node.main && mergeFetches(node.main),
        others: node.others.map((other) => ({ ...other, node: mergeFetches(other.node) })),
      };
    case 'flatten':
    case 'fetch':
      return node;
  }
}

/** A fetch of entities at a path, the only thing there. */
type EntityFetchAt = FlattenNode & { readonly node: FetchNode };

function mergeParallel(nodes: readonly PlanNode[]): PlanNode {
  const left: PlanNode[] = [...nodes];
  for (const early of nodes) {
    if (!isPlainEntityFetch(early)) continue;
    const at = left.indexOf(early);
    const others = left.filter((_, index) => index !== at);
    const merged = intoFirst(others, early);
    if (merged) left.splice(0, left.length, ...merged);
  }
  const [only] = left;
  return left.length === 1 && only ? only : { kind: 'parallel', nodes: left };
}

/** @returns undefined where none of `nodes` can take `early` up. */
function intoFirst(nodes: readonly PlanNode[], early: EntityFetchAt): PlanNode[] | undefined {
  for (const [index, node] of nodes.entries()) {
    const taken = into(node, early);
    if (taken) return nodes.with(index, taken);
  }
  return undefined;
}

function into(node: PlanNode, early: EntityFetchAt): PlanNode | undefined {
  if (node.kind === 'sequence') {
    const nodes = intoFirst(node.nodes, early);
    return nodes && { ...node, nodes };
  }
  if (!isPlainEntityFetch(node) || node.node.service !== early.node.service) return undefined;
  if (JSON.stringify(node.path) !== JSON.stringify(early.path)) return undefined;
  if (!covers(node.node.requires ?? [], early.node.requires ?? [])) return undefined;
  const operation = union(node.node.operation, early.node.operation);
  return operation === undefined
    ? undefined
    : { ...node, node: mergedFetch(node.node, early.node, operation) };
}

function isPlainEntityFetch(node: PlanNode): node is EntityFetchAt {
  if (node.kind !== 'flatten' || node.node.kind !== 'fetch') return false;
  const { requires, inputRewrites, outputRewrites, resolvesTypes } = node.node;
  return (
    requires !== null &&
    inputRewrites.length === 0 &&
    outputRewrites.length === 0 &&
    resolvesTypes.length === 0
  );
}

function mergedFetch(late: FetchNode, early: FetchNode, operation: string): FetchNode {
  const names = new Set(late.variables.map(({ name }) => name));
  return {
    ...late,
    operation,
    variables: [...late.variables, ...early.variables.filter(({ name }) => !names.has(name))],
    writes: [...new Set([...late.writes, ...early.writes])],
  };
}

/** Whether everything of `less` is in `more`, under the same type conditions. */
function covers(more: readonly RequiredSelection[], less: readonly RequiredSelection[]): boolean {
  return less.every((selection) =>
    more.some((other) => {
      if (selection.kind === 'on') {
        return (
          other.kind === 'on' &&
          other.types.join() === selection.types.join() &&
          covers(other.selections, selection.selections)
        );
      }
      return (
        other.kind === 'field' &&
        other.name === selection.name &&
        covers(other.selections ?? [], selection.selections ?? [])
      );
    }),
  );
}

/** @returns undefined where the two have one response name for different things. */
function union(one: string, other: string): string | undefined {
  const [a, b] = [operationOf(one), operationOf(other)];
  const [entitiesA, entitiesB] = [entitiesOf(a), entitiesOf(b)];
  if (!entitiesA || !entitiesB || clash(selectionsOf(entitiesA), selectionsOf(entitiesB))) return undefined;
  const definitions = new Map<string, VariableDefinitionNode>();
  for (const definition of [...(a.variableDefinitions ?? []), ...(b.variableDefinitions ?? [])]) {
    definitions.set(definition.variable.name.value, definition);
  }
  const entities: FieldNode = {
    ...entitiesA,
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [...selectionsOf(entitiesA), ...selectionsOf(entitiesB)],
    },
  };
  const merged: OperationDefinitionNode = {
    ...a,
    variableDefinitions: [...definitions.values()],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [entities] },
  };
  return stripIgnoredCharacters(print(merged));
}

function operationOf(text: string): OperationDefinitionNode {
  const definitions = parse(text, { noLocation: true }).definitions;
  const [operation] = definitions;
  if (definitions.length !== 1 || operation?.kind !== Kind.OPERATION_DEFINITION) {
    throw new Error('The planner wrote a fetch with more than one definition');
  }
  return operation;
}

function entitiesOf({ selectionSet }: OperationDefinitionNode): FieldNode | undefined {
  const [entities] = selectionSet.selections;
  return entities?.kind === Kind.FIELD && selectionSet.selections.length === 1 ? entities : undefined;
}

function selectionsOf({ selectionSet }: FieldNode): readonly SelectionNode[] {
  return selectionSet?.selections ?? [];
}

/** Careful rather than clever: a name that is in both must be a leaf that is written the same. */
function clash(one: readonly SelectionNode[], other: readonly SelectionNode[]): boolean {
  const fields = fieldsOf(one, new Map());
  for (const [name, text] of fieldsOf(other, new Map())) {
    const same = fields.get(name);
    if (same !== undefined && (same !== text || text.includes('{'))) return true;
  }
  return false;
}

function fieldsOf(selections: readonly SelectionNode[], into: Map<string, string>): Map<string, string> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD)
      into.set(selection.alias?.value ?? selection.name.value, print(selection));
    else if (selection.kind === Kind.INLINE_FRAGMENT) fieldsOf(selection.selectionSet.selections, into);
  }
  return into;
}
