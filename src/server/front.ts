/**
 * What both fronts have in common: an HTTP request becomes a `Received`, its answer goes out as one buffer, and whatever
 * is thrown becomes a refusal.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/
 */

import type { OutgoingHttpHeaders } from 'node:http';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { GatewayConfig } from '../config/gateway-config.ts';
import type { RequestContext } from '../pipeline/request.ts';
import type { Received } from '../pipeline/stages.ts';
import {
  jsonMediaType,
  negotiate,
  toHttpRefusal,
  type HttpAnswer,
  type MediaType,
} from '../response/http.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import type { MutationCounter } from '../shared/mutation-counter.ts';
import type { Admission } from './admission.ts';
import { methodNotAllowed } from './edge.ts';
import { readOperation } from './read-operation.ts';
import { createRequestContext } from './request-context.ts';
import type { SharedRequests } from './shared-requests.ts';

/** An answer and what operators want to know of it. */
export interface Responded extends HttpAnswer {
  readonly operationName: string | null;
  readonly operationKind: string | null;
  readonly errors: number;
  /** Of the first error. */
  readonly code: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @throws Anything: it becomes a refusal of the request. */
export type Respond = (received: Received, mediaType: MediaType) => Promise<Responded>;

export interface FrontOptions {
  readonly config: GatewayConfig;
  readonly events: Events;
  readonly respond: Respond;
  readonly admission: Admission;
  /** Absent: each request is answered by itself. */
  readonly shared?: SharedRequests;
  readonly mutations: MutationCounter;
}

export function registerFront(app: FastifyInstance, options: FrontOptions): void {
  const { path } = options.config.server;
  const handler = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    handle(request, reply, options);
  app.post(path, handler);
  app.get(path, handler);
  app.route({
    method: ['PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: path,
    handler: (_request, reply) => {
      throw methodNotAllowed(reply);
    },
  });
}

async function handle(
  request: FastifyRequest,
  reply: FastifyReply,
  options: FrontOptions,
): Promise<FastifyReply> {
  const { config, events, respond, admission, shared } = options;
  const startedAtMs = monotonicClock();
  const context = createRequestContext(request.headers, {
    requestId: request.id,
    clientAddress: request.raw.socket.remoteAddress ?? '',
    forward: config.headers.forward,
    timeoutMs: config.timeouts.requestMs,
  });
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) {
      context.cancellation.cancel(new GatewayError('CANCELLED', 'The client closed the connection'));
    }
  });
  const mediaType = negotiate(request.headers.accept);
  let answer: Responded;
  try {
    if (!mediaType) throw new GatewayError('NOT_ACCEPTABLE', `This endpoint answers with ${jsonMediaType}`);
    const alone = (): Promise<Responded> =>
      admitted(admission, () => {
        const queryOnly = request.method === 'GET';
        return respond({ context, request: readOperation(request), queryOnly }, mediaType);
      });
    answer = await (shared && Buffer.isBuffer(request.body)
      ? shared.answer(request.body, `${options.mutations.value} ${sharingKey(context, mediaType)}`, alone)
      : alone());
  } catch (error) {
    events.emit('requestRefused', { requestId: request.id, error });
    answer = refusal(error, request.id, mediaType ?? jsonMediaType);
  }
  const { status: httpStatus, operationName, operationKind, errors, code } = answer;
  const durationMs = monotonicClock() - startedAtMs;
  const requestId = request.id;
  events.emit('requestCompleted', {
    requestId,
    httpStatus,
    durationMs,
    operationName,
    operationKind,
    errors,
    code,
  });
  return sendAnswer(reply, answer, requestId);
}

/** Straight to the socket: a short text goes out in one write with its headers. */
function sendAnswer(reply: FastifyReply, answer: Responded, requestId: string): FastifyReply {
  const { status, mediaType, text, headers } = answer;
  const body = text.length > shortTextMax ? Buffer.from(text) : text;
  reply.hijack();
  const set = reply.getHeaders() as OutgoingHttpHeaders;
  reply.raw.writeHead(status, {
    ...set,
    ...headers,
    'content-type': `${mediaType}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
  });
  reply.raw.end(body);
  return reply;
}

/** In UTF-16 units. */
const shortTextMax = 16_384;

/** Whatever of a request can change its answer, besides the body. */
function sharingKey({ headers, forwardHeaders }: RequestContext, mediaType: MediaType): string {
  const { authorization, cookie } = headers;
  return JSON.stringify([mediaType, headers['content-type'], authorization, cookie, forwardHeaders]);
}

async function admitted<Result>(admission: Admission, work: () => Promise<Result>): Promise<Result> {
  const wait = admission.enter();
  if (wait) await wait;
  try {
    return await work();
  } finally {
    admission.leave();
  }
}

function refusal(error: unknown, requestId: string, mediaType: MediaType): Responded {
  const code = isGatewayError(error) ? error.code : 'INTERNAL_ERROR';
  return {
    ...toHttpRefusal(error, requestId, mediaType),
    operationName: null,
    operationKind: null,
    errors: 1,
    code,
    headers: refusalHeaders(error),
  };
}

function refusalHeaders(error: unknown): Record<string, string> {
  if (!isGatewayError(error)) return {};
  if (error.code === 'METHOD_NOT_ALLOWED') return { allow: 'POST' };
  const { retryAfter } = error.public;
  return typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {};
}
