/** Which calls to a subgraph become one, who owns it, and when nobody may join it any more. */

import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import type { RequestContext } from '../../src/pipeline/request.ts';
import type { Cancellation } from '../../src/shared/cancellation.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { Events } from '../../src/shared/events.ts';
import { MutationCounter } from '../../src/shared/mutation-counter.ts';
import { aroundSubgraph, shareFetches } from '../../src/sources/around/shared-fetches.ts';
import { budgetSpent } from '../../src/sources/failures.ts';
import type { Subgraph, SubgraphRequest, SubgraphResponse } from '../../src/sources/source.ts';
import { requestContext } from '../support/context.ts';

const left = new GatewayError('CANCELLED', 'The client closed the connection');

describe('identical queries in flight', () => {
  it('are one call, whose answer says that others hold it', async () => {
    const { ask, calls } = given();
    const answers = [ask(), ask(), ask()];
    expect(calls).toHaveLength(1);
    calls[0]?.answer({ data: { a: 1 } });
    const [first, ...others] = await Promise.all(answers);
    expect(first).toEqual({ data: { a: 1 }, shared: true });
    for (const other of others) expect(other.data).toBe(first?.data);
  });

  it('that nobody joined belong to who asked', async () => {
    const { ask, calls } = given();
    const answer = ask();
    calls[0]?.answer({ data: { a: 1 } });
    expect(await answer).toEqual({ data: { a: 1 } });
  });

  it('are not joined once they are answered', async () => {
    const { ask, calls } = given();
    const first = ask();
    calls[0]?.answer({ data: { a: 1 } });
    await first;
    const second = ask();
    expect(calls).toHaveLength(2);
    calls[1]?.answer({ data: { a: 2 } });
    expect(await second).toEqual({ data: { a: 2 } });
  });

  it('fail for everybody who waits, and for nobody who comes later', async () => {
    const { ask, calls } = given();
    const failed = [ask(), ask()].map((answer) => answer.catch((error: unknown) => error));
    const down = new GatewayError('SERVICE_UNAVAILABLE', 'reviews could not be reached');
    calls[0]?.fail(down);
    expect(await Promise.all(failed)).toEqual([down, down]);
    const later = ask();
    calls[1]?.answer({ data: {} });
    expect(await later).toEqual({ data: {} });
  });

  it.each<[string, Partial<SubgraphRequest>, Record<string, string>]>([
    ['another body', { body: '{"query":"{b}"}' }, {}],
    ['a forwarded header of another value', {}, { 'x-user-id': 'u2' }],
    ['another forwarded header', {}, { 'x-tenant': 'u1' }],
  ])('are not identical with %s', (_what, request, forwardHeaders) => {
    const { ask, calls } = given();
    void ask({ context: requestContext({ forwardHeaders: { 'x-user-id': 'u1' } }) });
    void ask({ ...request, context: requestContext({ forwardHeaders }) });
    expect(calls).toHaveLength(2);
  });

  it('are identical whatever the headers say that name the request', () => {
    const { ask, calls } = given();
    for (const id of ['1', '2']) {
      void ask({ context: requestContext({ forwardHeaders: { 'x-user-id': 'u1', traceparent: id } }) });
    }
    expect(calls).toHaveLength(1);
  });

  it('are not joined by a request that has much more time left than they have', () => {
    const { ask, calls } = given();
    void ask({ context: requestContext({ deadlineInMs: 3000 }) });
    void ask({ context: requestContext({ deadlineInMs: 10_000 }) });
    expect(calls).toHaveLength(2);
    void ask({ context: requestContext({ deadlineInMs: 9500 }) });
    expect(calls).toHaveLength(2);
    // A tenth of a short time is not much.
    const late = given();
    void late.ask({ context: requestContext({ deadlineInMs: 300 }) });
    void late.ask({ context: requestContext({ deadlineInMs: 800 }) });
    expect(late.calls).toHaveLength(2);
  });

  it('whose answer was too much for who asked first are asked again by the others', async () => {
    const { ask, calls } = given();
    const [first, second, third] = [ask(), ask(), ask()].map((answer) =>
      answer.catch((error: unknown) => error),
    );
    const spent = budgetSpent('reviews', 1000);
    calls[0]?.fail(spent);
    expect(await first).toBe(spent);
    await expect.poll(() => calls.length).toBe(2);
    calls[1]?.answer({ data: { a: 2 } });
    expect(await Promise.all([second, third])).toMatchObject([{ data: { a: 2 } }, { data: { a: 2 } }]);
    expect(calls).toHaveLength(2);
  });
});

