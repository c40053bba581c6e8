/** Our executor against graphql-js over one plain schema with the same data: they must agree, always. */
import { describe, expect, it } from 'vitest';

import { fixtures } from './fixtures/index.ts';
import { misplaced, unreported } from './oracle/compare.ts';
import { openMonolith } from './oracle/monolith.ts';
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
    expect(unreported(expected, actual), context).toEqual([]);
    expect(misplaced(actual), context).toEqual([]);
  });
});
