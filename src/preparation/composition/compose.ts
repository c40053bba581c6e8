/** Composes subgraph schemas into a supergraph and locates each error. Worker and `tributary compose` only. */

import { composeServices } from '@apollo/composition';
import { GraphQLError, parse, Source, type ASTNode } from 'graphql';

import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';
import { withWrittenDefaults } from '../supergraph/default-values.ts';
import { composable, withOwnNames } from '../supergraph/executable-directives.ts';
import { oneOfTypes, withOneOf, withoutOneOf } from './built-ins.ts';
import { droppedFromDefault } from './dropped-inputs.ts';
import { uncomposableListSizes, withListSizes, withoutListSizes, type ListSizes } from './list-sizes.ts';
import {
  noteText,
  locationsOf,
  type CompositionNote,
  type ParsedSubgraph,
  type SourceLocation,
} from './notes.ts';
import { SchemaIndex } from './schema-index.ts';
import { subgraphErrors } from './subgraph-rules.ts';

export interface SubgraphSchema {
  readonly name: string;
  /** Written into the supergraph; in-process subgraphs have `local:<name>`. */
  readonly url: string;
  readonly sdl: string;
  /** Shown in messages. */
  readonly file: string;
}

export type Composition =
  | { readonly supergraphSdl: string; readonly hints: readonly CompositionNote[] }
  | { readonly errors: readonly CompositionNote[] };

export interface CompositionOptions {
  /**
   * Whether every query can be planned is most of the work, and does not change the supergraph. Default true; without it,
   * a supergraph may be invalid.
   */
  readonly checksSatisfiability?: boolean;
}

export function compose(
  subgraphs: readonly SubgraphSchema[],
  { checksSatisfiability = true }: CompositionOptions = {},
): Composition {
  const parsed = subgraphs.map(parsedOrNote);
  const unparsable = parsed.flatMap((result) => ('code' in result ? [result] : []));
  if (unparsable.length > 0) return { errors: unparsable };
  const documents = parsed.flatMap((result) => ('code' in result ? [] : [result]));
  const oneOf = oneOfTypes(documents);
  const errors = [...documents.flatMap(subgraphErrors), ...oneOf.errors];
  if (errors.length > 0) return { errors };
  const listSizes = uncomposableListSizes(documents.map(({ document }) => document));
  const result = composed(documents, { listSizes, checksSatisfiability });
  const finder = new LocationFinder(documents);
  if (result.supergraphSdl === undefined) {
    return { errors: (result.errors ?? []).map((error) => errorNote(error, finder)) };
  }
  const completed = withListSizes(withOwnNames(result.supergraphSdl), listSizes);
  const supergraphSdl = withOneOf(completed, oneOf.names);
  return {
    supergraphSdl: withWrittenDefaults(
      supergraphSdl,
      documents.map(({ document }) => document),
    ),
    hints: (result.hints ?? []).map((hint) => hintNote(hint, finder)),
  };
}

/** @throws {GatewayError} `COMPOSITION_FAILED` with every error. */
export function composeOrThrow(subgraphs: readonly SubgraphSchema[]): string {
  const composition = compose(subgraphs);
  if ('supergraphSdl' in composition) return composition.supergraphSdl;
  throw new GatewayError('COMPOSITION_FAILED', composition.errors.map(noteText).join('\n'));
}

function parsedOrNote({ name, url, sdl, file }: SubgraphSchema): ParsedSubgraph | CompositionNote {
  try {
    return { name, url, file, document: parse(new Source(sdl, name)) };
  } catch (error) {
    const location = error instanceof GraphQLError ? error.locations?.[0] : undefined;
    const { line, column } = location ?? { line: 1, column: 1 };
    const message = errorText(error);
    return { code: 'INVALID_GRAPHQL', message, locations: [{ subgraph: name, file, line, column }] };
  }
}

type Composed = ReturnType<typeof composeServices>;
type CompositionHint = NonNullable<Composed['hints']>[number];

/** The composer throws on some unexpected input. */
function composed(
  documents: readonly ParsedSubgraph[],
  {
    listSizes,
    checksSatisfiability,
  }: { readonly listSizes: ListSizes; readonly checksSatisfiability: boolean },
): Composed {
  try {
    return composeServices(
      documents.map(({ name, url, document }) => ({
        name,
        url,
        typeDefs: composable(withoutOneOf(withoutListSizes(document, listSizes))),
      })),
      { runSatisfiability: checksSatisfiability },
    );
  } catch (error) {
    const message = errorText(error);
    return { errors: [new GraphQLError(`The composer failed: ${message}`)] };
  }
}

function errorNote(error: GraphQLError, finder: LocationFinder): CompositionNote {
  const code = typeof error.extensions.code === 'string' ? error.extensions.code : 'INVALID_GRAPHQL';
  const named = /^\[([^\]]+)\]/.exec(error.message)?.[1];
  const [coordinate] = finder.index.mentioned(error.message, named);
  const dropped = droppedFromDefault(coordinate, finder.index);
  const locations = finder.of(error.nodes ?? [], error.message, named);
  return {
    code,
    message: withOwnNames([error.message, ...dropped.reasons].join(' ')),
    ...(coordinate === undefined ? {} : { coordinate }),
    locations: [...locations, ...dropped.locations],
  };
}

function hintNote(
  { definition, message, coordinate, nodes }: CompositionHint,
  finder: LocationFinder,
): CompositionNote {
  return {
    code: definition.code,
    message: withOwnNames(message),
    ...(coordinate === undefined ? {} : { coordinate: withOwnNames(coordinate) }),
    locations: finder.of(nodes ?? [], message),
  };
}

/** A node of the composer, which may have the name of its subgraph. */
type ComposerNode = ASTNode & { readonly subgraph?: string };

/** Finds the locations of a note: those of its nodes, else those of the definitions that its message mentions. */
class LocationFinder {
  readonly #subgraphs: ReadonlyMap<string, ParsedSubgraph>;
  #index: SchemaIndex | undefined;

  constructor(subgraphs: readonly ParsedSubgraph[]) {
    this.#subgraphs = new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph]));
  }

  get index(): SchemaIndex {
    return (this.#index ??= new SchemaIndex([...this.#subgraphs.values()]));
  }

  /** @param named The subgraph that the message is about. */
  of(nodes: Iterable<unknown>, message: string, named?: string): SourceLocation[] {
    const locations = new Map<string, SourceLocation>();
    for (const node of nodes) {
      const { loc, subgraph: name = loc?.source.name ?? named } = node as ComposerNode;
      const subgraph = this.#subgraphs.get(name ?? '');
      for (const location of subgraph ? locationsOf(subgraph, { loc }) : [])
        locations.set(`${location.subgraph}:${location.line}:${location.column}`, location);
    }
    if (locations.size > 0) return [...locations.values()];
    const defined = this.index.locationsOf(this.index.mentioned(message, named), named);
    return defined.length > 0 ? defined : this.#files(message, named);
  }

  /** For a message without a known definition: the files of the subgraphs that it mentions. */
  #files(message: string, named: string | undefined): SourceLocation[] {
    const names =
      named === undefined ? [...message.matchAll(/subgraph "([^"]+)"/g)].map(([, name]) => name) : [named];
    return [...new Set(names)].flatMap((name) => {
      const subgraph = this.#subgraphs.get(name ?? '');
      return subgraph ? [{ subgraph: subgraph.name, file: subgraph.file, line: 1, column: 1 }] : [];
    });
  }
}
