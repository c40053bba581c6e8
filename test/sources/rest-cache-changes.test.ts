/** What a change, or another answer, does to a call of a REST service that is under way. */

import type { ServerResponse } from 'node:http';

import { expect, it, onTestFinished } from 'vitest';

import { MutationCounter } from '../../src/shared/mutation-counter.ts';
import { createHttpTransport } from '../../src/sources/http/transport.ts';
import { createRestSource } from '../../src/sources/rest/rest-source.ts';
import { requestContext } from '../support/context.ts';
import { plainBackend } from '../support/plain-services.ts';
import { type Asked, startStandIn } from './support/stand-in.ts';

const tagged = { etag: '"1"', 'cache-control': 'no-cache' };
const fresh = { 'cache-control': 'max-age=60' };

it('what a 304 confirms is the answer that was asked about, whatever became of it meanwhile', async () => {
  const { get, put, next } = await given();
  const first = get();
  (await next()).ok({ name: 'Ada' }, tagged);
  expect(await first).toEqual({ name: 'Ada' });

  const confirmed = get();
  const question = await next();
  expect(question.asked.headers['if-none-match']).toBe('"1"');
  const change = put();
  (await next()).ok({});
  await change;
  question.unchanged();
  expect(await confirmed).toEqual({ name: 'Ada' });

  // It was from before the change.
  void get().catch(() => {});
  expect((await next()).asked.headers['if-none-match']).toBeUndefined();
});

it('a 304 that comes after a newer answer does not bring the older one back', async () => {
  const { get, next } = await given();
  const first = get();
  (await next()).ok({ version: 1 }, tagged);
  await first;
  const both = [get(), get()];
  const [one, other] = [await next(), await next()];
  one.ok({ version: 2 }, { ...tagged, etag: '"2"' });
  await Promise.race(both);
  other.unchanged();
  await Promise.all(both);
  const last = get();
  const question = await next();
  expect(question.asked.headers['if-none-match']).toBe('"2"');
  question.unchanged();
  expect(await last).toEqual({ version: 2 });
});

it.each(['before', 'while'])(
  'an answer that was asked for %s a change was under way is not kept',
  async (when) => {
    const { get, put, next } = await given();
    const [first, second] = when === 'before' ? [get, put] : [put, get];
    const calls = [first()];
    const questions = [await next()];
    calls.push(second());
    questions.push(await next());
    const [slow, change] = when === 'before' ? questions : questions.toReversed();
    change?.ok({});
    await calls[when === 'before' ? 1 : 0];
    slow?.ok({ name: 'from before' }, fresh);
    expect(await calls[when === 'before' ? 0 : 1]).toEqual({ name: 'from before' });
    const later = get();
    (await next()).ok({ name: 'from after' }, fresh);
    expect(await later).toEqual({ name: 'from after' });
    expect(await get()).toEqual({ name: 'from after' });
  },
);

it.each<[string, (mutations: MutationCounter) => void]>([
  ['another process', (mutations) => mutations.endedElsewhere('users')],
  ['the graph before', (mutations) => void mutations.changesOf('users').end()],
])(
  'a change through the same source of %s counts, and one of another source does not',
  async (_who, change) => {
    const { get, next, mutations } = await given();
    const first = get();
    (await next()).ok({ version: 1 }, fresh);
    await first;
    mutations.endedElsewhere('orders');
    mutations.endedElsewhere();
    expect(await get()).toEqual({ version: 1 });
    change(mutations);
    const second = get();
    (await next()).ok({ version: 2 }, fresh);
    expect(await second).toEqual({ version: 2 });
  },
);

it('the other processes know of a change before it is answered', async () => {
  const { put, next, mutations } = await given();
  const told = Promise.withResolvers<void>();
  const sources: unknown[] = [];
  mutations.onEnded = (source) => {
    sources.push(source);
    return told.promise;
  };
  let isOver = false;
  const change = put().then(() => (isOver = true));
  (await next()).ok({});
  await expect.poll(() => sources).toEqual(['users']);
  expect(isOver).toBe(false);
  told.resolve();
  await change;
});

it('an answer that cannot be read is not kept', async () => {
  const { get, next } = await given();
  const broken = get().catch((error: unknown) => error);
  (await next()).response.writeHead(200, fresh).end('<html>');
  expect(await broken).toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
  const second = get();
  (await next()).ok({ version: 1 }, fresh);
  expect(await second).toEqual({ version: 1 });
});

it('a 304 to a call that set no condition is no answer', async () => {
  const { get, put, next } = await given();
  for (const ask of [get, put]) {
    const refused = ask().catch((error: unknown) => error);
    (await next()).unchanged();
    expect(await refused).toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
  }
});

interface Question {
  readonly asked: Asked;
  readonly response: ServerResponse;
  readonly ok: (body: object, headers?: Record<string, string>) => void;
  readonly unchanged: () => void;
}

/** A service that answers each call when the test says so; the clock stands still. */
async function given() {
  const questions: Question[] = [];
  const service = await startStandIn((asked, response) => {
    questions.push({
      asked,
      response,
      ok: (body, headers = {}) => void response.writeHead(200, headers).end(JSON.stringify(body)),
      unchanged: () => void response.writeHead(304).end(),
    });
  });
  const transport = createHttpTransport();
  onTestFinished(async () => {
    await Promise.all([transport.close(), service.close()]);
  });
  const mutations = new MutationCounter();
  const backend = plainBackend({ name: 'users', urls: [service.url] }, transport);
  const source = createRestSource(backend, { clock: () => 0, changes: mutations.changesOf('users') });
  const next = async (): Promise<Question> => {
    await expect.poll(() => questions.length, { interval: 5 }).toBeGreaterThan(0);
    return questions.shift() as Question;
  };
  return {
    mutations,
    next,
    get: () => source.get('/users/u1', {}, requestContext()),
    put: () => source.put('/users/u1', { body: {} }, requestContext()),
  };
}
