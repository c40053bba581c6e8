/**
 * `@fromContext`: arguments of a fetch whose values come from objects above each of its positions.
 *
 * The planner gives the path of a value, but may plan the fetch that needs it in parallel with the fetch that provides
 * it. Here such fetches are ordered one after the other.
 */

import type { FetchNode as PlannerFetch } from '@apollo/query-planner';
import { Kind, type DocumentNode, type FieldDefinitionNode } from 'graphql';

import type { ContextUse, FetchNode, PathStep, PlanNode, RewriteStep } from '../../pipeline/prepared.ts';
import { GatewayError } from '../../shared/errors.ts';
import { mapFetches } from './map-fetches.ts';

/** One use for each variable; it may have several places: the first that exists is used. */
export function toContexts(
  rewrites: PlannerFetch['contextRewrites'],
  typesOf: (condition: string) => readonly string[],
): ContextUse[] {
  const uses = new Map<string, ContextUse['places'][number][]>();
  for (const { path, renameKeyTo } of rewrites ?? []) {
    const up = path.filter((element) => element === '..').length;
    const steps = path.slice(up).map((element): RewriteStep => {
      const condition = /^\.\.\. on (.+)$/.exec(element)?.[1];
      return condition === undefined ? { key: element } : { types: typesOf(condition) };
    });
    const places = uses.get(renameKeyTo) ?? [];
    places.push({ up, path: steps });
    uses.set(renameKeyTo, places);
  }
  return [...uses].map(([variable, places]) => ({ variable, places }));
}

/**
 * Names of the fields in a supergraph that have context arguments, and of the fields that provide their values.
 */
export function contextFields(supergraph: DocumentNode): {
  readonly consumers: ReadonlySet<string>;
  readonly sources: ReadonlySet<string>;
} {
  const consumers = new Set<string>();
  const sources = new Set<string>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue;
    for (const field of definition.fields ?? []) {
      for (const selection of contextSelections(field)) {
        consumers.add(field.name.value);
        for (const name of selection.match(/\w+/g) ?? []) sources.add(name);
      }
    }
  }
  return { consumers, sources };
}

/** `@join__field(contextArguments: [{ selection: "{ factor }" }])` */
function contextSelections({ directives = [] }: FieldDefinitionNode): string[] {
  const lists = directives.flatMap((directive) =>
    (directive.arguments ?? []).flatMap(({ name, value }) =>
      name.value === 'contextArguments' && value.kind === Kind.LIST ? value.values : [],
    ),
  );
  return lists.flatMap((value) =>
    value.kind !== Kind.OBJECT
      ? []
      : value.fields.flatMap(({ name, value: text }) =>
          name.value === 'selection' && text.kind === Kind.STRING ? [text.value] : [],
        ),
  );
}

export function usesContexts(plan: PlanNode): boolean {
  return fetchesIn(plan, []).some(({ fetch }) => fetch.contexts);
}

/**
 * The plan with every context value fetched before it is needed, and with no objects shared between positions, whose
 * contexts may differ.
 *
 * @throws {GatewayError} `OPERATION_NOT_SUPPORTED` where no such order exists.
 */
export function withContexts(plan: PlanNode): PlanNode {
  return ordered(unshared(plan), [], []);
}

interface LocatedFetch {
  readonly fetch: FetchNode;
  /** Where it stands, lists left out. */
  readonly keys: readonly string[];
}

function fetchesIn(node: PlanNode, keys: readonly string[]): LocatedFetch[] {
  switch (node.kind) {
    case 'fetch':
      return [{ fetch: node, keys }];
    case 'flatten':
      return fetchesIn(node.node, [...keys, ...keysOf(node.path)]);
    case 'sequence':
    case 'parallel':
      return node.nodes.flatMap((child) => fetchesIn(child, keys));
    case 'condition':
      return [node.whenTrue, node.whenFalse].flatMap((child) => (child ? fetchesIn(child, keys) : []));
    case 'split':
      return [];
  }
}

function keysOf(path: readonly PathStep[]): string[] {
  return path.flatMap((step) => ('key' in step ? [step.key] : []));
}

function unshared(node: PlanNode): PlanNode {
  return mapFetches(node, (fetch) => ({ ...fetch, unshared: true }));
}

