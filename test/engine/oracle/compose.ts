/**
 * A fixture made runnable: its supergraph SDL, its API schema, its subgraphs as executable schemas, and a transport
 * over those that needs no socket and writes down every call.
 */
import { composeServices } from '@apollo/composition';
import { Supergraph } from '@apollo/federation-internals';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  execute,
  parse,
  validate,
  type DocumentNode,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';

import { ownVariables } from '../../../src/sources/local/own-fields.ts';
import type { Fixture, Part, Resolver, Row } from '../fixtures/fixture.ts';

/** A GraphQL response as a client reads it from JSON. */
export interface Answer {
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly AnswerError[];
}

export interface AnswerError {
  readonly message: string;
  readonly path?: ReadonlyArray<string | number>;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface SubgraphCall {
  readonly service: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The caller owns the answer and may change it. */
export type SubgraphSend = (
  query: string,
  variables: Readonly<Record<string, unknown>>,
  operationName?: string,
) => Promise<Answer>;

export interface SubgraphTransport {
  readonly services: Readonly<Record<string, SubgraphSend>>;
  /** Every call since `clear`, in the order they were made. */
  readonly calls: readonly SubgraphCall[];
  clear(): void;
}

type SubgraphResolvers = Record<string, Record<string, GraphQLFieldResolver<Row, unknown>>>;

/** @throws {Error} With every composition error, one a line. */
export function composeFixture(fixture: Fixture): string {
  const known = composed.get(fixture);
  if (known !== undefined) return known;
  const result = composeServices(
    Object.entries(fixture.subgraphs).map(([name, part]) => ({
      name,
      url: `http://127.0.0.1/${name}`,
      typeDefs: parse(part.typeDefs),
    })),
  );
  if (result.supergraphSdl === undefined) {
    const reasons = (result.errors ?? []).map((error) => `- ${error.message}`);
    throw new Error(`Fixture "${fixture.name}" does not compose:\n${reasons.join('\n')}`);
  }
  composed.set(fixture, result.supergraphSdl);
  return result.supergraphSdl;
}

/** Composing takes longer than most operations, and several engines run over each fixture. */
const composed = new WeakMap<Fixture, string>();

/** What a client may ask of this supergraph. */
export function apiSchemaOf(supergraphSdl: string): GraphQLSchema {
  return Supergraph.build(supergraphSdl, { supportedFeatures: null }).apiSchema().toGraphQLJSSchema();
}

export function subgraphSchema(part: Part): GraphQLSchema {
  const known = schemas.get(part);
  if (known) return known;
  const resolvers: SubgraphResolvers = {};
  for (const [type, fields] of Object.entries(part.resolvers)) resolvers[type] = withOwnedReferences(fields);
  const schema = buildSubgraphSchema([{ typeDefs: parse(part.typeDefs), resolvers }]);
  schemas.set(part, schema);
  return schema;
}

const schemas = new WeakMap<Part, GraphQLSchema>();

export function subgraphTransport(fixture: Fixture): SubgraphTransport {
  const calls: SubgraphCall[] = [];
  const services = Object.fromEntries(
    Object.entries(fixture.subgraphs).map(([service, part]) => {
      const run = runnerOf(subgraphSchema(part));
      const send: SubgraphSend = (query, variables, operationName) => {
        calls.push({ service, query, variables: structuredClone(variables) });
        return run(query, variables, operationName);
      };
      return [service, send];
    }),
  );
  return {
    services,
    calls,
    clear: () => {
      calls.length = 0;
    },
  };
}

/** Runs operations on one schema with graphql-js; answers are plain JSON values. */
export function runnerOf(schema: GraphQLSchema): SubgraphSend {
  const documents = new Map<string, DocumentNode>();
  // Otherwise graphql-js takes inherited members of `{}` for input fields of those names.
  const own = ownVariables(schema);
  return async (query, variables, operationName) => {
    let document = documents.get(query);
    if (!document) {
      document = parse(query, { noLocation: true });
      // As a real server does: a plan that is wrong for the subgraph must not look right here.
      const problems = validate(schema, document);
      if (problems.length > 0) return toAnswer({ errors: problems });
      documents.set(query, document);
    }
    const result = await execute({
      schema,
      document,
      contextValue: {},
      variableValues: own(variables),
      operationName: operationName ?? null,
    });
    return toAnswer(result);
  };
}

/** Copies a result as JSON would carry it: no null prototypes, no shared objects, no undefined. */
export function toAnswer(result: {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly GraphQLError[] | undefined;
}): Answer {
  const copy: unknown = JSON.parse(JSON.stringify({ data: result.data, errors: result.errors ?? [] }));
  return copy as Answer;
}

/** @apollo/subgraph writes `__typename` into what a reference resolves to: give it a copy, never a fixture's row. */
function withOwnedReferences(fields: Readonly<Record<string, Resolver>>): SubgraphResolvers[string] {
  const resolve = fields['__resolveReference'];
  if (!resolve) return fields;
  // The library calls it with (reference, context, info).
  const __resolveReference = async (reference: Row, context: unknown, info: unknown) => {
    const row = await resolve(reference, {}, context, info as GraphQLResolveInfo);
    return row === null || row === undefined ? null : { ...row };
  };
  return { ...fields, __resolveReference };
}