describe('a request that is cancelled', () => {
  it('leaves the call to the others, whoever began it', async () => {
    for (const leaver of [0, 1]) {
      const { ask, calls } = given();
      const contexts = [requestContext(), requestContext()];
      const answers = contexts.map((context) => ask({ context }).catch((error: unknown) => error));
      contexts[leaver]?.cancellation.cancel(left);
      expect(await answers[leaver]).toBe(left);
      expect(calls[0]?.cancellation.reason).toBeUndefined();
      calls[0]?.answer({ data: { a: 1 } });
      expect(await answers[1 - leaver]).toMatchObject({ data: { a: 1 } });
    }
  });

  it('as the last one aborts the call, which nobody joins any more', async () => {
    const { ask, calls } = given();
    const contexts = [requestContext(), requestContext()];
    const answers = contexts.map((context) => ask({ context }).catch((error: unknown) => error));
    for (const { cancellation } of contexts) cancellation.cancel(left);
    expect(calls[0]?.cancellation.reason).toBe(left);
    // Comes while the aborted call has not ended.
    const late = ask();
    expect(calls).toHaveLength(2);
    calls[0]?.fail(left);
    calls[1]?.answer({ data: { a: 2 } });
    expect(await Promise.all(answers)).toEqual([left, left]);
    expect(await late).toEqual({ data: { a: 2 } });
  });

  it('after its answer changes nothing for the others', async () => {
    const { ask, calls } = given();
    const context = requestContext();
    const answers = [ask({ context }), ask()];
    calls[0]?.answer({ data: {} });
    await Promise.all(answers);
    context.cancellation.cancel(left);
    expect(calls[0]?.cancellation.reason).toBeUndefined();
  });
});

describe('a mutation', () => {
  const mutation = { service: 'reviews', kind: 'mutation', name: undefined, query: 'mutation{a}' } as const;

  it('is never shared', () => {
    const { ask, calls } = given();
    void ask({ operation: mutation });
    void ask({ operation: mutation });
    expect(calls).toHaveLength(2);
  });

  it('keeps what comes after it from joining what began before it or while it ran', async () => {
    const { ask, calls } = given();
    void ask();
    const changed = ask({ operation: mutation, body: '{"query":"mutation{a}"}' });
    void ask();
    expect(calls).toHaveLength(3);
    calls[1]?.answer({ data: { a: 1 } });
    await changed;
    void ask();
    expect(calls).toHaveLength(4);
    void ask();
    expect(calls).toHaveLength(4);
  });

  it('that fails may have changed something all the same', async () => {
    const { ask, calls, mutations } = given();
    const failed = ask({ operation: mutation }).catch((error: unknown) => error);
    const during = mutations.value;
    calls[0]?.fail(left);
    expect(await failed).toBe(left);
    expect(mutations.value).toBeGreaterThan(during);
  });

  it.each([
    ['in-process', { fetches: true }, 'local'],
    ['remote, where fetches are not shared,', { fetches: false }, 'remote'],
  ] as const)('of an %s subgraph counts for the others', async (_which, sharing, kind) => {
    const config = await loadGatewayConfig(undefined, { environment: {} });
    const mutations = new MutationCounter();
    const settings = { ...config, sharing: { ...config.sharing, ...sharing } };
    const around = aroundSubgraph(settings, mutations, new Events());
    const { subgraph, calls } = fakeSubgraph();
    const changing = around(subgraph, { kind, name: 'reviews' });
    void changing.fetch({ ...request, context: requestContext() });
    expect(mutations.value).toBe(0);
    const changed = changing.fetch({ ...request, operation: mutation, context: requestContext() });
    calls[1]?.answer({ data: {} });
    await changed;
    expect(mutations.value).toBe(2);
  });

  it('is answered once the other processes of the gateway know of it', async () => {
    const { ask, calls, mutations } = given();
    const { promise: known, resolve: othersKnow } = Promise.withResolvers<void>();
    const seen: string[] = [];
    mutations.onEnded = () => {
      seen.push('told');
      return known;
    };
    const changed = ask({ operation: mutation }).then(() => seen.push('answered'));
    expect(seen).toEqual([]);
    calls[0]?.answer({ data: {} });
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['told']);
    othersKnow();
    await changed;
    expect(seen).toEqual(['told', 'answered']);
  });
});

