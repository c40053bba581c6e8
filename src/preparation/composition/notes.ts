/** What composition has to say, with every place it concerns, and how that reads as text. */

import type { DocumentNode } from 'graphql';

export interface Place {
  readonly subgraph: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface CompositionNote {
  readonly code: string;
  readonly message: string;
  /** `Product.price` or `Query.products(first:)`, where it can be told. */
  readonly coordinate?: string;
  readonly places: readonly Place[];
}

/** One subgraph as composition takes it. */
export interface ParsedSubgraph {
  readonly name: string;
  readonly url: string;
  /** Shown in messages. */
  readonly file: string;
  readonly document: DocumentNode;
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

/** Syntax trees of the composer may have lost where they come from. */
interface Located {
  readonly loc?: { readonly startToken: { readonly line: number; readonly column: number } } | undefined;
}

/** @returns Nothing for a node that does not know where it stands. */
export function placeOf({ name, file }: Pick<ParsedSubgraph, 'name' | 'file'>, { loc }: Located): Place[] {
  return loc ? [{ subgraph: name, file, line: loc.startToken.line, column: loc.startToken.column }] : [];
}
