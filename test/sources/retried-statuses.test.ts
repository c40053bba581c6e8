/** Statuses that ask for patience, from real services: who is asked again, how often, and when. */

import { expect, it, onTestFinished } from 'vitest';

import { policyDefaults } from '../../src/config/gateway/policies.ts';
import { fixedEndpoints } from '../../src/resilience/endpoints.ts';
import { Service } from '../../src/resilience/service.ts';
import { monotonicClock } from '../../src/shared/clock.ts';
import { Events, type GatewayEvents } from '../../src/shared/events.ts';
import { backendOf } from '../../src/sources/backend.ts';
import { createGraphqlSource } from '../../src/sources/graphql/graphql-source.ts';
import { createHttpTransport } from '../../src/sources/http/transport.ts';
import { createRestSource } from '../../src/sources/rest/rest-source.ts';
import { requestContext } from '../support/context.ts';
import { type Answer, startStandIn, text } from './support/stand-in.ts';

it.each([429, 502, 503, 504])('a query that is answered %i comes again, each time later', async (status) => {
  const given = await givenService(status, 2);
  expect(await given.rest.get('/a', {}, requestContext())).toEqual({ data: { a: 1 } });
  // Chance is in the middle of what full jitter may wait: 2 and 4 ms.
  expect(given.retries.map(({ delayMs }) => delayMs)).toEqual([1, 2]);
  expect(given.calls()).toBe(3);
});

it.each([429, 503])('a GraphQL query that is answered %i comes again', async (status) => {
  const given = await givenService(status, 1);
  expect(await given.graphql.query('{ a }', {}, requestContext())).toEqual({ a: 1 });
  expect(given.calls()).toBe(2);
});

it('a change that is answered 429 does not, unless it has a key', async () => {
  const given = await givenService(429, 1);
  await expect(given.rest.post('/a', { body: {} }, requestContext())).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  });
  expect(given.calls()).toBe(1);
  const keyed = await givenService(429, 1);
  await keyed.rest.post('/a', { body: {}, idempotencyKey: 'k' }, requestContext());
  expect(keyed.calls()).toBe(2);
});

it('one that is always answered 429 is asked as often as the budget allows, and its breaker stays closed', async () => {
  const given = await givenService(429, Infinity, { percent: 20, perSecondMin: 0 });
  for (let call = 0; call < 50; call += 1) {
    await expect(given.rest.get('/a', {}, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
  }
  expect(given.calls()).toBe(60);
  expect(given.service.breaker.state).toBe('closed');
  expect(given.service.limit.limit).toBeLessThan(policyDefaults.concurrency.initial);
});

it('other statuses from 400 to 499 are the answer', async () => {
  const given = await givenService(409, 1);
  await expect(given.rest.get('/a', {}, requestContext())).rejects.toMatchObject({ code: 'SERVICE_ERROR' });
  expect(given.calls()).toBe(1);
});

/** Answers `status` so many times and then well. */
async function givenService(status: number, times: number, budget = { percent: 20, perSecondMin: 50 }) {
  let left = times;
  const answer: Answer = (asked, response) => {
    left -= 1;
    if (left >= 0) text('busy', status)(asked, response);
    else response.setHeader('content-type', 'application/json').end('{"data":{"a":1}}');
  };
  const standIn = await startStandIn(answer);
  onTestFinished(() => standIn.close());
  const transport = createHttpTransport();
  onTestFinished(() => transport.close());
  const events = new Events();
  const retries: Array<GatewayEvents['callRetried']> = [];
  events.on('callRetried', (retry) => retries.push(retry));
  const options = { ...policyDefaults, retries: { ...policyDefaults.retries, baseMs: 2, budget } };
  const service = new Service(options, { name: 'busy', clock: monotonicClock, random: () => 0.5, events });
  service.replicas.follow(fixedEndpoints([{ url: standIn.url }]));
  onTestFinished(() => service.close());
  const backend = backendOf(service, transport);
  return {
    service,
    retries,
    rest: createRestSource(backend),
    graphql: createGraphqlSource(backend),
    calls: () => standIn.asked.length,
  };
}
