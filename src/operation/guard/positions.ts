/** Lines and columns in a document, as graphql-js counts them. */

import type { SourcePosition } from '../../pipeline/prepared.ts';

/** @param offsets In UTF-16 units. */
export function positionsIn(text: string, offsets: readonly number[]): SourcePosition[] {
  const lineStarts = [0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // CR LF is one end of a line.
    if (code === 0x0a || (code === 0x0d && text.charCodeAt(at + 1) !== 0x0a)) lineStarts.push(at + 1);
  }
  return offsets.map((offset) => {
    const line = lineAt(lineStarts, offset);
    return { line, column: offset - (lineStarts[line - 1] ?? 0) + 1 };
  });
}

/** The number of line starts that are not after `offset`. */
function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
