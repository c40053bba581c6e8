import { describe, expect, it } from 'vitest';

import { GatewayError } from '../shared/errors.ts';
import { requestContext } from '../../test/support/context.ts';
import type { Answered } from '../pipeline/stages.ts';
import { SharedRequests } from './shared-requests.ts';

describe('SharedRequests', () => {
  it('answers identical queries in flight once, when their body is known to be a query', async () => {
    const { ask, pending, learn } = given();
    await learn();
    const answers = [ask(), ask(), ask()];
    expect(pending).toHaveLength(1);
    const one = responded();
    pending[0]?.resolve(one);
    for (const answer of await Promise.all(answers)) expect(answer).toBe(one);
  });

  it('answers each request with an unknown body by itself', async () => {
    const { ask, pending } = given();
    const answers = [ask(), ask()];
    expect(pending).toHaveLength(2);
    for (const call of pending) call.resolve(responded());
    await Promise.all(answers);
  });

  it('keeps no answer once it has completed', async () => {
    const { ask, pending, learn } = given();
    await learn();
    for (const status of [200, 201]) {
      const answer = ask();
      pending.at(-1)?.resolve(responded({ status }));
      expect(await answer).toMatchObject({ status });
    }
    expect(pending).toHaveLength(2);
  });

  it('never shares a mutation, or a body that was refused before it was known to be a query', async () => {
    for (const operationKind of ['mutation', null]) {
      const { ask, pending, learn } = given();
      await learn({ operationKind });
      void ask();
      void ask();
      expect(pending).toHaveLength(2);
    }
  });

  it.each([
    ['another body', { body: '{"query":"{b}"}' }],
    ['other headers', { headers: 'Bearer b' }],
    ['another mutation in between', { headers: '1 Bearer a' }],
  ])('keeps requests with %s apart', async (_what, other) => {
    const { ask, pending, learn } = given();
    await learn();
    await learn({}, other);
    void ask();
    void ask(other);
    expect(pending).toHaveLength(2);
  });

  it('does not join a request whose deadline is later', async () => {
    const { ask, pending, learn } = given();
    await learn();
    const patient = ask();
    const hurried = ask({ deadlineInMs: 500 });
    expect(pending).toHaveLength(2);
    pending[1]?.resolve(responded({ status: 201 }));
    expect(await hurried).toMatchObject({ status: 201 });
    const alike = ask();
    pending[0]?.resolve(responded());
    expect(await Promise.all([patient, alike])).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(pending).toHaveLength(2);
  });

  it('shares no body over its limit', async () => {
    const { ask, pending, learn } = given({ bodyBytesMax: 10 });
    await learn();
    void ask();
    void ask();
    expect(pending).toHaveLength(2);
  });

  it('evicts the least recently used body beyond its limit', async () => {
    const { ask, pending, learn } = given({ bodiesMax: 1 });
    await learn();
    await learn({}, { body: '{"query":"{b}"}' });
    void ask();
    void ask();
    expect(pending).toHaveLength(2);
  });
});

describe('the waiting requests are answered one by one', () => {
  it('when the client of the request in flight disconnects', async () => {
    const { ask, pending, learn } = given();
    await learn();
    const leaving = ask();
    const staying = [ask(), ask()];
    const left = new GatewayError('CANCELLED', 'The client closed the connection');
    pending[0]?.reject(left);
    await expect(leaving).rejects.toBe(left);
    await expect.poll(() => pending.length).toBe(3);
    pending[1]?.resolve(responded({ status: 201 }));
    pending[2]?.resolve(responded({ status: 202 }));
    expect(await Promise.all(staying)).toMatchObject([{ status: 201 }, { status: 202 }]);
  });

  it('when the answer has errors, which carry the id of another request', async () => {
    const { ask, pending, learn } = given();
    await learn();
    const first = ask();
    const second = ask();
    pending[0]?.resolve(responded({ errorCounts: [{ code: 'SERVICE_ERROR', service: null, count: 1 }] }));
    expect(await first).toMatchObject({ errorCounts: [{ count: 1 }] });
    await expect.poll(() => pending.length).toBe(2);
    pending[1]?.resolve(responded());
    expect(await second).toMatchObject({ errorCounts: [] });
  });

  it('when the graph was replaced meanwhile, whose labels may differ', async () => {
    const { ask, pending, learn, replaceGraph } = given();
    await learn();
    const first = ask();
    const second = ask();
    replaceGraph();
    pending[0]?.resolve(responded());
    await first;
    await expect.poll(() => pending.length).toBe(2);
    pending[1]?.resolve(responded({ status: 201 }));
    expect(await second).toMatchObject({ status: 201 });
  });

  it('and a later request is answered anew', async () => {
    const { ask, pending, learn } = given();
    await learn();
    const failed = ask();
    pending[0]?.reject(new Error('broken'));
    await expect(failed).rejects.toThrow('broken');
    const later = ask();
    pending[1]?.resolve(responded());
    expect(await later).toMatchObject({ errorCounts: [] });
  });
});

function responded(changes: Partial<Answered> = {}): Answered {
  return {
    status: 200,
    mediaType: 'application/json',
    text: '{"data":{"a":1}}',
    operationName: null,
    client: null,
    operationKind: 'query',
    errorCounts: [],
    headers: {},
    later: null,
    ...changes,
  };
}

const sameInputs = { http: { headers: {} }, mediaType: 'application/json' } as const;

interface Sent {
  readonly body?: string;
  readonly headers?: string;
  readonly deadlineInMs?: number;
}

/** `ask` sends a request; `pending` are those that are answered by themselves, in order. */
function given(options: { readonly bodiesMax?: number; readonly bodyBytesMax?: number } = {}) {
  let graph = 1;
  const shared = new SharedRequests({
    bodiesMax: 100,
    bodyBytesMax: 1000,
    queriesBytesMax: 100_000,
    keyOf: ({ context }) => String(context.headers.authorization),
    graphNumber: () => graph,
    ...options,
  });
  const pending: Array<PromiseWithResolvers<Answered>> = [];
  const send = (sent: Sent, alone: () => Promise<Answered>) => {
    const { body = '{"query":"{a}"}', headers = 'Bearer a', deadlineInMs = 10_000 } = sent;
    const context = requestContext({ headers: { authorization: headers }, deadlineInMs });
    return shared.answer(Buffer.from(body), { context, ...sameInputs }, alone);
  };
  const ask = (sent: Sent = {}): Promise<Answered> =>
    send(sent, () => {
      const call = Promise.withResolvers<Answered>();
      pending.push(call);
      return call.promise;
    });
  const learn = (changes: Partial<Answered> = {}, sent: Sent = {}): Promise<Answered> =>
    send(sent, () => Promise.resolve(responded(changes)));
  const replaceGraph = (): void => void (graph += 1);
  return { ask, pending, learn, replaceGraph };
}
