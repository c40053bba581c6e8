/**
 * Executable directives whose name has a meaning for the composer and the planner, which drop `@defer` and `@stream` and
 * treat any `@tag` or `@requires` as that of federation. Such a directive is renamed for them.
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
  type DirectiveNode,
  type DocumentNode,
  type NameNode,
  type OperationDefinitionNode,
} from 'graphql';

import type { PlanNode } from '../../pipeline/prepared.ts';
import { federationImports } from './features.ts';
import { mapFetches } from '../planner-fixes/map-fetches.ts';
import { someDirective } from '../selection-walk.ts';

/** Directives of incremental delivery, which are not part of federation. */
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

/** A subgraph with such directive definitions renamed for the composer. */
export function composable(subgraph: DocumentNode): DocumentNode {
  const imports = federationImports(subgraph);
  return renamedDefinitions(subgraph, (name) => incremental.has(name) || imports?.has(name) === false);
}

/** A supergraph with such directive definitions renamed for the planner. */
export function plannable(supergraph: DocumentNode): DocumentNode {
  return renamedDefinitions(supergraph, () => true);
}

/** Restores the original names in a text of the composer. */
export function withOwnNames(text: string): string {
  return text.replace(internalNames, '@$1');
}

/** Restores the original names in the API schema. */
export function schemaWithOwnNames(schema: GraphQLSchema): GraphQLSchema {
  const directives = schema.getDirectives().map((directive) => {
    const name = withOwnNames(`@${directive.name}`).slice(1);
    return name === directive.name ? directive : new GraphQLDirective({ ...directive.toConfig(), name });
  });
  const isSame = directives.every((directive, index) => directive === schema.getDirectives()[index]);
  return isSame ? schema : new GraphQLSchema({ ...schema.toConfig(), directives });
}

/** A client's operation, without spreads, with such directives renamed for the planner. */
export function plannableOperation(operation: OperationDefinitionNode): OperationDefinitionNode {
  const clashes = ({ name }: DirectiveNode): boolean => names.has(name.value);
  const isPlain =
    !operation.directives?.length &&
    !operation.variableDefinitions?.some(({ directives }) => directives?.length) &&
    !someDirective(operation.selectionSet, clashes);
  if (isPlain) return operation;
  return visit(operation, {
    Directive: (node) => (clashes(node) ? { ...node, name: internalName(node.name) } : undefined),
  });
}

/** Restores the original names in the plan of a `plannableOperation`. */
export function planWithOwnNames(plan: PlanNode): PlanNode {
  return mapFetches(plan, (fetch) =>
    fetch.operation.includes(prefix)
      ? { ...fetch, operation: operationWithOwnNames(fetch.operation) }
      : fetch,
  );
}

/** Via the syntax tree: a string argument may contain the same text. */
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
