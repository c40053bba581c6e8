/**
 * Preserves literals as written. The planner converts them to JavaScript values and prints those: an ID "5" becomes 5,
 * 9007199254740993 another number, 1.10 becomes 1.1, and an enum value in a custom scalar a string. Such a literal is
 * planned as a variable, and restored in the text of each fetch.
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
  type DirectiveNode,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type ValueNode,
  type VariableDefinitionNode,
  type VariableNode,
} from 'graphql';

import { numberOf } from '../../shared/exact-number.ts';
import { someSelection } from '../selection-walk.ts';

export class PreservedLiterals {
  /** The operation to plan. */
  readonly operation: OperationDefinitionNode;
  readonly #schema: GraphQLSchema;
  readonly #prefix: string;
  /** By type and text: equal literals stay equal for the planner. */
  readonly #definitions = new Map<string, VariableDefinitionNode>();
  readonly #literals = new Map<string, ValueNode>();
  /** Of variables. */
  readonly #defaults = new Map<string, ConstValueNode>();

  /** @param operation Without spreads, valid by `schema`. */
  constructor(schema: GraphQLSchema, operation: OperationDefinitionNode) {
    this.#schema = schema;
    this.#prefix = unusedPrefix(operation);
    this.operation = this.#preserveIn(operation);
  }

  /** Whether the variable is a literal. */
  has(variable: string): boolean {
    return this.#literals.has(variable);
  }

  /** The text of a fetch with the literals that the client wrote. */
  restore(text: string): string {
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

  #preserveIn(operation: OperationDefinitionNode): OperationDefinitionNode {
    if (!hasLiterals(operation)) return operation;
    const types = new TypeInfo(this.#schema);
    for (const { variable, type, defaultValue } of operation.variableDefinitions ?? []) {
      const declared = typeFromAST(this.#schema, type);
      if (!defaultValue || !isInputType(declared)) continue;
      if (hasChanging(defaultValue, declared)) this.#defaults.set(variable.name.value, defaultValue);
    }
    const preserved = visit(
      operation,
      visitWithTypeInfo(types, {
        Argument: (argument) => {
          const declared = types.getArgument();
          if (!declared || !hasChanging(argument.value, declared.type)) return undefined;
          return { ...argument, value: this.#preserve(argument.value, declared.type) };
        },
      }),
    );
    if (this.#definitions.size === 0) return operation;
    const variableDefinitions = [...(operation.variableDefinitions ?? []), ...this.#definitions.values()];
    return { ...preserved, variableDefinitions };
  }

  #preserve(node: ValueNode, type: GraphQLInputType): ValueNode {
    return replaced(node, type, (leaf, name) => this.#variable(leaf, name));
  }

  #variable(literal: ValueNode, type: string): VariableNode {
    const key = `${type} ${print(literal)}`;
    let definition = this.#definitions.get(key);
    if (!definition) {
      const name = `${this.#prefix}${this.#definitions.size}`;
      definition = {
        kind: Kind.VARIABLE_DEFINITION,
        variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
        type: {
          kind: Kind.NON_NULL_TYPE,
          type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } },
        },
      };
      this.#definitions.set(key, definition);
      this.#literals.set(name, literal);
    }
    return definition.variable;
  }
}

function unusedPrefix({ variableDefinitions = [] }: OperationDefinitionNode): string {
  let prefix = '_literal';
  while (variableDefinitions.some(({ variable }) => variable.name.value.startsWith(prefix))) prefix += '_';
  return prefix;
}

/** Other than booleans and null, which the planner prints as they are. */
function hasLiterals({
  variableDefinitions = [],
  directives = [],
  selectionSet,
}: OperationDefinitionNode): boolean {
  return (
    directives.some(hasLiteralArgument) ||
    variableDefinitions.some(({ defaultValue }) => defaultValue !== undefined) ||
    someSelection(
      selectionSet,
      (selection) => hasLiteralArgument(selection) || selection.directives?.some(hasLiteralArgument) === true,
    )
  );
}

function hasLiteralArgument(node: SelectionNode | DirectiveNode): boolean {
  return 'arguments' in node && node.arguments?.some(({ value }) => !plainKinds.has(value.kind)) === true;
}

const plainKinds: ReadonlySet<Kind> = new Set([Kind.VARIABLE, Kind.BOOLEAN, Kind.NULL]);

function hasChanging(node: ValueNode, type: GraphQLInputType): boolean {
  let isFound = false;
  replaced(node, type, (leaf) => {
    isFound = true;
    return leaf;
  });
  return isFound;
}

/** Replaces the scalars in `node` that the planner would print differently. */
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
    // A single literal is coerced to a list, also to a list of lists; a variable is not.
    const item = replaced(node, type.ofType, replace);
    const isVariable = item.kind === Kind.VARIABLE || item.kind === Kind.LIST;
    return isVariable && node !== item ? { kind: Kind.LIST, values: [item] } : item;
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
