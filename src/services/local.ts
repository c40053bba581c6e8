/** Builds an in-process subgraph from its resolver module and its mapping to REST services. */

import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, isObjectType, parse } from 'graphql';

import type { LocalSubgraphConfig } from '../config/graph/file.ts';
import type { OwnPolicy } from '../config/gateway/policies.ts';
import { didYouMean } from '../config/yaml/suggest.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { errorText } from '../shared/error-text.ts';
import { GatewayError } from '../shared/errors.ts';
import { keepDigitsOfLiterals } from '../shared/exact-literals.ts';
import { emptyRecord } from '../shared/records.ts';
import type { Service } from '../resilience/service.ts';
import { keepPrivate } from '../sources/headers/answer-header-rules.ts';
import { createLocalSubgraph } from '../sources/local/local-source.ts';
import type { RestSource } from '../sources/rest/rest-client.ts';
import type { Subgraph } from '../sources/source.ts';
import { guarded } from './backends.ts';
import type { SourceKind, SubgraphDefinition } from './define.ts';
import { importExport } from './import-export.ts';
import type { OpenSource } from './open-source.ts';
import { type MappingParts, setMappedFields, withMapping } from './rest-mapping/rest-resolvers.ts';

interface LocalPolicies {
  readonly service: Service;
  readonly own: OwnPolicy;
}

/** @throws {GatewayError} `CONFIG_INVALID`, naming the subgraph and what is wrong. */
export async function openLocal(
  config: LocalSubgraphConfig,
  all: readonly OpenSource[],
  { service, own: { fields } }: LocalPolicies,
): Promise<Subgraph> {
  const { resolversPath, rest } = config;
  const definition =
    resolversPath === undefined ? withoutResolvers : await importDefinition(config.name, resolversPath);
  const sources = sourcesFor(config, definition, all);
  const schema = rest
    ? mappedSchema(config, definition, {
        name: config.name,
        mapping: rest,
        sources: restSources(config, all),
      })
    : schemaOf(config, definition.resolvers);
  const subgraph = createLocalSubgraph({
    name: config.name,
    schema,
    contextOf(request: RequestContext) {
      if (resolversPath !== undefined) keepPrivate(request);
      return { request, sources };
    },
    timeoutMs: service.options.timeoutMs,
    ...(fields ? { fieldDeadlines: fields } : {}),
  });
  return guarded(subgraph, service);
}

const withoutResolvers: SubgraphDefinition = { sources: {}, resolvers: {} };

function restSources({ sources }: LocalSubgraphConfig, all: readonly OpenSource[]): Map<string, RestSource> {
  const rest = all.filter(({ name, kind }) => kind === 'rest' && sources.includes(name));
  return new Map(rest.map(({ name, client }) => [name, client as RestSource]));
}

function mappedSchema(
  config: LocalSubgraphConfig,
  { resolvers }: SubgraphDefinition,
  parts: MappingParts,
): GraphQLSchema {
  const { resolvers: all, conflict } = withMapping(resolvers, parts, config.sdl);
  if (conflict !== undefined) {
    throw wrong(config.name, `both its resolvers and "rest" of graph.yaml are for ${conflict}`);
  }
  const schema = schemaOf(config, all);
  setMappedFields(schema, parts, config.resolversPath !== undefined);
  return schema;
}

async function importDefinition(name: string, resolversPath: string): Promise<SubgraphDefinition> {
  const wanted = { name: 'subgraph', madeBy: 'defineSubgraph', isOne: isDefinition };
  try {
    return await importExport(resolversPath, wanted);
  } catch (cause) {
    throw wrong(name, `its resolvers: ${(cause as Error).message}`, cause);
  }
}

function isDefinition(value: unknown): value is SubgraphDefinition {
  if (typeof value !== 'object' || value === null || !('sources' in value && 'resolvers' in value))
    return false;
  const { sources, resolvers } = value;
  return (
    typeof sources === 'object' && sources !== null && typeof resolvers === 'object' && resolvers !== null
  );
}

/** Resolvers see the sources that both sides name, and no others. */
function sourcesFor(
  config: LocalSubgraphConfig,
  definition: SubgraphDefinition,
  all: readonly OpenSource[],
): Record<string, object> {
  const clients = emptyRecord<object>();
  for (const [name, kind] of Object.entries(definition.sources)) {
    const source = all.find((open) => open.name === name);
    if (!source || !config.sources.includes(name)) {
      throw wrong(config.name, `its resolvers call source "${name}"; add it to "sources" of the subgraph`);
    }
    if (source.kind !== kind) {
      throw wrong(config.name, `its resolvers need source "${name}" ${mismatch(kind, source.kind)}`);
    }
    clients[name] = source.client;
  }
  return clients;
}

function mismatch(needed: SourceKind, found: SourceKind): string {
  const [wanted, got] = [needed, found].map((kind) => (typeof kind === 'string' ? kind : 'custom'));
  return wanted === got
    ? 'to be of the kind they import, but its "module" is another'
    : `to be ${wanted}, but it is ${got}`;
}

function schemaOf(config: LocalSubgraphConfig, given: object): GraphQLSchema {
  let schema: GraphQLSchema;
  try {
    const resolvers = given as ResolverMap;
    schema = buildSubgraphSchema([{ typeDefs: parse(config.sdl), resolvers }]);
  } catch (cause) {
    const reason = errorText(cause);
    throw wrong(config.name, `its schema cannot be used: ${reason}`, cause);
  }
  keepDigitsOfLiterals(schema, 'value', (name) => Object.hasOwn(given, name));
  const [misfit] = misfitsOf(schema, given);
  if (misfit !== undefined) throw wrong(config.name, misfit);
  return schema;
}

/** Resolvers that would never run, which the package passes over in silence. */
function* misfitsOf(schema: GraphQLSchema, resolvers: object): Generator<string> {
  for (const [typeName, fieldResolvers] of Object.entries(resolvers) as Array<[string, object]>) {
    const type = schema.getType(typeName);
    if (!type) {
      const hint = didYouMean(typeName, Object.keys(schema.getTypeMap()));
      yield `it resolves type ${typeName}, which is not in its schema${hint}`;
    } else if (isObjectType(type)) {
      const fields = Object.keys(type.getFields());
      for (const field of Object.keys(fieldResolvers)) {
        if (field.startsWith('__') || fields.includes(field)) continue;
        const hint = didYouMean(field, fields);
        yield `it resolves field ${typeName}.${field}, which is not in its schema${hint}`;
      }
    }
  }
}

type SchemaModule = Extract<Parameters<typeof buildSubgraphSchema>[0], readonly unknown[]>[number];
/** Typed by codegen where it is written; here it is what the package wants. */
type ResolverMap = NonNullable<Extract<SchemaModule, { readonly typeDefs: unknown }>['resolvers']>;

function wrong(subgraph: string, reason: string, cause?: unknown): GatewayError {
  return new GatewayError('CONFIG_INVALID', `subgraph ${subgraph}: ${reason}`, { cause });
}
