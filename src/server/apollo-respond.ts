/**
 * The Apollo front: an ApolloServer whose gateway is ours, for those who use its plugins, usage reporting or caches.
 *
 * A planner worker prepares the operation first, in the client's turn, so that Apollo Server gets only what is known to be
 * valid or not, and validates nothing on this thread. The operation is then executed as with the direct front, from its text.
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
import { formatFieldError, formatRequestError } from '../response/graphql-errors.ts';
import { graphqlMediaType, jsonMediaType, statusAndHeaders } from '../response/http.ts';
import { isGatewayError, isOperationCode, type ErrorCode, type GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { isHeaderValue } from '../shared/header-values.ts';
import { CheckedDocuments, refusalPlugin, refusalRule } from './checked-documents.ts';
import type { AnswerLabels, Unlabelled } from './answer-headers.ts';
import type { Respond } from './respond.ts';

/** What Apollo Server is put in front of. */
export interface ApolloGateway {
  readonly events: Events;
  readonly operate: Operate;
  /** Makes an operation known. Throws what `operate` would throw of it. */
  prepare(read: Read): Promise<void>;
  /** The graph in place, as SDL. */
  describe(): Promise<GraphDescription>;
}

interface ApolloOptions {
  readonly labels: AnswerLabels;
  readonly config: GatewayConfig;
  readonly plugins: ReadonlyArray<ApolloServerPlugin<Carried>>;
}

/** What Apollo Server carries for us through its pipeline. */
interface Carried {
  readonly read: Read;
  /** By the worker's validation. Undefined: the document is valid, or none that can be parsed. */
  readonly refused: GatewayError | undefined;
  /** An object of its own: Apollo Server hands out copies of what carries it. */
  readonly outcome: Outcome;
}

interface Outcome {
  executed: Executed | undefined;
  /** Whoever made them: how many, and the code of the first. */
  errors: number;
  code: string | null;
}

export async function openApolloRespond(
  gateway: ApolloGateway,
  { labels, config, plugins }: ApolloOptions,
): Promise<{ readonly respond: Respond; close(): Promise<void> }> {
  const { key, graphRef } = config.apollo;
  const documents = new CheckedDocuments();
  const server = new ApolloServer<Carried>({
    gateway: gatewayInterface(gateway, config),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      errorPlugin(),
      refusalPlugin(),
      ...withoutCacheHeaders(plugins),
    ],
    documentStore: documents.store,
    validationRules: [refusalRule],
    apollo: { ...(key === undefined ? {} : { key }), ...(graphRef === undefined ? {} : { graphRef }) },
    includeStacktraceInErrorResponses: false,
    introspection: true,
    hideSchemaDetailsFromClientErrors: !config.errors.suggestions,
    formatError: (formatted, error) =>
      // What it finds in a document itself: the other errors are made by `formatFieldError`.
      error instanceof GraphQLError && error.locations
        ? { ...formatted, message: withoutValues(error) }
        : formatted,
    // Signals are handled in one place, for both fronts.
    stopOnTerminationSignals: false,
    logger: silent,
    // The edge has done these, for both fronts.
    csrfPrevention: false,
    persistedQueries: false,
  });
  await server.start();
  return {
    async respond(read) {
      const refused = await gateway.prepare(read).then(() => undefined, toRefused);
      const answer = (): Promise<Unlabelled> => respond(server, { read, refused });
      const isInvalid = refused && invalidCodes.has(refused.code);
      return labels.answered(read, await (isInvalid ? answer() : documents.hold(read.request.query, answer)));
    },
    close: () => server.stop(),
  };
}

/** Of documents that Apollo Server refuses: it executes the others, and the gateway then says what is wrong with them. */
const invalidCodes: ReadonlySet<ErrorCode> = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED']);

/** @throws {unknown} Whatever says nothing of the document: nobody knows then whether it is valid. */
function toRefused(error: unknown): GatewayError {
  if (isGatewayError(error) && isOperationCode(error.code)) return error;
  throw error;
}

