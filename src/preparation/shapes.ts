/**
 * Prepares the shape of documents that differ in literals: declares a variable for each literal, with the type of its
 * place. All that is made of the operation then sees literals as it sees variables.
 *
 * A literal stays one where a variable could mean something else: in custom scalars, whose literals need not be JSON. What
 * is valid as a variable but not as a literal, such as a string for an enum value, has no shape.
 */

import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  parse,
  parseConstValue,
  parseType,
  TypeMetaFieldDef,
  type ArgumentNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
  type VariableDefinitionNode,
  type VariableNode,
} from 'graphql';

import type { PreparationRequest } from '../pipeline/planning.ts';
import type { ShapeResult, VariableSpec } from '../pipeline/prepared.ts';
import { placeholderOf, type LiteralKind, type Placeholder } from '../pipeline/shapes.ts';
import { prepareDocument, type ClientPreparation } from './prepare.ts';
import { fieldOf } from './quick-validation/field-of.ts';
import type { LoadedSupergraph } from './supergraph/supergraph.ts';

type MaybeType = GraphQLNamedType | null | undefined;

const unshaped: ShapeResult = { unshaped: true };

/** @param request With `literals`. */
export function prepareShape(
  supergraph: LoadedSupergraph,
  request: PreparationRequest,
  options: ClientPreparation,
): ShapeResult {
  const document = parsed(request.query, options.tokensMax);
  if (!document) return unshaped;
  const declaration = new LiteralDeclaration(
    options.clientSchema ?? supergraph.schema,
    new Map(request.literals),
  );
  const declared = declaration.declareIn(document);
  if (!declaration.fits) return unshaped;
  if (declaration.stay.size > 0) return { literals: [...declaration.stay].toSorted((a, b) => a - b) };
  const result = prepareDocument(supergraph, { request, document: declared }, options);
  if ('refused' in result) return unshaped;
  const withLiterals = <Spec extends { readonly variables: readonly VariableSpec[] }>(spec: Spec): Spec => ({
    ...spec,
    variables: spec.variables.map((variable) => declaration.withLiteral(variable)),
  });
  return 'prepared' in result
    ? { prepared: withLiterals(result.prepared) }
    : { conditional: withLiterals(result.conditional) };
}

/** Undefined: it cannot be parsed. */
function parsed(text: string, tokensMax: number): DocumentNode | undefined {
  try {
    return parse(text, { maxTokens: tokensMax });
  } catch {
    return undefined;
  }
}

class LiteralDeclaration {
  /** False: a literal is of another kind than its place takes. */
  fits = true;
  /** Numbers of literals that cannot be variables. */
  readonly stay = new Set<number>();
  readonly #schema: GraphQLSchema;
  readonly #texts: ReadonlyMap<number, string>;
  /** By number and type: in places of different types, a literal is several variables. */
  readonly #variables = new Map<string, VariableNode>();
  readonly #definitions: VariableDefinitionNode[] = [];
  /** By the name of the variable. */
  readonly #numbers = new Map<string, number>();

  /** @param texts Of the literals that are no variables, by number. */
  constructor(schema: GraphQLSchema, texts: ReadonlyMap<number, string>) {
    this.#schema = schema;
    this.#texts = texts;
  }

