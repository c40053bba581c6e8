/** Errors and hints of composition with their source locations, and their text. */

import type { DocumentNode } from 'graphql';

export interface SourceLocation {
  readonly subgraph: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface CompositionNote {
  readonly code: string;
  readonly message: string;
  /** `Product.price` or `Query.products(first:)`, if known. */
  readonly coordinate?: string;
  readonly locations: readonly SourceLocation[];
}

/** One subgraph as the input of composition. */
export interface ParsedSubgraph {
  readonly name: string;
  readonly url: string;
  /** Shown in messages. */
  readonly file: string;
  readonly document: DocumentNode;
}

/** `users/schema.graphql:3:5 [users] User.id INVALID_FIELD_SHARING: ...` */
export function noteText(note: CompositionNote): string {
  const locations = note.locations.map(
    ({ subgraph, file, line, column }) => `${file}:${line}:${column} [${subgraph}]`,
  );
  const [first, ...others] = locations;
  const coordinate = note.coordinate === undefined ? '' : ` ${note.coordinate}`;
  const also = others.map((location) => `\n    also ${location}`).join('');
  return `${first ?? '-'}${coordinate} ${note.code}: ${note.message}${also}`;
}

/** Nodes of the composer may lack a location. */
interface Located {
  readonly loc?: { readonly startToken: { readonly line: number; readonly column: number } } | undefined;
}

/** @returns Empty for a node without a location. */
export function locationsOf(
  { name, file }: Pick<ParsedSubgraph, 'name' | 'file'>,
  { loc }: Located,
): SourceLocation[] {
  return loc ? [{ subgraph: name, file, line: loc.startToken.line, column: loc.startToken.column }] : [];
}
