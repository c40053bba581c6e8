/** The Apollo front over a gateway that answers as a test says. */

import type { ApolloServerPlugin } from '@apollo/server';
import { onTestFinished } from 'vitest';

import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import type { Answer } from '../../src/pipeline/answer.ts';
import type { PreparedOperation } from '../../src/pipeline/prepared.ts';
import { authorized, executed, operationLimited, prepared } from '../../src/pipeline/stages.ts';
import { answerLabels } from '../../src/server/answer-headers.ts';
import { openApolloRespond, type ApolloGateway } from '../../src/server/apollo-respond.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { Events } from '../../src/shared/events.ts';
import { requestContext } from './context.ts';
import { readRequest } from './read.ts';

const water: PreparedOperation = {
  kind: 'query',
  name: 'Water',
  variables: [],
  inputTypes: [],
  plan: null,
  projection: { shapes: [], enums: {} },
  introspection: null,
  cost: { total: 0, calls: 0 },
};

export interface ApolloFrontOptions {
  /** Default: the gateway refuses the operation. */
  readonly result?: Answer;
  /** What it refuses it with. Default: a service that could not be reached. */
  readonly refusal?: Error;
  /** What `prepare` throws. Default: nothing. */
  readonly unprepared?: Error;
  readonly plugins?: ReadonlyArray<ApolloServerPlugin>;
  /** Of a request. Default 1000. */
  readonly deadlineInMs?: number;
}

const unreachable = new GatewayError('SERVICE_UNAVAILABLE', 'a could not be reached');

/** The front alone, over a gateway that answers as told. Call it within a test. */
export async function apolloFront(options: ApolloFrontOptions = {}) {
  const { result, refusal = unreachable, unprepared, plugins = [], deadlineInMs = 1000 } = options;
  const defects: Array<{ readonly where: string; readonly error: unknown }> = [];
  const seen: string[] = [];
  const extensions: unknown[] = [];
  const events = new Events();
  events.on('defect', ({ where, error }) => void defects.push({ where, error }));
  const gateway: ApolloGateway = {
    events,
    prepare: () => (unprepared ? Promise.reject(unprepared) : Promise.resolve()),
    operate(read) {
      seen.push('executed');
      const operation = { prepared: water };
      const whole = authorized(operationLimited(prepared(read, { operation }, new Map())), operation, null);
      const outline = { kind: 'query', keep: 'allowed', later: null } as const;
      return result
        ? Promise.resolve(executed(whole, { ...outline, answer: result }))
        : Promise.reject(refusal);
    },
    describe: () =>
      Promise.resolve({ apiSdl: 'type Query { a: Int } type Mutation { change: Int }', supergraphSdl: '' }),
  };
  const config = await loadGatewayConfig(undefined, { environment: {} });
  const watching = {
    requestDidStart({ request }: { request: { extensions?: unknown } }) {
      seen.push('started');
      extensions.push(request.extensions);
      return Promise.resolve({
        validationDidStart: () => Promise.resolve(void seen.push('validated')),
        didEncounterErrors: ({ errors }: { errors: readonly Error[] }) =>
          Promise.resolve(void seen.push(...errors.map(({ message }) => message))),
      });
    },
  };
  const labels = answerLabels(config);
  const front = await openApolloRespond(gateway, { labels, config, plugins: [watching, ...plugins] });
  onTestFinished(() => front.close());
  const respond = (query: string, queryOnly = false, sent?: Record<string, unknown>) => {
    const context = requestContext({ requestId: 'request-1', deadlineInMs });
    return front.respond(readRequest({ context, query, queryOnly, extensions: sent ?? null }));
  };
  return { respond, seen, extensions, defects };
}
