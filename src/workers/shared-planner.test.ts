import { expect, it } from 'vitest';

import type { Turn } from '../pipeline/planning.ts';
import type { PlannerTask } from '../preparation/worker-protocol.ts';
import { GatewayError } from '../shared/errors.ts';
import { SharedPlanner } from './shared-planner.ts';

const turn = { client: 'a' };
const limits = { preparedOperationsMax: 2, preparedOperationsBytesMax: 10_000 };

it('plans an operation once', async () => {
  const { shared, tasks } = given();
  expect(await shared.ask(prepare('{ a }'), turn)).toBe('1');
  expect(await shared.ask(prepare('{ b }'), turn)).toBe('2');
  expect(tasks).toHaveLength(2);
});

it('caches within its limits, and no schema introspection, whose variables clients choose freely', async () => {
  const { shared, tasks } = given();
  for (const query of ['{ a }', '{ b }', '{ c }', '{ a }']) await shared.ask(prepare(query), turn);
  expect(tasks).toHaveLength(4);
  const introspect: PlannerTask = {
    kind: 'introspect',
    document: '{ __typename }',
    variables: [],
    contract: null,
  };
  await shared.ask(introspect, turn);
  await shared.ask(introspect, turn);
  expect(tasks).toHaveLength(6);
});

it('passes the turn on to the planner', async () => {
  const turns: unknown[] = [];
  const planner = {
    ask: (_task: PlannerTask, taskTurn?: Turn) => {
      turns.push(taskTurn);
      return Promise.resolve('1');
    },
    close: () => Promise.resolve(),
  };
  await new SharedPlanner(planner, limits).ask(prepare('{ a }'), turn);
  expect(turns).toEqual([turn]);
});

it('does not cache a planning timeout', async () => {
  const { shared, tasks } = given(new GatewayError('PLANNING_TIMEOUT', 'slow'));
  await expect(shared.ask(prepare('{ a }'), turn)).rejects.toThrow('slow');
  expect(await shared.ask(prepare('{ a }'), turn)).toBe('2');
  expect(tasks).toHaveLength(2);
});

function prepare(query: string): PlannerTask {
  return { kind: 'prepare', request: { query, operationName: null } };
}

/** A planner that answers with the number of its calls; the first fails with `failure`. */
function given(failure?: Error): { shared: SharedPlanner; tasks: PlannerTask[] } {
  const tasks: PlannerTask[] = [];
  const planner = {
    ask: (task: PlannerTask) => {
      tasks.push(task);
      return failure && tasks.length === 1 ? Promise.reject(failure) : Promise.resolve(`${tasks.length}`);
    },
    close: () => Promise.resolve(),
  };
  return { shared: new SharedPlanner(planner, limits), tasks };
}
