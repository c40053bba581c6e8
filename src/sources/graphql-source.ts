/**
 * GraphQL over HTTP: a remote subgraph for the executor, and a small client for resolvers that call a GraphQL service.
 */

import type { RequestContext } from '../pipeline/request.ts';
import { newCall, requestOf, type Call } from '../resilience/call.ts';
import { plainService, type Service } from '../resilience/service.ts';
import { refused } from './failures.ts';
import { graphqlAnswer } from './graphql-answer.ts';
import { httpPlaces } from './http-places.ts';
import type { HttpTransport } from './http-transport.ts';
import type { Subgraph, SubgraphResponse } from './source.ts';

export interface GraphqlServiceOptions {
  readonly name: string;
  /** Replicas of one service; at least one. */
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

/** @param service Its policies and replicas. Default: none but its timeout. */
export function createGraphqlSubgraph(
  options: GraphqlServiceOptions,
  transport: HttpTransport,
  service: Service = plainService(options),
): Subgraph {
  const send = graphqlCall(service, transport);
  return {
    fetch: ({ operation, body, context }) => send(body, newCall(context, operation.kind)),
    // The pool belongs to the transport, which others may still use.
    close: () => Promise.resolve(),
  };
}

export function createGraphqlSource(
  options: GraphqlServiceOptions,
  transport: HttpTransport,
  service: Service = plainService(options),
): GraphqlSource {
  const send = graphqlCall(service, transport);
  return {
    async query<Data extends object>(text: string, variables: object, context: RequestContext) {
      const kind = /^\s*mutation\b/.test(text) ? 'mutation' : 'query';
      const { data, errors } = await send(JSON.stringify({ query: text, variables }), newCall(context, kind));
      if (data && !errors?.length) return data as Data;
      const first = errors?.[0];
      throw refused(service.name, {
        message: first?.message,
        code: first?.extensions?.['code'],
        cause: errors,
      });
    },
  };
}

/** One body to one replica, with every policy of the service around it. */
function graphqlCall(service: Service, transport: HttpTransport): Call<string, SubgraphResponse> {
  const { name, options } = service;
  const placeOf = httpPlaces(transport);
  return service.stack<string, SubgraphResponse>(
    async (body, call) => {
      const { origin, path } = placeOf(call);
      const context = requestOf(call);
      const request = {
        service: name,
        method: 'POST',
        path,
        body,
        timeoutMs: options.timeoutMs,
        context,
      } as const;
      return graphqlAnswer(name, await origin.send(request));
    },
    ({ status }) => (status === undefined ? 'answered' : 'server-error'),
  );
}
