/** T-HDR-OUT: which headers a service gets, and what no client and no rule can make it get. */

import { afterEach, expect, it } from 'vitest';

import type { ServiceHeaders } from '../../src/config/gateway/transport.ts';
import { endToEnd } from '../../src/server/request-context.ts';
import { noHeaderRules } from '../../src/sources/headers/request-header-rules.ts';
import { senderTo } from './support/sender.ts';
import { json, startStandIn } from './support/stand-in.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

const smuggling: Record<string, string> = {
  connection: 'keep-alive, x-listed',
  'x-listed': '1',
  'keep-alive': 'timeout=5',
  'proxy-authorization': 'Basic eA==',
  'proxy-connection': 'close',
  te: 'trailers',
  trailer: 'x',
  'transfer-encoding': 'chunked',
  upgrade: 'h2c',
  'http2-settings': 'AAM',
  'content-length': '1',
  'content-encoding': 'gzip',
  'content-type': 'text/plain',
  expect: '100-continue',
  host: 'evil.example',
  'accept-encoding': 'gzip',
};

it('nothing of the connection is sent on, nor what "connection" lists, whatever is allowed', async () => {
  const rules = { ...noHeaderRules, forward: Object.keys(smuggling) };
  const { service, send } = await given(rules);
  const headers = endToEnd(smuggling) as Record<string, string>;
  await send({}, { headers, forwardHeaders: headers });
  const [asked] = service.asked;
  expect(asked?.headers).toEqual({
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-length': '2',
    'content-type': 'application/json',
    connection: 'keep-alive',
    host: new URL(service.url).host,
    'x-request-id': expect.any(String) as unknown,
    'x-deadline-ms': expect.any(String) as unknown,
  });
});

it.each([
  ['by gateway.yaml', { forwardHeaders: { 'x-two': 'a\r\nx-admin: 1' } }],
  ['by a rule of the service', { headers: { 'x-two': 'a\r\nx-admin: 1' } }],
])('a value that no header can have is sent nowhere, forwarded %s', async (_how, context) => {
  const { service, failure } = await given({ ...noHeaderRules, forward: ['x-two'] });
  expect(await failure({}, context)).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: 'the value given for "x-two" cannot be sent to reviews',
  });
  expect(service.asked).toHaveLength(0);
});

it('authorization goes only where a rule says so', async () => {
  const headers = { authorization: 'Bearer t', cookie: 'a=1' };
  const plain = await given(noHeaderRules);
  await plain.send({}, { headers });
  expect(plain.service.asked[0]?.headers).not.toHaveProperty('authorization');
  expect(plain.service.asked[0]?.headers).not.toHaveProperty('cookie');
  const asked = await given({ ...noHeaderRules, forward: ['authorization'] });
  await asked.send({}, { headers });
  expect(asked.service.asked[0]?.headers['authorization']).toBe('Bearer t');
  expect(asked.service.asked[0]?.headers).not.toHaveProperty('cookie');
});

it('rules forward, remove, rename and insert; what is inserted goes before what the client sent', async () => {
  const { service, send } = await given({
    ...noHeaderRules,
    forward: ['x-tenant'],
    remove: ['x-secret'],
    rename: { 'x-user-id': 'x-customer' },
    insert: { 'x-api-key': 'k', 'x-tenant': 'ours' },
  });
  await send(
    {},
    {
      headers: { 'x-tenant': 'theirs', 'x-other': '1' },
      forwardHeaders: { 'x-user-id': 'u1', 'x-secret': 's', 'x-api-key': 'mine' },
    },
  );
  const headers = service.asked[0]?.headers ?? {};
  expect(headers).toMatchObject({ 'x-customer': 'u1', 'x-api-key': 'k', 'x-tenant': 'ours' });
  for (const absent of ['x-user-id', 'x-secret', 'x-other']) expect(headers).not.toHaveProperty(absent);
});

async function given(headers: ServiceHeaders) {
  const service = await startStandIn(json({}));
  const sender = senderTo(service.url, { headers });
  cleanups.push(
    () => sender.close(),
    () => service.close(),
  );
  return { service, ...sender };
}
