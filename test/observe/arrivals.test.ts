/** What is counted of requests whose bodies come slowly, or not at all. */

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { ask } from '../support/ask.ts';
import { openShop } from '../support/shop.ts';

const query = JSON.stringify({ query: '{ __typename }' });
/** Between the head and the rest of a body. */
const pauseMs = 600;

it.each([
  ['of a stated length', `content-length: ${query.length}`, (part: string) => part],
  ['in chunks', 'transfer-encoding: chunked', (part: string) => `${part.length.toString(16)}\r\n${part}\r\n`],
])(
  'a body %s is counted from its head on, and one that is broken off is no failure',
  async (_how, header, chunk) => {
    const shop = await openShop({ settings: 'metrics: { port: 0 }\n' });
    try {
      const { hostname, port } = new URL(shop.url);
      const send = async (): Promise<Socket> => {
        const socket = connect(Number(port), hostname);
        socket.on('error', () => {});
        socket.write(
          `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${header}\r\n\r\n`,
        );
        socket.write(chunk(query.slice(0, 5)));
        await sleep(pauseMs);
        return socket;
      };
      const slow = await send();
      slow.write(chunk(query.slice(5)) + (chunk('') === '' ? '' : '0\r\n\r\n'));
      await new Promise((resolve) => slow.once('data', resolve));
      slow.destroy();
      (await send()).resetAndDestroy();
      await ask(shop.url, '{ nope }');
      await sleep(100);

      const { metricsUrl } = shop;
      const metrics = await (await fetch(metricsUrl)).text();
      const requests = metrics.split('\n').filter((line) => line.startsWith('gateway_requests_total{'));
      expect(requests).toEqual([expect.stringMatching(/status_code="200"\} 2$/)]);
      expect(metrics).not.toContain('gateway_defects_total{kind="gateway"} 1');
      const [, seconds = '0'] = /gateway_request_duration_seconds_sum\{[^}]*\} ([\d.]+)/.exec(metrics) ?? [];
      expect(Number(seconds) * 1000).toBeGreaterThanOrEqual(pauseMs);
    } finally {
      await shop.close();
    }
  },
);
