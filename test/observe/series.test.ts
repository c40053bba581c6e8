/** Whatever clients send, the number of series and the memory stay as they are. TRIBUTARY_SOAK=1: the long form. */

import { Agent, request } from 'node:http';

import { expect, it, onTestFinished } from 'vitest';

import { scrapeText } from './support/counted-load.ts';
import { measuredDemo } from './support/measured-demo.ts';

const isSoak = process.env.TRIBUTARY_SOAK === '1';
const requests = isSoak ? 100_000 : 2000;
const lanes = 8;

it(`${requests} requests, each with names of its own for operation, client, version and host, add no series`, async () => {
  const demo = await measuredDemo(
    'metrics: { port: 0, operationsMax: 50, versionsMax: 10 }\nlog: { requests: none }\n',
  );
  const agent = new Agent({ keepAlive: true, maxSockets: lanes });
  onTestFinished(() => agent.destroy());
  const send = async (from: number, to: number): Promise<void> => {
    let next = from;
    const lane = async (): Promise<void> => {
      while (next < to) await sendNamed(demo.url, agent, next++);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  };
  // Enough to reach all bounds, and to prepare what is prepared once.
  await send(0, 400);
  const before = await measured(demo.metricsUrl);
  await send(400, requests);
  const after = await measured(demo.metricsUrl);
  console.log(`${requests} requests: ${JSON.stringify({ before, after })}`);
  // A class of status or a bucket may come late.
  expect(after.series).toBeLessThanOrEqual(before.series + 20);
  expect(after.answered).toBe(requests);
  if (isSoak) expect(after.residentMiB).toBeLessThan(before.residentMiB + 150);
});

function sendNamed(url: string, agent: Agent, n: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      host: `host-${n}.example`,
      'apollographql-client-name': `client-${n}`,
      'apollographql-client-version': `${n}`,
    };
    const sent = request(url, { agent, method: 'POST', headers, timeout: 60_000 }, (response) => {
      response.resume();
      response.on('end', resolve);
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end(JSON.stringify({ query: `query Operation${n} { __typename }` }));
  });
}

async function measured(metricsUrl: string) {
  const lines = (await scrapeText(metricsUrl))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const valueOf = (start: string): number =>
    lines
      .filter((line) => line.startsWith(start))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  return {
    series: lines.length,
    answered: valueOf('gateway_requests_total{'),
    otherOperations: valueOf('gateway_operations_total{client="anonymous",operation="other"'),
    residentMiB: Math.round(valueOf('process_resident_memory_bytes') / 2 ** 20),
  };
}
