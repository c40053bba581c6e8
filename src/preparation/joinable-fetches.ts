/**
 * Marks the fetches of entities that may become ready at the same moment as others of their service: those of parallel
 * steps, and partial fetches. Such fetches share a call (`sources/graphql/joined-calls.ts`).
 */

import { Kind, type OperationDefinitionNode } from 'graphql';

import type { FetchNode, JoinableText, PlanNode, TextRange } from '../pipeline/prepared.ts';
import { parsedFetch } from './fetch-text.ts';

export function withJoinableFetches(plan: PlanNode): PlanNode {
  return mark(plan, new Set());
}

/** @param services Those that a step parallel to this node asks for entities. */
function mark(node: PlanNode, services: ReadonlySet<string>): PlanNode {
  const markChild = (child: PlanNode): PlanNode => mark(child, services);
  switch (node.kind) {
    case 'fetch':
      return services.has(node.service) || node.partialFetches.length > 0 ? joinable(node) : node;
    case 'flatten':
      return { ...node, node: markChild(node.node) };
    case 'sequence':
      return { ...node, nodes: node.nodes.map(markChild) };
    case 'condition':
      return {
        ...node,
        whenTrue: node.whenTrue && markChild(node.whenTrue),
        whenFalse: node.whenFalse && markChild(node.whenFalse),
      };
    case 'parallel': {
      const shared = withRepeated(services, node.nodes);
      return { ...node, nodes: node.nodes.map((child) => mark(child, shared)) };
    }
    case 'split': {
      const { main, others } = node;
      const shared = withRepeated(services, [...(main ? [main] : []), ...others.map((other) => other.node)]);
      return {
        ...node,
        main: main && mark(main, shared),
        others: others.map((other) => ({ ...other, node: mark(other.node, shared) })),
      };
    }
  }
}

/** With those that several of `nodes` ask. */
function withRepeated(services: ReadonlySet<string>, nodes: readonly PlanNode[]): ReadonlySet<string> {
  const seen = new Set(services);
  const repeated = new Set(services);
  for (const node of nodes) {
    for (const service of new Set(entityServices(node))) {
      if (seen.has(service)) repeated.add(service);
      seen.add(service);
    }
  }
  return repeated;
}

function entityServices(node: PlanNode | null): string[] {
  switch (node?.kind) {
    case 'fetch':
      return node.requires ? [node.service] : [];
    case 'flatten':
      return entityServices(node.node);
    case 'sequence':
    case 'parallel':
      return node.nodes.flatMap(entityServices);
    case 'condition':
      return [...entityServices(node.whenTrue), ...entityServices(node.whenFalse)];
    case 'split':
      return [...entityServices(node.main), ...node.others.flatMap((other) => entityServices(other.node))];
    case undefined:
      return [];
  }
}

function joinable(fetch: FetchNode): FetchNode {
  const text = joinableText(fetch);
  const partialFetches = fetch.partialFetches.map(joinable);
  return { ...fetch, partialFetches, ...(text ? { joinable: text } : {}) };
}

/** @returns undefined where its variables mean something else than those of other fetches. */
function joinableText({ operation, requires, variables, contexts }: FetchNode): JoinableText | undefined {
  if (!requires || contexts) return undefined;
  const [definition, ...others] = parsedFetch(operation).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION || others.length > 0) return undefined;
  const selections = entitySelections(definition);
  const ranges = new Map<string, TextRange>();
  for (const { variable, loc } of definition.variableDefinitions ?? [])
    if (loc && variable.name.value !== 'representations') ranges.set(variable.name.value, rangeOf(loc));
  const definitions = variables.map(({ name }) => ranges.get(name)).filter((range) => range !== undefined);
  if (!selections || definitions.length !== ranges.size || ranges.size !== variables.length) return undefined;
  return { definitions, selections };
}

/** Undefined where there is more than the planner writes: a call has no place for it. */
function entitySelections({ directives, selectionSet }: OperationDefinitionNode): TextRange | undefined {
  const [entities, ...others] = selectionSet.selections;
  if (directives?.length || others.length > 0 || entities?.kind !== Kind.FIELD) return undefined;
  const isPlain = entities.name.value === '_entities' && !entities.alias && !entities.directives?.length;
  return isPlain && entities.selectionSet?.loc ? rangeOf(entities.selectionSet.loc) : undefined;
}

function rangeOf({ start, end }: { readonly start: number; readonly end: number }): TextRange {
  return [start, end];
}
