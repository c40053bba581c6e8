/**
 * GraphQL over HTTP: a remote subgraph for the executor, and a small client for resolvers that call a GraphQL service.
 */

import type { ServiceHeaders } from '../../config/gateway/transport.ts';
import type { NumberPaths } from '../../pipeline/prepared.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { newCall, type Call } from '../../resilience/call.ts';
import type { Backend } from '../backend.ts';
import { answerHeaderRules, type AnswerHeaderRules } from '../headers/answer-header-rules.ts';
import { refused } from '../failures.ts';
import { graphqlAnswer } from './answer.ts';
import { idempotencyKeys } from './idempotency.ts';
import { operationKinds } from './operation-kind.ts';
import { type Batching, batchingOf } from '../resolvers/loader.ts';
import type { Subgraph, SubgraphResponse } from '../source.ts';

export interface GraphqlSource {
  readonly batching: Batching;
  /**
   * Sends one operation and returns its `data`.
   *
   * @param text GraphQL text: constant, values go into `variables`.
   * @throws {GatewayError} As `Subgraph.fetch`, and `SERVICE_ERROR` when the answer has errors.
   */
  query<Data extends object>(text: string, variables: object, context: RequestContext): Promise<Data>;
}

/** @param repeatable Mutations that may be sent again, with a key: coordinates. */
export function createGraphqlSubgraph(
  backend: Backend,
  headers?: ServiceHeaders,
  repeatable: readonly string[] = [],
): Subgraph {
  const keyOf = idempotencyKeys(repeatable, headers);
  const call = graphqlCall(backend, answerHeaderRules(backend.service.name, headers));
  return {
    fetch(request) {
      const { body, context, operation } = request;
      return call({ body, numbers: operation.numbers }, newCall(context, operation.kind, keyOf(request)));
    },
    // The pool belongs to the transport, which others may still use.
    close: () => Promise.resolve(),
  };
}

export function createGraphqlSource(backend: Backend, headers?: ServiceHeaders): GraphqlSource {
  const { name: service } = backend.service;
  const rules = answerHeaderRules(service, headers);
  const call = graphqlCall(backend, rules);
  const kindOf = operationKinds();
  return {
    batching: batchingOf(backend.service),
    async query<Data extends object>(text: string, variables: object, context: RequestContext) {
      const body = JSON.stringify({ query: text, variables });
      const { data, errors, clientHeaders } = await rules.hear(
        context,
        call({ body }, newCall(context, kindOf(text))),
      );
      if (clientHeaders) rules.add(context, clientHeaders);
      if (data && !errors?.length) return data as Data;
      const first = errors?.[0];
      throw refused(service, { message: first?.message, code: first?.extensions?.['code'], cause: errors });
    },
  };
}

interface Question {
  readonly body: string;
  /** See `FetchNode`. */
  readonly numbers?: NumberPaths | undefined;
}

/** One body to one replica, with every policy of the service around it. */
function graphqlCall({ service, send }: Backend, rules: AnswerHeaderRules): Call<Question, SubgraphResponse> {
  return service.stack<Question, SubgraphResponse>(
    async ({ body, numbers }, context) => {
      const response = await send({ method: 'POST', path: '', body }, context);
      const answer = graphqlAnswer(service.name, response, numbers);
      return rules.apply ? { ...answer, clientHeaders: rules.of(response.headers) } : answer;
    },
    ({ status }) => (status === undefined ? 'answered' : 'server-error'),
  );
}
