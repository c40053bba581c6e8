/**
 * The built-in directives of GraphQL (specification of September 2025). The composer keeps `@deprecated` and
 * `@specifiedBy` and drops definitions of built-in directives; it does not support `@oneOf`, which is therefore removed
 * before composition and added to the supergraph afterwards.
 */

import {
  Kind,
  parse,
  specifiedDirectives,
  visit,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type GraphQLDirective,
  type InputObjectTypeDefinitionNode,
  type InputObjectTypeExtensionNode,
  type InputValueDefinitionNode,
} from 'graphql';

import { locationsOf, type CompositionNote, type ParsedSubgraph, type SourceLocation } from './notes.ts';

const oneOf = 'oneOf';
const oneOfDefinition = `directive @${oneOf} on INPUT_OBJECT`;

/** A definition of a built-in directive that differs from the specification would silently have no effect. */
export function builtInErrors(subgraph: ParsedSubgraph): CompositionNote[] {
  return subgraph.document.definitions.flatMap((node) => {
    if (node.kind !== Kind.DIRECTIVE_DEFINITION) return [];
    const builtIn = specifiedDirectives.find(({ name }) => name === node.name.value);
    if (!builtIn || isWithin(node, builtIn)) return [];
    return {
      code: 'DIRECTIVE_DEFINITION_INVALID',
      message: `[${subgraph.name}] @${builtIn.name} belongs to GraphQL itself and cannot get other arguments or locations: leave this definition out, or rename it`,
      coordinate: `@${builtIn.name}`,
      locations: locationsOf(subgraph, node),
    };
  });
}

/** Older specifications had fewer arguments and locations. */
function isWithin(node: DirectiveDefinitionNode, { args, locations }: GraphQLDirective): boolean {
  return (
    !node.repeatable &&
    (node.arguments ?? []).every((argument) => args.some(({ name }) => name === argument.name.value)) &&
    node.locations.every((location) => locations.some((allowed) => allowed === location.value))
  );
}

/** The definitions and extensions of one input type in all subgraphs. */
interface InputType {
  readonly declaring: Set<ParsedSubgraph>;
  readonly parts: Array<{
    readonly subgraph: ParsedSubgraph;
    readonly node: InputObjectTypeDefinitionNode | InputObjectTypeExtensionNode;
  }>;
}

export interface OneOf {
  /** Names of the input types with `@oneOf`. */
  readonly names: ReadonlySet<string>;
  readonly errors: readonly CompositionNote[];
}

/** An input type must be `@oneOf` in every subgraph or in none: otherwise a service may receive several fields. */
export function oneOfTypes(subgraphs: readonly ParsedSubgraph[]): OneOf {
  const oneOfInputs = [...inputTypes(subgraphs)].filter(([, { declaring }]) => declaring.size > 0);
  return {
    names: new Set(oneOfInputs.map(([name]) => name)),
    errors: oneOfInputs.flatMap(([name, type]) => [
      ...declaredBySome(name, type),
      ...fieldErrors(name, type),
    ]),
  };
}

function inputTypes(subgraphs: readonly ParsedSubgraph[]): Map<string, InputType> {
  const types = new Map<string, InputType>();
  for (const subgraph of subgraphs) {
    for (const node of subgraph.document.definitions) {
      if (node.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION && node.kind !== Kind.INPUT_OBJECT_TYPE_EXTENSION)
        continue;
      const type = types.get(node.name.value) ?? { declaring: new Set(), parts: [] };
      types.set(node.name.value, type);
      type.parts.push({ subgraph, node });
      if (node.directives?.some(({ name }) => name.value === oneOf)) type.declaring.add(subgraph);
    }
  }
  return types;
}

function declaredBySome(name: string, { declaring, parts }: InputType): CompositionNote[] {
  const notDeclaring = parts.filter(({ subgraph }) => !declaring.has(subgraph));
  if (notDeclaring.length === 0) return [];
  return [
    {
      code: 'ONE_OF_MISMATCH',
      message: `Input type "${name}" is @oneOf in ${subgraphNames([...declaring])} but not in ${subgraphNames(notDeclaring.map(({ subgraph }) => subgraph))}: add @oneOf in all of them or in none`,
      coordinate: name,
      locations: [...notDeclaring, ...parts.filter(({ subgraph }) => declaring.has(subgraph))].flatMap(
        locationsOfPart,
      ),
    },
  ];
}

function locationsOfPart({ subgraph, node }: InputType['parts'][number]): SourceLocation[] {
  return locationsOf(subgraph, node);
}

function subgraphNames(subgraphs: readonly ParsedSubgraph[]): string {
  const names = [...new Set(subgraphs.map(({ name }) => `"${name}"`))];
  return `subgraph${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

function fieldErrors(type: string, { declaring, parts }: InputType): CompositionNote[] {
  return parts
    .filter(({ subgraph }) => declaring.has(subgraph))
    .flatMap(({ subgraph, node }) =>
      (node.fields ?? []).filter(isNotOptional).map((field) => ({
        code: 'INVALID_GRAPHQL',
        message: `[${subgraph.name}] "${type}.${field.name.value}" is a field of a @oneOf input type: it must be nullable and have no default value`,
        coordinate: `${type}.${field.name.value}`,
        locations: locationsOf(subgraph, field),
      })),
    );
}

function isNotOptional({ type, defaultValue }: InputValueDefinitionNode): boolean {
  return type.kind === Kind.NON_NULL_TYPE || defaultValue !== undefined;
}

export function withoutOneOf(document: DocumentNode): DocumentNode {
  return visit(document, {
    Directive: ({ name }) => (name.value === oneOf ? null : undefined),
    DirectiveDefinition: ({ name }) => (name.value === oneOf ? null : undefined),
  });
}

/** The supergraph with `@oneOf` on these input types. */
export function withOneOf(supergraphSdl: string, names: ReadonlySet<string>): string {
  if (names.size === 0) return supergraphSdl;
  let sdl = '';
  let written = 0;
  let isDefined = false;
  const write = (end: number, text: string): void => {
    sdl += supergraphSdl.slice(written, end) + text;
    written = end;
  };
  for (const node of parse(supergraphSdl).definitions) {
    if (!isDefined && node.kind === Kind.DIRECTIVE_DEFINITION && node.loc) {
      write(node.loc.start, `${oneOfDefinition}\n\n`);
      isDefined = true;
    }
    if (node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION && names.has(node.name.value) && node.name.loc)
      write(node.name.loc.end, `\n  @${oneOf}`);
  }
  return sdl + supergraphSdl.slice(written);
}

/** A supergraph composed elsewhere may use `@oneOf` without a definition, which GraphQL allows but the planner does not. */
export function definingOneOf(supergraph: DocumentNode): DocumentNode {
  const isUsed = supergraph.definitions.some(hasOneOf);
  const isDefined = supergraph.definitions.some(
    (node) => node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === oneOf,
  );
  if (!isUsed || isDefined) return supergraph;
  return { ...supergraph, definitions: [...parse(oneOfDefinition).definitions, ...supergraph.definitions] };
}

/** Anywhere in it: where it may not stand, the planner says so. */
function hasOneOf(
  node: DefinitionNode | FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode,
): boolean {
  return (
    ('directives' in node && node.directives?.some(({ name }) => name.value === oneOf) === true) ||
    ('fields' in node && node.fields?.some(hasOneOf) === true) ||
    ('values' in node && node.values?.some(hasOneOf) === true) ||
    ('arguments' in node && node.arguments?.some(hasOneOf) === true)
  );
}
