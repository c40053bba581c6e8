/** Composes subgraph schemas into a supergraph, and says where each mistake is. Worker and `tributary compose` only. */

import { composeServices } from '@apollo/composition';
import { GraphQLError, parse, Source, type DocumentNode } from 'graphql';

import { GatewayError } from '../shared/errors.ts';

export interface SubgraphSchema {
  readonly name: string;
  /** Written into the supergraph; in-process subgraphs have `local:<name>`. */
  readonly url: string;
  readonly sdl: string;
  /** Shown in messages. */
  readonly file: string;
}

/** One thing composition found, with every place it concerns. */
export interface CompositionNote {
  readonly code: string;
  readonly message: string;
  /** `Product.price`, where it can be told. */
  readonly coordinate?: string;
  readonly places: ReadonlyArray<{
    readonly subgraph: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
  }>;
}

export type Composition =
  | { readonly supergraphSdl: string; readonly hints: readonly CompositionNote[] }
  | { readonly errors: readonly CompositionNote[] };

export function compose(subgraphs: readonly SubgraphSchema[]): Composition {
  const errors: CompositionNote[] = [];
  const services: Array<{ name: string; url: string; typeDefs: DocumentNode }> = [];
  for (const { name, url, sdl, file } of subgraphs) {
    try {
      services.push({ name, url, typeDefs: parse(new Source(sdl, name)) });
    } catch (error) {
      errors.push(syntaxNote(error, name, file));
    }
  }
  if (errors.length > 0) return { errors };
  const files = new Map(subgraphs.map(({ name, file }) => [name, file]));
  const result = composeServices(services);
  if (result.supergraphSdl === undefined) {
    return { errors: (result.errors ?? []).map((error) => errorNote(error, files)) };
  }
  const hints = (result.hints ?? []).map((hint) => ({
    code: hint.definition.code,
    message: hint.message,
    ...coordinateIn(hint.coordinate),
    places: placesOf(hint.nodes, files),
  }));
  return { supergraphSdl: result.supergraphSdl, hints };
}

/** @throws {GatewayError} `COMPOSITION_FAILED` that lists every mistake. */
export function composeOrThrow(subgraphs: readonly SubgraphSchema[]): string {
  const composition = compose(subgraphs);
  if ('supergraphSdl' in composition) return composition.supergraphSdl;
  throw new GatewayError('COMPOSITION_FAILED', composition.errors.map(noteText).join('\n'));
}

/** `users/schema.graphql:3:5 [users] User.id INVALID_FIELD_SHARING: ...` */
export function noteText(note: CompositionNote): string {
  const places = note.places.map(
    ({ subgraph, file, line, column }) => `${file}:${line}:${column} [${subgraph}]`,
  );
  const [first, ...more] = places;
  const coordinate = note.coordinate === undefined ? '' : ` ${note.coordinate}`;
  const also = more.map((place) => `\n    also ${place}`).join('');
  return `${first ?? '-'}${coordinate} ${note.code}: ${note.message}${also}`;
}

function syntaxNote(error: unknown, subgraph: string, file: string): CompositionNote {
  const location = error instanceof GraphQLError ? error.locations?.[0] : undefined;
  const { line, column } = location ?? { line: 1, column: 1 };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INVALID_GRAPHQL', message, places: [{ subgraph, file, line, column }] };
}

function errorNote(error: GraphQLError, files: ReadonlyMap<string, string>): CompositionNote {
  const code = typeof error.extensions.code === 'string' ? error.extensions.code : 'INVALID_GRAPHQL';
  const named = /^\[([^\]]+)\]/.exec(error.message)?.[1];
  const places = placesOf(error.nodes ?? [], files, named);
  const fallback = named !== undefined && files.has(named) ? [placeOf(named, files, 1, 1)] : [];
  return {
    code,
    message: error.message,
    ...coordinateIn(
      /"([A-Z]\w*\.\w+)(?:\([^)]*\))?"/.exec(error.message)?.[1] ?? /"([A-Z]\w*)"/.exec(error.message)?.[1],
    ),
    places: places.length > 0 ? places : fallback,
  };
}

function coordinateIn(coordinate: string | undefined): { coordinate?: string } {
  return coordinate === undefined ? {} : { coordinate };
}

/** What composition gives as nodes: syntax trees that may carry the name of their subgraph. */
interface PlacedNode {
  readonly loc?:
    | { readonly startToken: { readonly line: number; readonly column: number }; readonly source: Source }
    | undefined;
  readonly subgraph?: string;
}

function placesOf(
  nodes: Iterable<unknown> | undefined,
  files: ReadonlyMap<string, string>,
  named?: string,
): CompositionNote['places'] {
  const places = new Map<string, CompositionNote['places'][number]>();
  for (const node of nodes ?? []) {
    const { loc, subgraph } = node as PlacedNode;
    const name = subgraph ?? (loc && files.has(loc.source.name) ? loc.source.name : named);
    if (!loc || name === undefined) continue;
    const place = placeOf(name, files, loc.startToken.line, loc.startToken.column);
    places.set(`${place.subgraph}:${place.line}:${place.column}`, place);
  }
  return [...places.values()];
}

function placeOf(
  subgraph: string,
  files: ReadonlyMap<string, string>,
  line: number,
  column: number,
): CompositionNote['places'][number] {
  return { subgraph, file: files.get(subgraph) ?? subgraph, line, column };
}
