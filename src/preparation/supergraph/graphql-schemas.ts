/**
 * The schemas of a supergraph for graphql-js, made of the document at hand. The planner's schemas can make them, too, but
 * they print themselves and parse that, which takes a fifth of the time of loading a graph.
 */

import {
  EnumType,
  inaccessibleIdentity,
  InputObjectType,
  InterfaceType,
  ObjectType,
  type NamedType,
  type Schema,
} from '@apollo/federation-internals';
import {
  buildASTSchema,
  GraphQLSchema,
  isSpecifiedDirective,
  isTypeDefinitionNode,
  Kind,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type NamedTypeNode,
} from 'graphql';

/** Of everything, also what clients do not see. @param supergraph It was validated before, as a whole. */
export function fullSchemaOf(supergraph: DocumentNode): GraphQLSchema {
  return buildASTSchema(supergraph, { assumeValid: true, assumeValidSDL: true });
}

export interface PlannerSchemas {
  readonly full: Schema;
  readonly api: Schema;
}

/** Of what is in the planner's API schema. @param full What `fullSchemaOf` made of the same supergraph. */
export function apiSchemaIn(
  supergraph: DocumentNode,
  full: GraphQLSchema,
  planner: PlannerSchemas,
): GraphQLSchema {
  if (!hidesElements(planner.full)) return withoutFeatures(supergraph, full, planner.api);
  const elements = new ApiElements(planner.api);
  const definitions = supergraph.definitions.flatMap((node) => elements.of(node));
  return fullSchemaOf({ kind: Kind.DOCUMENT, definitions });
}

function hidesElements(full: Schema): boolean {
  const feature = full.coreFeatures?.getByIdentity(inaccessibleIdentity);
  const directive = feature && full.directive(feature.directiveNameInSchema('inaccessible'));
  return directive !== undefined && directive.applications().size > 0;
}

/** Of the same types: only those of composition are not part of the API. */
function withoutFeatures(supergraph: DocumentNode, full: GraphQLSchema, api: Schema): GraphQLSchema {
  const types = supergraph.definitions.flatMap((node) => {
    const name = isTypeDefinitionNode(node) ? node.name.value : undefined;
    return (name !== undefined && api.type(name) && full.getType(name)) || [];
  });
  const directives = full
    .getDirectives()
    .filter((directive) => isSpecifiedDirective(directive) || api.directive(directive.name) !== undefined);
  return new GraphQLSchema({ ...full.toConfig(), types, directives, assumeValid: true });
}

/** The parts of definitions that the API schema has, too. */
class ApiElements {
  readonly #api: Schema;

  constructor(api: Schema) {
    this.#api = api;
  }

  of(node: DefinitionNode): DefinitionNode[] {
    switch (node.kind) {
      case Kind.SCHEMA_DEFINITION:
      case Kind.SCHEMA_EXTENSION: {
        const operationTypes = (node.operationTypes ?? []).filter(({ type }) => this.#has(type));
        return [{ ...node, directives: this.#applied(node), operationTypes }];
      }
      case Kind.DIRECTIVE_DEFINITION: {
        const directive = this.#api.directive(node.name.value);
        return directive ? [{ ...node, arguments: this.#inputs(node.arguments, directive) }] : [];
      }
      default: {
        if (!('name' in node) || !node.name) return [];
        const type = this.#api.type(node.name.value);
        return type ? [this.#typeDefinition(node, type)] : [];
      }
    }
  }

  #typeDefinition(node: DefinitionNode, type: NamedType): DefinitionNode {
    switch (node.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.OBJECT_TYPE_EXTENSION:
      case Kind.INTERFACE_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_EXTENSION: {
        const interfaces = (node.interfaces ?? []).filter((one) => this.#has(one));
        const fields = (node.fields ?? []).flatMap((field) => this.#field(field, type));
        return { ...node, directives: this.#applied(node), interfaces, fields };
      }
      case Kind.UNION_TYPE_DEFINITION:
      case Kind.UNION_TYPE_EXTENSION: {
        const types = (node.types ?? []).filter((one) => this.#has(one));
        return { ...node, directives: this.#applied(node), types };
      }
      case Kind.ENUM_TYPE_DEFINITION:
      case Kind.ENUM_TYPE_EXTENSION: {
        const values = (node.values ?? [])
          .filter(({ name }) => type instanceof EnumType && type.value(name.value) !== undefined)
          .map((value) => ({ ...value, directives: this.#applied(value) }));
        return { ...node, directives: this.#applied(node), values };
      }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      case Kind.INPUT_OBJECT_TYPE_EXTENSION: {
        const fields = (node.fields ?? [])
          .filter(({ name }) => type instanceof InputObjectType && type.field(name.value) !== undefined)
          .map((field) => ({ ...field, directives: this.#applied(field) }));
        return { ...node, directives: this.#applied(node), fields };
      }
      default:
        return node;
    }
  }

  #field(node: FieldDefinitionNode, type: NamedType): FieldDefinitionNode[] {
    const isComposite = type instanceof ObjectType || type instanceof InterfaceType;
    const field = isComposite ? type.field(node.name.value) : undefined;
    if (!field) return [];
    return [{ ...node, directives: this.#applied(node), arguments: this.#inputs(node.arguments, field) }];
  }

  #inputs(
    nodes: readonly InputValueDefinitionNode[] | undefined,
    owner: HasArguments,
  ): InputValueDefinitionNode[] {
    return (nodes ?? [])
      .filter(({ name }) => owner.argument(name.value) !== undefined)
      .map((node) => ({ ...node, directives: this.#applied(node) }));
  }

  /** The directives of composition are not part of the API. */
  #applied({
    directives,
  }: {
    readonly directives?: readonly ConstDirectiveNode[] | undefined;
  }): ConstDirectiveNode[] {
    return (directives ?? []).filter(({ name }) => this.#api.directive(name.value) !== undefined);
  }

  #has({ name }: NamedTypeNode): boolean {
    return this.#api.type(name.value) !== undefined;
  }
}

interface HasArguments {
  argument(name: string): unknown;
}
