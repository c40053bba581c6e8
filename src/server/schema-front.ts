/**
 * The front that serves each client its schema as SDL, for code generators: `GET <path>/<client>/schema.graphql`. The
 * request goes through the same stages as an operation, up to the recognition of its client and its place.
 */

import { createHash } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';

import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';

import { authorizationRefused, refusalCode } from '../authz/authorization-refused.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Operate } from '../gateway.ts';
import type { GraphInputs } from '../pipeline/answer-inputs.ts';
import type { Contract } from '../pipeline/contract.ts';
import type { Answered, Arrived, Read } from '../pipeline/stages.ts';
import type { ClientSchema } from '../preparation/worker-protocol.ts';
import { jsonMediaType } from '../response/http.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { untraced } from '../shared/trace.ts';
import { sendWhole } from './answer-early.ts';
import { arrivedAtMs } from './arrival-times.ts';
import { arrivalOf } from './arrival.ts';
import type { Edge } from './edge.ts';
import { clientOfSchemaPath, pathBelow, pathOf, schemaFile, type ClientOfPath } from './endpoint.ts';

/** Texts that are kept. */
const schemasMax = 8;

export interface SchemaFrontOptions {
  readonly config: GatewayConfig;
  readonly clientOf: ClientOfPath;
  readonly events: Events;
  /** The line of stages, which ends in `respond`. Never rejects. */
  readonly answer: (arrived: Arrived) => Promise<Answered>;
}

/** What a request for a schema is answered with. */
export interface SchemaSource {
  /** Of the graph in place. */
  inputs(): GraphInputs;
  /** In the turn of the client that sent the request. */
  clientSchemaFor(read: Read, contract: Contract): Promise<ClientSchema>;
  /** Whether introspection has a rule. */
  guardsIntrospection(): boolean;
  readonly operate: Operate;
}

export function registerSchemaFront({ app, unread, routeOf }: Edge, options: SchemaFrontOptions): void {
  const { config, clientOf, events, answer } = options;
  const handler = async ({ id, raw }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    // By the path as it was sent, like that of an operation: the router would decode it.
    const clientInPath = clientOfSchemaPath(pathOf(raw), clientOf);
    if (clientInPath === undefined) throw new GatewayError('NOT_FOUND', 'Not found: no client has this path');
    reply.hijack();
    const arrived = arrivalOf(reply.raw, {
      requestId: id,
      config,
      // No service is called for it.
      trace: untraced,
      clientInPath,
      body: null,
      // The schema is all that can be asked for here.
      read: () => ({ query: '', operationName: null, variables: {}, extensions: null }),
    });
    const { status, headers, text, errorCounts } = await answer(arrived);
    events.emit('otherResponseSent', {
      ...routeOf(raw),
      httpStatus: status,
      code: errorCounts[0]?.code ?? null,
      durationMs: monotonicClock() - arrivedAtMs(raw),
    });
    const contentType = status === 200 ? 'application/graphql' : jsonMediaType;
    const all = {
      ...(headers as OutgoingHttpHeaders),
      'content-type': `${contentType}; charset=utf-8`,
      'x-request-id': id,
      ...(status === 304 ? {} : { 'content-length': Buffer.byteLength(text) }),
    };
    sendWhole(reply.raw, { status, headers: all, body: text }, unread);
    return reply;
  };
  app.get(pathBelow(config.server.path, `:client/${schemaFile}`), handler);
}

/** Asks for what the schema is a text of: whoever may not have that may not have the text. */
const schemaRequest = {
  query: 'query Schema { __schema { __typename } }',
  operationName: null,
  variables: {},
  extensions: null,
};

/** @throws {GatewayError} Where a rule of the policy denies introspection. */
async function assertMayIntrospect(read: Read, operate: Operate): Promise<void> {
  const { answer } = await operate({ ...read, request: schemaRequest });
  if (answer.data?.['__schema']) return;
  const { errors } = answer;
  throw authorizationRefused(
    refusalCode(errors.map(({ code }) => code)),
    errors.map(({ message }) => message),
  );
}

/** @throws {GatewayError} `NOT_FOUND` where the client's introspection is off. */
export function schemaRespond(source: SchemaSource): (read: Read) => Promise<Answered> {
  const texts = new LRUCache<string, SchemaText>({ max: schemasMax });

  async function textOf(read: Read, contract: Contract): Promise<SchemaText> {
    const key = `${source.inputs().number} ${contract.id}`;
    const cached = texts.get(key);
    if (cached) return cached;
    await read.limits?.checkDeferred();
    const { sdl } = await source.clientSchemaFor(read, contract).catch((error: unknown) => {
      throw withoutReasons(error);
    });
    const text = { sdl, etag: etagOf(sdl) };
    texts.set(key, text);
    return text;
  }

  return async (read) => {
    const { context, http, mediaType } = read;
    const { client } = context;
    if (!client.contract?.introspection)
      throw new GatewayError('NOT_FOUND', 'Not found: introspection is switched off for this client');
    if (source.guardsIntrospection()) await assertMayIntrospect(read, source.operate);
    const { sdl, etag } = await textOf(read, client.contract);
    const isUnchanged = matchesEtag(etag, http.headers['if-none-match']);
    return {
      status: isUnchanged ? 304 : 200,
      mediaType,
      headers: { etag, 'cache-control': 'private, no-cache' },
      text: isUnchanged ? '' : sdl,
      later: null,
      client,
      operationName: null,
      operationKind: null,
      errorCounts: [],
    };
  };
}

/** The reasons why a contract does not hold name what the client may not see. */
function withoutReasons(error: unknown): unknown {
  if (!isGatewayError(error) || error.code !== 'CONTRACT_INVALID') return error;
  return new GatewayError('CONTRACT_INVALID', 'The schema of this client is not available', { cause: error });
}

interface SchemaText {
  readonly sdl: string;
  readonly etag: string;
}

/**
 * Whether the client has this text already. Weak tags count: proxies that compress make them of strong ones.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
function matchesEtag(etag: string, ifNoneMatch: string | undefined): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || ifNoneMatch?.trim() === '*';
}

function etagOf(sdl: string): string {
  return `"${createHash('sha256').update(sdl).digest('base64url')}"`;
}
