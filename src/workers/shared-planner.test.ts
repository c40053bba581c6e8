import { expect, it } from 'vitest';

import type { Turn } from '../pipeline/planning.ts';
import type { PlannerTask } from '../preparation/worker-protocol.ts';
import { GatewayError } from '../shared/errors.ts';
import { SharedPlanner } from './shared-planner.ts';

const turn = { client: 'a' };
const limits = { preparedOperationsMax: 2, preparedOperationsBytesMax: 10_000 };

it('does not ask again for what it knows', async () => {
  const { shared, asked } = given();
  expect(await shared.ask(prepare('{ a }'), turn)).toBe('1');
  expect(await shared.ask(prepare('{ b }'), turn)).toBe('2');
  expect(asked).toHaveLength(2);
});

it('keeps no more than it may, and no introspection, whose variables anybody may choose', async () => {
  const { shared, asked } = given();
  for (const query of ['{ a }', '{ b }', '{ c }', '{ a }']) await shared.ask(prepare(query), turn);
  expect(asked).toHaveLength(4);
  const introspect: PlannerTask = { kind: 'introspect', document: '{ __typename }', variables: [] };
  await shared.ask(introspect, turn);
  await shared.ask(introspect, turn);
  expect(asked).toHaveLength(6);
});

it('passes on whose turn it is', async () => {
  const turns: unknown[] = [];
  const planner = {
    ask: (_task: PlannerTask, given?: Turn) => {
      turns.push(given);
      return Promise.resolve('1');
    },
    close: () => Promise.resolve(),
  };
  await new SharedPlanner(planner, limits).ask(prepare('{ a }'), turn);
  expect(turns).toEqual([turn]);
});

it('asks again for what could not be planned in time', async () => {
  const { shared, asked } = given(new GatewayError('PLANNING_TIMEOUT', 'slow'));
  await expect(shared.ask(prepare('{ a }'), turn)).rejects.toThrow('slow');
  expect(await shared.ask(prepare('{ a }'), turn)).toBe('2');
  expect(asked).toHaveLength(2);
});

function prepare(query: string): PlannerTask {
  return { kind: 'prepare', request: { query, operationName: null } };
}

/** A planner that answers with how often it was asked, after it has failed once with `failure`. */
function given(failure?: Error): { shared: SharedPlanner; asked: PlannerTask[] } {
  const asked: PlannerTask[] = [];
  const planner = {
    ask: (task: PlannerTask) => {
      asked.push(task);
      return failure && asked.length === 1 ? Promise.reject(failure) : Promise.resolve(`${asked.length}`);
    },
    close: () => Promise.resolve(),
  };
  return { shared: new SharedPlanner(planner, limits), asked };
}
