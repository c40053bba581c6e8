/**
 * Operations nobody wrote, over graphs with random `@cost` and `@listSize`: the formula gives what an evaluation by the
 * book gives, and no answer whose lists are as long as assumed costs more.
 *
 * `TRIBUTARY_SEED` repeats a run, `TRIBUTARY_NIGHTLY=1` makes it 20 times as long.
 */
import fc from 'fast-check';
import { getVariableValues, Kind, parse, validate, type OperationDefinitionNode } from 'graphql';
import { afterAll, describe, expect, it } from 'vitest';

import { actualCost } from '../../src/operation/cost/actual.ts';
import { estimateCost } from '../../src/operation/cost/estimate.ts';
import { loadSupergraph } from '../../src/preparation/supergraph/supergraph.ts';
import { isGatewayError } from '../../src/shared/errors.ts';
import { fixtures } from '../engine/fixtures/index.ts';
import { composeFixture } from '../engine/oracle/compose.ts';
import { bounded } from '../engine/ours/bounded.ts';
import { sketches } from '../engine/random/sketch.ts';
import { knownValues } from '../engine/random/values.ts';
import { writeOperation, type WrittenOperation } from '../engine/random/write.ts';
import { costedSupergraph, type CostedGraph } from './costed-graph.ts';
import { randomFrom, randomRules, withDirectives, withRules } from './random-rules.ts';
import { ReferenceCost } from './reference-cost.ts';

const seed = Number(process.env['TRIBUTARY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`Costs of generated operations: TRIBUTARY_SEED=${seed}`);

const chosen = [
  'shop',
  'polymorphism',
  'type-conditions',
  'union-members',
  'node-interface',
  'nested-lists',
  'field-arguments',
  'mutations',
  'conditions',
  'scalars',
  'interface-object',
];
const graphsPerFixture = 3;
const operationsPerGraph = process.env['TRIBUTARY_NIGHTLY'] === '1' ? 500 : 25;
const answersPerOperation = 3;
const listSize = 2;
/** Of processor time, in a fixture some of whose operations no planner is done with. */
const planningTimeoutMs = 2000;

const tally = {
  graphs: 0,
  operations: 0,
  notPlanned: 0,
  costly: 0,
  dynamic: 0,
  answers: 0,
  typed: 0,
  asEstimated: 0,
};
afterAll(() => console.log(JSON.stringify(tally)));

describe.each(fixtures.filter(({ name }) => chosen.includes(name)))('$name', (fixture) => {
  it.each(Array.from({ length: graphsPerFixture }, (_, index) => index))(
    'with random costs %i',
    (index) => {
      const random = randomFrom(seed + index);
      const composed = composeFixture(fixture);
      const rules = randomRules(loadSupergraph(composed).schema, random);
      const load = (): CostedGraph =>
        costedSupergraph(loadSupergraph(withRules(composed, rules)), { listSize });
      let graph = load();
      type Prepared = ReturnType<CostedGraph['prepare']>;
      const prepare = ({
        query,
        variables,
      }: Pick<WrittenOperation, 'query' | 'variables'>): Prepared | undefined => {
        if (fixture.planningTimesOut === undefined) return graph.prepare(query, variables);
        try {
          return bounded(planningTimeoutMs, () => graph.prepare(query, variables));
        } catch (error) {
          const isTooSlow = isGatewayError(error) && error.code === 'PLANNING_TIMEOUT';
          // A fast machine runs into the longest list that there is before the time is over.
          if (!isTooSlow && !String(error).includes('cannot be planned')) throw error;
          // The interruption may have left the planner's caches half written.
          graph = load();
          tally.notPlanned += 1;
          return undefined;
        }
      };
      const { schema } = graph.supergraph;
      tally.graphs += 1;
      const property = fc.property(
        sketches(schema, knownValues(fixture), fixture.notGenerated?.fields),
        fc.nat(),
        (sketch, dice) => {
          const written = writeOperation(schema, sketch);
          const query = withDirectives(written.query, randomFrom(dice));
          const document = parse(query);
          fc.pre(validate(schema, document).length === 0);
          const operation = document.definitions.find(
            (one) => one.kind === Kind.OPERATION_DEFINITION,
          ) as OperationDefinitionNode;
          const values = getVariableValues(schema, operation.variableDefinitions ?? [], written.variables);
          fc.pre(values.errors === undefined);
          const result = prepare({ ...written, query });
          if (!result) return;
          const { prepared, variables } = result;
          const reference = new ReferenceCost({
            schema,
            rules,
            listSize,
            document,
            variables: values.coerced,
          });

          const estimate = estimateCost(prepared.cost, variables);
          expect(estimate).toBe(reference.estimate());
          tally.operations += 1;
          if (estimate > 0) tally.costly += 1;
          if (typeof prepared.cost.total !== 'number') tally.dynamic += 1;

          for (let i = 0; i < answersPerOperation; i += 1) {
            const answer = reference.answer(randomFrom(dice + i));
            const actual = actualCost(prepared, answer.data, variables);
            expect(answer.cost).toBeLessThanOrEqual(estimate);
            // Objects whose type an answer does not name count as the dearest.
            if (answer.isTyped) expect(actual).toBe(answer.cost);
            else expect(actual).toBeGreaterThanOrEqual(answer.cost);
            tally.answers += 1;
            if (answer.isTyped) tally.typed += 1;
            if (actual === estimate) tally.asEstimated += 1;
          }
        },
      );
      fc.assert(property, { seed: seed + index, numRuns: operationsPerGraph });
    },
    1_200_000,
  );
});

it('tries what it is for', () => {
  expect(tally.costly).toBeGreaterThan(tally.operations / 3);
  expect(tally.dynamic).toBeGreaterThan(tally.operations / 20);
  expect(tally.typed).toBeGreaterThan(tally.answers / 5);
});
