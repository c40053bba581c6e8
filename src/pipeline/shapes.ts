/**
 * The shape of documents that differ in literals, in the name of their operation, in whitespace and comments: the document
 * with a variable in place of each literal in an argument of a field. `operation/shapes/` writes it; a planner worker
 * declares the variables (`preparation/shapes.ts`).
 */

import type { SourcePosition } from './prepared.ts';

/** Of a literal, or of each of a list of them: the upper case letters. */
export type LiteralKind = 'i' | 'f' | 's' | 'I' | 'F' | 'S';

export interface Placeholder {
  readonly kind: LiteralKind;
  readonly number: number;
}

/** Documents whose own variables begin with it have no shape. */
export const placeholderPrefix = '_value';

/** Stands for the name of the operation, which is not part of the shape. */
export const shapeName = '_';

/** The name of a fetch, as a service sees it: the planner makes it of the operation's name and what `fetchName` ends with. */
export function fetchNameOf(document: ShapedDocument | null, fetchName: string): string {
  return document?.name ? `${document.name}${fetchName.slice(shapeName.length)}` : fetchName;
}

/** The name of the variable. */
export function placeholderName({ kind, number }: Placeholder): string {
  return `${placeholderPrefix}${number}${kind}`;
}

/** Undefined: a variable of the client. */
export function placeholderOf(name: string): Placeholder | undefined {
  if (!name.startsWith(placeholderPrefix)) return undefined;
  const number = Number(name.slice(placeholderPrefix.length, -1));
  return { kind: name.slice(-1) as LiteralKind, number };
}

/** The document of a request whose operation is shared by documents of one shape. */
export interface ShapedDocument {
  /** Of its operation. */
  readonly name: string | null;
  /** Finds where in this document is what has a position in the shape. Reads the document again: for errors only. */
  positions(): (inShape: SourcePosition) => SourcePosition;
}
