/** One fixture's engines side by side, and what one generated operation shows about them. */
import { parse, validate } from 'graphql';

import { compileOperation } from '../../../src/execute/executor.ts';
import { isGatewayError } from '../../../src/shared/errors.ts';
import { openGuardedMonolith } from '../access/guarded-monolith.ts';
import type { GuardedFixture } from '../access/guarded-fixture.ts';
import { principals } from '../access/rules.ts';
import { openFilteredMonolith } from '../contracts/filtered-monolith.ts';
import type { FixtureView } from '../contracts/views.ts';
import type { Fixture } from '../fixtures/fixture.ts';
import { misplaced, unreported } from '../oracle/compare.ts';
import type { Answer } from '../oracle/compose.ts';
import { openMonolith } from '../oracle/monolith.ts';
import { openStock } from '../oracle/stock.ts';
import { EngineGraph, openEngine } from '../ours/engine.ts';
import { answersMore } from './more.ts';
import type { WrittenOperation } from './write.ts';

export interface Tally {
  operations: number;
  /** Those in which one response name means different things under different type conditions. */
  differing: number;
  /** Generated, but refused by graphql-js before anything ran. */
  invalid: number;
  /** Those among `operations` that were not planned in time, and so not compared. */
  readonly notPlanned: WrittenOperation[];
  /** Calls of subgraphs that fetches share, and what they would be if each fetch had a call of its own. */
  calls: number;
  callsApart: number;
  stockOperations: number;
  stockMismatches: number;
}

export type Verdict = { readonly valid: false } | { readonly valid: true; readonly mismatch: string | null };

/** Who asks, with every field of the fixture under some rule. */
export interface Guarded {
  readonly who: keyof typeof principals;
  readonly rules: GuardedFixture;
}

export interface ContestTerms {
  /** Default: nothing is guarded. */
  readonly guarded?: Guarded | undefined;
  /** What the client sees. Default: everything. */
  readonly view?: FixtureView | undefined;
}

export interface Contest {
  readonly tally: Tally;
  judge(operation: WrittenOperation): Promise<Verdict>;
  /** Lets the stock gateway answer, too; its defects are counted, not judged. It knows no rules. */
  judgeStock(operation: WrittenOperation): Promise<void>;
  close(): Promise<void>;
}

/** A thousand times what most operations need. */
const planningTimeoutMs = 20_000;
const errorsMax = 100_000;
/** Where some never end: as users have it. */
const endlessPlanningTimeoutMs = 2000;

