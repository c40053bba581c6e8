/**
 * What is wrong with one subgraph schema by GraphQL alone. The composer lets some of it pass and silently takes one of
 * two definitions, throws at some, and names no line for the rest.
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

import { mistakesInBuiltIns } from './built-ins.ts';
import { placeOf, type CompositionNote, type ParsedSubgraph } from './notes.ts';

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

export function mistakesIn(subgraph: ParsedSubgraph): CompositionNote[] {
  const invalid = validateSDL(subgraph.document, null, rules)
    .filter((error) => !isGeneratedTwice(error))
    .map((error) => noteOf(subgraph, error));
  return [...invalid, ...mistakesInBuiltIns(subgraph)];
}

/** Running subgraphs print some definitions of federation twice, and the composer takes that. */
function isGeneratedTwice({ nodes = [] }: GraphQLError): boolean {
  const [node] = nodes;
  return node?.kind === Kind.NAME && node.value.startsWith('federation__');
}

function noteOf(subgraph: ParsedSubgraph, error: GraphQLError): CompositionNote {
  return {
    code: 'INVALID_GRAPHQL',
    message: `[${subgraph.name}] ${error.message}`,
    // Of something that is there twice the second is the mistake, the first is shown beside it.
    places: (error.nodes ?? []).flatMap((node) => placeOf(subgraph, node)).toReversed(),
  };
}
