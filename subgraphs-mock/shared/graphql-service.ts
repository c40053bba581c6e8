/**
 * GraphQL over HTTP for the three GraphQL mocks: JSON POST in, JSON out. Each document is parsed and validated once,
 * because a slow mock would distort the benchmarks of the gateway.
 */

import { readFileSync } from 'node:fs';

import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph';
import { Kind, execute, parse, validate } from 'graphql';
import type { DocumentNode, ExecutionResult, GraphQLSchema, OperationDefinitionNode } from 'graphql';

import { toLoggedArgs } from './call-log.ts';
import type { HttpAnswer, HttpApp, HttpCall, HttpRequest } from './http-service.ts';
import type { GraphqlStartOptions, Mock, MockName } from './mock.ts';
import { startHttpMock } from './start-mock.ts';

export interface GraphqlMockOptions {
  /** By type, then field; `__resolveReference` finds an entity by its key. */
  readonly resolvers: GraphQLResolverMap<unknown>;
  resetData(): void;
}

const documentsMax = 1_000;
const memoisedMax = 10_000;
const listMax = 1_000;

export function startGraphqlMock(
  name: MockName,
  mock: GraphqlMockOptions,
  options: GraphqlStartOptions,
): Promise<Mock> {
  const file = new URL(`../../schemas/subgraphs/${name}/schema.graphql`, import.meta.url);
  const typeDefs = parse(readFileSync(file, 'utf8'));
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: mock.resolvers }]);
  const memo = options.memoise === true ? createMemo(createApp(schema)) : undefined;
  const resetData = (): void => {
    mock.resetData();
    memo?.clear();
  };
  return startHttpMock(name, { app: memo?.app ?? createApp(schema), path: '/graphql', resetData }, options);
}

/** The first items of a list: none for a negative number, and 1,000 at most. */
export function firstOf<T>(items: readonly T[], first: number): T[] {
  return items.slice(0, Math.min(Math.max(first, 0), listMax));
}

interface ValidatedDocument {
  readonly query: string;
  readonly document: DocumentNode;
  readonly operations: readonly OperationDefinitionNode[];
  /** GraphQL errors if the document is invalid; else empty. */
  readonly errors: readonly unknown[];
}

interface GraphqlBody {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

function createApp(schema: GraphQLSchema): HttpApp {
  const documents = new Map<string, ValidatedDocument>();

  function validated(query: string): ValidatedDocument {
    const cached = documents.get(query);
    if (cached) return cached;
    if (documents.size === documentsMax) documents.clear();
    const entry = validateDocument(schema, query);
    documents.set(query, entry);
    return entry;
  }

  return (request) => {
    const body = readGraphqlBody(request);
    if ('status' in body) return refused(body);
    const { query, document, operations, errors } = validated(body.query);
    const name = body.operationName ?? undefined;
    const operation = name ? operations.find((candidate) => candidate.name?.value === name) : operations[0];
    const variables = body.variables ?? {};
    return {
      names: namesOf(operation, variables),
      args: toLoggedArgs(variables),
      query,
      run: () =>
        errors.length > 0
          ? toAnswer(400, { errors })
          : runOperation({ schema, document, variableValues: variables, operationName: name }),
    };
  };
}

function readGraphqlBody(request: HttpRequest): GraphqlBody | HttpAnswer {
  if (request.path !== '/graphql') return refusal(404, 'GraphQL is at /graphql');
  if (request.method !== 'POST') return refusal(405, 'GraphQL takes POST');
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch {
    return refusal(400, 'the body is not JSON');
  }
  if (typeof body !== 'object' || body === null || !('query' in body) || typeof body.query !== 'string')
    return refusal(400, 'the body has no "query"');
  if ('variables' in body && typeof body.variables !== 'object')
    return refusal(400, '"variables" is not an object');
  return body as GraphqlBody;
}

function validateDocument(schema: GraphQLSchema, query: string): ValidatedDocument {
  try {
    const document = parse(query, { noLocation: true });
    const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
    return { query, document, operations, errors: validate(schema, document) };
  } catch (error) {
    return { query, document: { kind: Kind.DOCUMENT, definitions: [] }, operations: [], errors: [error] };
  }
}

/** The operation's name or root fields, then its root fields and the types of its representations. */
function namesOf(
  operation: OperationDefinitionNode | undefined,
  variables: Readonly<Record<string, unknown>>,
): [string, ...string[]] {
  if (!operation) return ['unknown'];
  const roots = operation.selectionSet.selections.flatMap((node) =>
    node.kind === Kind.FIELD ? [node.name.value] : [],
  );
  const label = operation.name?.value ?? roots.join(',');
  const others = new Set(roots);
  // Representations are the only lists whose items have a `__typename`.
  for (const list of Object.values(variables).filter((value) => Array.isArray(value)))
    for (const item of list as Array<{ readonly __typename?: unknown } | null>)
      if (typeof item?.__typename === 'string') others.add(item.__typename);
  others.delete(label);
  return [label, ...others];
}

function runOperation(args: Parameters<typeof execute>[0]): HttpAnswer | Promise<HttpAnswer> {
  const result = execute(args);
  return result instanceof Promise ? result.then(toResultAnswer) : toResultAnswer(result as ExecutionResult);
}

function toResultAnswer(result: ExecutionResult): HttpAnswer {
  return toAnswer(200, result);
}

function toAnswer(status: number, result: unknown): HttpAnswer {
  return { status, json: JSON.stringify(result) };
}

function refusal(status: number, message: string): HttpAnswer {
  return toAnswer(status, { errors: [{ message }] });
}

function refused(answer: HttpAnswer): HttpCall {
  return { names: ['unknown'], args: {}, run: () => answer };
}

interface Memo {
  readonly app: HttpApp;
  clear(): void;
}

/** Caches the response to each body. A mutation is not cached, and clears the cache. */
function createMemo(app: HttpApp): Memo {
  const cached = new Map<string, HttpCall>();

  function runAndCache(request: HttpRequest): HttpCall {
    const uncached = app(request);
    if (/\bmutation\b/.test(uncached.query ?? '')) {
      cached.clear();
      return uncached;
    }
    let answer: Promise<HttpAnswer> | HttpAnswer | undefined;
    const call: HttpCall = {
      ...uncached,
      run() {
        answer ??= Promise.resolve(uncached.run()).then(({ status, json }) => {
          answer = { status, json: Buffer.from(json) };
          return answer;
        });
        return answer;
      },
    };
    if (cached.size === memoisedMax) cached.clear();
    cached.set(request.body, call);
    return call;
  }

  return {
    app: (request) =>
      (request.method === 'POST' && request.path === '/graphql' ? cached.get(request.body) : undefined) ??
      runAndCache(request),
    clear: () => cached.clear(),
  };
}
