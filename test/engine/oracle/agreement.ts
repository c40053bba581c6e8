/** One operation through the monolith and both our projections: they must agree, always. */
import { expect } from 'vitest';

import type { Fixture } from '../fixtures/fixture.ts';
import { misplaced, unreported } from './compare.ts';
import type { Oracle } from './monolith.ts';

type Runs = Pick<Oracle, 'run'>;

export interface Engines {
  readonly monolith: Runs;
  readonly engine: Runs;
  /** The same without generated code. */
  readonly interpreted: Runs;
}

export async function expectAgreement(
  { reset }: Pick<Fixture, 'reset'>,
  { monolith, engine, interpreted }: Engines,
  operation: Fixture['operations'][number],
): Promise<void> {
  reset?.();
  const expected = await monolith.run(operation);
  reset?.();
  const actual = await engine.run(operation);
  reset?.();
  const reference = await interpreted.run(operation);
  reset?.();

  const context = JSON.stringify({ ours: actual.errors, monolith: expected.errors });
  // As text: the order of keys is part of the answer.
  expect(JSON.stringify(actual.data), context).toBe(JSON.stringify(expected.data));
  expect(JSON.stringify(reference.data), context).toBe(JSON.stringify(expected.data));
  expect(unreported(expected, actual), context).toEqual([]);
  expect(misplaced(actual), context).toEqual([]);
}
