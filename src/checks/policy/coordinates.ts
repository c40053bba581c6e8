/** Patterns of coordinates in checks.yaml: `Order` and `Order.*`, `Query.order`, `Query.order(id:)`. */

/** Whether the element of a coordinate is the one that a pattern names, or within it. */
export function coversCoordinate(pattern: string, coordinate: string): boolean {
  const element = pattern.endsWith('.*') ? pattern.slice(0, -'.*'.length) : pattern;
  if (!coordinate.startsWith(element)) return false;
  const next = coordinate.charAt(element.length);
  return next === '' || next === '.' || next === '(';
}
