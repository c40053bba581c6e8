/**
 * What both fronts have in common: an HTTP request becomes a `Received`, its answer goes out as one buffer, and whatever
 * is thrown becomes a refusal.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/
 */

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Authenticate } from '../authn/authenticate.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Keep, Received } from '../pipeline/stages.ts';
import {
  graphqlMediaType,
  jsonMediaType,
  negotiate,
  toHttpRefusal,
  type HttpAnswer,
  type MediaType,
} from '../response/http.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import type { Admission } from './admission.ts';
import { sendWhole } from './answer-early.ts';
import { answerHeaders, hasHighBytes, type AnswerHeaders } from './answer-headers.ts';
import type { Edge } from './edge.ts';
import { readOperation } from './read-operation.ts';
import { createRequestContext } from './request-context.ts';
import type { SharedRequests } from './shared-requests.ts';
import type { UnreadAnswers } from './unread-answers.ts';

/** An answer and what operators want to know of it. */
export interface Responded extends Omit<HttpAnswer, 'headers'> {
  readonly operationName: string | null;
  readonly operationKind: string | null;
  readonly errors: number;
  /** Of the first error. */
  readonly code: string | null;
  readonly headers?: AnswerHeaders;
  readonly keep: Keep;
}

/** @throws Anything: it becomes a refusal of the request. */
export type Respond = (received: Received, mediaType: MediaType) => Promise<Responded>;

export interface FrontOptions {
  readonly config: GatewayConfig;
  readonly events: Events;
  readonly respond: Respond;
  /** Absent: nobody is asked who they are. */
  readonly authenticate?: Authenticate | undefined;
  readonly admission: Admission;
  /** Absent: each request is answered by itself. */
  readonly shared: SharedRequests | undefined;
}

interface Handling extends FrontOptions {
  readonly headersOf: ReturnType<typeof answerHeaders>;
}

/** One request for the endpoint and where its answer goes. */
interface Exchange {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Undefined by GET. */
  readonly body: Buffer | undefined;
  /** Headers that were set before. */
  readonly headers?: OutgoingHttpHeaders;
  readonly unread: UnreadAnswers;
}

export function registerFront({ app, answerPosts, unread }: Edge, given: FrontOptions): void {
  const options = { ...given, headersOf: answerHeaders(given.config) };
  const { path } = options.config.server;
  answerPosts((requestId, request, response, body) => {
    void handle({ requestId, request, response, body, unread }, options);
  });
  const handler = async ({ id, raw, body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply.hijack();
    await handle(
      {
        requestId: id,
        request: raw,
        response: reply.raw,
        body: Buffer.isBuffer(body) ? body : undefined,
        headers: reply.getHeaders() as OutgoingHttpHeaders,
        unread,
      },
      options,
    );
    return reply;
  };
  app.post(path, handler);
  // HEAD too.
  app.get(path, handler);
}

/** Never rejects. */
async function handle(exchange: Exchange, options: Handling): Promise<void> {
  const { config, events, respond, authenticate, admission, shared, headersOf } = options;
  const { requestId, request, response, body } = exchange;
  const startedAtMs = monotonicClock();
  const received = createRequestContext(request.headers, {
    requestId,
    clientAddress: request.socket.remoteAddress ?? '',
    forward: config.headers.forward,
    timeoutMs: config.timeouts.requestMs,
  });
  response.on('close', () => {
    if (!response.writableFinished) {
      received.cancellation.cancel(new GatewayError('CANCELLED', 'The client closed the connection'));
    }
  });
  const mediaType = negotiate(request.headers.accept);
  let answer: Responded;
  try {
    if (!mediaType) throw new GatewayError('NOT_ACCEPTABLE', `This endpoint answers with ${jsonMediaType}`);
    const proven = authenticate?.(received, request) ?? received;
    const context = proven instanceof Promise ? await proven : proven;
    const alone = (): Promise<Responded> =>
      admitted(admission, body, async () => {
        const queryOnly = request.method !== 'POST';
        const read = readOperation(request, body);
        const { aside } = admission;
        const asked = { context, request: read, queryOnly, bodyBytes: body?.length, aside };
        const own = await respond(asked, mediaType);
        return { ...own, headers: headersOf({ context, headers: request.headers, answer: own }) };
      });
    answer = await (shared && body ? shared.answer(body, { context, request, mediaType }, alone) : alone());
  } catch (error) {
    events.emit('requestRefused', { requestId, error });
    const own = refusal(error, requestId, mediaType ?? jsonMediaType);
    const answering = { context: received, headers: request.headers, answer: own };
    answer = { ...own, headers: headersOf(answering) };
  }
  const { status: httpStatus, operationName, operationKind, errors, code } = answer;
  const durationMs = monotonicClock() - startedAtMs;
  events.emit('requestCompleted', {
    requestId,
    httpStatus,
    durationMs,
    operationName,
    operationKind,
    errors,
    code,
  });
  if (admission.closesConnections) response.shouldKeepAlive = false;
  sendAnswer(exchange, answer);
}

/** Straight to the socket: a short text goes out in one write with its headers. */
function sendAnswer({ response, requestId, headers: before, unread }: Exchange, answer: Responded): void {
  const body = bytesOf(answer);
  const headers = {
    ...before,
    ...(answer.headers as OutgoingHttpHeaders),
    'content-type': contentTypes[answer.mediaType],
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
  };
  sendWhole(response, { status: answer.status, headers, body }, unread);
}

const contentTypes = {
  [jsonMediaType]: `${jsonMediaType}; charset=utf-8`,
  [graphqlMediaType]: `${graphqlMediaType}; charset=utf-8`,
};

const longTexts = new WeakMap<Responded, Buffer>();

/** A long text is encoded once, however many requests share its answer. */
function bytesOf(answer: Responded): string | Buffer {
  const { text, headers = {} } = answer;
  // Node would write headers together with a text as UTF-8, and bytes of services twice encoded.
  if (text.length <= shortTextMax && !hasHighBytes(headers)) return text;
  let bytes = longTexts.get(answer);
  if (!bytes) longTexts.set(answer, (bytes = Buffer.from(text)));
  return bytes;
}

/** In UTF-16 units. */
const shortTextMax = 16_384;

async function admitted<Result>(
  admission: Admission,
  body: Buffer | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  // Before it is parsed, the word is all there is to go by.
  const wait = admission.enter(() => body?.includes('mutation') === true);
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
    keep: 'nobody',
    code,
    headers: refusalHeaders(error),
  };
}

function refusalHeaders(error: unknown): Record<string, string> {
  if (!isGatewayError(error)) return {};
  if (error.code === 'METHOD_NOT_ALLOWED') return { allow: 'POST' };
  if (error.code === 'UNAUTHENTICATED') return { 'www-authenticate': challenge(error) };
  const { retryAfter } = error.public;
  return typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {};
}

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function challenge({ cause }: GatewayError): string {
  // Whoever showed nothing is not told that something is wrong with it.
  return isNothing(cause) ? 'Bearer realm="graphql"' : 'Bearer realm="graphql", error="invalid_token"';
}

/** Whether nothing was shown, rather than something that does not hold. */
function isNothing(cause: unknown): boolean {
  return cause === undefined || (cause instanceof Error && cause.name === 'NothingShown');
}
