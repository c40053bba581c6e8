/**
 * GraphQL over HTTP: a remote subgraph for the executor, and a small client for resolvers that call a GraphQL service.
 */

import type { RequestContext } from '../pipeline/request.ts';
import { refused } from './failures.ts';
import { graphqlAnswer } from './graphql-answer.ts';
import type { HttpOrigin, HttpTransport } from './http-transport.ts';
import type { Subgraph } from './source.ts';

export interface GraphqlServiceOptions {
  readonly name: string;
  /** Replicas of one service, used in turn; at least one. */
  readonly urls: readonly string[];
  /** Default 5 000; the request's deadline may be sooner. */
  readonly timeoutMs?: number;
}

export interface GraphqlSource {
  /**
   * Sends one operation and returns its `data`.
   *
   * @param text GraphQL text: constant, values go into `variables`.
   * @throws {GatewayError} As `Subgraph.fetch`, and `SERVICE_ERROR` when the answer has errors.
   */
  query<Data extends object>(text: string, variables: object, context: RequestContext): Promise<Data>;
}

const timeoutMsDefault = 5000;

export function createGraphqlSubgraph(options: GraphqlServiceOptions, transport: HttpTransport): Subgraph {
  const { name: service, timeoutMs = timeoutMsDefault } = options;
  const nextEndpoint = endpointsInTurn(options.urls, transport);
  return {
    async fetch({ body, context }) {
      const { origin, path } = nextEndpoint();
      const response = await origin.send({ service, method: 'POST', path, body, timeoutMs, context });
      return graphqlAnswer(service, response);
    },
    // The pool belongs to the transport, which others may still use.
    close: () => Promise.resolve(),
  };
}

export function createGraphqlSource(options: GraphqlServiceOptions, transport: HttpTransport): GraphqlSource {
  const { name: service, timeoutMs = timeoutMsDefault } = options;
  const nextEndpoint = endpointsInTurn(options.urls, transport);
  return {
    async query<Data extends object>(text: string, variables: object, context: RequestContext) {
      const { origin, path } = nextEndpoint();
      const body = JSON.stringify({ query: text, variables });
      const response = await origin.send({ service, method: 'POST', path, body, timeoutMs, context });
      const { data, errors } = graphqlAnswer(service, response);
      if (data && !errors?.length) return data as Data;
      const first = errors?.[0];
      throw refused(service, { message: first?.message, code: first?.extensions?.['code'], cause: errors });
    },
  };
}

interface Endpoint {
  readonly origin: HttpOrigin;
  readonly path: string;
}

function endpointsInTurn(urls: readonly string[], transport: HttpTransport): () => Endpoint {
  const endpoints = urls.map((url) => {
    const { pathname, search } = new URL(url);
    return { origin: transport.origin(url), path: pathname + search };
  });
  const [first] = endpoints;
  if (!first) throw new RangeError('a GraphQL service needs at least one url');
  let turn = 0;
  return () => {
    const endpoint = endpoints[turn] ?? first;
    turn = (turn + 1) % endpoints.length;
    return endpoint;
  };
}
