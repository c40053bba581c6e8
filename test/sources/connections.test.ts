/** Calls that wait for a connection: how long that takes says nothing of the service. */

import { expect, it, onTestFinished } from 'vitest';

import { newCall } from '../../src/resilience/call.ts';
import type { CallFailure } from '../../src/resilience/outcome.ts';
import { monotonicClock } from '../../src/shared/clock.ts';
import { createHttpTransport, type HttpTransportOptions } from '../../src/sources/http/transport.ts';
import { requestContext } from '../support/context.ts';
import { startStandIn } from './support/stand-in.ts';

it('a call is sent when its turn comes', async () => {
  const { call, answers } = await given();
  const first = call();
  await expect.poll(() => answers.length).toBe(1);
  const second = call();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(answers).toHaveLength(1);
  const answeredAtMs = monotonicClock();
  answers[0]?.();
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.();
  await Promise.all([first.answer, second.answer]);
  expect(first.context.sentAtMs).toBeLessThan(answeredAtMs);
  expect(second.context.sentAtMs).toBeGreaterThanOrEqual(answeredAtMs);
});

it('a call whose turn does not come in time was refused by the gateway, and not executed', async () => {
  const { call, answers } = await given();
  const first = call();
  await expect.poll(() => answers.length).toBe(1);
  const refused = { code: 'SERVICE_TIMEOUT', outcome: 'refused', nothingSent: true, notExecuted: true };
  expect(await failure(call(200))).toMatchObject(refused);
  answers[0]?.();
  await first.answer;
});

it('a call that is sent and not answered in time failed by the service', async () => {
  const { call, answers } = await given();
  // So that there is a connection.
  const first = call();
  await expect.poll(() => answers.length).toBe(1);
  answers[0]?.();
  await first.answer;
  expect(await failure(call(500))).toMatchObject({
    code: 'SERVICE_TIMEOUT',
    outcome: 'timeout',
    nothingSent: false,
  });
});

it('a call that gets no connection in time failed by the service, and was not sent', async () => {
  // The name is never found, and never not found.
  const { call } = await given('reviews.example', { lookup: () => {} });
  expect(await failure(call(200))).toMatchObject({
    code: 'SERVICE_TIMEOUT',
    outcome: 'timeout',
    nothingSent: true,
  });
});

async function failure({ answer }: { readonly answer: Promise<unknown> }): Promise<CallFailure> {
  return answer.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as CallFailure,
  );
}

/** One connection to a service that answers each call when the test says so. */
async function given(host = '127.0.0.1', options: HttpTransportOptions = {}) {
  const answers: Array<() => void> = [];
  const service = await startStandIn((_asked, response) => void answers.push(() => response.end('{}')));
  const transport = createHttpTransport(options);
  onTestFinished(async () => {
    await Promise.all([transport.close(), service.close()]);
  });
  const send = transport.service('reviews', { connections: 1 });
  const url = service.url.replace('127.0.0.1', host);
  const call = (deadlineInMs?: number) => {
    const context = newCall(requestContext(deadlineInMs === undefined ? {} : { deadlineInMs }), 'mutation');
    context.endpoint = { id: url, url };
    return { context, answer: send({ method: 'POST', path: '/', body: '{}' }, context) };
  };
  return { call, answers };
}
