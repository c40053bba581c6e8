/** The Apollo front alone; that it answers like the direct front is tested with a whole gateway. */

import { describe, expect, it, onTestFinished } from 'vitest';

import { loadGatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Answer } from '../pipeline/answer.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import { authorized, executed, operationLimited, prepared } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';
import { Events } from '../shared/events.ts';
import { operationRefused } from '../operation/refused.ts';
import { requestContext } from '../../test/support/context.ts';
import { readRequest } from '../../test/support/read.ts';
import { answerLabels } from './answer-headers.ts';
import { openApolloRespond, type ApolloGateway } from './apollo-respond.ts';

describe('the Apollo front', () => {
  it.each(['OPERATION_TOO_DEEP', 'PLANNING_TIMEOUT', 'PLANNING_QUOTA_EXCEEDED'] as const)(
    'refuses by %s what could not be prepared, before Apollo Server sees it',
    async (code) => {
      const { respond, seen } = await given(undefined, new GatewayError(code, 'not prepared'));
      await expect(respond('{ a }')).rejects.toMatchObject({ code });
      expect(seen).toEqual([]);
    },
  );

  it('trusts the planner worker that an operation is valid, and does not validate it again', async () => {
    const { respond, seen } = await given({ data: { b: 1 }, errors: [] });
    const replies = await Promise.all([respond('{ b }'), respond('{ b }')]);
    for (const reply of [...replies, await respond('{ b }')]) expect(reply.text).toContain('"b":1');
    expect(seen).not.toContain('validated');
  });

  it('reports the errors of the planner worker as if Apollo Server had found them, to plugins too', async () => {
    const errors = [
      { message: 'One thing is wrong', locations: [{ line: 3, column: 5 }] },
      { message: 'Another is wrong' },
    ];
    const { respond, seen } = await given(undefined, operationRefused('GRAPHQL_VALIDATION_FAILED', errors));
    const reply = await respond('{\r\n  b\n    c }');
    expect(reply).toMatchObject({
      status: 200,
      errorCounts: [{ code: 'GRAPHQL_VALIDATION_FAILED', count: 2 }],
    });
    const body = JSON.parse(reply.text) as { errors: unknown[] };
    expect(body.errors).toMatchObject([
      { message: 'One thing is wrong', locations: [{ line: 3, column: 5 }] },
      { message: 'Another is wrong', extensions: { requestId: 'request-1' } },
    ]);
    expect(seen).toEqual(['started', 'validated', 'One thing is wrong', 'Another is wrong']);
  });

  it('leaves syntax errors to Apollo Server', async () => {
    const refused = operationRefused('GRAPHQL_PARSE_FAILED', [{ message: 'ours' }]);
    const { respond } = await given(undefined, refused);
    expect(await respond('{')).toMatchObject({ errorCounts: [{ code: 'GRAPHQL_PARSE_FAILED', count: 1 }] });
  });

  it.each([
    ['Apollo Server', 'query A { a } query B { a }', 200, 'OPERATION_RESOLUTION_FAILURE'],
    ['the gateway', '{ a }', 503, 'SERVICE_UNAVAILABLE'],
  ])('counts the errors of a request that %s refuses', async (_who, query, status, code) => {
    const { respond } = await given();
    const answer = await respond(query);
    expect(answer).toMatchObject({ status, errorCounts: [{ code, count: 1 }] });
    expect(answer.text).toContain('request-1');
  });

  it('returns the name and kind of the operation', async () => {
    const { respond } = await given({ data: { a: 1 }, errors: [] });
    expect(await respond('query Water { a }')).toMatchObject({
      text: expect.stringContaining('{"data":{"a":1}}'),
      operationName: 'Water',
      operationKind: 'query',
      errorCounts: [],
    });
  });

  it.each([false, true])('shows plugins the extensions of a request, by GET: %s', async (queryOnly) => {
    const { respond, extensions } = await given({ data: { a: 1 }, errors: [] });
    const sent = { traced: { by: ['me'] }, persistedQuery: { version: 1, sha256Hash: 'of another text' } };
    expect(await respond('{ a }', queryOnly, sent)).toMatchObject({ status: 200, errorCounts: [] });
    expect(extensions).toEqual([{ traced: { by: ['me'] } }]);
  });

  it('refuses a mutation by GET with the code of the direct front', async () => {
    const { respond, seen } = await given();
    const answer = await respond('mutation { change }', true);
    expect(answer).toMatchObject({
      status: 405,
      errorCounts: [{ code: 'METHOD_NOT_ALLOWED' }],
      headers: { allow: 'POST' },
    });
    expect(seen).not.toContain('executed');
  });
});

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

/** A front over a gateway that answers with `result`, and whose `prepare` throws `unprepared`, if given. */
async function given(result?: Answer, unprepared?: Error) {
  const seen: string[] = [];
  const extensions: unknown[] = [];
  const gateway: ApolloGateway = {
    events: new Events(),
    prepare: () => (unprepared ? Promise.reject(unprepared) : Promise.resolve()),
    operate(read) {
      seen.push('executed');
      const operation = { prepared: water };
      const whole = authorized(operationLimited(prepared(read, { operation }, new Map())), operation, null);
      const outline = { kind: 'query', keep: 'allowed', later: null } as const;
      return result
        ? Promise.resolve(executed(whole, { ...outline, answer: result }))
        : Promise.reject(new GatewayError('SERVICE_UNAVAILABLE', 'a could not be reached'));
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
  const front = await openApolloRespond(gateway, { labels, config, plugins: [watching] });
  onTestFinished(() => front.close());
  const respond = (query: string, queryOnly = false, sent?: Record<string, unknown>) => {
    const context = requestContext({ requestId: 'request-1', deadlineInMs: 1000 });
    return front.respond(readRequest({ context, query, queryOnly, extensions: sent ?? null }));
  };
  return { respond, seen, extensions };
}
