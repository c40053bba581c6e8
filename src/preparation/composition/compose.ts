/** Composes subgraph schemas into a supergraph, and says where each mistake is. Worker and `tributary compose` only. */

import { composeServices } from '@apollo/composition';
import { GraphQLError, parse, Source, type ASTNode } from 'graphql';

import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';
import { withWrittenDefaults } from '../supergraph/default-values.ts';
import { composable, withOwnNames } from '../supergraph/executable-directives.ts';
import { oneOfTypes, withOneOf, withoutOneOf } from './built-ins.ts';
import { droppedFromDefault } from './dropped-inputs.ts';
import { noteText, placeOf, type CompositionNote, type ParsedSubgraph, type Place } from './notes.ts';
import { SchemaIndex } from './schema-index.ts';
import { mistakesIn } from './subgraph-rules.ts';

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

export function compose(subgraphs: readonly SubgraphSchema[]): Composition {
  const parsed = subgraphs.map(parsedOrNote);
  const unread = parsed.flatMap((result) => ('code' in result ? [result] : []));
  if (unread.length > 0) return { errors: unread };
  const documents = parsed.flatMap((result) => ('code' in result ? [] : [result]));
  const oneOf = oneOfTypes(documents);
  const mistakes = [...documents.flatMap(mistakesIn), ...oneOf.mistakes];
  if (mistakes.length > 0) return { errors: mistakes };
  const result = composed(documents);
  const places = new Places(documents);
  if (result.supergraphSdl === undefined) {
    return { errors: (result.errors ?? []).map((error) => errorNote(error, places)) };
  }
  const supergraphSdl = withOneOf(withOwnNames(result.supergraphSdl), oneOf.names);
  return {
    supergraphSdl: withWrittenDefaults(
      supergraphSdl,
      documents.map(({ document }) => document),
    ),
    hints: (result.hints ?? []).map((hint) => hintNote(hint, places)),
  };
}

/** @throws {GatewayError} `COMPOSITION_FAILED` that lists every mistake. */
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
    return { code: 'INVALID_GRAPHQL', message, places: [{ subgraph: name, file, line, column }] };
  }
}

type Composed = ReturnType<typeof composeServices>;
type CompositionHint = NonNullable<Composed['hints']>[number];

/** The composer throws where it did not expect what it was given. */
function composed(documents: readonly ParsedSubgraph[]): Composed {
  try {
    return composeServices(
      documents.map(({ name, url, document }) => ({
        name,
        url,
        typeDefs: composable(withoutOneOf(document)),
      })),
    );
  } catch (error) {
    const message = errorText(error);
    return { errors: [new GraphQLError(`The composer failed: ${message}`)] };
  }
}

function errorNote(error: GraphQLError, places: Places): CompositionNote {
  const code = typeof error.extensions.code === 'string' ? error.extensions.code : 'INVALID_GRAPHQL';
  const named = /^\[([^\]]+)\]/.exec(error.message)?.[1];
  const [coordinate] = places.index.mentioned(error.message, named);
  const dropped = droppedFromDefault(coordinate, places.index);
  const found = places.of(error.nodes ?? [], error.message, named);
  return {
    code,
    message: withOwnNames([error.message, ...dropped.reasons].join(' ')),
    ...(coordinate === undefined ? {} : { coordinate }),
    places: [...found, ...dropped.places],
  };
}

function hintNote(
  { definition, message, coordinate, nodes }: CompositionHint,
  places: Places,
): CompositionNote {
  return {
    code: definition.code,
    message: withOwnNames(message),
    ...(coordinate === undefined ? {} : { coordinate: withOwnNames(coordinate) }),
    places: places.of(nodes ?? [], message),
  };
}

/** What the composer gives as nodes: syntax trees that may carry the name of their subgraph. */
type ComposerNode = ASTNode & { readonly subgraph?: string };

/** Finds the places of a note: those of its nodes, else those of what its message names. */
class Places {
  readonly #subgraphs: ReadonlyMap<string, ParsedSubgraph>;
  #index: SchemaIndex | undefined;

  constructor(subgraphs: readonly ParsedSubgraph[]) {
    this.#subgraphs = new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph]));
  }

  get index(): SchemaIndex {
    return (this.#index ??= new SchemaIndex([...this.#subgraphs.values()]));
  }

  /** @param named The one subgraph that a message is about. */
  of(nodes: Iterable<unknown>, message: string, named?: string): Place[] {
    const places = new Map<string, Place>();
    for (const node of nodes) {
      const { loc, subgraph = loc?.source.name ?? named } = node as ComposerNode;
      const known = this.#subgraphs.get(subgraph ?? '');
      for (const place of known ? placeOf(known, { loc }) : [])
        places.set(`${place.subgraph}:${place.line}:${place.column}`, place);
    }
    if (places.size > 0) return [...places.values()];
    const defined = this.index.placesOf(this.index.mentioned(message, named), named);
    return defined.length > 0 ? defined : this.#files(message, named);
  }

  /** Of a message that names nothing which a subgraph defines: the files of the subgraphs that it names. */
  #files(message: string, named: string | undefined): Place[] {
    const names =
      named === undefined ? [...message.matchAll(/subgraph "([^"]+)"/g)].map(([, name]) => name) : [named];
    return [...new Set(names)].flatMap((name) => {
      const known = this.#subgraphs.get(name ?? '');
      return known ? [{ subgraph: known.name, file: known.file, line: 1, column: 1 }] : [];
    });
  }
}
