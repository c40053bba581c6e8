import { describe, expect, it } from 'vitest';

import { GatewayError } from '../shared/errors.ts';
import { requestContext } from '../../test/support/context.ts';
import type { Answered } from '../pipeline/stages.ts';
import { SharedRequests } from './shared-requests.ts';

describe('SharedRequests', () => {
  it('answers identical queries in flight once, when their body is known to be a query', async () => {
    const { ask, asked, learn } = given();
    await learn();
    const answers = [ask(), ask(), ask()];
    expect(asked).toHaveLength(1);
    const one = responded();
    asked[0]?.resolve(one);
    for (const answer of await Promise.all(answers)) expect(answer).toBe(one);
  });

  it('answers a body of which nothing is known for each of those who send it', async () => {
    const { ask, asked } = given();
    const answers = [ask(), ask()];
    expect(asked).toHaveLength(2);
    for (const call of asked) call.resolve(responded());
    await Promise.all(answers);
  });

  it('keeps nothing once the answer is out', async () => {
    const { ask, asked, learn } = given();
    await learn();
    for (const status of [200, 201]) {
      const answer = ask();
      asked.at(-1)?.resolve(responded({ status }));
      expect(await answer).toMatchObject({ status });
    }
    expect(asked).toHaveLength(2);
  });

  it('never shares a mutation, nor what was refused before it was known to be a query', async () => {
    for (const operationKind of ['mutation', null]) {
      const { ask, asked, learn } = given();
      await learn({ operationKind });
      void ask();
      void ask();
      expect(asked).toHaveLength(2);
    }
  });

  it.each([
    ['another body', { body: '{"query":"{b}"}' }],
    ['other headers', { headers: 'Bearer b' }],
    ['another mutation in between', { headers: '1 Bearer a' }],
  ])('keeps requests with %s apart', async (_what, other) => {
    const { ask, asked, learn } = given();
    await learn();
    await learn({}, other);
    void ask();
    void ask(other);
    expect(asked).toHaveLength(2);
  });

  it('has nobody wait for a request that may take longer than its own', async () => {
    const { ask, asked, learn } = given();
    await learn();
    const patient = ask();
    const hurried = ask({ deadlineInMs: 500 });
    expect(asked).toHaveLength(2);
    asked[1]?.resolve(responded({ status: 201 }));
    expect(await hurried).toMatchObject({ status: 201 });
    const alike = ask();
    asked[0]?.resolve(responded());
    expect(await Promise.all([patient, alike])).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(asked).toHaveLength(2);
  });

  it('shares no body over its limit', async () => {
    const { ask, asked, learn } = given({ bodyBytesMax: 10 });
    await learn();
    void ask();
    void ask();
    expect(asked).toHaveLength(2);
  });

  it('forgets the body asked longest ago when it knows too many', async () => {
    const { ask, asked, learn } = given({ bodiesMax: 1 });
    await learn();
    await learn({}, { body: '{"query":"{b}"}' });
    void ask();
    void ask();
    expect(asked).toHaveLength(2);
  });
});

describe('the others go on by themselves', () => {
  it('when the client leaves whose request was under way', async () => {
    const { ask, asked, learn } = given();
    await learn();
    const leaving = ask();
    const staying = [ask(), ask()];
    const left = new GatewayError('CANCELLED', 'The client closed the connection');
    asked[0]?.reject(left);
    await expect(leaving).rejects.toBe(left);
    await expect.poll(() => asked.length).toBe(3);
    asked[1]?.resolve(responded({ status: 201 }));
    asked[2]?.resolve(responded({ status: 202 }));
    expect(await Promise.all(staying)).toMatchObject([{ status: 201 }, { status: 202 }]);
  });

  it('when the answer has errors: they name the request of another client', async () => {
    const { ask, asked, learn } = given();
    await learn();
    const first = ask();
    const second = ask();
    asked[0]?.resolve(responded({ errors: 1, code: 'SERVICE_ERROR' }));
    expect(await first).toMatchObject({ errors: 1 });
    await expect.poll(() => asked.length).toBe(2);
    asked[1]?.resolve(responded());
    expect(await second).toMatchObject({ errors: 0 });
  });

  it('when the graph was replaced meanwhile: by the new one other labels may hold for them', async () => {
    const { ask, asked, learn, replaceGraph } = given();
    await learn();
    const first = ask();
    const second = ask();
    replaceGraph();
    asked[0]?.resolve(responded());
    await first;
    await expect.poll(() => asked.length).toBe(2);
    asked[1]?.resolve(responded({ status: 201 }));
    expect(await second).toMatchObject({ status: 201 });
  });

  it('and whoever comes after that starts anew', async () => {
    const { ask, asked, learn } = given();
    await learn();
    const failed = ask();
    asked[0]?.reject(new Error('broken'));
    await expect(failed).rejects.toThrow('broken');
    const later = ask();
    asked[1]?.resolve(responded());
    expect(await later).toMatchObject({ errors: 0 });
  });
});

function responded(changes: Partial<Answered> = {}): Answered {
  return {
    status: 200,
    mediaType: 'application/json',
    text: '{"data":{"a":1}}',
    operationName: null,
    operationKind: 'query',
    errors: 0,
    headers: {},
    later: null,
    code: null,
    ...changes,
  };
}

const askedAlike = { http: { headers: {} }, mediaType: 'application/json' } as const;

interface Sent {
  readonly body?: string;
  readonly headers?: string;
  readonly deadlineInMs?: number;
}

/** `ask` sends a request; `asked` are those that were answered by themselves, once told. */
function given(options: { readonly bodiesMax?: number; readonly bodyBytesMax?: number } = {}) {
  let graph = 1;
  const shared = new SharedRequests({
    bodiesMax: 100,
    bodyBytesMax: 1000,
    knownBytesMax: 100_000,
    keyOf: ({ context }) => String(context.headers.authorization),
    graphNumber: () => graph,
    ...options,
  });
  const asked: Array<PromiseWithResolvers<Answered>> = [];
  const send = (sent: Sent, alone: () => Promise<Answered>) => {
    const { body = '{"query":"{a}"}', headers = 'Bearer a', deadlineInMs = 10_000 } = sent;
    const context = requestContext({ headers: { authorization: headers }, deadlineInMs });
    return shared.answer(Buffer.from(body), { context, ...askedAlike }, alone);
  };
  const ask = (sent: Sent = {}): Promise<Answered> =>
    send(sent, () => {
      const call = Promise.withResolvers<Answered>();
      asked.push(call);
      return call.promise;
    });
  const learn = (changes: Partial<Answered> = {}, sent: Sent = {}): Promise<Answered> =>
    send(sent, () => Promise.resolve(responded(changes)));
  const replaceGraph = (): void => void (graph += 1);
  return { ask, asked, learn, replaceGraph };
}
