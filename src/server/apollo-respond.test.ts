/** The Apollo front alone; that it answers like the direct front is tested with a whole gateway. */

import { describe, expect, it } from 'vitest';

import { GatewayError } from '../shared/errors.ts';
import { operationRefused } from '../operation/refused.ts';
import { apolloFront, type ApolloFrontOptions } from '../../test/support/apollo-front.ts';

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

const given = (result?: ApolloFrontOptions['result'], unprepared?: Error) =>
  apolloFront({ ...(result ? { result } : {}), ...(unprepared ? { unprepared } : {}) });
