/** What it means that two engines agree: the same data as text, and errors that explain the same nulls. */
import type { Answer } from './compose.ts';

type Path = ReadonlyArray<string | number>;

/** Nulls that have an error in the monolith and none here, neither at the null nor below it or above it. */
export function unreported(expected: Answer, actual: Answer): Path[] {
  return expected.errors
    .map((error) => nulledBy(expected.data, error.path ?? []))
    .filter((nulled) => !actual.errors.some(({ path = [] }) => related(nulled, path)));
}

/** Errors of ours whose path leads nowhere. */
export function misplaced(actual: Answer): Array<Path | undefined> {
  return actual.errors
    .map(({ path }) => path)
    .filter((path) => path === undefined || !leadsSomewhere(actual.data, path));
}

/** The path of the null that a field error led to: its own, or that of the parent it went up to. */
function nulledBy(data: unknown, path: Path): Path {
  let value = data;
  for (let depth = 0; depth < path.length; depth += 1) {
    if (value === null) return path.slice(0, depth);
    value = (value as Record<string | number, unknown>)[path[depth] as string | number];
  }
  return path;
}

function related(one: Path, other: Path): boolean {
  const shorter = Math.min(one.length, other.length);
  return JSON.stringify(one.slice(0, shorter)) === JSON.stringify(other.slice(0, shorter));
}

function leadsSomewhere(data: unknown, path: Path): boolean {
  let value = data;
  for (const key of path) {
    if (value === null) return true;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value !== undefined;
}