describe('fetches of entities that go in one call', () => {
  it.each([
    ['are shared together', ['{a}', '{b}'], 1],
    ['keep nobody waiting who asks for one of them', ['{a}'], 2],
  ])('%s', async (_title, selections, callsMade) => {
    const config = await loadGatewayConfig(undefined, { environment: {} });
    const { subgraph, calls } = fakeSubgraph();
    const around = aroundSubgraph(config, new MutationCounter(), new Events());
    const joining = around(subgraph, { kind: 'remote', name: 'reviews' });
    const ask = (asked: readonly string[]): Array<Promise<SubgraphResponse>> => {
      const execution = {};
      return asked.map((each) => joining.fetch({ ...entities(each, execution), context: requestContext() }));
    };
    const first = ask(['{a}', '{b}']);
    await new Promise((resolve) => setImmediate(resolve));
    const others = ask(selections);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(callsMade);
    calls.at(-1)?.answer({ data: { _entities: [1], _0: [1], _1: [2] } });
    expect(await entitiesIn(others)).toEqual([[1], [2]].slice(0, selections.length));
    calls[0]?.answer({ data: { _0: [1], _1: [2] } });
    expect(await entitiesIn(first)).toEqual([[1], [2]]);
  });

  it.each([
    ['on', 1],
    ['off', 2],
  ])('with joinFetches %s: %i calls', async (setting, callsMade) => {
    const config = await loadGatewayConfig(undefined, { environment: {} });
    const sharing = { ...config.sharing, joinFetches: setting === 'on' };
    const { subgraph, calls } = fakeSubgraph();
    const around = aroundSubgraph({ ...config, sharing }, new MutationCounter(), new Events());
    const reviews = around(subgraph, { kind: 'remote', name: 'reviews' });
    const execution = {};
    for (const selections of ['{a}', '{b}'])
      void reviews.fetch({ ...entities(selections, execution), context: requestContext() });
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(callsMade);
  });
});

async function entitiesIn(answers: ReadonlyArray<Promise<SubgraphResponse>>): Promise<unknown[]> {
  return (await Promise.all(answers)).map(({ data }) => data?.['_entities']);
}

function entities(selections: string, execution: object) {
  return {
    operation: {
      service: 'reviews',
      kind: 'query',
      name: undefined,
      query: selections,
      joinable: { variables: [], selections },
    },
    variablesJson: '{}',
    body: JSON.stringify({ query: selections }),
    joinable: { execution, members: [], representations: '[]' },
  } as const;
}

const request = {
  operation: { service: 'reviews', kind: 'query', name: undefined, query: '{a}' },
  variablesJson: '{}',
  body: '{"query":"{a}"}',
} as const;

interface FakeCall {
  readonly cancellation: Cancellation;
  answer(response: SubgraphResponse): void;
  fail(error: Error): void;
}

/** Answers when told, and does not end by itself when it is cancelled. */
function fakeSubgraph() {
  const calls: FakeCall[] = [];
  const subgraph: Subgraph = {
    fetch({ context }) {
      const { promise, resolve, reject } = Promise.withResolvers<SubgraphResponse>();
      calls.push({ cancellation: context.cancellation, answer: resolve, fail: reject });
      return promise;
    },
    close: () => Promise.resolve(),
  };
  return { subgraph, calls };
}

function given() {
  const { subgraph, calls } = fakeSubgraph();
  const mutations = new MutationCounter();
  const shared = shareFetches(subgraph, mutations, { ignoreHeaders: ['traceparent'] });
  const ask = (changes: Partial<SubgraphRequest> & { readonly context?: RequestContext } = {}) =>
    shared.fetch({ ...request, context: requestContext(), ...changes });
  return { ask, calls, mutations };
}