async function respond(
  server: ApolloServer<Carried>,
  { read, refused }: Pick<Carried, 'read' | 'refused'>,
): Promise<Unlabelled> {
  const outcome: Outcome = { executed: undefined, errors: 0, code: null };
  const { mediaType } = read;
  const { query, operationName, variables } = read.request;
  const extensions = extensionsFor(read);
  const head = read.queryOnly ? 'GET' : 'POST';
  const response = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: head,
      headers: headerMap(read, mediaType),
      search: head === 'GET' ? `?${searchOf(read)}` : '',
      body:
        head === 'GET'
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
  if (response.body.kind === 'chunked')
    throw new Error('Apollo Server answered in chunks, which nothing asked for');
  const { executed } = outcome;
  const own = executed ? statusAndHeaders(executed.answer) : {};
  return {
    status: own.status ?? response.status ?? 200,
    mediaType,
    text: response.body.string,
    headers: { ...extraHeaders(response.headers), ...own.headers },
    later: null,
    operationName: executed?.name ?? null,
    operationKind: executed?.kind ?? null,
    errors: outcome.errors,
    code: outcome.code,
    // Without an answer of the gateway it is one of Apollo Server's own.
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

/** For plugins. Apollo Server would refuse a document that comes with its hash, which the other front answers. */
function extensionsFor({ request }: Pick<Read, 'request'>): Record<string, unknown> | undefined {
  if (!request.extensions) return undefined;
  const { persistedQuery: _, ...others } = request.extensions;
  return others;
}

/** Apollo Server's own plugin would forbid to keep any answer: it knows nothing of what services say. */
function withoutCacheHeaders(
  plugins: ReadonlyArray<ApolloServerPlugin<Carried>>,
): ReadonlyArray<ApolloServerPlugin<Carried>> {
  const isOfTheSameKind = (plugin: ApolloServerPlugin<Carried>): boolean =>
    '__internal_plugin_id__' in plugin && plugin.__internal_plugin_id__ === 'CacheControl';
  if (plugins.some(isOfTheSameKind)) return plugins;
  return [ApolloServerPluginCacheControl({ calculateHttpHeaders: false }), ...plugins];
}

/** What plugins set; the front itself sets these. */
const ownHeaders = new Set(['content-type', 'content-length', 'x-request-id']);

function extraHeaders(headers: HeaderMap): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name, value]) => !ownHeaders.has(name) && isHeaderValue(value)),
  );
}

function gatewayInterface(gateway: ApolloGateway, config: GatewayConfig): GatewayInterface {
  const listeners = new Set<GatewaySchemaLoadOrUpdateCallback>();
  const tellSchema = async (): Promise<void> => {
    const { apiSdl, supergraphSdl: coreSupergraphSdl } = await gateway.describe();
    const apiSchema = buildSchema(apiSdl, { assumeValid: true });
    for (const listener of listeners) listener({ apiSchema, coreSupergraphSdl });
  };
  gateway.events.on('graphReplaced', () => {
    tellSchema().catch((error: unknown) => {
      gateway.events.emit('defect', { where: 'apollo front', requestId: null, error });
    });
  });
  return {
    async load() {
      await tellSchema();
      return { executor: (context) => executeFor(gateway, config, context) };
    },
    onSchemaLoadOrUpdate(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    // The gateway outlives its fronts.
    stop: () => Promise.resolve(),
  };
}

async function executeFor(
  gateway: ApolloGateway,
  config: GatewayConfig,
  context: GatewayGraphQLRequestContext,
): Promise<GatewayExecutionResult> {
  const carried = context.context as Carried;
  const { requestId } = carried.read.context;
  try {
    const executed = await gateway.operate(carried.read);
    carried.outcome.executed = executed;
    const { data, errors, extensions } = executed.answer;
    const shown = extensions ? { data, extensions: { ...extensions } } : { data };
    if (errors.length === 0) return shown;
    return {
      ...shown,
      errors: errors.map((error) => toGraphqlError(formatFieldError(error, requestId, config.errors))),
    };
  } catch (error) {
    gateway.events.emit('requestRefused', { requestId, error });
    const status = isGatewayError(error) ? error.httpStatus : 500;
    return {
      errors: formatRequestError(error, requestId).map((formatted) => toGraphqlError(formatted, status)),
    };
  }
}

function toGraphqlError(formatted: GraphQLFormattedError, status?: number): GraphQLError {
  const { message, path, locations, extensions } = formatted;
  const error = new GraphQLError(message, {
    ...(path ? { path } : {}),
    extensions: { ...extensions, ...(status === undefined ? {} : { http: { status } }) },
  });
  // Otherwise it would take them from the source text and its nodes, which are not here.
  return locations
    ? Object.defineProperty(error, 'locations', { value: locations, enumerable: true })
    : error;
}

/** Errors that Apollo Server makes itself get the request's id, and the code and status of the direct front. */
function errorPlugin(): ApolloServerPlugin<Carried> {
  return {
    requestDidStart: () =>
      Promise.resolve({ willSendResponse: (context) => Promise.resolve(complete(context)) }),
  };
}

function complete({ response, contextValue, request }: GraphQLRequestContext<Carried>): void {
  const { body, http } = response;
  if (body?.kind !== 'single' || !body.singleResult.errors) return;
  const { read, outcome } = contextValue;
  const { requestId } = read.context;
  // Apollo Server says only BAD_REQUEST of a mutation by GET.
  const isMutationByGet = http.status === 405 && codeOf(body.singleResult.errors[0]) === 'BAD_REQUEST';
  const replaced = isMutationByGet ? { code: 'METHOD_NOT_ALLOWED' } : {};
  const errors = body.singleResult.errors.map((error) => ({
    ...error,
    extensions: { ...error.extensions, ...replaced, requestId },
  }));
  body.singleResult.errors = errors;
  const code = codeOf(errors[0]);
  outcome.errors = errors.length;
  outcome.code = code;
  const isLegacy = !request.http?.headers.get('accept')?.includes(graphqlMediaType);
  if (code === null || !isOperationCode(code) || body.singleResult.data !== undefined) return;
  http.status = isLegacy ? 200 : 400;
}

function codeOf(error: GraphQLFormattedError | undefined): string | null {
  const code = error?.extensions?.['code'];
  return typeof code === 'string' ? code : null;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };
