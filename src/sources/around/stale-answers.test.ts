import { expect, it } from 'vitest';

import { GatewayError } from '../../shared/errors.ts';
import { requestContext } from '../../../test/support/context.ts';
import { staleKey } from './fetch-key.ts';
import type { Subgraph, SubgraphRequest, SubgraphResponse } from '../source.ts';
import { keepStaleAnswers } from './stale-answers.ts';

type Behaviour = () => Promise<SubgraphResponse>;

function given(options: { maxAgeMs?: number; bytesMax?: number } = {}) {
  let now = 0;
  let behave: Behaviour = () => Promise.resolve({ data: {} });
  const subgraph: Subgraph = { fetch: () => behave(), close: () => Promise.resolve() };
  const kept = keepStaleAnswers(
    subgraph,
    { maxAgeMs: 1000, bytesMax: 100_000, ...options },
    { clock: () => now, keyOf: staleKey({ ignoreHeaders: ['x-trace'] }) },
  );
  return {
    forward: (ms: number): void => void (now += ms),
    ask: (body: string, behaviour: Behaviour, headers = {}, kind: 'query' | 'mutation' = 'query') => {
      behave = behaviour;
      const context = { ...requestContext(), forwardHeaders: headers };
      const operation = { service: 'shop', kind, name: undefined, query: body };
      const request: SubgraphRequest = { operation, variablesJson: '{}', body, context };
      return kept.fetch(request).catch((error: unknown) => (error as GatewayError).code);
    },
  };
}

const gives = (value: unknown) => () => Promise.resolve({ data: { value } });
const fails = (code: 'SERVICE_UNAVAILABLE' | 'SERVICE_ERROR' | 'CANCELLED') => () =>
  Promise.reject(new GatewayError(code, 'no'));
const out = fails('SERVICE_UNAVAILABLE');

it('gives the last good answer with its age, as an object of its own, until it is too old', async () => {
  const { ask, forward } = given();
  await ask('a', gives([1]));
  await ask('a', gives([2]));
  forward(1000);
  const [one, other] = [await ask('a', out), await ask('a', out)];
  expect(one).toEqual({ data: { value: [2] }, stale: { ageMs: 1000 } });
  expect(other).toEqual(one);
  expect((other as SubgraphResponse).data).not.toBe((one as SubgraphResponse).data);
  forward(1);
  expect(await ask('a', out)).toBe('SERVICE_UNAVAILABLE');
});

it('keeps no answer with errors, with a failing status or without data, and none of a mutation', async () => {
  const { ask } = given();
  await ask('errors', () => Promise.resolve({ data: { value: 1 }, errors: [{ message: 'half' }] }));
  await ask('status', () => Promise.resolve({ data: { value: 1 }, status: 500 }));
  await ask('null', () => Promise.resolve({ data: null, errors: [{ message: 'none' }] }));
  await ask('mutation', gives(1), {}, 'mutation');
  for (const body of ['errors', 'status', 'null']) expect(await ask(body, out)).toBe('SERVICE_UNAVAILABLE');
  expect(await ask('mutation', out, {}, 'mutation')).toBe('SERVICE_UNAVAILABLE');
});

it('gives nobody what another got by other headers, but for those that change nothing', async () => {
  const { ask } = given();
  await ask('a', gives('of one'), { authorization: 'one', 'x-trace': '1' });
  expect(await ask('a', out, { authorization: 'two' })).toBe('SERVICE_UNAVAILABLE');
  expect(await ask('a', out)).toBe('SERVICE_UNAVAILABLE');
  expect(await ask('a', out, { authorization: 'one', 'x-trace': '2' })).toMatchObject({
    data: { value: 'of one' },
  });
});

it('does not stand in for what a service said itself, nor for a client that left', async () => {
  const { ask } = given();
  await ask('a', gives(1));
  expect(await ask('a', fails('SERVICE_ERROR'))).toBe('SERVICE_ERROR');
  expect(await ask('a', fails('CANCELLED'))).toBe('CANCELLED');
});

const errs =
  (code: string | undefined, data: object | null = null) =>
  () =>
    Promise.resolve({
      data,
      errors: [{ message: 'no', ...(code === undefined ? {} : { extensions: { code } }) }],
    } as SubgraphResponse);

it.each<[string, Behaviour, boolean]>([
  ['an error of its own', errs('FORBIDDEN'), false],
  ['an error beside data', errs('FORBIDDEN', { value: null }), false],
  ['an error without a code', errs(undefined), false],
  ['a status that refuses', fails('SERVICE_ERROR'), false],
  ['the outage of one behind it', errs('SERVICE_TIMEOUT', { value: null }), true],
  ['a defect of its own', errs('INTERNAL_SERVER_ERROR'), true],
  ['a status from 500', () => Promise.resolve({ data: { value: 1 }, status: 500 }), true],
  ['nothing', out, true],
])('what the service said last counts: after %s', async (_what, behaviour, isStillKept) => {
  const { ask } = given();
  await ask('a', gives(1));
  await ask('a', behaviour);
  expect(await ask('a', out)).toEqual(
    isStillKept ? { data: { value: 1 }, stale: { ageMs: 0 } } : 'SERVICE_UNAVAILABLE',
  );
});

it('forgets the answers that were used longest ago when there are too many bytes of them', async () => {
  const { ask } = given({ bytesMax: 8000 });
  await ask('first', gives('x'.repeat(1500)));
  await ask('second', gives('x'.repeat(1500)));
  await ask('third', gives('x'.repeat(1500)));
  await ask('huge', gives('x'.repeat(6000)));
  expect(await ask('first', out)).toBe('SERVICE_UNAVAILABLE');
  expect(await ask('huge', out)).toBe('SERVICE_UNAVAILABLE');
  expect(await ask('third', out)).toMatchObject({ stale: { ageMs: 0 } });
});
