/** The line of stages with stages that only say that they were called: their order, and how long a request is held. */

import { Socket } from 'node:net';

import { expect, it } from 'vitest';

import { requestStages } from '../../src/gateway.ts';
import { anyClient } from '../../src/pipeline/client.ts';
import { anonymous } from '../../src/pipeline/principal.ts';
import { arrived, type Answered } from '../../src/pipeline/stages.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { requestContext } from '../support/context.ts';
import { recordedSpans } from '../support/recorded-spans.ts';

const answered: Answered = {
  status: 200,
  mediaType: 'application/json',
  headers: {},
  text: '{"data":{"a":1},"hasNext":true}',
  later: null,
  operationName: null,
  client: null,
  operationKind: 'query',
  errorCounts: [],
};

interface Given {
  readonly failing?: 'authenticate' | 'admit' | 'read' | 'respond';
  readonly later?: Answered['later'];
}

function given({ failing, later = null }: Given = {}) {
  const calls: string[] = [];
  const { trace } = recordedSpans((line) => calls.push(line));
  calls.splice(0);
  const called = (name: string): void => {
    calls.push(name);
    if (name === failing) throw new GatewayError('BAD_REQUEST', name);
  };
  const answer = requestStages({
    networkOf: () => '127.0.0.1',
    openLimits: null,
    openDebug: null,
    authenticate(head) {
      called('authenticate');
      return Promise.resolve({ ...head, principal: anonymous });
    },
    recognize() {
      called('recognize');
      return anyClient;
    },
    share(_from, alone) {
      called('share');
      return alone();
    },
    admission: {
      enter() {
        called('admit');
        return undefined;
      },
      leave: () => called('leave'),
      aside: (_request, wait) => wait,
    },
    respond() {
      called('respond');
      return Promise.resolve({ ...answered, later });
    },
    refuse(_arrived, error) {
      called('refuse');
      return { ...answered, status: 400, text: String(error) };
    },
  });
  const request = arrived({
    head: requestContext({ trace }),
    http: { headers: {}, rawHeaders: [], socket: new Socket() },
    mediaType: 'application/json',
    body: null,
    clientInPath: null,
    queryOnly: false,
    read() {
      called('read');
      return { query: '{ a }', operationName: null, variables: {}, extensions: null };
    },
  });
  return { calls, answer: () => answer(request) };
}

it('goes from stage to stage, and tells when those begin and end that take time', async () => {
  const { calls, answer } = given();
  expect(await answer()).toMatchObject({ status: 200 });
  expect(calls).toEqual([
    'authenticate {',
    'authenticate',
    '} authenticate',
    'recognize',
    'share',
    'admit {',
    'admit',
    '} admit',
    'read',
    'respond',
    'leave',
  ]);
});

it.each([
  ['authenticate', ['} authenticate BAD_REQUEST', 'refuse']],
  ['admit', ['} admit BAD_REQUEST', 'refuse']],
  ['read', ['read', 'leave', 'refuse']],
  ['respond', ['respond', 'leave', 'refuse']],
] as const)('refuses what fails in %s, and holds nothing for it', async (failing, end) => {
  const { calls, answer } = given({ failing });
  expect(await answer()).toMatchObject({ status: 400 });
  expect(calls.slice(-end.length)).toEqual(end);
});

it('holds the place of a request until the last part of its answer', async () => {
  async function* parts(): AsyncGenerator<string> {
    yield await Promise.resolve('{"hasNext":false}');
  }
  const { calls, answer } = given({ later: parts() });
  const { later } = await answer();
  expect(await later?.next()).toMatchObject({ value: '{"hasNext":false}' });
  expect(calls).not.toContain('leave');
  expect(await later?.next()).toMatchObject({ done: true });
  expect(calls.at(-1)).toBe('leave');
});
