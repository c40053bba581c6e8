/**
 * The direct front: GraphQL over HTTP without a schema on this thread. Turns an HTTP request into `answer(received)`
 * and what comes back into one buffer.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/
 */

import { isUtf8 } from 'node:buffer';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Gateway } from '../gateway.ts';
import { parseOperationRequest, parseQueryParameters } from '../operation/parse-request.ts';
import type { OperationRequest } from '../pipeline/stages.ts';
import { jsonMediaType, negotiate, toHttpAnswer, toHttpRefusal, type HttpAnswer } from '../response/http.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import { methodNotAllowed } from './edge.ts';
import { createRequestContext } from './request-context.ts';

export function registerDirectFront(app: FastifyInstance, gateway: Gateway, config: GatewayConfig): void {
  const front = new DirectFront(gateway, config);
  const { path } = config.server;
  app.post(path, (request, reply) => front.handle(request, reply));
  app.get(path, (request, reply) => front.handle(request, reply));
  app.route({
    method: ['PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: path,
    handler: (_request, reply) => {
      throw methodNotAllowed(reply);
    },
  });
}

class DirectFront {
  readonly #gateway: Gateway;
  readonly #config: GatewayConfig;

  constructor(gateway: Gateway, config: GatewayConfig) {
    this.#gateway = gateway;
    this.#config = config;
  }

  async handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const startedAtMs = monotonicClock();
    const { forward } = this.#config.headers;
    const context = createRequestContext(request.headers, {
      requestId: request.id,
      forward,
      timeoutMs: this.#config.timeouts.requestMs,
    });
    const { requestId } = context;
    const mediaType = negotiate(request.headers.accept);
    let answer: HttpAnswer;
    let seen: { name: string | null; kind: string | null; errors: number; code: string | null };
    reply.raw.on('close', () => {
      if (!reply.raw.writableFinished) {
        context.cancellation.cancel(new GatewayError('CANCELLED', 'The client closed the connection'));
      }
    });
    try {
      if (!mediaType) throw new GatewayError('NOT_ACCEPTABLE', `This endpoint answers with ${jsonMediaType}`);
      const operation = readOperation(request);
      const answered = await this.#gateway.answer({
        context,
        request: operation,
        queryOnly: request.method === 'GET',
      });
      answer = toHttpAnswer(answered, mediaType, this.#config.errors);
      const { errors } = answered.answer;
      seen = {
        name: answered.name,
        kind: answered.kind,
        errors: errors.length,
        code: errors[0]?.code ?? null,
      };
    } catch (error) {
      this.#gateway.events.emit('requestRefused', { requestId, error });
      answer = toHttpRefusal(error, requestId, mediaType ?? jsonMediaType);
      seen = {
        name: null,
        kind: null,
        errors: 1,
        code: isGatewayError(error) ? error.code : 'INTERNAL_ERROR',
      };
      if (seen.code === 'METHOD_NOT_ALLOWED') void reply.header('allow', 'POST');
    }
    this.#gateway.events.emit('requestCompleted', {
      requestId,
      httpStatus: answer.status,
      durationMs: monotonicClock() - startedAtMs,
      operationName: seen.name,
      operationKind: seen.kind,
      errors: seen.errors,
      code: seen.code,
    });
    return reply
      .code(answer.status)
      .header('content-type', `${answer.mediaType}; charset=utf-8`)
      .header('x-request-id', requestId)
      .send(answer.body);
  }
}

function readOperation(request: FastifyRequest): OperationRequest {
  return request.method === 'GET' ? readGet(request) : readPost(request);
}

/** Any page can make a browser send a simple GET: only requests that a browser asks about first are accepted. */
function readGet(request: FastifyRequest): OperationRequest {
  const { headers } = request;
  const preflighted =
    utf8Json.test(headers['content-type'] ?? '') ||
    Boolean(headers['x-apollo-operation-name']) ||
    Boolean(headers['apollo-require-preflight']);
  const parameters = new URLSearchParams(request.url.slice(request.url.indexOf('?') + 1));
  if (!request.url.includes('?') || !parameters.has('query')) {
    throw new GatewayError(
      'BAD_REQUEST',
      'Parameter "query" is missing: send it in the URL, or POST a JSON body',
    );
  }
  if (!preflighted) {
    const fix = 'send "content-type: application/json" or a non-empty "apollo-require-preflight" header';
    throw new GatewayError('CSRF_PREVENTION', `A GET could come from a foreign page: ${fix}`);
  }
  return parseQueryParameters(parameters);
}

const utf8Json = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?$/i;

function readPost(request: FastifyRequest): OperationRequest {
  const { body, headers } = request;
  if (!utf8Json.test(headers['content-type'] ?? '')) {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Send a JSON body with content-type: application/json');
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Compressed request bodies are not accepted');
  }
  if (!Buffer.isBuffer(body) || body.length === 0) throw new GatewayError('BAD_REQUEST', 'The body is empty');
  if (!isUtf8(body)) throw new GatewayError('BAD_REQUEST', 'The body is not UTF-8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch (cause) {
    throw new GatewayError('BAD_REQUEST', 'The body is not valid JSON', { cause });
  }
  return parseOperationRequest(parsed);
}
