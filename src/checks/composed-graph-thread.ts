/** Composes one graph in a thread of its own, and makes the schemas of its clients. */

import { parentPort, workerData } from 'node:worker_threads';

import { composeClientGraph, type ClientGraph } from '../preparation/contract/client-graph.ts';
import { openContract } from '../preparation/contract/contract.ts';
import { loadUnconfigured } from '../preparation/supergraph/supergraph.ts';
import { subgraphSchemasOf } from '../preparation/supergraph/subgraph-schemas.ts';
import { errorText } from '../shared/error-text.ts';
import { printedSchema } from '../shared/schema-text.ts';
import type { ClientSchemaText, ComposedClient, ComposedGraph, ComposedInput } from './composed-graph.ts';

parentPort?.postMessage(composed(workerData as ComposedInput));

function composed({ source, clients, withSubgraphs }: ComposedInput): ComposedGraph {
  try {
    const graph = composeClientGraph(source);
    // As the gateway does: what composes may still be unusable.
    loadUnconfigured(graph.supergraphSdl);
    return {
      clients: clients.map((client) => schemaOf(client, graph)),
      subgraphs: withSubgraphs ? subgraphsOf(source) : [],
    };
  } catch (error) {
    return { error: errorText(error) };
  }
}

function subgraphsOf(source: ComposedInput['source']): ReturnType<typeof subgraphSchemasOf> {
  if (source.kind !== 'subgraphs') return subgraphSchemasOf(source.sdl);
  return source.subgraphs.map(({ name, sdl }) => ({ name, sdl }));
}

function schemaOf({ name, contract }: ComposedClient, graph: ClientGraph): ClientSchemaText {
  try {
    return { name, sdl: printedSchema(openContract(graph, contract).schema), problem: null };
  } catch (error) {
    return { name, sdl: null, problem: errorText(error) };
  }
}
