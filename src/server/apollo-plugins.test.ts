/** What plugins of the Apollo front do wrong: nothing of it is lost, reaches clients or keeps a request's place. */

import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';

import { GatewayError } from '../shared/errors.ts';
import { apolloFront } from '../../test/support/apollo-front.ts';

const result = { data: { a: 1 }, errors: [] };
const secret = new Error('connect ECONNREFUSED 10.0.0.5:6379');

/** @param hook Of a request. */
function pluginWith(hook: string, run: () => Promise<unknown>): ApolloServerPlugin {
  return { requestDidStart: () => Promise.resolve({ [hook]: run }) };
}

describe('a hook that throws', () => {
  it.each(['willSendResponse', 'executionDidStart'])(
    'in %s refuses the request as a defect',
    async (hook) => {
      const { respond } = await apolloFront({
        result,
        plugins: [pluginWith(hook, () => Promise.reject(secret))],
      });
      // `refuse` makes INTERNAL_ERROR of it, and logs it.
      await expect(respond('{ a }')).rejects.toBe(secret);
    },
  );

  it('where Apollo Server shows errors is a defect, and clients do not see its message', async () => {
    const plugins = [pluginWith('didResolveOperation', () => Promise.reject(secret))];
    const { respond, defects } = await apolloFront({ result, plugins });
    const answer = await respond('{ a }');
    expect(JSON.parse(answer.text)).toEqual({
      errors: [{ message: 'Internal error', extensions: { code: 'INTERNAL_ERROR', requestId: 'request-1' } }],
    });
    expect(answer).toMatchObject({ status: 500, errorCounts: [{ code: 'INTERNAL_ERROR', count: 1 }] });
    expect(defects).toEqual([{ where: 'apollo plugin', error: secret }]);
  });

  it('a GraphQLError of didResolveOperation is meant for clients', async () => {
    const refusal = new GraphQLError('Only on weekdays', { extensions: { code: 'CLOSED' } });
    const plugins = [pluginWith('didResolveOperation', () => Promise.reject(refusal))];
    const { respond, defects } = await apolloFront({ result, plugins });
    const answer = await respond('{ a }');
    expect(answer.text).toContain('Only on weekdays');
    expect(answer.errorCounts).toEqual([{ code: 'CLOSED', service: null, count: 1 }]);
    expect(defects).toEqual([]);
  });
});

it.each(['didResolveOperation', 'willSendResponse'])(
  'a %s that never ends is refused soon after the deadline',
  async (hook) => {
    const plugins = [pluginWith(hook, () => new Promise(() => {}))];
    const { respond } = await apolloFront({ result, plugins, deadlineInMs: 50 });
    await expect(respond('{ a }')).rejects.toMatchObject({ code: 'SERVICE_TIMEOUT', retryable: false });
  },
);

it.each<[GatewayError, number, Record<string, string>]>([
  [
    new GatewayError('UNAUTHENTICATED', 'Authentication is required', { credentialsMissing: true }),
    401,
    { 'www-authenticate': 'Bearer realm="graphql"' },
  ],
  [
    new GatewayError('PLANNING_TIMEOUT', 'It took too long', { public: { retryAfter: 5 } }),
    503,
    { 'retry-after': '5' },
  ],
])('%s has the headers of the direct front', async (refusal, status, headers) => {
  const { respond } = await apolloFront({ refusal });
  expect(await respond('{ a }')).toMatchObject({ status, headers });
});
