/**
 * Builds a supergraph for the planner. The planner's own validation prints every schema (the supergraph, that of the API,
 * each subgraph) and parses it again, only to run rules over the text that nearly all hold by how these schemas are made.
 * Here the remaining rules are checked on the schemas themselves, and every other check is the planner's own. Whatever is
 * in doubt is left to its full validation, whose reasons are those that a refused supergraph gets.
 */

import {
  buildSchemaFromAST,
  NonNullType,
  SchemaBlueprint,
  Supergraph,
  type Directive,
  type DirectiveDefinition,
  type Schema,
} from '@apollo/federation-internals';
import { DirectiveLocation, isTypeExtensionNode, Kind, type DocumentNode } from 'graphql';

/** By the kind of what a directive is applied to. */
const locationsByKind: ReadonlyMap<string, DirectiveLocation> = new Map([
  ['SchemaDefinition', DirectiveLocation.SCHEMA],
  ['ScalarType', DirectiveLocation.SCALAR],
  ['ObjectType', DirectiveLocation.OBJECT],
  ['InterfaceType', DirectiveLocation.INTERFACE],
  ['UnionType', DirectiveLocation.UNION],
  ['EnumType', DirectiveLocation.ENUM],
  ['InputObjectType', DirectiveLocation.INPUT_OBJECT],
  ['FieldDefinition', DirectiveLocation.FIELD_DEFINITION],
  ['ArgumentDefinition', DirectiveLocation.ARGUMENT_DEFINITION],
  ['InputFieldDefinition', DirectiveLocation.INPUT_FIELD_DEFINITION],
  ['EnumValue', DirectiveLocation.ENUM_VALUE],
]);
const emptyDocument: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] };

/**
 * @param withLocations The same document with the places of its nodes, which reasons contain.
 * @throws What is wrong with the supergraph, as the planner's packages say it.
 */
export function validatedSupergraph(document: DocumentNode, withLocations: () => DocumentNode): Supergraph {
  return quicklyValidated(document) ?? Supergraph.build(withLocations(), { supportedFeatures: null });
}

/** @param document Composed or validated before. */
export function assumedSupergraph(document: DocumentNode): Supergraph {
  const schema = buildSchemaFromAST(document, { validate: false, blueprint: unprintedBlueprint });
  return new Supergraph(schema, null, false);
}

/** Undefined: it may be wrong. */
function quicklyValidated(document: DocumentNode): Supergraph | undefined {
  // Rules for extensions go by the text.
  const hasExtensions = document.definitions.some(
    (node) => node.kind === Kind.SCHEMA_EXTENSION || isTypeExtensionNode(node),
  );
  if (hasExtensions) return undefined;
  try {
    const schema = buildSchemaFromAST(document, { validate: false, blueprint: unprintedBlueprint });
    if (!hasSoundDirectives(schema)) return undefined;
    schema.validate();
    const supergraph = new Supergraph(schema, null, false);
    supergraph.apiSchema();
    for (const subgraph of supergraph.subgraphs()) {
      withoutText(subgraph.schema);
      if (!hasSoundDirectives(subgraph.schema)) return undefined;
      // It was assumed to be valid when it was extracted.
      subgraph.schema.invalidate();
      subgraph.validate();
    }
    return supergraph;
  } catch {
    return undefined;
  }
}

/** The schemas built with it, and their copies, are validated without what is checked on their text. */
class UnprintedBlueprint extends SchemaBlueprint {
  override onConstructed(schema: Schema): void {
    withoutText(schema);
  }
}

const unprintedBlueprint = new UnprintedBlueprint();

function withoutText(schema: Schema): void {
  schema.toAST = () => emptyDocument;
}

/** Each applied directive is where it may be, as often as it may be, with the arguments that it must and may have. */
function hasSoundDirectives(schema: Schema): boolean {
  for (const definition of schema.allDirectives()) if (!isSoundlyApplied(definition)) return false;
  return true;
}

function isSoundlyApplied(definition: DirectiveDefinition): boolean {
  const { locations, repeatable } = definition;
  const required = definition
    .arguments()
    .filter(({ type, defaultValue }) => type instanceof NonNullType && defaultValue === undefined);
  const parents = new Set<unknown>();
  for (const application of definition.applications()) {
    const { parent } = application;
    if (!repeatable && parents.has(parent)) return false;
    parents.add(parent);
    const location = locationOf(application);
    if (!location || !locations.includes(location)) return false;
    const given = application.arguments();
    if (required.some(({ name }) => given[name] === undefined || given[name] === null)) return false;
    if (Object.keys(given).some((name) => definition.argument(name) === undefined)) return false;
  }
  return true;
}

function locationOf({ parent }: Directive): DirectiveLocation | undefined {
  return 'kind' in parent && typeof parent.kind === 'string' ? locationsByKind.get(parent.kind) : undefined;
}
