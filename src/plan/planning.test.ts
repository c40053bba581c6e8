import { expect, it } from 'vitest';

import { GatewayError } from '../shared/errors.ts';
import type { LoadedGraph, PlannerTask } from '../preparation/worker-protocol.ts';
import type { Turn } from '../pipeline/planning.ts';
import { Planning } from './planning.ts';

/** Answers nobody, and says so to those that leave, as a planner in this process or in another one does. */
class BusyPlanner extends Planning {
  start(): Promise<LoadedGraph> {
    return Promise.reject(new Error('it is not started here'));
  }

  ask(_task: PlannerTask, turn?: Turn): Promise<string> {
    const { promise, reject } = Promise.withResolvers<string>();
    turn?.signal?.addEventListener('abort', () =>
      reject(new GatewayError('CANCELLED', 'No request waits for this operation any more')),
    );
    return promise;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const late = new GatewayError('PLANNING_TIMEOUT', 'too late', { public: { retryAfter: 1 } });
const left = new GatewayError('CANCELLED', 'The client closed the connection');

it.each<[string, GatewayError | undefined, object]>([
  ['whose deadline passed', late, { code: 'PLANNING_TIMEOUT', public: {} }],
  ['whose client left', left, { code: 'CANCELLED' }],
  ['that was refused otherwise', undefined, { code: 'CANCELLED' }],
])('a preparation that ends with a request %s says so', async (_what, reason, expected) => {
  const controller = new AbortController();
  const request = { query: '{ a }', operationName: null };
  const prepared = new BusyPlanner().prepare(request, { client: 'web', signal: controller.signal });
  controller.abort(reason);
  await expect(prepared).rejects.toMatchObject(expected);
});
