import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { gatewaySchema } from '../config/gateway/gateway-config.ts';
import type { Cancellation } from '../shared/cancellation.ts';
import { untraced } from '../shared/trace.ts';
import { arrivalOf } from './arrival.ts';

it.each([
  { client: 'has gone', answers: false, code: 'CANCELLED' },
  { client: 'has its response', answers: true, code: undefined },
])('a request whose client $client: $code', async ({ answers, code }) => {
  const { promise, resolve } = Promise.withResolvers<Cancellation>();
  const server = createServer((request, response) => {
    const { head } = arrivalOf(response, {
      requestId: 'r',
      config: gatewaySchema.parse({}),
      trace: untraced,
      body: null,
      clientInPath: null,
      read: () => ({ query: '', operationName: null, variables: {}, extensions: null }),
    });
    response.on('close', () => resolve(head.cancellation));
    if (answers) response.end();
    else request.socket.destroy();
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  client.on('error', () => {});
  client.write('GET / HTTP/1.1\r\nhost: gateway\r\n\r\n');
  expect((await promise).reason?.code).toBe(code);
});
