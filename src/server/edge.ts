/**
 * The HTTP server: size limits, timeouts, health probes, and a JSON body for every error, also those of Node and
 * Fastify. It knows nothing of GraphQL, which is left to the front.
 */

import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';

import {
  fastify,
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { jsonMediaType, negotiate, toHttpRefusal } from '../response/http.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { clientNetworks } from '../shared/addresses.ts';
import { monotonicClock } from '../shared/clock.ts';
import { sendWhole } from './answer-early.ts';
import { Connections, withinDescriptors } from './connections.ts';
import { clientOfPath, pathOf, type ClientOfPath } from './endpoint.ts';
import { endpointMethods, refusalOfBody, refusalOfHead, tooLarge } from './http-rules.ts';
import { refuseMalformed, refuseRaw } from './malformed.ts';
import { plainPosts, type AnswerPost } from './plain-posts.ts';
import { arrivedAtMs, rememberArrival } from './arrival-times.ts';
import { requestIdOf } from './request-context.ts';
import { routesOf, unreadable, type Route } from './routes.ts';
import { TlsListener } from './tls-listener.ts';
import type { TlsTexts } from './tls.ts';
import { UnreadAnswers } from './unread-answers.ts';

export interface EdgeOptions {
  readonly config: Pick<GatewayConfig, 'server' | 'clients' | 'timeouts'>;
  readonly events: Events;
  /** Undefined: the listener speaks plain HTTP. */
  readonly tls?: TlsTexts | undefined;
  /** Whether the gateway is ready to serve requests. */
  readonly isReady: () => boolean;
  /** Clients whose changed folders are invalid. Default: none. */
  readonly refusedClients?: () => readonly string[];
}

export interface Edge {
  readonly app: FastifyInstance;
  /** Sets the handler of plain POSTs to the endpoint, see `plain-posts.ts`. */
  readonly answerPosts: (answer: AnswerPost) => void;
  /** Responses are sent through it, which bounds how many bytes wait for clients. */
  readonly unread: UnreadAnswers;
  readonly routeOf: (request: IncomingMessage) => Route;
  /** Replaces the certificates for new connections. */
  readonly renewTls: (tls: TlsTexts) => void;
}

/** How long after its timeout a slow request may be detected. */
const slowRequestCheckMs = 1000;

export function createEdge(options: EdgeOptions): Edge {
  const { tls, events, isReady } = options;
  const { server } = options.config;
  const endpoint = { clientOf: clientOfPath(options.config), ...server };
  const routeOf = routesOf(options.config);
  let answerPost: AnswerPost | undefined;
  const listener = tls && new TlsListener(tls, server);
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    sendRefusal(toGatewayError(error, server.bodyBytesMax), {
      request,
      reply,
      events,
      error,
      unread,
      routeOf,
    });
  const app = fastify({
    bodyLimit: server.bodyBytesMax,
    serverFactory(route) {
      const plain = plainPosts(endpoint.clientOf, server.bodyBytesMax);
      return listenWith(server, listener, (request, response) => {
        rememberArrival(request);
        if (answerPost && isReady() && plain.accepts(request)) plain.read(request, response, answerPost);
        else if (isServerOptions(request)) answerServerOptions(response, events);
        else route(request, response);
      });
    },
    genReqId: (request) => requestIdOf(request.headers),
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: refuseMalformed(events),
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: false },
  });
  const unread = boundClients(app, options);
  handleSpecialRequests(app, endpoint, options.events);
  app.removeAllContentTypeParsers();
  // The front parses the body, because it knows the media type to answer an error with.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.addHook('onRequest', (request, reply, done) => {
    // The default; the handler may override it.
    void reply.header('cache-control', 'no-store');
    // While the gateway drains, clients are to reconnect to another instance.
    if (!isReady()) void reply.header('connection', 'close');
    done(refusalBeforeBody(request, reply, endpoint));
  });
  reportResponses(app, routeOf, events);
  app.setErrorHandler(refuse);
  answerHealthChecks(app, options);
  return {
    app,
    unread,
    routeOf,
    answerPosts(answer) {
      answerPost = answer;
    },
    renewTls: (next) => listener?.renew(next),
  };
}

/** Those that Fastify sends: answers of the front, and refusals, have an event of their own. */
function reportResponses(app: FastifyInstance, routeOf: Edge['routeOf'], events: Events): void {
  app.addHook('onSend', ({ raw }, reply) => {
    events.emit('otherResponseSent', {
      ...routeOf(raw),
      httpStatus: reply.statusCode,
      code: null,
      durationMs: monotonicClock() - arrivedAtMs(raw),
    });
    return Promise.resolve();
  });
}

function answerHealthChecks(app: FastifyInstance, { isReady, refusedClients }: EdgeOptions): void {
  app.get('/health/live', (_request, reply) => reply.send({ status: 'live' }));
  app.get('/health/ready', (_request, reply) => {
    const ready = isReady();
    const refused = refusedClients?.() ?? [];
    const status = ready ? 'ready' : 'not ready';
    return reply
      .code(ready ? 200 : 503)
      .send(refused.length > 0 ? { status, refusedClients: refused } : { status });
  });
}

/** Limits what clients may occupy: connections and unread responses. */
function boundClients(app: FastifyInstance, { config, events }: EdgeOptions): UnreadAnswers {
  const { connectionsMax, unreadAnswerTimeoutMs: timeoutMs, unreadAnswersBytesMax: bytesMax } = config.server;
  const unread = new UnreadAnswers(
    { timeoutMs, bytesMax, networkOf: clientNetworks(config.server) },
    monotonicClock,
    events,
  );
  app.addHook('onClose', () => unread.close());
  new Connections(withinDescriptors(connectionsMax), events).watch(app.server);
  // An idle timeout for everything else, longer than any response may take.
  app.server.timeout = config.timeouts.requestMs + timeoutMs;
  return unread;
}

