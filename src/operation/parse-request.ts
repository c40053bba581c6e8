/**
 * Reads a GraphQL request from a parsed body or from the parameters of a GET.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters
 */

import type { OperationRequest } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';
import { parseJson } from '../shared/exact-json.ts';
import { isRecord } from '../shared/records.ts';

const noVariables: Readonly<Record<string, unknown>> = Object.freeze({});

/** A GraphQL name. Anything else could forge the key of another operation in the cache. */
export const isName = /^[_A-Za-z][_0-9A-Za-z]*$/;

/** @throws {GatewayError} `BAD_REQUEST` naming the parameter, or `PERSISTED_QUERY_NOT_SUPPORTED`. */
export function parseOperationRequest(body: unknown): OperationRequest {
  if (Array.isArray(body))
    throw new GatewayError(
      'BAD_REQUEST',
      'Batched operations are not supported: send one operation per request',
    );
  if (!isRecord(body)) throw new GatewayError('BAD_REQUEST', 'The body must be a JSON object with a "query"');
  const { query, operationName, variables, extensions } = body;
  if (isRecord(extensions) && isRecord(extensions['persistedQuery']) && (query ?? '') === '') {
    // The message and the status are those of the protocol: on them, the client sends the whole document.
    throw new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
  }
  if (typeof query !== 'string' || query === '') {
    throw new GatewayError('BAD_REQUEST', 'Parameter "query" must be a non-empty string');
  }
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') {
    throw new GatewayError('BAD_REQUEST', 'Parameter "operationName" must be a string');
  }
  if (operationName && !isName.test(operationName)) {
    throw new GatewayError('BAD_REQUEST', 'Parameter "operationName" must be a GraphQL name');
  }
  if (variables !== undefined && variables !== null && !isRecord(variables)) {
    throw new GatewayError('BAD_REQUEST', 'Parameter "variables" must be an object');
  }
  if (extensions !== undefined && extensions !== null && !isRecord(extensions)) {
    throw new GatewayError('BAD_REQUEST', 'Parameter "extensions" must be an object');
  }
  return {
    query,
    operationName: operationName || null,
    variables: variables ?? noVariables,
    extensions: extensions ?? null,
  };
}

const parameterNames = ['query', 'operationName', 'variables', 'extensions'];

/** Reads the parameters of a GET: `?query=...&variables={...}`. */
export function parseQueryParameters(parameters: URLSearchParams): OperationRequest {
  for (const name of parameterNames) {
    // A proxy in front of the gateway might use another of the values than the gateway does.
    if (parameters.getAll(name).length > 1)
      throw new GatewayError('BAD_REQUEST', `Parameter "${name}" occurs more than once: send it once`);
  }
  return parseOperationRequest({
    query: parameters.get('query') ?? undefined,
    operationName: parameters.get('operationName'),
    variables: jsonParameter(parameters, 'variables'),
    extensions: jsonParameter(parameters, 'extensions'),
  });
}

function jsonParameter(parameters: URLSearchParams, name: string): unknown {
  const text = parameters.get(name);
  if (text === null || text === '') return undefined;
  try {
    return parseJson(text);
  } catch (cause) {
    throw new GatewayError('BAD_REQUEST', `Parameter "${name}" is not valid JSON`, { cause });
  }
}
