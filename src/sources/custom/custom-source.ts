/**
 * Kinds of sources that are not built in: what their modules export as `source`, and what they get to work with.
 *
 * A kind never sees a socket. It says what a call is and what an answer means; the transport and every policy of the
 * service are around that, so what `read` throws is what retries and breakers learn of the call.
 */

import type { ServiceHeaders } from '../../config/gateway/transport.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { newCall, type CallKind } from '../../resilience/call.ts';
import type { CallFailure } from '../../resilience/outcome.ts';
import { isGatewayError } from '../../shared/errors.ts';
import type { Backend } from '../backend.ts';
import { answerHeaderRules, type AnswerHeaderRules } from '../headers/answer-header-rules.ts';
import { badResponse, refused, type Refusal, unavailable } from '../failures.ts';
import { statusFailure } from '../http/status.ts';
import { type HttpMethod, type HttpResponse, parseJson, textOf } from '../http/transport.ts';
import { type Batching, batchingOf } from '../resolvers/loader.ts';
import { retryAfterOf } from '../http/retry-after.ts';
import { type PathValues, restPath } from '../rest/path.ts';

export interface SourceCall extends PathValues {
  /** A query may be sent twice; a mutation only with an `idempotencyKey`, or where nothing was sent. */
  readonly kind: CallKind;
  readonly method: HttpMethod;
  /** Below the address: `/users/:id`. Constant; values go into `params` and `query`. */
  readonly template: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
}

/** @throws {GatewayError} What `read` threw, what transport or policies say, or `BAD_USER_INPUT`: see `RestSource`. */
export type SourceSend<Answer> = (call: SourceCall, context: RequestContext) => Promise<Answer>;

/** To read an answer, or to make what is thrown about it: policies learn from that what happened. */
export interface AnswerTools {
  /** @throws {GatewayError} `SERVICE_BAD_RESPONSE` */
  readonly json: (response: HttpResponse) => unknown;
  /** @throws {GatewayError} `SERVICE_BAD_RESPONSE` where the body is not UTF-8. */
  readonly text: (response: HttpResponse) => string;
  /** `SERVICE_ERROR`: the service is well and said no. */
  readonly refused: (refusal: Pick<Refusal, 'message' | 'code'>) => CallFailure;
  /** `SERVICE_UNAVAILABLE`, a failure of the service: worth another try, not sooner than its `Retry-After`. */
  readonly unavailable: (response: HttpResponse) => CallFailure;
  /** Of a status from 400, as for REST: `SERVICE_UNAVAILABLE` for 429, 502, 503 and 504, else `SERVICE_ERROR`. */
  readonly statusFailure: (response: HttpResponse) => CallFailure;
}

type Read<Answer> = (response: HttpResponse, answers: AnswerTools) => Answer;

/** What a kind gets to make a client of. */
export interface SourceToOpen {
  /** As in graph.yaml. */
  readonly name: string;
  readonly url: string;
  /** As in graph.yaml, not checked: that is for the kind. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What policies say of batches, for the options of `loaderOf`. */
  readonly batching: Batching;
  /**
   * Makes a function that sends one call with all policies around it; make it once, when the source opens.
   *
   * @param read Turns an answer of any status but 3xx into a value. To refuse one it throws one of the failures it is
   *   given; whatever else it throws is `SERVICE_BAD_RESPONSE`.
   */
  readonly sender: <Answer>(read: Read<Answer>) => SourceSend<Answer>;
}

export interface SourceDefinition<Client extends object = object> {
  /** What it throws stops the start (or the reload), with its message. */
  readonly open: (source: SourceToOpen) => Client;
}

/**
 * @example
 * export const source = defineSource({ open: ({ sender }) => ({ call: sender(read) }) });
 */
export function defineSource<Client extends object>(
  definition: SourceDefinition<Client>,
): SourceDefinition<Client> {
  return definition;
}

export interface CustomSource {
  readonly url: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly headers?: ServiceHeaders | undefined;
}

export function sourceToOpen(backend: Backend, { url, options, headers }: CustomSource): SourceToOpen {
  const { name } = backend.service;
  return {
    name,
    url,
    options,
    batching: batchingOf(backend.service),
    sender: (read) => senderOf(backend, read, answerHeaderRules(name, headers)),
  };
}

function toolsFor(service: string): AnswerTools {
  return {
    json: (response) => parseJson(service, response),
    text: (response) => textOf(service, response),
    refused: (refusal) => refused(service, refusal),
    unavailable: (response) => {
      const known = { outcome: 'server-error', ...retryAfterOf(response) } as const;
      return unavailable(service, new Error(`status ${response.status}`), known);
    },
    statusFailure: (response) => statusFailure(service, response),
  };
}

function senderOf<Answer>(
  { service, send }: Backend,
  read: Read<Answer>,
  rules: AnswerHeaderRules,
): SourceSend<Answer> {
  const { name } = service;
  const tools = toolsFor(name);
  const policed = service.stack<SourceCall, { readonly answer: Answer; readonly response: HttpResponse }>(
    async ({ method, template, headers, body, ...values }, context) => {
      const response = await send(
        {
          method,
          path: restPath(name, template, values),
          ...(headers ? { headers } : {}),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
        context,
      );
      return { answer: answerOf(name, () => read(response, tools)), response };
    },
  );
  return async (call, context) => {
    const { kind, idempotencyKey } = call;
    const { answer, response } = await rules.hear(
      context,
      policed(call, newCall(context, kind, idempotencyKey)),
    );
    if (rules.apply) rules.add(context, rules.of(response.headers));
    return answer;
  };
}

function answerOf<Answer>(service: string, read: () => Answer): Answer {
  try {
    return read();
  } catch (error) {
    throw isGatewayError(error) ? error : badResponse(service, error);
  }
}
