/**
 * A subgraph inside this process: graphql-js runs the fetch on the subgraph's own schema, so the planner and executor
 * see no difference to a remote one.
 */

import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  execute,
  parse,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';

import type { RequestContext } from '../../pipeline/request.ts';
import { monotonicClock } from '../../shared/clock.ts';
import { GatewayError, isGatewayError, isRetryableCode } from '../../shared/errors.ts';
import { parseExactJson } from '../../shared/exact-json.ts';
import { mayHaveLongNumber } from '../../shared/exact-number.ts';
import { isPromise } from '../../shared/promises.ts';
import { ServiceRefusal, timedOut } from '../failures.ts';
import { setFieldDeadlines, type FieldDeadlines } from './field-deadlines.ts';
import { setMutationFields, type LocalContext } from './mutation-fields.ts';
import { ownVariables, setOwnFields } from './own-fields.ts';
import type {
  Subgraph,
  SubgraphError,
  SubgraphOperation,
  SubgraphRequest,
  SubgraphResponse,
} from '../source.ts';

export interface LocalSubgraphOptions {
  readonly name: string;
  readonly schema: GraphQLSchema;
  /** What resolvers get as their context; made once a client request and shared by all its fetches. */
  readonly contextOf: (request: RequestContext) => LocalContext;
  /** Default 10 000: longer than the sources' own, so that one slow source costs its fields and not the whole fetch. */
  readonly timeoutMs?: number;
  readonly fieldDeadlines?: FieldDeadlines;
  /** Texts whose parsed form is kept. Default 1 000. */
  readonly documentsMax?: number;
}

export function createLocalSubgraph(options: LocalSubgraphOptions): Subgraph {
  const { name, schema, contextOf, timeoutMs = 10_000, documentsMax = 1000 } = options;
  if (options.fieldDeadlines) setFieldDeadlines(schema, name, options.fieldDeadlines);
  setOwnFields(schema);
  setMutationFields(schema);
  const ownVariablesOf = ownVariables(schema);
  const documentOf = documentCache(schema, name, documentsMax);
  // Keyed by this subgraph: two of them never share a context, two fetches of one request always do.
  const contextKey = Symbol(name);

  return {
    async fetch(request) {
      const { context } = request;
      if (context.cancellation.reason) throw context.cancellation.reason;
      let contextValue = context.locals.get(contextKey);
      if (contextValue === undefined) {
        contextValue = contextOf(context);
        context.locals.set(contextKey, contextValue);
      }
      const result = execute({
        schema,
        document: documentOf(request.operation),
        variableValues: ownVariablesOf(variablesOf(request)),
        contextValue,
      });
      const settled = isPromise(result) ? await withinDeadline(result, { name, timeoutMs }, context) : result;
      return responseOf(settled, name);
    },
    close: () => Promise.resolve(),
  };
}

/** Clients choose the names of operations, so nothing is parsed for one. */
function named(document: DocumentNode, value = ''): DocumentNode {
  const definitions = document.definitions.map((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? { ...definition, name: { kind: Kind.NAME, value } as const }
      : definition,
  );
  return { ...document, definitions };
}

function documentCache(schema: GraphQLSchema, name: string, documentsMax: number) {
  const documents = new LRUCache<string, DocumentNode>({ max: documentsMax });
  return ({ planned, query, name: operationName }: SubgraphOperation): DocumentNode => {
    const text = planned?.query ?? query;
    let document = documents.get(text);
    if (!document) documents.set(text, (document = checkedDocument(schema, text, name)));
    return planned ? named(document, operationName) : document;
  };
}

function checkedDocument(schema: GraphQLSchema, text: string, name: string): DocumentNode {
  try {
    const document = parse(text, { noLocation: true });
    const [error] = validate(schema, document);
    if (!error) return document;
    throw error;
  } catch (cause) {
    // The gateway wrote this text itself: that it does not fit is no fault of the client.
    throw internalError(name, cause);
  }
}

function variablesOf({ variablesJson }: SubgraphRequest): Record<string, unknown> {
  // Resolvers calculate: they get plain numbers wherever one holds the same.
  const values = mayHaveLongNumber(Buffer.from(variablesJson))
    ? parseExactJson(variablesJson, 'value')
    : (JSON.parse(variablesJson) as unknown);
  return values as Record<string, unknown>;
}

/** At the deadline the sources fail first, each for its own fields; this much later the whole fetch does. */
const graceMs = 25;

/** Resolvers that forget a deadline must not keep the client waiting. */
function withinDeadline(
  result: Promise<ExecutionResult>,
  { name, timeoutMs }: { readonly name: string; readonly timeoutMs: number },
  { cancellation, deadlineAtMs }: RequestContext,
): Promise<ExecutionResult> {
  return new Promise((resolve, reject) => {
    const waitMs = Math.max(0, Math.min(timeoutMs, deadlineAtMs - monotonicClock() + graceMs));
    const timer = setTimeout(() => settle(() => reject(timedOut(name))), waitMs);
    // The sources fail at this moment too: what they leave of the answer is better than nothing of it.
    const onCancel = (reason: GatewayError): void => void setImmediate(() => settle(() => reject(reason)));
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      cancellation.off(onCancel);
      end();
    };
    cancellation.on(onCancel);
    result.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error instanceof Error ? error : internalError(name, error))),
    );
  });
}

function responseOf(result: ExecutionResult, name: string): SubgraphResponse {
  if (!result.errors) return { data: result.data ?? null };
  const errors = result.errors.map((error) => subgraphError(error, name));
  return { data: result.data ?? null, errors };
}

/**
 * What graphql-js says of a value that a resolver returned, in words alone: such as an enum number that only another
 * version of a gRPC service knows. A value that does not fit is an error of its field, as in a remote subgraph's answer.
 */
const unfitWords =
  /^(?:Cannot return null for non-nullable field |Expected Iterable, but did not find one |(?:Enum ")?\w+"? cannot represent )/;

function isUnfitValue(error: Error | null | undefined): boolean {
  return error instanceof Error && unfitWords.test(error.message);
}

function unfitValue({ nodes, originalError }: GraphQLError, name: string): GatewayError {
  const [node] = nodes ?? [];
  const field = node?.kind === Kind.FIELD ? node.name.value : 'of the answer';
  const message = `Field ${field} has a value that does not fit its type`;
  // The value that follows may be confidential, and the cause is logged.
  const words = originalError?.message.replace(/( cannot represent ).*$/s, '$1its value');
  return new GatewayError('FIELD_VALUE_INVALID', message, {
    public: { service: name },
    cause: new TypeError(words),
  });
}

/** A `GatewayError` is for the client; anything else is a defect of a resolver, whose words stay here. */
function subgraphError(error: GraphQLError, name: string): SubgraphError {
  const { originalError, path } = error;
  const known = isGatewayError(originalError)
    ? originalError
    : isUnfitValue(originalError)
      ? unfitValue(error, name)
      : internalError(name, originalError ?? error);
  const shown: SubgraphError = {
    // What a backend said is its own message here as it is in a remote subgraph's answer.
    message: known.cause instanceof ServiceRefusal ? known.cause.message : known.message,
    ...(path ? { path } : {}),
    extensions: {
      service: name,
      ...known.public,
      code: known.code,
      // Where it is not as the code says.
      ...(known.retryable === isRetryableCode(known.code) ? {} : { retryable: known.retryable }),
    },
  };
  return Object.defineProperty(shown, 'cause', { value: known.cause, enumerable: false });
}

function internalError(service: string, cause: unknown): GatewayError {
  return new GatewayError('INTERNAL_ERROR', 'Internal error', { public: { service }, cause });
}
