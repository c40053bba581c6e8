/** Requests to our engine over a fixture, from their text on: prepared as the gateway prepares them, in one thread. */

import type { GraphQLFormattedError } from 'graphql';

import { guardCeilings, type GuardLimits } from '../../src/config/gateway/guard-limits.ts';
import { compileOperation, type ExecutableOperation } from '../../src/execute/executor.ts';
import { assertWithinLimits } from '../../src/operation/guard/guard.ts';
import { PreparedOperations } from '../../src/operation/prepared-operations.ts';
import { ShapedDocuments } from '../../src/operation/shapes/shaped-documents.ts';
import { WaitingRequests } from '../../src/operation/waiting-requests.ts';
import { anonymous } from '../../src/pipeline/principal.ts';
import type { PreparationRequest } from '../../src/pipeline/planning.ts';
import { operationLimited, type Prepared } from '../../src/pipeline/stages.ts';
import { isGatewayError } from '../../src/shared/errors.ts';
import type { Fixture } from '../engine/fixtures/fixture.ts';
import { EngineGraph, openEngine, type EngineOptions } from '../engine/ours/engine.ts';
import { requestContext } from '../support/context.ts';
import { readRequest, type ReadOptions } from '../support/read.ts';

export interface RequestsOptions extends EngineOptions {
  /** Default: as without limits. */
  readonly limits?: GuardLimits;
  /** False: each text is an operation of its own. */
  readonly shareLiterals: boolean;
}

type AskedRequest = Pick<ReadOptions, 'query' | 'variables' | 'operationName' | 'queryOnly'>;

export interface ReceivedAnswer {
  readonly data?: unknown;
  readonly errors: ReadonlyArray<GraphQLFormattedError | { readonly code: string }>;
}

export interface Requests {
  readonly operations: PreparedOperations<ExecutableOperation>;
  /** What the planner was asked, in order. */
  readonly asked: readonly PreparationRequest[];
  prepare(request: AskedRequest): Promise<Prepared<ExecutableOperation>>;
  /** A refusal is an answer, too. */
  answer(request: AskedRequest): Promise<ReceivedAnswer>;
  readonly calls: ReturnType<typeof openEngine>['calls'];
}

export function openRequests(fixture: Fixture, options: RequestsOptions): Requests {
  const graph = options.graph ?? new EngineGraph(fixture);
  const engine = openEngine(fixture, { ...options, graph });
  const asked: PreparationRequest[] = [];
  const limits = options.limits ?? guardCeilings;
  const principal = options.access?.principal ?? anonymous;
  const operations = new PreparedOperations<ExecutableOperation>({
    prepare: async (request) => {
      asked.push(request);
      return JSON.stringify(graph.prepare(request));
    },
    compile: compileOperation,
    admit: ({ request }) => assertWithinLimits(request.query, limits),
    documents: options.shareLiterals
      ? new ShapedDocuments({ limits, entriesMax: 100, bytesMax: 10_000_000 })
      : null,
    waiting: new WaitingRequests({ perClientMax: 10_000, max: 10_000, bytesMax: 100_000_000 }),
    entriesMax: 1000,
    bytesMax: 100_000_000,
    variantsMax: 8,
  });
  const prepare = async (request: AskedRequest): Promise<Prepared<ExecutableOperation>> =>
    operations.prepare(readRequest({ context: requestContext({ principal }), ...request }));
  return {
    operations,
    asked,
    prepare,
    calls: engine.calls,
    async answer(request) {
      try {
        const prepared = await prepare(request);
        const { data, errors } = await engine.execute(
          await engine.authorize(operationLimited(prepared), operations),
        );
        return { data, errors };
      } catch (error) {
        if (!isGatewayError(error)) throw error;
        return { errors: [{ code: error.code }, ...error.errors] };
      }
    },
  };
}
