/** Converts the planner's plan to the gateway's format: type conditions become lists of names, defaults are explicit. */

import type {
  FetchDataRewrite,
  FetchNode as PlannerFetch,
  PlanNode as PlannerNode,
  QueryPlanSelectionNode,
} from '@apollo/query-planner';
import {
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
  type GraphQLSchema,
  type InlineFragmentNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

import type {
  DataRewrite,
  FetchNode,
  PathStep,
  PlanNode,
  RequiredSelection,
  RewriteStep,
} from '../pipeline/prepared.ts';
import { GatewayError } from '../shared/errors.ts';
import { responseName } from '../shared/selections.ts';
import { operationsIn } from './fetch-text.ts';
import { toContexts } from './planner-fixes/context-rewrites.ts';
import { withTypenames } from './planner-fixes/narrowed-fields.ts';
import type { PreservedLiterals } from './planner-fixes/literals.ts';
import type { LoadedSupergraph } from './supergraph/supergraph.ts';

/** The parts of the supergraph that the conversion needs. */
export type PlanTypes = Pick<
  LoadedSupergraph,
  'typesOf' | 'joins' | 'interfaceObjects' | 'schema' | 'fullSchema' | 'narrowed'
> & {
  /** The client's name of a variable. */
  readonly variableOf: (name: string) => string;
  readonly literals: PreservedLiterals;
};

/** @throws {GatewayError} `OPERATION_NOT_SUPPORTED` for plans that need `@defer`. */
export function toPlanNode(node: PlannerNode, types: PlanTypes): PlanNode {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map((child) => toPlanNode(child, types)) };
    case 'Parallel':
      return { kind: 'parallel', nodes: node.nodes.map((child) => toPlanNode(child, types)) };
    case 'Flatten':
      return { kind: 'flatten', path: node.path.map(toPathStep), node: toPlanNode(node.node, types) };
    case 'Fetch':
      return toFetch(node, types);
    case 'Condition':
      return {
        kind: 'condition',
        variable: types.variableOf(node.condition),
        whenTrue: node.ifClause ? toPlanNode(node.ifClause, types) : null,
        whenFalse: node.elseClause ? toPlanNode(node.elseClause, types) : null,
      };
    case 'Defer':
      throw new GatewayError('OPERATION_NOT_SUPPORTED', '@defer is not supported');
  }
}

function toFetch(node: PlannerFetch, types: PlanTypes): FetchNode {
  if (node.operationKind === 'subscription') {
    throw new GatewayError('OPERATION_NOT_SUPPORTED', 'Subscriptions are not supported');
  }
  const { narrowed, fullSchema } = types;
  const restored = types.literals.restore(node.operation);
  const written = withTypenames(restored, narrowed.get(node.serviceName), fullSchema);
  const operation = node.requires ? written : withoutRootConditions(written, types.schema);
  const contexts = toContexts(node.contextRewrites, types.typesOf);
  const contextual = new Set(contexts.map(({ variable }) => variable));
  const inputRewrites = (node.inputRewrites ?? []).map((rewrite) => toRewrite(rewrite, types));
  return {
    kind: 'fetch',
    service: node.serviceName,
    operation,
    operationName: node.operationName ?? null,
    operationKind: node.operationKind,
    variables: (node.variableUsages ?? [])
      .filter((name) => !contextual.has(name) && !types.literals.has(name))
      .map((name) => ({ name, from: types.variableOf(name) })),
    writes: writtenNames(operation, node.requires !== undefined),
    requires: node.requires
      ? withoutUnnamed(
          node.requires.map((selection) => toRequired(selection, types)),
          inputRewrites,
          types,
        )
      : null,
    resolvesTypes: node.requires ? resolvedTypes(node.requires, node.serviceName, types) : [],
    inputRewrites,
    outputRewrites: (node.outputRewrites ?? []).map((rewrite) => toRewrite(rewrite, types)),
    partialFetches: [],
    ...(contexts.length > 0 ? { contexts } : {}),
  };
}

/**
 * Where a root type is reached below a payload, the planner conditions the fetch on the root type's name; a subgraph may
 * have given that type another name.
 */
