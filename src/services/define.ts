/**
 * What the module of an in-process subgraph exports as `subgraph`: its resolvers, and which sources they call.
 *
 * `load.ts` checks the sources against graph.yaml when the gateway starts.
 */

import type { RequestContext } from '../pipeline/request.ts';
import type { SourceDefinition } from '../sources/custom/custom-source.ts';
import type { GraphqlSource } from '../sources/graphql/graphql-source.ts';
import type { GrpcSource } from '../sources/grpc/grpc-source.ts';
import type { RestSource } from '../sources/rest/rest-client.ts';

interface SourceOfBuiltIn {
  readonly rest: RestSource;
  readonly grpc: GrpcSource;
  readonly graphql: GraphqlSource;
}

type BuiltIn = keyof SourceOfBuiltIn;

/** One that is built in by its name, another as the `source` of its module. */
export type SourceKind = BuiltIn | SourceDefinition;

type SourceOfKind<Kind extends SourceKind> = Kind extends BuiltIn
  ? SourceOfBuiltIn[Kind]
  : Kind extends SourceDefinition<infer Client>
    ? Client
    : never;

/** The kind of each source by its name in graph.yaml. */
export type SourceKinds = Readonly<Record<string, SourceKind>>;

/** What resolvers get as their context: one object a client request and subgraph. */
export interface SubgraphContext<Kinds extends SourceKinds = SourceKinds> {
  readonly request: RequestContext;
  readonly sources: { readonly [Name in keyof Kinds]: SourceOfKind<Kinds[Name]> };
}

export interface SubgraphDefinition {
  readonly sources: SourceKinds;
  /** Resolvers by type and field; entities may have `__resolveReference`. */
  readonly resolvers: object;
}

/**
 * @example
 * export const sources = defineSources({ users: 'rest' });
 * export const subgraph = defineSubgraph<Resolvers>({ sources, resolvers: { Query: { user: ... } } });
 */
export function defineSubgraph<Resolvers extends object>(definition: {
  readonly sources: SourceKinds;
  readonly resolvers: Resolvers;
}): SubgraphDefinition {
  return definition;
}

/** Keeps the kinds as they are written, so that a context can be typed by them. */
export function defineSources<const Kinds extends SourceKinds>(kinds: Kinds): Kinds {
  return kinds;
}
