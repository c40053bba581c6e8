/**
 * The Apollo front: an ApolloServer on top of this gateway, for users of its plugins, usage reporting or caches.
 *
 * A planner worker prepares the operation first, in the client's turn, so that Apollo Server gets only what is known to
 * be valid or not, and validates nothing on this thread. The operation is then executed as with the direct front, from
 * its text.
 */

import { ApolloServer, HeaderMap, type ApolloServerPlugin, type GraphQLRequestContext } from '@apollo/server';
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import type {
  GatewayExecutionResult,
  GatewayGraphQLRequestContext,
  GatewayInterface,
  GatewaySchemaLoadOrUpdateCallback,
} from '@apollo/server-gateway-interface';
import { buildSchema, GraphQLError, type GraphQLFormattedError } from 'graphql';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Operate } from '../gateway.ts';
import type { Executed, MediaType, Read } from '../pipeline/stages.ts';
import type { GraphDescription } from '../preparation/worker-protocol.ts';
import { withoutValues } from '../shared/without-values.ts';
import { countErrors } from '../response/error-counts.ts';
import { errorIdsOf, formatFieldError, formatRequestError } from '../response/graphql-errors.ts';
import { graphqlMediaType, jsonMediaType, statusAndHeaders } from '../response/http.ts';
import { isGatewayError, isOperationCode, type ErrorCode, type GatewayError } from '../shared/errors.ts';
import type { ErrorCount } from '../shared/event-spans.ts';
import type { Events } from '../shared/events.ts';
import { isHeaderValue } from '../shared/header-values.ts';
import { hideUnprintableDefaults } from '../shared/schema-text.ts';
import { errorLogger, stopped, untilDeadline } from './apollo-waits.ts';
import { CheckedDocuments, refusalPlugin, refusalRule } from './checked-documents.ts';
import { anyClient } from '../pipeline/client.ts';
import type { AnswerLabels, UnlabelledAnswer } from './answer-headers.ts';
import { refusalHeaders } from './refuse.ts';
import type { Respond } from './respond.ts';

/** The gateway that Apollo Server fronts. */
export interface ApolloGateway {
  readonly events: Events;
  readonly operate: Operate;
  /** Prepares an operation. Throws what `operate` would throw for it. */
  prepare(read: Read): Promise<void>;
  /** The current graph, as SDL. */
  describe(): Promise<GraphDescription>;
}

interface ApolloOptions {
  readonly labels: AnswerLabels;
  readonly config: GatewayConfig;
  readonly plugins: ReadonlyArray<ApolloServerPlugin<ApolloContext>>;
}

/** The context value of Apollo Server's pipeline. */
interface ApolloContext {
  readonly read: Read;
  /** The refusal by the planner worker. Undefined: the operation is valid. */
  readonly refused: GatewayError | undefined;
  /** Mutable, in an object of its own: Apollo Server copies the context. */
  readonly outcome: ApolloOutcome;
}

interface ApolloOutcome {
  executed: Executed | undefined;
  /** What a plugin threw where Apollo Server expects no error. Null: nothing. */
  thrown: { readonly error: unknown } | null;
  /** The gateway's and Apollo Server's. */
  errorCounts: readonly ErrorCount[];
}

export async function openApolloRespond(
  gateway: ApolloGateway,
  { labels, config, plugins }: ApolloOptions,
): Promise<{ readonly respond: Respond; close(): Promise<void> }> {
  const { key, graphRef } = config.apollo;
  const documents = new CheckedDocuments();
  const server = new ApolloServer<ApolloContext>({
    gateway: gatewayInterface(gateway, config),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      errorPlugin(gateway.events),
      refusalPlugin(),
      ...withoutCacheHeaders(plugins),
    ],
    documentStore: documents.store,
    validationRules: [refusalRule],
    apollo: { ...(key === undefined ? {} : { key }), ...(graphRef === undefined ? {} : { graphRef }) },
    includeStacktraceInErrorResponses: false,
    introspection: true,
    hideSchemaDetailsFromClientErrors: !config.errors.suggestions,
    formatError(formatted, error) {
      if (!(error instanceof GraphQLError)) return formatted;
      // Errors with locations are Apollo Server's own; `formatFieldError` makes the others.
      if (error.locations) return { ...formatted, message: withoutValues(error) };
      const { originalError } = error;
      if (!originalError || originalError instanceof GraphQLError) return formatted;
      // Of a plugin. What it wants clients to see is a `GraphQLError`. `complete` or `refuse` reports it.
      return { message: 'Internal error', extensions: { code: 'INTERNAL_ERROR' } };
    },
    // Signals are handled in one place, for both fronts.
    stopOnTerminationSignals: false,
    logger: errorLogger(gateway.events),
    // The edge does these for both fronts.
    csrfPrevention: false,
    persistedQueries: false,
  });
  await server.start();
  return {
    async respond(read) {
      const refused = await gateway.prepare(read).then(() => undefined, toRefused);
      const answer = (): Promise<UnlabelledAnswer> =>
        untilDeadline(read.context, respond(server, { read, refused }));
      const isInvalid = refused && invalidCodes.has(refused.code);
      return labels.answered(read, await (isInvalid ? answer() : documents.hold(read.request.query, answer)));
    },
    close: () => stopped(server.stop(), gateway.events),
  };
}

