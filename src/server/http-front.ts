/**
 * The front for GraphQL over HTTP: it translates an HTTP request to the endpoint into `Arrived`, and `Answered` into
 * bytes.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/
 */

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

import type { FastifyReply, FastifyRequest } from 'fastify';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { arrived, type Answered, type Arrived } from '../pipeline/stages.ts';
import { graphqlMediaType, jsonMediaType, negotiate } from '../response/http.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { sendWhole } from './answer-early.ts';
import { hasHighBytes } from './answer-headers.ts';
import type { Edge } from './edge.ts';
import { readOperation } from './read-operation.ts';
import { requestHead } from './request-context.ts';
import type { UnreadAnswers } from './unread-answers.ts';

export interface HttpFrontOptions {
  readonly config: GatewayConfig;
  readonly events: Events;
  /** The line of stages. Never rejects. */
  readonly answer: (arrived: Arrived) => Promise<Answered>;
  /** Connections are to be closed, so that clients reconnect to another instance. */
  readonly closesConnections: () => boolean;
}

/** One request to the endpoint, and its response. */
interface Exchange {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Null for GET. */
  readonly body: Buffer | null;
  /** Headers that hooks have set already. */
  readonly headers?: OutgoingHttpHeaders;
  readonly unread: UnreadAnswers;
}

export function registerHttpFront({ app, answerPosts, unread }: Edge, options: HttpFrontOptions): void {
  const { path } = options.config.server;
  answerPosts((post) => {
    void handle({ ...post, unread }, options);
  });
  const handler = async ({ id, raw, body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply.hijack();
    await handle(
      {
        requestId: id,
        request: raw,
        response: reply.raw,
        body: Buffer.isBuffer(body) ? body : null,
        headers: reply.getHeaders() as OutgoingHttpHeaders,
        unread,
      },
      options,
    );
    return reply;
  };
  app.post(path, handler);
  // Also registers HEAD.
  app.get(path, handler);
}

/** Never rejects. */
async function handle(exchange: Exchange, options: HttpFrontOptions): Promise<void> {
  const { events, answer, closesConnections } = options;
  const { requestId, response } = exchange;
  const end = events.begin('request', { requestId });
  const request = toArrived(exchange, options);
  response.on('close', () => {
    if (!response.writableFinished) {
      request.head.cancellation.cancel(new GatewayError('CANCELLED', 'The client closed the connection'));
    }
  });
  const answered = await answer(request);
  const { status: httpStatus, operationName, operationKind, errors, code } = answered;
  end?.({ httpStatus, operationName, operationKind, errors, code });
  if (closesConnections()) response.shouldKeepAlive = false;
  send(exchange, answered);
}

function toArrived({ requestId, request, body }: Exchange, { config }: HttpFrontOptions): Arrived {
  return arrived({
    head: requestHead(request.headers, {
      requestId,
      clientAddress: request.socket.remoteAddress ?? '',
      forward: config.headers.forward,
      timeoutMs: config.timeouts.requestMs,
    }),
    http: request,
    mediaType: negotiate(request.headers.accept),
    body,
    queryOnly: request.method !== 'POST',
    read: () => readOperation(request, body),
  });
}

/** Writes to the socket directly: a short body goes out in one write with its headers. */
function send({ response, requestId, headers: presetHeaders, unread }: Exchange, answered: Answered): void {
  // This front accepts only answers of one part; an operation never yields more for it.
  void answered.later?.return?.();
  const body = bytesOf(answered);
  const headers = {
    ...presetHeaders,
    ...(answered.headers as OutgoingHttpHeaders),
    'content-type': contentTypes[answered.mediaType],
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
  };
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
