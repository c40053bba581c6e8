/** A graph as commands look at it with the eyes of its clients: without a planner, with the subgraphs that tag it. */

import { parse, type GraphQLSchema } from 'graphql';

import { composeOrThrow } from '../composition/compose.ts';
import { apiSchemaOf } from '../supergraph/supergraph.ts';
import type { SupergraphSource } from '../worker-protocol.ts';
import type { TaggedGraph } from './contract.ts';
import {
  readFirstDefinitions,
  readTags,
  readTagSources,
  type SubgraphText,
  type TagSources,
} from './tags.ts';

export interface ClientGraph extends TaggedGraph {
  readonly supergraphSdl: string;
  /** Empty where the graph is a supergraph that was composed elsewhere: it does not say who tags what. */
  readonly tagSources: TagSources;
  /** By coordinate, the subgraph that defines an element before the others. Empty in the same case. */
  readonly firstDefinitions: ReadonlyMap<string, string>;
}

/**
 * @param subgraphs In the order of graph.yaml. Default: the supergraph was composed elsewhere.
 * @param schema Its API schema. Default: it is made.
 * @throws {GatewayError} `SUPERGRAPH_INVALID`.
 */
export function openClientGraph(
  supergraphSdl: string,
  subgraphs: readonly SubgraphText[] = [],
  schema: GraphQLSchema = apiSchemaOf(supergraphSdl),
): ClientGraph {
  return {
    supergraphSdl,
    schema,
    tags: readTags(parse(supergraphSdl)),
    tagSources: readTagSources(subgraphs),
    firstDefinitions: readFirstDefinitions(subgraphs),
  };
}

/** @throws {GatewayError} `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID`. */
export function composeClientGraph(source: SupergraphSource): ClientGraph {
  if (source.kind !== 'subgraphs') return openClientGraph(source.sdl);
  return openClientGraph(composeOrThrow(source.subgraphs), source.subgraphs);
}