function listenWith(
  server: GatewayConfig['server'],
  tls: TlsListener | undefined,
  listener: RequestListener,
): Server {
  const { requestReceiveTimeoutMs } = server;
  const options = {
    maxHeaderSize: server.headerBytesMax,
    requestTimeout: requestReceiveTimeoutMs,
    headersTimeout: requestReceiveTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(slowRequestCheckMs, requestReceiveTimeoutMs),
    // Node's own refusal has no body; `refusalOfHead` refuses a request without the header.
    requireHostHeader: false,
  };
  return tls ? tls.open(options, listener) : createServer(options, listener);
}

const keepAliveTimeoutMs = 65_000;

interface Endpoint extends Pick<GatewayConfig['server'], 'path' | 'bodyBytesMax'> {
  readonly clientOf: ClientOfPath;
}

/** Runs before anything of the body is read or requested. */
function refusalBeforeBody(
  { raw, is404 }: FastifyRequest,
  reply: FastifyReply,
  { clientOf, path, bodyBytesMax }: Endpoint,
): GatewayError | undefined {
  const refusal = refusalOfHead(raw);
  if (refusal) return refusal;
  const isEndpoint = clientOf(pathOf(raw)) !== undefined;
  if (isEndpoint && raw.method === 'POST') return refusalOfBody(raw.headers, bodyBytesMax);
  if (!is404) return undefined;
  if (!isEndpoint) return new GatewayError('NOT_FOUND', `Not found: the GraphQL endpoint is ${path}`);
  void reply.header('allow', endpointMethods);
  return new GatewayError('METHOD_NOT_ALLOWED', 'Send operations by POST, or queries by GET');
}

interface Refusal {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly events: Events;
  /** The error as it was thrown. */
  readonly error: unknown;
  readonly unread: UnreadAnswers;
  readonly routeOf: Edge['routeOf'];
}

function sendRefusal(
  refusal: GatewayError,
  { request, reply, events, error, unread, routeOf }: Refusal,
): FastifyReply {
  const requestId = request.id;
  // The client has gone within its request: there is nobody to answer, and nothing of ours has failed.
  if (isAborted(request.raw)) return reply.hijack();
  if (refusal.code === 'INTERNAL_ERROR') events.emit('defect', { where: 'edge', requestId, error });
  const mediaType = negotiate(request.headers.accept) ?? jsonMediaType;
  const { status, text } = toHttpRefusal(refusal, { requestId }, mediaType);
  const { method, route } = routeOf(request.raw);
  const begins = { requestId, method, route, traceId: null, isSampled: false };
  const end = events.begin('request', begins, arrivedAtMs(request.raw));
  const unknown = {
    locals: null,
    client: null,
    clientVersion: null,
    operationName: null,
    operationKind: null,
  };
  const errorCounts = [{ code: refusal.code, service: null, count: 1 }];
  end?.({ httpStatus: status, ...unknown, errorCounts });
  const headers: OutgoingHttpHeaders = {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'cache-control': 'no-store',
    vary: 'accept',
    'content-type': `${mediaType}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'x-request-id': requestId,
  };
  reply.hijack();
  sendWhole(reply.raw, { status, headers, body: text }, unread);
  return reply;
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7 */
function isServerOptions(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.url === '*' && refusalOfHead(request) === undefined;
}

function answerServerOptions(response: ServerResponse, events: Events): void {
  events.emit('otherResponseSent', {
    ...unreadable,
    method: 'OPTIONS',
    httpStatus: 204,
    code: null,
    durationMs: 0,
  });
  response.writeHead(204, { allow: endpointMethods, 'cache-control': 'no-store' });
  response.end();
}

/** Handles requests that Node would answer itself, without a body. */
function handleSpecialRequests(
  app: FastifyInstance,
  { clientOf, bodyBytesMax }: Endpoint,
  events: Events,
): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const isAcceptable =
      refusalOfHead(request) === undefined &&
      request.method === 'POST' &&
      clientOf(pathOf(request)) !== undefined &&
      refusalOfBody(request.headers, bodyBytesMax) === undefined;
    if (isAcceptable) response.writeContinue();
    app.server.emit('request', request, response);
  });
  app.server.on('checkExpectation', ({ socket }: IncomingMessage) => {
    const message = 'Unsupported expectation: only 100-continue is supported';
    refuseRaw(socket, events, { error: new GatewayError('BAD_REQUEST', message), status: 417 });
  });
  app.server.on('connect', (_request, socket) => {
    const message = 'CONNECT is not supported: this is not a proxy';
    refuseRaw(socket, events, { error: new GatewayError('METHOD_NOT_ALLOWED', message) });
  });
}

function isAborted({ destroyed, complete }: IncomingMessage): boolean {
  return destroyed && !complete;
}

function toGatewayError(error: unknown, bodyBytesMax: number): GatewayError {
  if (isGatewayError(error)) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return tooLarge(bodyBytesMax);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new GatewayError(
        'UNSUPPORTED_MEDIA_TYPE',
        'Send a JSON body with content-type: application/json',
        {
          cause: error,
        },
      );
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new GatewayError('BAD_REQUEST', 'The request is malformed', { cause: error });
    default:
      return new GatewayError('INTERNAL_ERROR', 'Internal error', { cause: error });
  }
}
