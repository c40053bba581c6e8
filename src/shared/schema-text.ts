/**
 * Schemas as SDL and as introspection shows them, with every default value. graphql-js makes the literal of a default of
 * its JavaScript value. For a list or an object of a custom scalar it has none: printing fails, and introspection has an
 * error. For a number that JavaScript rounds it makes that of another number. Such defaults are shown as they are written.
 */

import {
  __InputValue,
  astFromValue,
  executeSync,
  getIntrospectionQuery,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  print,
  printSchema,
  visit,
  type ConstValueNode,
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
  type InputValueDefinitionNode,
} from 'graphql';

import { numberOf } from './exact-number.ts';

type Input = GraphQLArgument | GraphQLInputField;

/** In place of `printSchema` of graphql-js. */
export function printedSchema(schema: GraphQLSchema): string {
  const written = new Map<string, ConstValueNode>();
  const restores: (() => void)[] = [];
  try {
    for (const [coordinate, input] of inputsOf(schema)) {
      const literal = writtenDefault(input);
      if (!literal) continue;
      written.set(coordinate, literal);
      const { defaultValue } = input;
      restores.push(() => (input.defaultValue = defaultValue));
      input.defaultValue = undefined;
    }
    const text = printSchema(schema);
    if (written.size === 0) return text;
    return print(
      mapInputValues(parse(text, { noLocation: true }), (coordinate, node) => {
        const defaultValue = written.get(coordinate);
        return defaultValue && { ...node, defaultValue };
      }),
    );
  } finally {
    for (const restore of restores) restore();
  }
}

export interface Introspection {
  readonly document: DocumentNode;
  readonly variableValues?: Readonly<Record<string, unknown>>;
}

/**
 * In place of executing introspection with graphql-js, and of its `introspectionFromSchema`.
 *
 * @param introspection Default: the query for everything there is.
 * @throws {Error} For the first error.
 */
export function introspectSchema(
  schema: GraphQLSchema,
  { document, variableValues = {} }: Introspection = { document: queryForEverything() },
): Record<string, unknown> {
  showWrittenDefaults();
  const { data, errors } = executeSync({ schema, document, variableValues });
  if (errors?.[0] || !data) throw new Error(`Introspection failed: ${errors?.[0]?.message ?? 'no data'}`);
  return data;
}

function queryForEverything(): DocumentNode {
  return parse(
    getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    }),
  );
}

/**
 * For libraries that print the schema themselves: null in place of each default that has no literal. It is not shown then,
 * and what has it may still be left out.
 */
export function hideUnprintableDefaults(schema: GraphQLSchema): void {
  for (const [, input] of inputsOf(schema)) {
    if (!hasLiteral(input)) input.defaultValue = null;
  }
}

let showsWrittenDefaults = false;

/** For all schemas of this thread: graphql-js has its introspection types only once. */
function showWrittenDefaults(): void {
  const field = __InputValue.getFields()['defaultValue'];
  const usual = field?.resolve;
  if (!field || !usual || showsWrittenDefaults) return;
  showsWrittenDefaults = true;
  field.resolve = (input: Input, ...others) => {
    const literal = writtenDefault(input);
    return literal ? print(literal) : (usual(input, ...others) as unknown);
  };
}

/** @returns undefined where graphql-js prints the same value itself, and where nothing is written. */
function writtenDefault(input: Input): ConstValueNode | undefined {
  const written = input.astNode?.defaultValue;
  if (!written || input.defaultValue === undefined) return undefined;
  return hasChangingNumber(written) || !hasLiteral(input) ? written : undefined;
}

function hasLiteral({ defaultValue, type }: Input): boolean {
  if (defaultValue === undefined) return true;
  try {
    astFromValue(defaultValue, type);
    return true;
  } catch {
    return false;
  }
}

/** Whether JavaScript rounds a number in it, or prints it differently. */
export function hasChangingNumber(value: ConstValueNode): boolean {
  let changes = false;
  const checkNumber = ({ value: text }: { readonly value: string }): void => {
    changes ||= typeof numberOf(text, 'digits') !== 'number';
  };
  visit(value, { IntValue: checkNumber, FloatValue: checkNumber });
  return changes;
}

/** Arguments and input fields by coordinate: `Filter.price`, `Query.products.first`, `@cost.weight`. */
export function* inputsOf(schema: GraphQLSchema): Generator<readonly [string, Input]> {
  for (const { name, args } of schema.getDirectives()) {
    for (const argument of args) yield [`@${name}.${argument.name}`, argument];
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) yield [`${type.name}.${field.name}`, field];
    } else if (isObjectType(type) || isInterfaceType(type)) {
      for (const { name, args } of Object.values(type.getFields())) {
        for (const argument of args) yield [`${type.name}.${name}.${argument.name}`, argument];
      }
    }
  }
}

/**
 * @param change Gets coordinates as `inputsOf` has them.
 * @returns The same document with what it returned in place of a definition.
 */
export function mapInputValues(
  document: DocumentNode,
  change: (coordinate: string, node: InputValueDefinitionNode) => InputValueDefinitionNode | undefined,
): DocumentNode {
  const names: string[] = [];
  const named = ({ name }: { readonly name: { readonly value: string } }): void =>
    void names.push(name.value);
  const leave = (): void => void names.pop();
  const withName = { enter: named, leave };
  return visit(document, {
    ObjectTypeDefinition: withName,
    ObjectTypeExtension: withName,
    InterfaceTypeDefinition: withName,
    InterfaceTypeExtension: withName,
    InputObjectTypeDefinition: withName,
    InputObjectTypeExtension: withName,
    FieldDefinition: withName,
    DirectiveDefinition: { enter: ({ name }) => void names.push(`@${name.value}`), leave },
    [Kind.INPUT_VALUE_DEFINITION]: (node) => change([...names, node.name.value].join('.'), node),
  });
}