  declareIn(document: DocumentNode): DocumentNode {
    const definitions = document.definitions.map((definition): DefinitionNode => {
      if (!('selectionSet' in definition)) return definition;
      const { typeCondition } = definition as Partial<FragmentDefinitionNode>;
      const type =
        definition.kind === Kind.OPERATION_DEFINITION
          ? this.#schema.getRootType(definition.operation)
          : this.#schema.getType(typeCondition?.name.value ?? '');
      return { ...definition, selectionSet: this.#declareBelow(definition.selectionSet, type) };
    });
    // What fragments need is declared, too, once all of them were read.
    return {
      ...document,
      definitions: definitions.map((definition) =>
        definition.kind === Kind.OPERATION_DEFINITION
          ? {
              ...definition,
              variableDefinitions: [...(definition.variableDefinitions ?? []), ...this.#definitions],
            }
          : definition,
      ),
    };
  }

  /** @param type Undefined: the document is not valid. */
  #declareBelow(selectionSet: SelectionSetNode, type: MaybeType): SelectionSetNode {
    return {
      ...selectionSet,
      selections: selectionSet.selections.map((selection): SelectionNode => {
        if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const condition = selection.typeCondition?.name.value;
          const inner = condition === undefined ? type : this.#schema.getType(condition);
          return { ...selection, selectionSet: this.#declareBelow(selection.selectionSet, inner) };
        }
        return this.#declareInField(selection, isCompositeType(type) ? type : undefined);
      }),
    };
  }

  #declareInField(field: FieldNode, parent: GraphQLCompositeType | undefined): FieldNode {
    const { value: name } = field.name;
    const definition = name === '__type' ? TypeMetaFieldDef : parent && fieldOf(parent, name);
    const { selectionSet, arguments: given } = field;
    if (!given?.length && !selectionSet) return field;
    return {
      ...field,
      ...(given?.length
        ? { arguments: given.map((argument) => this.#declareInArgument(argument, definition?.args)) }
        : {}),
      ...(selectionSet
        ? { selectionSet: this.#declareBelow(selectionSet, definition && getNamedType(definition.type)) }
        : {}),
    };
  }

  #declareInArgument(node: ArgumentNode, declared: readonly GraphQLArgument[] = []): ArgumentNode {
    const argument = declared.find(({ name }) => name === node.name.value);
    return { ...node, value: this.#declareInValue(node.value, argument?.type, argument) };
  }

  #declareInValue(
    node: ValueNode,
    type: GraphQLInputType | undefined,
    argument: GraphQLArgument | undefined,
  ): ValueNode {
    switch (node.kind) {
      case Kind.VARIABLE:
        return this.#declareVariable(node, type, argument);
      case Kind.LIST: {
        const list = type && getNullableType(type);
        const item = isListType(list) ? list.ofType : list;
        return { ...node, values: node.values.map((value) => this.#declareInValue(value, item, argument)) };
      }
      case Kind.OBJECT: {
        const object = getNamedType(type);
        const declared = isInputObjectType(object) ? object.getFields() : undefined;
        const fields = node.fields.map((field) => {
          const inner = declared?.[field.name.value]?.type;
          return { ...field, value: this.#declareInValue(field.value, inner, argument) };
        });
        return { ...node, fields };
      }
      default:
        return node;
    }
  }

  #declareVariable(
    node: VariableNode,
    type: GraphQLInputType | undefined,
    argument: GraphQLArgument | undefined,
  ): ValueNode {
    const placeholder = placeholderOf(node.name.value);
    if (!placeholder) return node;
    const text = this.#texts.get(placeholder.number);
    if (text !== undefined) return parseConstValue(text, { noLocation: true });
    const named = type && getNamedType(type);
    // What has no type although its argument has one is below a custom scalar.
    const isCustom = named ? isScalarType(named) && !isSpecifiedScalarType(named) : argument !== undefined;
    if (isCustom) this.stay.add(placeholder.number);
    else if (!type || !isFitting(placeholder.kind, type)) this.fits = false;
    else return this.#declared(placeholder, node, String(getNullableType(type)));
    return node;
  }

  withLiteral(variable: VariableSpec): VariableSpec {
    const literal = this.#numbers.get(variable.name);
    return literal === undefined ? variable : { ...variable, literal };
  }

  #declared({ number, kind }: Placeholder, node: VariableNode, type: string): VariableNode {
    const key = `${number}${kind} ${type}`;
    const known = this.#variables.get(key);
    if (known) return { ...node, name: known.name };
    const name = `${node.name.value}${this.#definitions.length}`;
    const variable = { ...node, name: { ...node.name, value: name } };
    this.#variables.set(key, variable);
    this.#numbers.set(name, number);
    this.#definitions.push({
      kind: Kind.VARIABLE_DEFINITION,
      variable,
      type: parseType(`${type}!`, { noLocation: true }),
      // Of no use: what is wrong with a literal is said of the document that has it.
      ...(node.loc ? { loc: node.loc } : {}),
    });
    return variable;
  }
}

/** As graphql-js takes literals. */
const kindsOf = new Map([
  ['String', 's'],
  ['ID', 'si'],
  ['Int', 'i'],
  ['Float', 'fi'],
]);

function isFitting(kind: LiteralKind, type: GraphQLInputType): boolean {
  const single = kind.toLowerCase();
  if (single !== kind && !isListType(getNullableType(type))) return false;
  return kindsOf.get(getNamedType(type).name)?.includes(single) === true;
}
