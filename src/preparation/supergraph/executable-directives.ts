/**
 * Executable directives whose name means something to the composer and the planner: they leave out `@defer` and
 * `@stream`, and take any `@tag` or `@requires` for federation's. Such a directive has another name in there.
 */

import {
  GraphQLDirective,
  GraphQLSchema,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type NameNode,
} from 'graphql';

import type { PlanNode } from '../../pipeline/prepared.ts';
import { federationImports } from './features.ts';
import { mapFetches } from '../planner-fixes/map-fetches.ts';

/** Names of another specification, which federation has no use for. */
const incremental = new Set(['defer', 'stream']);
const names = new Set([
  ...incremental,
  'composeDirective',
  'external',
  'inaccessible',
  'interfaceObject',
  'key',
  'override',
  'provides',
  'requires',
  'shareable',
  'tag',
]);
const executableLocations =
  /^(?:QUERY|MUTATION|SUBSCRIPTION|FIELD|FRAGMENT_DEFINITION|FRAGMENT_SPREAD|INLINE_FRAGMENT|VARIABLE_DEFINITION)$/;
const prefix = 'executable__';
const internalNames = new RegExp(`@${prefix}(${[...names].join('|')})\\b`, 'g');

/** The definitions of a subgraph, under names that the composer leaves alone. */
export function composable(subgraph: DocumentNode): DocumentNode {
  const imports = federationImports(subgraph);
  return renamedDefinitions(subgraph, (name) => incremental.has(name) || imports?.has(name) === false);
}

/** The definitions of a supergraph, under names that the planner leaves alone. */
export function plannable(supergraph: DocumentNode): DocumentNode {
  return renamedDefinitions(supergraph, () => true);
}

/** What composition says, with the names that the subgraphs know. */
export function withOwnNames(text: string): string {
  return text.replace(internalNames, '@$1');
}

/** The schema for clients, of a supergraph that was made plannable. */
export function schemaWithOwnNames(schema: GraphQLSchema): GraphQLSchema {
  const directives = schema.getDirectives().map((directive) => {
    const name = withOwnNames(`@${directive.name}`).slice(1);
    return name === directive.name ? directive : new GraphQLDirective({ ...directive.toConfig(), name });
  });
  const isSame = directives.every((directive, index) => directive === schema.getDirectives()[index]);
  return isSame ? schema : new GraphQLSchema({ ...schema.toConfig(), directives });
}

/** A client's operation for the planner. */
export function plannableOperation(document: DocumentNode): DocumentNode {
  return visit(document, {
    Directive: (node) =>
      names.has(node.name.value) ? { ...node, name: internalName(node.name) } : undefined,
  });
}

/** The plan for an operation that `plannableOperation` made. */
export function planWithOwnNames(plan: PlanNode): PlanNode {
  return mapFetches(plan, (fetch) =>
    fetch.operation.includes(prefix)
      ? { ...fetch, operation: operationWithOwnNames(fetch.operation) }
      : fetch,
  );
}

/** By its tree: a text may stand in an argument. */
function operationWithOwnNames(operation: string): string {
  const document = visit(parse(operation, { noLocation: true }), {
    Directive: (node) => {
      const value = withOwnNames(`@${node.name.value}`).slice(1);
      return value === node.name.value ? undefined : { ...node, name: { kind: Kind.NAME, value } };
    },
  });
  return stripIgnoredCharacters(print(document));
}

function renamedDefinitions(document: DocumentNode, isFree: (name: string) => boolean): DocumentNode {
  const clashes = (node: DirectiveDefinitionNode): boolean =>
    names.has(node.name.value) &&
    node.locations.every(({ value }) => executableLocations.test(value)) &&
    isFree(node.name.value);
  let isChanged = false;
  const definitions = document.definitions.map((node) => {
    if (node.kind !== Kind.DIRECTIVE_DEFINITION || !clashes(node)) return node;
    isChanged = true;
    return { ...node, name: internalName(node.name) };
  });
  return isChanged ? { ...document, definitions } : document;
}

function internalName(name: NameNode): NameNode {
  return { ...name, value: `${prefix}${name.value}` };
}