/** @param before What is fetched before this node. */
function ordered(node: PlanNode, keys: readonly string[], before: readonly LocatedFetch[]): PlanNode {
  switch (node.kind) {
    case 'sequence':
      return inSequence(node.nodes, keys, before);
    case 'parallel':
      return inParallel(node.nodes, keys, before);
    case 'flatten':
      return { ...node, node: ordered(node.node, [...keys, ...keysOf(node.path)], before) };
    case 'condition':
      return {
        ...node,
        whenTrue: node.whenTrue && ordered(node.whenTrue, keys, before),
        whenFalse: node.whenFalse && ordered(node.whenFalse, keys, before),
      };
    case 'fetch':
    case 'split':
      return node;
  }
}

function inSequence(
  nodes: readonly PlanNode[],
  keys: readonly string[],
  before: readonly LocatedFetch[],
): PlanNode {
  const available = [...before];
  const done = nodes.map((child, i) => {
    const own = fetchesIn(child, keys);
    const later = nodes.slice(i + 1).flatMap((other) => fetchesIn(other, keys));
    if (own.some((fetch) => isMissing(fetch, [...available, ...own]) && dependsOnAny(fetch, later)))
      throw unplannable();
    const result = ordered(child, keys, available);
    available.push(...own);
    return result;
  });
  return { kind: 'sequence', nodes: done };
}

/** First the nodes that provide values, with the parts of the others that need none of them; then the rest. */
function inParallel(
  nodes: readonly PlanNode[],
  keys: readonly string[],
  before: readonly LocatedFetch[],
): PlanNode {
  const placed = nodes.map((node) => ({ node, fetches: fetchesIn(node, keys) }));
  const isWaiting = placed.map((entry) =>
    entry.fetches.some((fetch) =>
      placed.some((other) => other !== entry && dependsOnAny(fetch, other.fetches)),
    ),
  );
  if (!isWaiting.includes(true)) {
    return { kind: 'parallel', nodes: nodes.map((node) => ordered(node, keys, before)) };
  }
  const first: PlanNode[] = [];
  const second: PlanNode[] = [];
  placed.forEach(({ node }, i) => {
    if (!isWaiting[i]) {
      first.push(node);
      return;
    }
    const others = placed.flatMap((other, j) => (i === j ? [] : other.fetches));
    const [head, tail] = splitSequence(node, keys, others);
    if (head) first.push(head);
    second.push(tail);
  });
  if (first.length === 0) {
    const all = placed.flatMap(({ fetches }) => fetches);
    if (all.some((fetch) => isMissing(fetch, before))) throw unplannable();
    return { kind: 'parallel', nodes };
  }
  const both: PlanNode[] = [parallel(first), parallel(second)];
  return inSequence(both, keys, before);
}

/** Splits a sequence before the first node that depends on `others`. */
function splitSequence(
  node: PlanNode,
  keys: readonly string[],
  others: readonly LocatedFetch[],
): [PlanNode | undefined, PlanNode] {
  if (node.kind !== 'sequence') return [undefined, node];
  const at = node.nodes.findIndex((child) =>
    fetchesIn(child, keys).some((fetch) => dependsOnAny(fetch, others)),
  );
  if (at <= 0) return [undefined, node];
  return [
    { kind: 'sequence', nodes: node.nodes.slice(0, at) },
    { kind: 'sequence', nodes: node.nodes.slice(at) },
  ];
}

function parallel(nodes: readonly PlanNode[]): PlanNode {
  return { kind: 'parallel', nodes };
}

/** Paths of its context values, without list positions. */
function needsOf({ fetch, keys }: LocatedFetch): string[][] {
  return (fetch.contexts ?? []).flatMap(({ places }) =>
    places.map(({ up, path }) => [
      ...keys.slice(0, Math.max(0, keys.length - up)),
      ...path.flatMap((step) => ('key' in step ? [step.key] : [])),
    ]),
  );
}

function dependsOnAny(fetch: LocatedFetch, others: readonly LocatedFetch[]): boolean {
  return needsOf(fetch).some((need) => others.some((other) => other !== fetch && provides(other, need)));
}

function isMissing(fetch: LocatedFetch, available: readonly LocatedFetch[]): boolean {
  return needsOf(fetch).some(
    (need) => !available.some((other) => other.fetch !== fetch.fetch && provides(other, need)),
  );
}

/** Whether it writes the value or an object that may hold it. */
function provides({ fetch, keys }: LocatedFetch, need: readonly string[]): boolean {
  const name = need[keys.length];
  return name !== undefined && fetch.writes.includes(name) && keys.every((key, i) => key === need[i]);
}

function unplannable(): GatewayError {
  return new GatewayError(
    'OPERATION_NOT_SUPPORTED',
    'Fields of this operation need context values in an order that cannot be planned: select them in separate operations',
  );
}
