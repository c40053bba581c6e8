/**
 * The front for GraphQL over HTTP: it translates an HTTP request to the endpoint into `Arrived`, and `Answered` into
 * bytes.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/
 */

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

import type { FastifyReply, FastifyRequest } from 'fastify';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Answered, Arrived } from '../pipeline/stages.ts';
import { graphqlMediaType, jsonMediaType } from '../response/http.ts';
import { errorCodes, GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { untraced, type BeginTrace, type RequestTrace } from '../shared/trace.ts';
import { sendWhole } from './answer-early.ts';
import { arrivedAtMs } from './arrival-times.ts';
import { arrivalOf } from './arrival.ts';
import { hasHighBytes } from './answer-headers.ts';
import type { Edge } from './edge.ts';
import { pathBelow, pathOf, type ClientOfPath } from './endpoint.ts';
import { readOperation } from './read-operation.ts';
import { endRequestSpan } from './request-span.ts';
import type { UnreadAnswers } from './unread-answers.ts';

export interface HttpFrontOptions {
  readonly config: GatewayConfig;
  readonly events: Events;
  readonly clientOf: ClientOfPath;
  readonly routeOf: Edge['routeOf'];
  /** The line of stages. Never rejects. */
  readonly answer: (arrived: Arrived) => Promise<Answered>;
  readonly beginTrace: BeginTrace;
  /** Connections are to be closed, so that clients reconnect to another instance. */
  readonly closesConnections: () => boolean;
}

/** One request to the endpoint, and its response. */
interface Exchange {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** That the path names. Null: none. */
  readonly client: string | null;
  /** Null for GET. */
  readonly body: Buffer | null;
  /** Headers that hooks have set already. */
  readonly headers?: OutgoingHttpHeaders;
  readonly unread: UnreadAnswers;
}

export function registerHttpFront({ app, answerPosts, unread }: Edge, options: HttpFrontOptions): void {
  const { path } = options.config.server;
  const { clientOf } = options;
  const paths = options.config.clients ? [path, pathBelow(path, ':client')] : [path];
  answerPosts((post) => {
    void handle({ ...post, client: clientOf(pathOf(post.request)) ?? null, unread }, options);
  });
  const handler = async ({ id, raw, body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const client = clientOf(pathOf(raw));
    if (client === undefined) throw new GatewayError('NOT_FOUND', 'Not found: no client has this path');
    reply.hijack();
    await handle(
      {
        requestId: id,
        request: raw,
        client,
        response: reply.raw,
        body: Buffer.isBuffer(body) ? body : null,
        headers: reply.getHeaders() as OutgoingHttpHeaders,
        unread,
      },
      options,
    );
    return reply;
  };
  for (const one of paths) {
    app.post(one, handler);
    // Also registers HEAD.
    app.get(one, handler);
  }
}

const clientClosedRequest = errorCodes.CANCELLED.httpStatus;

/** Never rejects. */
async function handle(exchange: Exchange, options: HttpFrontOptions): Promise<void> {
  const { events, answer, closesConnections } = options;
  const { requestId, response } = exchange;
  const { method, route } = options.routeOf(exchange.request);
  const trace = options.beginTrace({
    method,
    route,
    headers: exchange.request.headers,
    address: exchange.request.socket.remoteAddress ?? '',
  });
  const { span, traceId, isSampled } = trace;
  const begins = { requestId, method, route, traceId, isSampled };
  const end = events.begin('request', begins, arrivedAtMs(exchange.request));
  const request = arrivalOf(response, {
    requestId,
    config: options.config,
    trace,
    body: exchange.body,
    clientInPath: exchange.client,
    read: () => readOperation(exchange.request, exchange.body),
  });
  const answered = await answer(request);
  // What a client that has gone was not sent is no success.
  const httpStatus = response.destroyed ? clientClosedRequest : answered.status;
  end?.({ ...endOf(answered, request.head), httpStatus });
  if (span) endRequestSpan(span, answered);
  if (closesConnections()) response.shouldKeepAlive = false;
  send(exchange, answered, options.config.traces.serverTiming ? trace : untraced);
  events.emit('answerSent', {
    requestId,
    locals: request.head.locals,
    client: answered.client?.name ?? null,
    operationName: answered.operationName,
    url: exchange.request.url ?? '',
    body: exchange.body,
    text: answered.text,
  });
}

function endOf(
  { status, client, operationName, operationKind, errorCounts }: Answered,
  { locals }: Arrived['head'],
) {
  const { name = null, version = null } = client ?? {};
  return {
    locals,
    httpStatus: status,
    client: name,
    clientVersion: version,
    operationName,
    operationKind,
    errorCounts,
  };
}

/** Writes to the socket directly: a short body goes out in one write with its headers. */
function send(
  { response, requestId, headers: presetHeaders, unread }: Exchange,
  answered: Answered,
  trace: RequestTrace,
): void {
  // This front accepts only answers of one part; an operation never yields more for it.
  void answered.later?.return?.();
  const body = bytesOf(answered);
  const headers: OutgoingHttpHeaders = {
    ...presetHeaders,
    ...(answered.headers as OutgoingHttpHeaders),
    'content-type': contentTypes[answered.mediaType],
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
  };
  const traceParent = trace.traceParent();
  if (traceParent !== null) headers['server-timing'] = `traceparent;desc="${traceParent}"`;
  sendWhole(response, { status: answered.status, headers, body }, unread);
}

const contentTypes = {
  [jsonMediaType]: `${jsonMediaType}; charset=utf-8`,
  [graphqlMediaType]: `${graphqlMediaType}; charset=utf-8`,
};

const encodedTexts = new WeakMap<Answered, Buffer>();

/** A long body is encoded once, even if several requests share the answer. */
function bytesOf(answered: Answered): string | Buffer {
  const { text, headers } = answered;
  // Node writes headers and a string body together as UTF-8, which would encode header bytes of services twice.
  if (text.length <= shortTextMax && !hasHighBytes(headers)) return text;
  let bytes = encodedTexts.get(answered);
  if (!bytes) encodedTexts.set(answered, (bytes = Buffer.from(text)));
  return bytes;
}

/** In UTF-16 units. */
const shortTextMax = 16_384;
