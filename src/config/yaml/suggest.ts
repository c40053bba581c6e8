/** "Did you mean" suggestions: the most similar of a few names, if one is similar enough. Pure. */

/** ` (did you mean "users"?)`, or the empty text. */
export function didYouMean(input: string, known: readonly string[]): string {
  const nearest = nearestName(input, known);
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
}

export function nearestName(input: string, known: readonly string[]): string | undefined {
  // Longer names are hardly typing mistakes, and the edit distance takes quadratic time.
  if (input.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(input.length * 0.4)) + 1;
  for (const name of known) {
    const distance = editDistance(input.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      let distance = Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && isSwap)
        distance = Math.min(distance, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}
