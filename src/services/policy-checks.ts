/** Whether the policies of gateway.yaml fit the graph: a mistake is told at start, not when the service is out. */

import { Kind, parse, type DefinitionNode, type OperationTypeNode } from 'graphql';

import { ownPolicyOf, type PoliciesConfig, unknownServices } from '../config/gateway/policies.ts';
import { didYouMean } from '../config/yaml/suggest.ts';
import { own } from '../shared/records.ts';

export interface KnownSubgraph {
  readonly name: string;
  readonly kind: 'graphql' | 'local';
  /** Absent: the supergraph came without the schemas of its subgraphs. */
  readonly sdl?: string;
}

export interface KnownServices {
  readonly subgraphs: readonly KnownSubgraph[];
  readonly sources: ReadonlyArray<{ readonly name: string }>;
}

/** @returns One line for each mistake. */
export function policyMistakes(policies: PoliciesConfig, { subgraphs, sources }: KnownServices): string[] {
  const names = [...subgraphs, ...sources].map(({ name }) => name);
  const mistakes = unknownServices(policies, names);
  for (const name of Object.keys(policies.services ?? {})) {
    if (!names.includes(name)) continue;
    const subgraph = subgraphs.find((known) => known.name === name);
    for (const line of ownMistakes(policies, name, subgraph))
      mistakes.push(`policies.services.${name}.${line}`);
    // A local subgraph and its source may have one name.
    const policy = own(policies.services ?? {}, name);
    if (
      policy?.timeoutMs !== undefined &&
      subgraph?.kind === 'local' &&
      !sources.some((source) => source.name === name)
    )
      mistakes.push(
        `policies.services.${name}.timeoutMs: of a subgraph of kind local it stands in graph.yaml`,
      );
    if (policy?.batching && !sources.some((source) => source.name === name))
      mistakes.push(
        `policies.services.${name}.batching: only sources are asked by loaders, and this is a subgraph`,
      );
  }
  return mistakes;
}

/**
 * @param named Subgraphs that learn by a rule of their own who a request is from.
 * @returns One line for each that is not there: it would hear what was meant for another.
 */
export function identityMistakes(named: readonly string[], { subgraphs }: KnownServices): string[] {
  const known = subgraphs.map(({ name }) => name);
  return named
    .filter((name) => !known.includes(name))
    .map(
      (name) => `auth.identity.subgraphs.${name}: the graph has no such subgraph${didYouMean(name, known)}`,
    );
}

function* ownMistakes(
  policies: PoliciesConfig,
  name: string,
  subgraph: KnownSubgraph | undefined,
): Generator<string> {
  const { fallbacks, stale, fields: deadlines, idempotencyKeys } = ownPolicyOf(policies, name);
  if (fallbacks && !subgraph) yield 'fallbacks: only subgraphs have fields, and this is a source';
  if (stale && subgraph?.kind !== 'graphql')
    yield 'stale: only answers of subgraphs of kind graphql are kept';
  if (deadlines && subgraph?.kind !== 'local') yield 'fields: only subgraphs of kind local have resolvers';
  if (idempotencyKeys && subgraph?.kind !== 'graphql')
    yield 'idempotencyKeys: only subgraphs of kind graphql get a key; resolvers give theirs to the source';
  if (subgraph?.sdl === undefined) return;
  const fields = fieldsOf(subgraph.sdl);
  const named = {
    fallbacks: Object.keys(fallbacks ?? {}),
    fields: Object.keys(deadlines ?? {}),
    idempotencyKeys: idempotencyKeys ?? [],
  };
  for (const [option, coordinates] of Object.entries(named)) {
    for (const field of coordinates) {
      if (fields.includes(field)) continue;
      yield `${option}: its schema has no field ${field}${didYouMean(field, fields)}`;
    }
  }
}

const rootNames: Readonly<Record<OperationTypeNode, string>> = {
  query: 'Query',
  mutation: 'Mutation',
  subscription: 'Subscription',
};

/** `Type.field` of each, with root types as the supergraph calls them. */
function fieldsOf(sdl: string): string[] {
  const { definitions } = parse(sdl, { noLocation: true });
  const roots = new Map(definitions.flatMap(rootsOf));
  return definitions.flatMap((definition) => {
    if (!('name' in definition) || !('fields' in definition)) return [];
    const type = definition.name?.value ?? '';
    return (definition.fields ?? []).map((field) => `${roots.get(type) ?? type}.${field.name.value}`);
  });
}

function rootsOf(definition: DefinitionNode): Array<[string, string]> {
  if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) return [];
  return (definition.operationTypes ?? []).map(({ type, operation }) => [
    type.name.value,
    rootNames[operation],
  ]);
}