/** Refused by Apollo Server itself; other operations it executes, and the gateway then refuses them. */
const invalidCodes: ReadonlySet<ErrorCode> = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED']);

/** @throws {unknown} An error that does not tell whether the document is valid. */
function toRefused(error: unknown): GatewayError {
  if (isGatewayError(error) && isOperationCode(error.code)) return error;
  throw error;
}

async function respond(
  server: ApolloServer<ApolloContext>,
  { read, refused }: Pick<ApolloContext, 'read' | 'refused'>,
): Promise<UnlabelledAnswer> {
  const outcome: ApolloOutcome = { executed: undefined, thrown: null, errorCounts: [] };
  const { mediaType } = read;
  const { query, operationName, variables } = read.request;
  const extensions = extensionsFor(read);
  const method = read.queryOnly ? 'GET' : 'POST';
  const response = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method,
      headers: headerMap(read, mediaType),
      search: method === 'GET' ? `?${searchOf(read)}` : '',
      body:
        method === 'GET'
          ? undefined
          : {
              query,
              variables,
              ...(extensions ? { extensions } : {}),
              ...(operationName === null ? {} : { operationName }),
            },
    },
    context: () => Promise.resolve({ read, refused, outcome }),
  });
  if (outcome.thrown) throw outcome.thrown.error;
  if (response.body.kind === 'chunked')
    throw new Error('Apollo Server sent an incremental response, which was not requested');
  const { executed } = outcome;
  const ownHead = executed ? statusAndHeaders(executed.answer) : {};
  return {
    status: ownHead.status ?? response.status ?? 200,
    mediaType,
    text: response.body.string,
    headers: { ...extraHeaders(response.headers), ...ownHead.headers },
    later: null,
    operationName: executed?.name ?? null,
    client: anyClient,
    operationKind: executed?.kind ?? null,
    errorCounts: outcome.errorCounts,
    // Apollo Server itself made the answer if nothing was executed.
    keep: executed?.keep ?? 'nobody',
  };
}

function headerMap({ context }: Read, mediaType: MediaType): HeaderMap {
  const headers = new HeaderMap();
  for (const name in context.headers) {
    const value = context.headers[name];
    if (value !== undefined) headers.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  headers.set('accept', mediaType);
  headers.set('content-type', jsonMediaType);
  return headers;
}

function searchOf({ request }: Read): string {
  const search = new URLSearchParams({ query: request.query, variables: JSON.stringify(request.variables) });
  if (request.operationName !== null) search.set('operationName', request.operationName);
  const extensions = extensionsFor({ request });
  if (extensions) search.set('extensions', JSON.stringify(extensions));
  return search.toString();
}

/**
 * For plugins. Without `persistedQuery`, with which Apollo Server would refuse a document that the direct front
 * answers.
 */
function extensionsFor({ request }: Pick<Read, 'request'>): Record<string, unknown> | undefined {
  if (!request.extensions) return undefined;
  const { persistedQuery: _, ...others } = request.extensions;
  return others;
}

/**
 * Replaces Apollo Server's cache-control plugin, which would send `no-store`: it does not know the headers of services.
 */
function withoutCacheHeaders(
  plugins: ReadonlyArray<ApolloServerPlugin<ApolloContext>>,
): ReadonlyArray<ApolloServerPlugin<ApolloContext>> {
  const isCacheControl = (plugin: ApolloServerPlugin<ApolloContext>): boolean =>
    '__internal_plugin_id__' in plugin && plugin.__internal_plugin_id__ === 'CacheControl';
  if (plugins.some(isCacheControl)) return plugins;
  return [ApolloServerPluginCacheControl({ calculateHttpHeaders: false }), ...plugins];
}

/** Set by the front itself; plugins cannot change them. */
const reservedHeaders = new Set(['content-type', 'content-length', 'x-request-id']);

function extraHeaders(headers: HeaderMap): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name, value]) => !reservedHeaders.has(name) && isHeaderValue(value)),
  );
}

