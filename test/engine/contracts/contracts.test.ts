/**
 * Operations of clients that see a part of each fixture, two contracts each: our executor must answer as graphql-js does
 * over a schema that has only this part.
 *
 * `TRIBUTARY_SEED` repeats a run, `TRIBUTARY_NIGHTLY=1` makes it 50 times as long.
 */
import { getOperationAST, parse, validate, type GraphQLSchema } from 'graphql';
import { afterAll, describe, expect, it } from 'vitest';

import type { FixtureOperation } from '../fixtures/fixture.ts';
import { fixtures } from '../fixtures/index.ts';
import { expectAgreement } from '../oracle/agreement.ts';
import { openEngine } from '../ours/engine.ts';
import type { Tally } from '../random/contest.ts';
import { generatedTimeoutMs, judgeGenerated, seed } from '../random/generated.ts';
import { tallyTable } from '../random/tally-table.ts';
import { openFilteredMonolith } from './filtered-monolith.ts';
import { randomView, sortedText } from './views.ts';

const tallies = new Map<string, Tally>();
let hiddenMembers = 0;
afterAll(() => {
  console.log(tallyTable(tallies));
  console.log(`Objects and enum values that became null because they are hidden: ${hiddenMembers}`);
});

describe.each(fixtures)('$name', (fixture) => {
  it.each([1, 2])(
    'answers a client with contract %i as one schema of what it sees does',
    async (number) => {
      const view = randomView(fixture, seed + number);
      const monolith = openFilteredMonolith(fixture, view.hidden);
      expect(sortedText(view.schema)).toBe(sortedText(monolith.schema));
      const onAnswer: NonNullable<Parameters<typeof openEngine>[1]>['onAnswer'] = ({ errors }) => {
        hiddenMembers += errors.filter(({ message }) => message.endsWith('not part of the schema')).length;
      };
      const { graph } = view;
      const engines = {
        monolith,
        engine: openEngine(fixture, { graph, onAnswer }),
        interpreted: openEngine(fixture, { graph, interpreted: true }),
      };
      const own = fixture.operations.filter((operation) => isOf(view.schema, operation));
      for (const operation of own) {
        // Without data its variables were refused.
        const { data } = await monolith.run(operation);
        if (data !== undefined) await expectAgreement(fixture, engines, operation);
      }
      const tally = await judgeGenerated(fixture, { operations: 6, view });
      tallies.set(`${fixture.name} ${number}`, tally);
    },
    generatedTimeoutMs,
  );
});

it('meets objects and enum values that are hidden', () => {
  expect(hiddenMembers).toBeGreaterThan(0);
});

/** Whether the schema has the operation, and not just no rule against it. */
function isOf(schema: GraphQLSchema, { query }: FixtureOperation): boolean {
  const document = parse(query);
  const operation = getOperationAST(document);
  return (
    operation !== null &&
    operation !== undefined &&
    Boolean(schema.getRootType(operation.operation)) &&
    validate(schema, document).length === 0
  );
}
