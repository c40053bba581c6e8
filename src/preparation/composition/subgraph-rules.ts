/**
 * Validates a subgraph schema by the rules of GraphQL. The composer accepts some of these errors and silently uses one of
 * two definitions, throws on some, and gives no line for the others.
 */

import {
  Kind,
  LoneSchemaDefinitionRule,
  UniqueArgumentDefinitionNamesRule,
  UniqueArgumentNamesRule,
  UniqueDirectiveNamesRule,
  UniqueEnumValueNamesRule,
  UniqueFieldDefinitionNamesRule,
  UniqueInputFieldNamesRule,
  UniqueOperationTypesRule,
  UniqueTypeNamesRule,
  type GraphQLError,
} from 'graphql';
import { KnownArgumentNamesOnDirectivesRule } from 'graphql/validation/rules/KnownArgumentNamesRule.js';
import { ProvidedRequiredArgumentsOnDirectivesRule } from 'graphql/validation/rules/ProvidedRequiredArgumentsRule.js';
import { validateSDL } from 'graphql/validation/validate.js';

import { circularDefaults } from '../circular-defaults.ts';
import { builtInErrors } from './built-ins.ts';
import { locationsOf, type CompositionNote, type ParsedSubgraph } from './notes.ts';

const rules = [
  LoneSchemaDefinitionRule,
  UniqueOperationTypesRule,
  UniqueTypeNamesRule,
  UniqueDirectiveNamesRule,
  UniqueEnumValueNamesRule,
  UniqueFieldDefinitionNamesRule,
  UniqueArgumentDefinitionNamesRule,
  UniqueArgumentNamesRule,
  UniqueInputFieldNamesRule,
  KnownArgumentNamesOnDirectivesRule,
  ProvidedRequiredArgumentsOnDirectivesRule,
];

export function subgraphErrors(subgraph: ParsedSubgraph): CompositionNote[] {
  const invalid = validateSDL(subgraph.document, null, rules)
    .filter((error) => !isGeneratedTwice(error))
    .map((error) => noteOf(subgraph, error));
  const circular = circularDefaults(subgraph.document).map(({ message, coordinate, nodes }) => ({
    code: 'INVALID_GRAPHQL',
    message: `[${subgraph.name}] ${message}`,
    coordinate,
    locations: nodes.flatMap((node) => locationsOf(subgraph, node)),
  }));
  return [...invalid, ...circular, ...builtInErrors(subgraph)];
}

/** The SDL of running subgraphs may contain federation definitions twice, which the composer accepts. */
function isGeneratedTwice({ nodes = [] }: GraphQLError): boolean {
  const [node] = nodes;
  return node?.kind === Kind.NAME && node.value.startsWith('federation__');
}

function noteOf(subgraph: ParsedSubgraph, error: GraphQLError): CompositionNote {
  return {
    code: 'INVALID_GRAPHQL',
    message: `[${subgraph.name}] ${error.message}`,
    // Of a duplicate definition the second is the error, so it comes first.
    locations: (error.nodes ?? []).flatMap((node) => locationsOf(subgraph, node)).toReversed(),
  };
}