function gatewayInterface(gateway: ApolloGateway, config: GatewayConfig): GatewayInterface {
  const listeners = new Set<GatewaySchemaLoadOrUpdateCallback>();
  const publishSchema = async (): Promise<void> => {
    const { apiSdl, supergraphSdl: coreSupergraphSdl } = await gateway.describe();
    const apiSchema = buildSchema(apiSdl, { assumeValid: true });
    // Apollo Server prints it for the key of its document store; everything is executed by the gateway.
    hideUnprintableDefaults(apiSchema);
    for (const listener of listeners) listener({ apiSchema, coreSupergraphSdl });
  };
  gateway.events.on('graphReplaced', () => {
    publishSchema().catch((error: unknown) => {
      gateway.events.emit('defect', { where: 'apollo front', requestId: null, error });
    });
  });
  return {
    async load() {
      await publishSchema();
      return { executor: (context) => executeFor(gateway, config, context) };
    },
    onSchemaLoadOrUpdate(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    // The gateway is closed by its owner.
    stop: () => Promise.resolve(),
  };
}

async function executeFor(
  gateway: ApolloGateway,
  config: GatewayConfig,
  context: GatewayGraphQLRequestContext,
): Promise<GatewayExecutionResult> {
  const { read, outcome } = context.context as ApolloContext;
  const ids = errorIdsOf(read.context);
  try {
    const executed = await gateway.operate(read);
    outcome.executed = executed;
    const { data, errors, extensions } = executed.answer;
    const result = extensions ? { data, extensions: { ...extensions } } : { data };
    if (errors.length === 0) return result;
    return {
      ...result,
      errors: errors.map((error) => toGraphqlError(formatFieldError(error, ids, config.errors))),
    };
  } catch (error) {
    gateway.events.emit('requestRefused', { requestId: ids.requestId, error });
    const http = {
      status: isGatewayError(error) ? error.httpStatus : 500,
      headers: new HeaderMap(Object.entries(refusalHeaders(error))),
    };
    return {
      errors: formatRequestError(error, ids).map((formatted) => toGraphqlError(formatted, http)),
    };
  }
}

interface HttpHead {
  readonly status: number;
  readonly headers: HeaderMap;
}

function toGraphqlError(formatted: GraphQLFormattedError, http?: HttpHead): GraphQLError {
  const { message, path, locations, extensions } = formatted;
  const error = new GraphQLError(message, {
    ...(path ? { path } : {}),
    extensions: { ...extensions, ...(http ? { http } : {}) },
  });
  // GraphQLError computes locations from source and nodes, which are not available here.
  return locations
    ? Object.defineProperty(error, 'locations', { value: locations, enumerable: true })
    : error;
}

/** Gives Apollo Server's own errors the request id, and the code and status that the direct front uses. */
function errorPlugin(events: Events): ApolloServerPlugin<ApolloContext> {
  return {
    unexpectedErrorProcessingRequest({ requestContext, error }) {
      requestContext.contextValue.outcome.thrown = { error };
      return Promise.resolve();
    },
    requestDidStart: () =>
      Promise.resolve({ willSendResponse: (context) => Promise.resolve(complete(context, events)) }),
  };
}

function complete(context: GraphQLRequestContext<ApolloContext>, events: Events): void {
  const { response, contextValue, request } = context;
  const { body, http } = response;
  if (body?.kind !== 'single' || !body.singleResult.errors) return;
  const { read, outcome } = contextValue;
  const ids = errorIdsOf(read.context);
  for (const { originalError: error } of context.errors ?? [])
    if (error && !(error instanceof GraphQLError))
      events.emit('defect', { where: 'apollo plugin', requestId: ids.requestId, error });
  // Apollo Server uses BAD_REQUEST for a mutation by GET.
  const isMutationByGet = http.status === 405 && codeOf(body.singleResult.errors[0]) === 'BAD_REQUEST';
  const codeOverride = isMutationByGet ? { code: 'METHOD_NOT_ALLOWED' } : {};
  const errors = body.singleResult.errors.map((error) => ({
    ...error,
    extensions: { ...error.extensions, ...codeOverride, ...ids },
  }));
  body.singleResult.errors = errors;
  const code = codeOf(errors[0]);
  outcome.errorCounts = countErrors(
    errors.map((error) => ({ code: codeOf(error) ?? '', service: serviceOf(error) })),
  );
  const isLegacy = !request.http?.headers.get('accept')?.includes(graphqlMediaType);
  if (code === null || !isOperationCode(code) || body.singleResult.data !== undefined) return;
  http.status = isLegacy ? 200 : 400;
}

function serviceOf({ extensions }: GraphQLFormattedError): string | undefined {
  const service = extensions?.['service'];
  return typeof service === 'string' ? service : undefined;
}

function codeOf(error: GraphQLFormattedError | undefined): string | null {
  const code = error?.extensions?.['code'];
  return typeof code === 'string' ? code : null;
}
