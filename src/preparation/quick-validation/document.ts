/**
 * Recognizes most valid documents in one walk. graphql-js walks a document with thirty rules, which takes a fifth of a
 * preparation; nearly all documents have nothing that most of these rules are about.
 *
 * Whatever is rare or may be wrong is left to graphql-js: several operations, introspection, custom scalars as literals,
 * one response name for different fields.
 */

import {
  doTypesOverlap,
  getNamedType,
  isCompositeType,
  isInputType,
  isLeafType,
  isRequiredArgument,
  Kind,
  typeFromAST,
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

import { fieldOf } from './field-of.ts';
import { surelyMerges } from './merging.ts';
import { isSurelyOfType } from './values.ts';

/** False: graphql-js has to say whether the document is valid. */
export function isSurelyValid(schema: GraphQLSchema, document: DocumentNode): boolean {
  let operation: OperationDefinitionNode | undefined;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      if (operation || definition.operation === 'subscription') return false;
      operation = definition;
    } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      if (fragments.has(definition.name.value)) return false;
      fragments.set(definition.name.value, definition);
    } else return false;
    if (definition.directives?.length) return false;
  }
  return operation !== undefined && new QuickValidation(schema, fragments).accepts(operation);
}

class QuickValidation {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** By name; true: it was walked, false: it is being walked. */
  readonly #walked = new Map<string, boolean>();
  readonly #variables = new Map<string, GraphQLInputType>();
  readonly #used = new Set<string>();

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#schema = schema;
    this.#fragments = fragments;
  }

  accepts(operation: OperationDefinitionNode): boolean {
    const root = this.#schema.getRootType(operation.operation);
    return (
      root !== undefined &&
      root !== null &&
      this.#declares(operation) &&
      this.#selections(operation.selectionSet, root) &&
      this.#used.size === this.#variables.size &&
      this.#walked.size === this.#fragments.size &&
      surelyMerges(operation.selectionSet, root, { schema: this.#schema, fragments: this.#fragments })
    );
  }

  #declares({ variableDefinitions = [] }: OperationDefinitionNode): boolean {
    for (const { variable, type, defaultValue, directives } of variableDefinitions) {
      const name = variable.name.value;
      const declared = typeFromAST(this.#schema, type);
      if (directives?.length || this.#variables.has(name) || !isInputType(declared)) return false;
      if (defaultValue && !isSurelyOfType(defaultValue, declared, noVariables)) return false;
      this.#variables.set(name, declared);
    }
    return true;
  }

  #selections({ selections }: SelectionSetNode, parent: GraphQLCompositeType): boolean {
    return selections.every((selection) => this.#selection(selection, parent));
  }

  #selection(selection: SelectionNode, parent: GraphQLCompositeType): boolean {
    switch (selection.kind) {
      case Kind.FIELD:
        return this.#directives(selection.directives, 'FIELD') && this.#field(selection, parent);
      case Kind.INLINE_FRAGMENT:
        return (
          this.#directives(selection.directives, 'INLINE_FRAGMENT') &&
          this.#fragment(selection.typeCondition?.name.value, selection.selectionSet, parent)
        );
      case Kind.FRAGMENT_SPREAD:
        return (
          this.#directives(selection.directives, 'FRAGMENT_SPREAD') &&
          this.#spread(selection.name.value, parent)
        );
    }
  }

  #field(field: FieldNode, parent: GraphQLCompositeType): boolean {
    const definition = fieldOf(parent, field.name.value);
    if (!definition || !this.#arguments(field.arguments, definition.args)) return false;
    const type = getNamedType(definition.type);
    if (isLeafType(type)) return field.selectionSet === undefined;
    return field.selectionSet !== undefined && this.#selections(field.selectionSet, type);
  }

  #spread(name: string, parent: GraphQLCompositeType): boolean {
    const fragment = this.#fragments.get(name);
    if (!fragment) return false;
    const condition = fragment.typeCondition.name.value;
    const walked = this.#walked.get(name);
    if (walked !== undefined) return walked && this.#typeWithin(condition, parent) !== undefined;
    this.#walked.set(name, false);
    const isAccepted = this.#fragment(condition, fragment.selectionSet, parent);
    this.#walked.set(name, true);
    return isAccepted;
  }

  #fragment(
    condition: string | undefined,
    selectionSet: SelectionSetNode,
    parent: GraphQLCompositeType,
  ): boolean {
    const type = condition === undefined ? parent : this.#typeWithin(condition, parent);
    return type !== undefined && this.#selections(selectionSet, type);
  }

  /** Undefined: there is no such type, or no object of the parent type has it. */
  #typeWithin(condition: string, parent: GraphQLCompositeType): GraphQLCompositeType | undefined {
    const type = this.#schema.getType(condition);
    if (!isCompositeType(type)) return undefined;
    return type === parent || doTypesOverlap(this.#schema, type, parent) ? type : undefined;
  }

  #directives(
    nodes: readonly DirectiveNode[] = [],
    location: 'FIELD' | 'INLINE_FRAGMENT' | 'FRAGMENT_SPREAD',
  ): boolean {
    return nodes.every(({ name, arguments: given }, index) => {
      const directive = this.#schema.getDirective(name.value);
      if (!directive?.locations.some((possible) => possible === location)) return false;
      const isRepeated = nodes.findIndex((other) => other.name.value === name.value) < index;
      return !isRepeated && this.#arguments(given, directive.args);
    });
  }

  #arguments(given: readonly ArgumentNode[] = [], declared: readonly GraphQLArgument[]): boolean {
    const names = new Set<string>();
    for (const { name, value } of given) {
      const argument = declared.find((candidate) => candidate.name === name.value);
      if (!argument || names.has(argument.name)) return false;
      names.add(argument.name);
      if (!isSurelyOfType(value, argument.type, this.#variableType)) return false;
    }
    return declared.every((argument) => names.has(argument.name) || !isRequiredArgument(argument));
  }

  /** Counts as a use of the variable. */
  readonly #variableType = (name: string): GraphQLInputType | undefined => {
    this.#used.add(name);
    return this.#variables.get(name);
  };
}

function noVariables(): undefined {}