export function openContest(fixture: Fixture, { guarded, view }: ContestTerms): Contest {
  const plain = view ? openFilteredMonolith(fixture, view.hidden) : openMonolith(fixture);
  const { schema } = plain;
  const monolith = guarded
    ? openGuardedMonolith(fixture, principals[guarded.who].roles, guarded.rules.seed)
    : plain;
  const hasStock = !guarded && !view && fixture.stockRefuses === undefined;
  const stock = hasStock ? openStock(fixture, endlessPlanningTimeoutMs) : undefined;
  const tally: Tally = {
    operations: 0,
    differing: 0,
    invalid: 0,
    notPlanned: [],
    calls: 0,
    callsApart: 0,
    stockOperations: 0,
    stockMismatches: 0,
  };

  const answers = guarded ? guardedAnswers(fixture, guarded) : plainAnswers(fixture, view, tally);

  async function fresh(run: () => Promise<Answer>): Promise<Answer> {
    fixture.reset?.();
    const answer = await run();
    fixture.reset?.();
    return answer;
  }

  return {
    tally,
    async judge(operation) {
      const expected = isValid(operation) ? await fresh(() => monolith.run(operation)) : undefined;
      // Without data the variables were refused.
      if (expected?.data === undefined) {
        tally.invalid += 1;
        return { valid: false };
      }
      tally.operations += 1;
      if (operation.isDiffering) tally.differing += 1;
      return { valid: true, mismatch: await mismatchOf(operation, expected) };
    },
    async judgeStock(operation) {
      const gateway = await stock;
      if (!gateway) return;
      const expected = await fresh(() => monolith.run(operation));
      const actual = await fresh(() => gateway.run(operation));
      tally.stockOperations += 1;
      if (JSON.stringify(actual.data) !== JSON.stringify(expected.data)) tally.stockMismatches += 1;
    },
    close: async () => (await stock)?.close(),
  };

  function isValid({ query }: WrittenOperation): boolean {
    return validate(schema, parse(query)).length === 0;
  }

  async function mismatchOf(operation: WrittenOperation, expected: Answer): Promise<string | null> {
    try {
      const { compiled: actual, interpreted, apart } = await answers(operation, fresh);
      return (
        difference('compiled', actual, expected) ??
        difference('interpreted', interpreted, expected) ??
        (apart && callsDifference(actual, apart)) ??
        errorDifference(actual, expected)
      );
    } catch (error) {
      if (isNotPlanned(error, fixture)) {
        tally.notPlanned.push(operation);
        return null;
      }
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }
}

type Answers = (
  operation: WrittenOperation,
  fresh: (run: () => Promise<Answer>) => Promise<Answer>,
) => Promise<AnswersOfOne>;

interface AnswersOfOne {
  /** By the generated projection. */
  readonly compiled: Answer;
  /** By the reference projection. */
  readonly interpreted: Answer;
  /** With a call for each fetch. */
  readonly apart?: Answer;
}

/**
 * The planner joins fetches of which one needs the other. Either it finds that out and gives up, or planning does not end:
 * then a fast machine runs into the longest list that there is before the time is over.
 */
function isNotPlanned(error: unknown, { planningTimesOut }: Fixture): boolean {
  if (!isGatewayError(error)) return false;
  return (
    error.code === 'PLANNING_TIMEOUT' ||
    (error.code === 'PLANNING_FAILED' &&
      planningTimesOut !== undefined &&
      /RangeError: Invalid array length|adding it as parent would create a cycle/.test(error.message))
  );
}

function planningTimeoutOf({ planningTimesOut }: Fixture): number {
  return planningTimesOut === undefined ? planningTimeoutMs : endlessPlanningTimeoutMs;
}

function plainAnswers(fixture: Fixture, view: FixtureView | undefined, tally: Tally): Answers {
  const graph = view?.graph ?? new EngineGraph(fixture);
  const options = { errorsMax, planningTimeoutMs: planningTimeoutOf(fixture), graph };
  const engine = openEngine(fixture, options);
  const around = answersMore(graph.schema);
  const apart = openEngine(fixture, { ...options, joined: false, around });
  const toldMore = openEngine(fixture, { ...options, around });
  return async ({ query, variables }, fresh) => {
    const compiled = engine.prepare(query, undefined, variables);
    engine.clear();
    apart.clear();
    const answers = {
      compiled: await fresh(() => engine.runPrepared(compiled, variables)),
      apart: await fresh(() => apart.runPrepared(compiled, variables)),
    };
    tally.calls += engine.calls.length;
    tally.callsApart += apart.calls.length;
    const interpreted = compileOperation(compiled.prepared, Infinity);
    return { ...answers, interpreted: await fresh(() => toldMore.runPrepared(interpreted, variables)) };
  };
}

function guardedAnswers(fixture: Fixture, { who, rules: { policy, graph } }: Guarded): Answers {
  const access = { policy, principal: principals[who] };
  const options = { access, graph, errorsMax, planningTimeoutMs: planningTimeoutOf(fixture) };
  const engine = openEngine(fixture, options);
  const interpreted = openEngine(fixture, { ...options, interpreted: true });
  return async (operation, fresh) => ({
    compiled: await fresh(() => engine.run(operation)),
    interpreted: await fresh(() => interpreted.run(operation)),
  });
}

function difference(name: string, actual: Answer, expected: Answer): string | null {
  // As text: the order of keys is part of the answer.
  const [ours, theirs] = [JSON.stringify(actual.data), JSON.stringify(expected.data)];
  if (ours === theirs) return null;
  const errors = JSON.stringify({ ours: actual.errors, monolith: expected.errors });
  return `data with the ${name} projection:\n  ours     ${ours}\n  monolith ${theirs}\n  errors   ${errors}`;
}

/** Errors come in the order of the answers. */
function callsDifference(joined: Answer, apart: Answer): string | null {
  const texts = [joined, apart].map(({ data, errors }) =>
    JSON.stringify({ data, errors: errors.map((error) => JSON.stringify(error)).sort() }),
  );
  if (texts[0] === texts[1]) return null;
  return `with fetches in common calls:\n  joined ${texts[0]}\n  apart  ${texts[1]}`;
}

function errorDifference(actual: Answer, expected: Answer): string | null {
  const missing = unreported(expected, actual);
  const lost = misplaced(actual);
  if (missing.length === 0 && lost.length === 0) return null;
  const errors = JSON.stringify({ ours: actual.errors, monolith: expected.errors });
  return `errors: unreported ${JSON.stringify(missing)}, leading nowhere ${JSON.stringify(lost)}\n  ${errors}\n  data ${JSON.stringify(expected.data)}`;
}
