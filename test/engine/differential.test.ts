/** Our executor against graphql-js over one plain schema with the same data: they must agree, always. */
import { describe, expect, it } from 'vitest';

import { fixtures } from './fixtures/index.ts';
import { openMonolith } from './oracle/monolith.ts';
import type { Answer } from './oracle/compose.ts';
import { openEngine } from './ours/engine.ts';

describe.each(fixtures)('$name', (fixture) => {
  const monolith = openMonolith(fixture);
  const engine = openEngine(fixture);
  const interpreted = openEngine(fixture, { interpreted: true });

  it.each(fixture.operations)('$name', async (operation) => {
    fixture.reset?.();
    const expected = await monolith.run(operation);
    fixture.reset?.();
    const actual = await engine.run(operation);
    fixture.reset?.();
    const reference = await interpreted.run(operation);
    fixture.reset?.();

    const context = JSON.stringify({ ours: actual.errors, monolith: expected.errors });
    // As text: the order of keys is part of the answer.
    expect(JSON.stringify(actual.data), context).toBe(JSON.stringify(expected.data));
    expect(JSON.stringify(reference.data), context).toBe(JSON.stringify(expected.data));
    if (operation.errorsDiffer !== undefined) return;
    expect(unreported(expected, actual), context).toEqual([]);
    expect(misplaced(actual), context).toEqual([]);
  });
});

/** Nulls that have an error in the monolith and none here, neither at the null nor below it or above it. */
function unreported(expected: Answer, actual: Answer): unknown[] {
  return expected.errors
    .map((error) => nulledBy(expected.data, error.path ?? []))
    .filter((nulled) => !actual.errors.some(({ path = [] }) => related(nulled, path)));
}

/** Errors of ours whose path leads nowhere. */
function misplaced(actual: Answer): unknown[] {
  return actual.errors
    .map(({ path }) => path)
    .filter((path) => path === undefined || !leadsSomewhere(actual.data, path));
}

/** The path of the null that a field error led to: its own, or that of the parent it went up to. */
function nulledBy(data: unknown, path: ReadonlyArray<string | number>): ReadonlyArray<string | number> {
  let value = data;
  for (let depth = 0; depth < path.length; depth += 1) {
    if (value === null) return path.slice(0, depth);
    value = (value as Record<string | number, unknown>)[path[depth] as string | number];
  }
  return path;
}

function related(one: ReadonlyArray<string | number>, other: ReadonlyArray<string | number>): boolean {
  const shorter = Math.min(one.length, other.length);
  return JSON.stringify(one.slice(0, shorter)) === JSON.stringify(other.slice(0, shorter));
}

function leadsSomewhere(data: unknown, path: ReadonlyArray<string | number>): boolean {
  let value = data;
  for (const key of path) {
    if (value === null) return true;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value !== undefined;
}
