/** The oracle that knows federation: the stock ApolloGateway over a fixture's subgraphs, in this process. */
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import { getOperationAST, parse } from 'graphql';

import type { Fixture } from '../fixtures/fixture.ts';
import { bounded } from '../ours/bounded.ts';
import { composeFixture, subgraphTransport, toAnswer, type SubgraphCall } from './compose.ts';
import type { Oracle } from './monolith.ts';

// Otherwise the gateway reports to its vendor.
process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';

const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

type StockContext = Parameters<ApolloGateway['executor']>[0];

export interface StockOracle extends Oracle {
  /** Every subgraph call since `clearCalls`. */
  readonly calls: readonly SubgraphCall[];
  clearCalls(): void;
}

/** The part of a loaded gateway that may take for ever. */
interface StockPlanner {
  readonly queryPlanner: { buildQueryPlan: (...args: unknown[]) => unknown };
}

/** @param planningTimeoutMs Operations that take longer get an error instead of an answer. */
export async function openStock(fixture: Fixture, planningTimeoutMs?: number): Promise<StockOracle> {
  const transport = subgraphTransport(fixture);
  const gateway = new ApolloGateway({
    supergraphSdl: composeFixture(fixture),
    logger: silent,
    buildService: ({ name }) => dataSource(transport.services[name]),
  });
  const { schema } = await gateway.load();
  if (planningTimeoutMs !== undefined) boundPlanning(gateway, planningTimeoutMs);

  return {
    calls: transport.calls,
    clearCalls: () => transport.clear(),
    async run({ query, variables = {}, operationName }) {
      const document = parse(query);
      const context: Partial<StockContext> = {
        request: { query, variables: { ...variables }, ...(operationName ? { operationName } : {}) },
        document,
        schema,
        source: query,
        // The gateway keys its plans by this and reads nothing out of it.
        queryHash: query,
        operationName: operationName ?? null,
        context: {},
        metrics: {},
        logger: silent,
      };
      const operation = getOperationAST(document, operationName);
      try {
        return toAnswer(await gateway.executor({ ...context, operation } as StockContext));
      } catch (error) {
        // A server around it would answer with this error and no data.
        return { data: undefined, errors: [{ message: String(error) }] };
      }
    },
    close: () => gateway.stop(),
  };
}

function boundPlanning(gateway: ApolloGateway, timeoutMs: number): void {
  const { queryPlanner } = gateway as unknown as StockPlanner;
  const plan = queryPlanner.buildQueryPlan.bind(queryPlanner);
  queryPlanner.buildQueryPlan = (...args) => bounded(timeoutMs, () => plan(...args));
}

function dataSource(
  send: ReturnType<typeof subgraphTransport>['services'][string] | undefined,
): GraphQLDataSource {
  if (!send) throw new Error('The supergraph names a subgraph that the fixture lacks');
  return {
    async process({ request }) {
      const answer = await send(request.query ?? '', request.variables ?? {}, request.operationName);
      return { data: answer.data ?? null, errors: answer.errors };
    },
  };
}

function ignore(): void {}
