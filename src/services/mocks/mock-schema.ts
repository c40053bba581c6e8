/** Answers operations on a subgraph from its schema alone, with made-up data. */

import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  execute,
  GraphQLError,
  Kind,
  parse,
  validate,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type TypeDefinitionNode,
  type TypeExtensionNode,
} from 'graphql';

import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';
import { MockObjects, type MockContext, type MockKeys } from './mock-objects.ts';

/** Of one operation. */
const tokensMax = 50_000;

export interface MockRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly operationName?: string | null;
}

export class MockSchema {
  readonly #schema: GraphQLSchema;
  readonly #objects: MockObjects;

  /** @throws {GatewayError} `CONFIG_INVALID`, saying why the schema cannot be used. */
  constructor(subgraph: string, sdl: string) {
    try {
      const document = parse(sdl);
      this.#schema = buildSubgraphSchema(document);
      this.#objects = new MockObjects(this.#schema, keysOf(document));
    } catch (cause) {
      throw new GatewayError('CONFIG_INVALID', `subgraph ${subgraph} cannot be mocked: ${errorText(cause)}`, {
        cause,
      });
    }
    const entities = this.#schema.getQueryType()?.getFields()['_entities'];
    const objects = this.#objects;
    if (entities)
      entities.resolve = (_source, { representations }: { representations: readonly unknown[] }) =>
        representations.map((representation) => objects.entity(representation));
  }

  async answer({ query, variables, operationName }: MockRequest): Promise<ExecutionResult> {
    try {
      const document = parse(query, { maxTokens: tokensMax });
      const errors = validate(this.#schema, document);
      if (errors.length > 0) return { errors };
      const contextValue: MockContext = { objects: 0 };
      return await execute({
        schema: this.#schema,
        document,
        variableValues: variables ?? null,
        operationName: operationName ?? null,
        contextValue,
        fieldResolver: this.#objects.resolveField,
      });
    } catch (error) {
      return { errors: [error instanceof GraphQLError ? error : new GraphQLError(errorText(error))] };
    }
  }
}

/** Under the name that the schema imports `@key` by, if that ends with it. */
function keysOf(document: DocumentNode): MockKeys {
  const keys = new Map<string, readonly string[]>();
  const add = (node: TypeDefinitionNode | TypeExtensionNode): void => {
    for (const { name, arguments: args = [] } of node.directives ?? []) {
      const fields = args.find((argument) => argument.name.value === 'fields')?.value;
      if (!/(^|__)key$/.test(name.value) || fields?.kind !== Kind.STRING) continue;
      const names = fields.value.trim().split(/[\s,]+/);
      if (!fields.value.includes('{') && !keys.has(node.name.value)) keys.set(node.name.value, names);
    }
  };
  visit(document, { ObjectTypeDefinition: add, ObjectTypeExtension: add });
  return keys;
}
