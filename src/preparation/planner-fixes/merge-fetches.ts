/**
 * Merges parallel fetches of the same entities from one subgraph, also an early one into a later one that waits for more
 * requirements. Nothing waits longer for it, because the steps after a parallel node wait for all of its branches. If a
 * requirement of the later fetch fails, `partial-fetches.ts` still fetches the fields of the earlier one.
 */

import {
  Kind,
  print,
  stripIgnoredCharacters,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type VariableDefinitionNode,
} from 'graphql';

import type { FetchNode, FlattenNode, PlanNode, RequiredSelection } from '../../pipeline/prepared.ts';
import { parsedFetch } from '../fetch-text.ts';
import { fieldsIn, responseName } from '../../shared/selections.ts';

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

/** A single entity fetch at a path. */
type EntityFetchAt = FlattenNode & { readonly node: FetchNode };

function mergeParallel(nodes: readonly PlanNode[]): PlanNode {
  let remaining = nodes;
  for (let index = 0; index < remaining.length;) {
    const early = remaining[index] as PlanNode;
    const others = remaining.toSpliced(index, 1);
    const merged = isPlainEntityFetch(early) ? mergeIntoFirst(others, early) : undefined;
    // Without `early`, the next node has its index.
    if (merged) remaining = merged;
    else index += 1;
  }
  const [only] = remaining;
  return remaining.length === 1 && only ? only : { kind: 'parallel', nodes: remaining };
}

/** @returns undefined where none of `nodes` can take `early` up. */
function mergeIntoFirst(nodes: readonly PlanNode[], early: EntityFetchAt): PlanNode[] | undefined {
  for (const [index, node] of nodes.entries()) {
    const merged = mergeInto(node, early);
    if (merged) return nodes.with(index, merged);
  }
  return undefined;
}

function mergeInto(node: PlanNode, early: EntityFetchAt): PlanNode | undefined {
  if (node.kind === 'sequence') {
    const nodes = mergeIntoFirst(node.nodes, early);
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

/** @returns undefined where the two use one response name for different fields. */
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
  const { definitions } = parsedFetch(text);
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

/** Conservative: a response name in both must be a leaf with equal text, whatever the type conditions. */
function clash(one: readonly SelectionNode[], other: readonly SelectionNode[]): boolean {
  const textsByName = new Map<string, Set<string>>();
  for (const field of fieldsIn(one)) {
    const texts = textsByName.get(responseName(field)) ?? new Set();
    textsByName.set(responseName(field), texts.add(print(field)));
  }
  return fieldsIn(other).some((field) => {
    const texts = textsByName.get(responseName(field));
    const text = print(field);
    return texts !== undefined && (texts.size > 1 || !texts.has(text) || text.includes('{'));
  });
}
