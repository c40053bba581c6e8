/** Numbers in an answer that count by their digits, as those of custom scalars do: 1.10 is not 1.1 to everybody. */

import type { NumberPaths } from '../../pipeline/prepared.ts';

/** Whether there is one at any of these places. Most custom scalars hold texts, and then nothing is to be done. */
export function holdsNumber(value: unknown, places: NumberPaths): boolean {
  if (places.length === 0) return false;
  if (Array.isArray(value)) return value.some((element) => holdsNumber(element, places));
  if (typeof value !== 'object' || value === null) return false;
  return places.some(([name, below]) => {
    const inner = (value as Readonly<Record<string, unknown>>)[name];
    return below === null ? isNumeric(inner) : holdsNumber(inner, below);
  });
}

/** Without a look into what is nested: it may be so deeply. */
function isNumeric(value: unknown): boolean {
  return Array.isArray(value) ? value.some(mayBeNumeric) : mayBeNumeric(value);
}

function mayBeNumeric(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'object' && value !== null);
}