function withoutRootConditions(operation: string, schema: GraphQLSchema): string {
  const roots = [schema.getQueryType()?.name, schema.getMutationType()?.name];
  if (!roots.some((name) => name !== undefined && operation.includes(`...on ${name}`))) return operation;
  /** Recursive: one may be nested directly in another. */
  const unconditioned = (selection: SelectionNode): readonly SelectionNode[] => {
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [selection];
    const selections = selection.selectionSet.selections.flatMap(unconditioned);
    const inner = { ...selection, selectionSet: { ...selection.selectionSet, selections } };
    return roots.includes(selection.typeCondition?.name.value) ? withoutCondition(inner) : [inner];
  };
  const document = visit(parse(operation, { noLocation: true }), {
    OperationDefinition: (definition) => ({
      ...definition,
      selectionSet: {
        ...definition.selectionSet,
        selections: definition.selectionSet.selections.flatMap(unconditioned),
      },
    }),
  });
  return stripIgnoredCharacters(print(document));
}

function withoutCondition({ directives, selectionSet }: InlineFragmentNode): readonly SelectionNode[] {
  if (!directives?.length) return selectionSet.selections;
  return [{ kind: Kind.INLINE_FRAGMENT, directives, selectionSet }];
}

/**
 * A representation must have a `__typename` that the subgraph defines. Where the planner renames only some members of an
 * interface object, the others have no key there either, so they are left out.
 */
function withoutUnnamed(
  requires: readonly RequiredSelection[],
  inputRewrites: readonly DataRewrite[],
  { interfaceObjects, typesOf }: PlanTypes,
): RequiredSelection[] {
  const unnamed = new Set<string>();
  const named = new Set<string>();
  for (const rewrite of inputRewrites) {
    const [first, last] = rewrite.path;
    if (rewrite.kind !== 'set' || !first || !('types' in first) || !last || !('key' in last)) continue;
    if (last.key !== '__typename' || !interfaceObjects.includes(String(rewrite.value))) continue;
    for (const name of first.types) named.add(name);
    for (const name of typesOf(String(rewrite.value))) unnamed.add(name);
  }
  if (unnamed.size === 0) return [...requires];
  return requires.map((selection) =>
    selection.kind === 'on'
      ? { ...selection, types: selection.types.filter((name) => !unnamed.has(name) || named.has(name)) }
      : selection,
  );
}

function resolvedTypes(
  requires: readonly QueryPlanSelectionNode[],
  service: string,
  { joins, interfaceObjects }: PlanTypes,
): string[] {
  const conditions = requires.map((selection) =>
    'typeCondition' in selection ? selection.typeCondition : undefined,
  );
  return interfaceObjects.filter(
    (name) => conditions.includes(name) && joins.knowsRuntimeTypes(name, service),
  );
}

/** `foo`, `@`, `foo|[A,B]` and `@|[A,B]`. */
function toPathStep(element: string | number): PathStep {
  const [key = '', condition] = String(element).split('|');
  const types = condition?.replace(/[[\]]/g, '').split(',');
  const step: PathStep = key === '@' ? { each: true } : { key };
  return types ? { ...step, types } : step;
}

function toRequired(selection: QueryPlanSelectionNode, types: PlanTypes): RequiredSelection {
  if (selection.kind === 'Field') {
    return {
      kind: 'field',
      name: selection.alias ?? selection.name,
      selections: selection.selections ? selection.selections.map((child) => toRequired(child, types)) : null,
    };
  }
  return {
    kind: 'on',
    types: selection.typeCondition ? types.typesOf(selection.typeCondition) : [],
    selections: selection.selections.map((child) => toRequired(child, types)),
  };
}

function toRewrite(rewrite: FetchDataRewrite, types: PlanTypes): DataRewrite {
  const path = rewrite.path.map((element): RewriteStep => {
    const condition = /^\.\.\. on (.+)$/.exec(element)?.[1];
    return condition === undefined ? { key: element } : { types: types.typesOf(condition) };
  });
  return rewrite.kind === 'ValueSetter'
    ? { kind: 'set', path, value: rewrite.setValueTo as unknown }
    : { kind: 'rename', path, to: rewrite.renameKeyTo };
}

/** The response names that a fetch writes at its position, without `__typename`. */
function writtenNames(operation: string, isEntityFetch: boolean): string[] {
  const names = new Set<string>();
  for (const { selectionSet } of operationsIn(operation)) {
    addNames(isEntityFetch ? selectionSet.selections.flatMap(childrenOf) : selectionSet.selections, names);
  }
  names.delete('__typename');
  return [...names];
}

function childrenOf(selection: SelectionNode): readonly SelectionNode[] {
  return 'selectionSet' in selection
    ? ((selection.selectionSet as SelectionSetNode | undefined)?.selections ?? [])
    : [];
}

function addNames(selections: readonly SelectionNode[], names: Set<string>): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) names.add(responseName(selection));
    else addNames(childrenOf(selection), names);
  }
}
