/**
 * The directives that are part of GraphQL itself (specification of September 2025). The composer keeps `@deprecated`
 * and `@specifiedBy` and leaves out definitions that GraphQL has anyway; it does not know `@oneOf`, which is therefore taken out
 * before and put back into the supergraph.
 */

import {
  Kind,
  parse,
  specifiedDirectives,
  visit,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type GraphQLDirective,
  type InputObjectTypeDefinitionNode,
  type InputObjectTypeExtensionNode,
  type InputValueDefinitionNode,
} from 'graphql';

import { placeOf, type CompositionNote, type ParsedSubgraph, type Place } from './notes.ts';

const oneOf = 'oneOf';
const oneOfDefinition = `directive @${oneOf} on INPUT_OBJECT`;

/** A definition of such a directive that says anything else than the specification would silently have no effect. */
export function mistakesInBuiltIns(subgraph: ParsedSubgraph): CompositionNote[] {
  return subgraph.document.definitions.flatMap((node) => {
    if (node.kind !== Kind.DIRECTIVE_DEFINITION) return [];
    const builtIn = specifiedDirectives.find(({ name }) => name === node.name.value);
    if (!builtIn || isWithin(node, builtIn)) return [];
    return {
      code: 'DIRECTIVE_DEFINITION_INVALID',
      message: `[${subgraph.name}] @${builtIn.name} belongs to GraphQL itself and cannot get other arguments or locations: leave this definition out, or rename it`,
      coordinate: `@${builtIn.name}`,
      places: placeOf(subgraph, node),
    };
  });
}

/** Older specifications had fewer arguments and locations. */
function isWithin(node: DirectiveDefinitionNode, { args, locations }: GraphQLDirective): boolean {
  return (
    !node.repeatable &&
    (node.arguments ?? []).every((argument) => args.some(({ name }) => name === argument.name.value)) &&
    node.locations.every((location) => locations.some((known) => known === location.value))
  );
}

/** Of one input type: its definition and its extensions, in all subgraphs. */
interface InputType {
  readonly saying: Set<ParsedSubgraph>;
  readonly parts: Array<{
    readonly subgraph: ParsedSubgraph;
    readonly node: InputObjectTypeDefinitionNode | InputObjectTypeExtensionNode;
  }>;
}

export interface OneOf {
  /** Of the input types that have it. */
  readonly names: ReadonlySet<string>;
  readonly mistakes: readonly CompositionNote[];
}

/** An input type is `@oneOf` in every subgraph or in none: a service that does not say so may be sent several fields. */
export function oneOfTypes(subgraphs: readonly ParsedSubgraph[]): OneOf {
  const found = [...inputTypes(subgraphs)].filter(([, { saying }]) => saying.size > 0);
  return {
    names: new Set(found.map(([name]) => name)),
    mistakes: found.flatMap(([name, type]) => [...saidBySome(name, type), ...fieldMistakes(name, type)]),
  };
}

function inputTypes(subgraphs: readonly ParsedSubgraph[]): Map<string, InputType> {
  const types = new Map<string, InputType>();
  for (const subgraph of subgraphs) {
    for (const node of subgraph.document.definitions) {
      if (node.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION && node.kind !== Kind.INPUT_OBJECT_TYPE_EXTENSION)
        continue;
      const type = types.get(node.name.value) ?? { saying: new Set(), parts: [] };
      types.set(node.name.value, type);
      type.parts.push({ subgraph, node });
      if (node.directives?.some(({ name }) => name.value === oneOf)) type.saying.add(subgraph);
    }
  }
  return types;
}

function saidBySome(name: string, { saying, parts }: InputType): CompositionNote[] {
  const silent = parts.filter(({ subgraph }) => !saying.has(subgraph));
  if (silent.length === 0) return [];
  return [
    {
      code: 'ONE_OF_MISMATCH',
      message: `Input type "${name}" is @oneOf in ${named([...saying])} but not in ${named(silent.map(({ subgraph }) => subgraph))}: say it in all of them or in none`,
      coordinate: name,
      places: [...silent, ...parts.filter(({ subgraph }) => saying.has(subgraph))].flatMap(partPlace),
    },
  ];
}

function partPlace({ subgraph, node }: InputType['parts'][number]): Place[] {
  return placeOf(subgraph, node);
}

function named(subgraphs: readonly ParsedSubgraph[]): string {
  const names = [...new Set(subgraphs.map(({ name }) => `"${name}"`))];
  return `subgraph${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

function fieldMistakes(type: string, { saying, parts }: InputType): CompositionNote[] {
  return parts
    .filter(({ subgraph }) => saying.has(subgraph))
    .flatMap(({ subgraph, node }) =>
      (node.fields ?? []).filter(isFixed).map((field) => ({
        code: 'INVALID_GRAPHQL',
        message: `[${subgraph.name}] "${type}.${field.name.value}" is a field of a @oneOf input type: it must be nullable and have no default value`,
        coordinate: `${type}.${field.name.value}`,
        places: placeOf(subgraph, field),
      })),
    );
}

function isFixed({ type, defaultValue }: InputValueDefinitionNode): boolean {
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

/** A supergraph composed elsewhere may use `@oneOf` without a definition, as GraphQL allows and the planner does not. */
export function definingOneOf(supergraph: DocumentNode): DocumentNode {
  let isUsed = false;
  visit(supergraph, { Directive: ({ name }) => void (isUsed ||= name.value === oneOf) });
  const isDefined = supergraph.definitions.some(
    (node) => node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === oneOf,
  );
  if (!isUsed || isDefined) return supergraph;
  return { ...supergraph, definitions: [...parse(oneOfDefinition).definitions, ...supergraph.definitions] };
}
