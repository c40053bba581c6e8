/**
 * Operations nobody wrote, over every fixture: with literals, with the same values in variables, and with each text an
 * operation of its own, the answers are those of one plain schema; and documents of one shape are prepared once.
 */
import fc from 'fast-check';
import { Lexer, parse, Source, TokenKind, validate, type GraphQLSchema } from 'graphql';
import { afterAll, describe, expect, it } from 'vitest';

import { guardFixture } from '../engine/access/guarded-fixture.ts';
import { openGuardedMonolith } from '../engine/access/guarded-monolith.ts';
import { principals } from '../engine/access/rules.ts';
import { openFilteredMonolith } from '../engine/contracts/filtered-monolith.ts';
import { randomView } from '../engine/contracts/views.ts';
import { fixtures } from '../engine/fixtures/index.ts';
import type { Fixture } from '../engine/fixtures/fixture.ts';
import { openMonolith } from '../engine/oracle/monolith.ts';
import { EngineGraph, type EngineOptions } from '../engine/ours/engine.ts';
import { generatedTimeoutMs, seed } from '../engine/random/generated.ts';
import { sketches } from '../engine/random/sketch.ts';
import { knownValues } from '../engine/random/values.ts';
import { writeOperation, type WrittenOperation } from '../engine/random/write.ts';
import { withMovedLiterals } from './moved-literals.ts';
import { openRequests, type ReceivedAnswer } from './requests.ts';

const operationsOf = Number(process.env['TRIBUTARY_OPERATIONS'] ?? 5);
const rulesSeed = 5;
const counts = { operations: 0, shaped: 0 };
afterAll(() => {
  console.log(`${counts.operations} operations, ${counts.shaped} of them by their shape`);
  expect(counts.shaped).toBeGreaterThan(counts.operations / 20);
});

const plannable = fixtures.filter(({ planningTimesOut }) => planningTimesOut === undefined);

describe.each(plannable)('$name', (fixture) => {
  it(
    'answers an operation alike, wherever its values are, and prepares a shape once',
    () => compare(fixture, { graph: new EngineGraph(fixture) }, openMonolith(fixture)),
    generatedTimeoutMs,
  );

  it(
    'answers alike where every field has a rule',
    () => {
      const { policy, graph } = guardFixture(fixture, rulesSeed);
      const { user: principal } = principals;
      const monolith = openGuardedMonolith(fixture, principal.roles, rulesSeed);
      return compare(fixture, { graph, access: { policy, principal } }, monolith);
    },
    generatedTimeoutMs,
  );

  it(
    'answers alike where a client sees a part of the graph',
    () => {
      const { graph, schema, hidden } = randomView(fixture, seed);
      return compare(fixture, { graph }, { ...openFilteredMonolith(fixture, hidden), schema });
    },
    generatedTimeoutMs,
  );
});

type AskedEngine = Required<Pick<EngineOptions, 'graph'>> & Pick<EngineOptions, 'access'>;
type Plain = Pick<ReturnType<typeof openMonolith>, 'run'> & { readonly schema?: GraphQLSchema };

async function compare(fixture: Fixture, asked: AskedEngine, plain: Plain): Promise<void> {
  const { schema = openMonolith(fixture).schema } = plain;
  const arbitrary = sketches(schema, knownValues(fixture), fixture.notGenerated?.fields);
  const judge = judgeOf(fixture, asked, { schema, run: plain.run });
  await fc.assert(
    fc.asyncProperty(arbitrary, async (sketch) => judge(writeOperation(schema, sketch))),
    { seed, numRuns: operationsOf },
  );
}

function judgeOf(
  fixture: Fixture,
  asked: AskedEngine,
  monolith: Required<Plain>,
): (operation: WrittenOperation) => Promise<void> {
  const shared = openRequests(fixture, { ...asked, shareLiterals: true });
  const single = openRequests(fixture, { ...asked, shareLiterals: false });
  const fresh = async <Result>(run: () => Promise<Result>): Promise<Result> => {
    fixture.reset?.();
    return run().finally(() => fixture.reset?.());
  };

  return async (operation) => {
    fc.pre(validate(monolith.schema, parse(operation.query)).length === 0);
    const { data } = await fresh(() => monolith.run(operation));
    fc.pre(data !== undefined);
    const before = shared.asked.length;
    const answer = await fresh(() => shared.answer(operation));
    counts.operations += 1;
    const requests = shared.asked.slice(before);
    const isShaped = requests.length > 0 && requests.every(({ literals }) => literals !== undefined);
    if (isShaped) counts.shaped += 1;

    expect(JSON.stringify(answer.data)).toBe(JSON.stringify(data));
    expect(await fresh(() => single.answer(operation))).toEqual(answer);
    const moved = withMovedLiterals(monolith.schema, operation);
    expect(dataOf(await fresh(() => single.answer(moved)))).toBe(JSON.stringify(data));

    const again = { ...operation, query: `# again\n${tokensOf(operation.query).join('\n ')}` };
    const known = shared.asked.length;
    const answerAgain = await fresh(() => shared.answer(again));
    if (isShaped) expect(shared.asked.length).toBe(known);
    expect(answerAgain).toEqual(await fresh(() => single.answer(again)));
    expect(JSON.stringify(answerAgain.data)).toBe(JSON.stringify(data));
  };
}

function tokensOf(query: string): string[] {
  const lexer = new Lexer(new Source(query));
  const texts: string[] = [];
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance())
    texts.push(query.slice(token.start, token.end));
  return texts;
}

function dataOf({ data }: ReceivedAnswer): string {
  return JSON.stringify(data);
}
