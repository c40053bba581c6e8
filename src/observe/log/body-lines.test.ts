/** Which bodies are logged, which parts of them, and that their number and size are bounded. */

import { expect, it } from 'vitest';

import { memoryLog } from '../../../test/support/log.ts';
import type { BodiesConfig } from '../../config/gateway/log.ts';
import type { GatewayEvents } from '../../shared/events.ts';

const secret = 'swordfish';
const bodies: BodiesConfig = {
  clients: [],
  operations: [],
  samplePercent: 100,
  fields: ['variables.id', 'data.order.id', 'errors.extensions.code'],
  bytesMax: 4096,
  linesPerSecondMax: 10,
};
const projection = {
  shapes: [
    { cases: [{ fields: [{ key: 'order', name: 'Query.order', value: { is: 'object', shape: 1 } }] }] },
    {
      cases: [
        {
          fields: [
            { key: 'id', name: 'Order.id', value: { is: 'scalar' } },
            { key: 'card', name: 'Order.card', value: { is: 'scalar' } },
          ],
        },
      ],
    },
  ],
};
const request = {
  query: `query Order($id: ID!) { order(id: $id, token: "${secret}") { id card } }`,
  operationName: 'Order',
  variables: { id: 'o1', password: secret, [secret]: secret },
  extensions: { [secret]: secret },
};
const answer = {
  data: { order: { id: 'o1', card: secret, [secret]: secret } },
  errors: [{ message: secret, path: [secret], extensions: { code: 'FORBIDDEN', [secret]: secret } }],
  extensions: { [secret]: secret },
};

it('only listed fields are logged, and no other names', async () => {
  const { exchange, lines, text } = given();
  exchange();
  const received = { variables: { id: 'o1' } };
  const sent = { data: { order: { id: 'o1' } }, errors: [{ extensions: { code: 'FORBIDDEN' } }] };
  const line = { msg: 'bodies', requestId: 'r1', client: 'web', operationName: 'Order', received, sent };
  expect(await lines()).toMatchObject([line]);
  expect(text()).not.toContain(secret);
});

it('the variables of a request by GET are found in its URL', async () => {
  const { exchange, lines, text } = given();
  const search = new URLSearchParams({ query: request.query, variables: JSON.stringify(request.variables) });
  exchange({ body: null, url: `/graphql?${search.toString()}` });
  expect(await lines()).toMatchObject([{ received: { variables: { id: 'o1' } } }]);
  expect(text()).not.toContain(secret);
});

it.each([
  ['is not JSON', Buffer.from(secret)],
  ['is not an object', Buffer.from(`["${secret}"]`)],
  ['is nested a hundred thousand times', Buffer.from(`{"variables":{"id":${'['.repeat(100_000)}`)],
  ['is larger than what is parsed', Buffer.from(JSON.stringify({ ...request, pad: 'x'.repeat(300_000) }))],
])('a body that %s has only its size', async (_what, body) => {
  const { exchange, lines, text } = given();
  exchange({ body });
  const [line] = await lines();
  expect(line).toMatchObject({ receivedBytes: body.length });
  expect(JSON.stringify(line?.['received'] ?? {})).toBe('{}');
  expect(text()).not.toContain(secret);
});

it('data is not logged where its fields are not known, as of an answer that is shared', async () => {
  const { exchange, lines } = given();
  exchange({ locals: new Map() });
  const [line] = await lines();
  expect(line?.['sent']).toEqual({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
});

it('numbers keep their digits', async () => {
  const { exchange, lines } = given();
  exchange({ body: Buffer.from('{"variables":{"id":12345678901234567890}}') });
  expect(await lines()).toMatchObject([{ received: { variables: { id: '12345678901234567890' } } }]);
});

it('what is logged of a body is cut', async () => {
  const { exchange, lines } = given({ bytesMax: 300 });
  exchange({ body: Buffer.from(JSON.stringify({ variables: { id: 'é'.repeat(10_000) } })) });
  const [line] = await lines();
  const received = line?.['received'] as string;
  expect(received).toMatch(/^\{"variables":\{"id":"é+\.\.\. \(\d+ characters\)$/);
  expect(Buffer.byteLength(received)).toBeLessThan(350);
});

it.each<[string, Partial<BodiesConfig>, string[]]>([
  ['of some clients', { clients: ['web'] }, ['web Order', 'web Other']],
  ['of some operations', { operations: ['Order'] }, ['web Order', 'app Order']],
  ['of some operations of some clients', { clients: ['app'], operations: ['Order'] }, ['app Order']],
  ['of no request', { samplePercent: 0 }, []],
])('bodies %s are logged', async (_what, config, expected) => {
  const { exchange, lines } = given(config);
  for (const client of ['web', 'app'])
    for (const operationName of ['Order', 'Other']) exchange({ client, operationName });
  const logged = (await lines()).map(
    ({ client, operationName }) => `${String(client)} ${String(operationName)}`,
  );
  expect(logged).toEqual(expected);
});

it('a sample is about as large as configured', async () => {
  const { exchange, lines } = given({ samplePercent: 10, linesPerSecondMax: 1000 });
  for (let i = 0; i < 1000; i += 1) {
    exchange();
    // Each is logged in a turn of the event loop.
    await new Promise(setImmediate);
  }
  // Ten times the standard deviation.
  expect(Math.abs((await lines()).length - 100)).toBeLessThan(95);
});

it('bodies are parsed after the turn in which the response was sent', async () => {
  const { exchange, text } = given();
  exchange();
  expect(text()).toBe('');
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(text()).toContain('"msg":"bodies"');
});

it('there are so many lines a second, and one that says how many more there were', async () => {
  const { exchange, lines } = given();
  for (let i = 0; i < 1000; i += 1) exchange();
  const written = await lines();
  expect(written).toHaveLength(11);
  expect(written.at(-1)).toMatchObject({ msg: 'lines of bodies left out', lines: 990 });
});

it('so many wait to be parsed, whatever else is allowed', async () => {
  const { exchange, lines } = given({ linesPerSecondMax: 1000 });
  for (let i = 0; i < 1000; i += 1) exchange();
  const written = await lines();
  expect(written).toHaveLength(21);
  expect(written.at(-1)).toMatchObject({ lines: 980 });
});

it.each([
  ['they are not configured', { bodies: undefined }],
  ['the level is above theirs', { level: 'warn' }],
] as const)('nothing is kept of a request where %s', (_what, options) => {
  const { events } = memoryLog({ bodies, slowOperationMs: 0, ...options });
  const locals = new Map<unknown, unknown>();
  events.emit('operationPrepared', { locals, document: '', operation: { plan: null, projection } });
  expect(locals.size).toBe(0);
});

function given(config: Partial<BodiesConfig> = {}) {
  const log = memoryLog({ bodies: { ...bodies, ...config } });
  return {
    ...log,
    exchange: (options: Partial<GatewayEvents['answerSent']> = {}): void => {
      const locals = new Map<unknown, unknown>();
      log.events.emit('operationPrepared', {
        locals,
        document: request.query,
        operation: { plan: null, projection },
      });
      log.events.emit('answerSent', {
        requestId: 'r1',
        locals,
        client: 'web',
        operationName: 'Order',
        url: '/graphql',
        body: Buffer.from(JSON.stringify(request)),
        text: JSON.stringify(answer),
        ...options,
      });
    },
  };
}
