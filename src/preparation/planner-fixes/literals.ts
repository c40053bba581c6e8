/**
 * Keeps literals as they were written. The planner reads them into values of JavaScript and writes those: an id "5"
 * becomes 5, 9007199254740993 another number, 1.10 becomes 1.1, and a name of an enum value in a custom scalar a string.
 * Such a literal is planned as a variable, and put back into the text of each fetch.
 */

import {
  getNamedType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isScalarType,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  typeFromAST,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ConstValueNode,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValueNode,
  type VariableDefinitionNode,
  type VariableNode,
} from 'graphql';

import { numberOf } from '../../shared/exact-number.ts';

export class KeptLiterals {
  /** What is to be planned. */
  readonly operation: OperationDefinitionNode;
  readonly #schema: GraphQLSchema;
  readonly #prefix: string;
  /** By type and text: equal literals stay equal for the planner. */
  readonly #kept = new Map<string, VariableDefinitionNode>();
  readonly #literals = new Map<string, ValueNode>();
  /** Of variables. */
  readonly #defaults = new Map<string, ConstValueNode>();

  /** @param operation Without spreads, valid by `schema`. */
  constructor(schema: GraphQLSchema, operation: OperationDefinitionNode) {
    this.#schema = schema;
    this.#prefix = freePrefix(operation);
    this.operation = this.#keepIn(operation);
  }

  /** Whether the variable is a literal. */
  has(variable: string): boolean {
    return this.#literals.has(variable);
  }

  /** The text of a fetch with the literals that the client wrote. */
  putBack(text: string): string {
    if (this.#literals.size === 0 && this.#defaults.size === 0) return text;
    const document = visit(parse(text, { noLocation: true }), {
      VariableDefinition: (definition) => {
        const { value: name } = definition.variable.name;
        if (this.#literals.has(name)) return null;
        const defaultValue = this.#defaults.get(name);
        return defaultValue ? { ...definition, defaultValue } : undefined;
      },
      Variable: ({ name }) => this.#literals.get(name.value),
    });
    return stripIgnoredCharacters(print(document));
  }

  #keepIn(operation: OperationDefinitionNode): OperationDefinitionNode {
    const types = new TypeInfo(this.#schema);
    for (const { variable, type, defaultValue } of operation.variableDefinitions ?? []) {
      const declared = typeFromAST(this.#schema, type);
      if (!defaultValue || !isInputType(declared)) continue;
      if (hasChanging(defaultValue, declared)) this.#defaults.set(variable.name.value, defaultValue);
    }
    const kept = visit(
      operation,
      visitWithTypeInfo(types, {
        Argument: (argument) => {
          const declared = types.getArgument();
          if (!declared || !hasChanging(argument.value, declared.type)) return undefined;
          return { ...argument, value: this.#keep(argument.value, declared.type) };
        },
      }),
    );
    if (this.#kept.size === 0) return operation;
    const variableDefinitions = [...(operation.variableDefinitions ?? []), ...this.#kept.values()];
    return { ...kept, variableDefinitions };
  }

  #keep(node: ValueNode, type: GraphQLInputType): ValueNode {
    return replaced(node, type, (leaf, name) => this.#variable(leaf, name));
  }

  #variable(literal: ValueNode, type: string): VariableNode {
    const key = `${type} ${print(literal)}`;
    let definition = this.#kept.get(key);
    if (!definition) {
      const name = `${this.#prefix}${this.#kept.size}`;
      definition = {
        kind: Kind.VARIABLE_DEFINITION,
        variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
        type: {
          kind: Kind.NON_NULL_TYPE,
          type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } },
        },
      };
      this.#kept.set(key, definition);
      this.#literals.set(name, literal);
    }
    return definition.variable;
  }
}

function freePrefix({ variableDefinitions = [] }: OperationDefinitionNode): string {
  let prefix = '_literal';
  while (variableDefinitions.some(({ variable }) => variable.name.value.startsWith(prefix))) prefix += '_';
  return prefix;
}

function hasChanging(node: ValueNode, type: GraphQLInputType): boolean {
  let found = false;
  replaced(node, type, (leaf) => {
    found = true;
    return leaf;
  });
  return found;
}

/** `node` with other nodes for the scalars in it that the planner would write differently. */
function replaced(
  node: ValueNode,
  type: GraphQLInputType,
  replace: (leaf: ValueNode, type: string) => ValueNode,
): ValueNode {
  if (isNonNullType(type)) return replaced(node, type.ofType, replace);
  if (node.kind === Kind.LIST) {
    const itemType = isListType(type) ? type.ofType : type;
    return { ...node, values: node.values.map((item) => replaced(item, itemType, replace)) };
  }
  if (isListType(type)) {
    // A variable, unlike a literal, does not stand for a list of one.
    const item = replaced(node, type.ofType, replace);
    return item.kind === Kind.VARIABLE && node !== item ? { kind: Kind.LIST, values: [item] } : item;
  }
  if (node.kind === Kind.OBJECT) {
    const declared = isInputObjectType(type) ? type.getFields() : undefined;
    const fields = node.fields.map((field) => {
      const fieldType = declared ? declared[field.name.value]?.type : type;
      return fieldType ? { ...field, value: replaced(field.value, fieldType, replace) } : field;
    });
    return { ...node, fields };
  }
  const { name } = getNamedType(type);
  return changes(node, name, isScalarType(type)) ? replace(node, name) : node;
}

function changes(node: ValueNode, type: string, isCustom: boolean): boolean {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return type !== 'ID' && typeof numberOf(node.value, 'digits') !== 'number';
    case Kind.STRING:
      return type === 'ID' && /^-?\d+$/.test(node.value);
    case Kind.ENUM:
      return isCustom;
    default:
      return false;
  }
}
