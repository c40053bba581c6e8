/** Four worker processes: each exports its own spans, and their headers reach services from each of them. */

import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { startMocks } from '../../subgraphs-mock/start.ts';
import { ask } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { otlpReceiver } from '../support/otlp-receiver.ts';
import { addressVariables, graphPath } from '../support/shop.ts';
import { servedAt, tributary } from '../support/tributary.ts';

const workers = 4;

it('of several workers each request is one trace, whole, from the process that served it', async () => {
  const receiver = await otlpReceiver();
  onTestFinished(() => receiver.close());
  const mocks = await startMocks({ portBase: 0 });
  onTestFinished(() => mocks.close());
  const folder = await folderWith({
    'gateway.yaml': 'traces: { sampleRatio: 1, otlp: { intervalMs: 50 } }\n',
  });
  const running = tributary(
    [
      ...['serve', '--graph', graphPath, '--port', '0', '--workers', String(workers)],
      ...['--config', join(folder, 'gateway.yaml')],
    ],
    { environment: { ...addressVariables(mocks), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } },
  );
  const url = await servedAt(running);
  const sent: string[] = [];
  const processes = (): Set<unknown> =>
    new Set(receiver.spans.map(({ resource }) => resource['process.pid']));
  await expect
    .poll(
      async () => {
        // Many at once: each takes a connection of its own.
        await Promise.all(
          Array.from({ length: 8 }, async () => {
            const traceId = (sent.length + 1).toString(16).padStart(32, 'b');
            sent.push(traceId);
            const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
            const { status } = await ask(url, '{ user(id: "u1") { name } }', { headers });
            expect(status).toBe(200);
          }),
        );
        return processes().size;
      },
      { timeout: 60_000, interval: 50 },
    )
    .toBe(workers);
  running.child.kill('SIGTERM');
  expect(await running.ended()).toMatchObject({ code: 0 });
  const byTrace = Map.groupBy(receiver.spans, ({ traceId }) => traceId);
  console.log(`${sent.length} requests, ${byTrace.size} traces from ${processes().size} processes`);
  expect([...byTrace.keys()].toSorted()).toEqual(sent.toSorted());
  for (const spans of byTrace.values()) {
    expect(spans.filter(({ kind }) => kind === 'server')).toHaveLength(1);
    expect(new Set(spans.map(({ resource }) => resource['process.pid'])).size).toBe(1);
  }
  const callIds = new Set(receiver.spans.flatMap(({ kind, id }) => (kind === 'client' ? [id] : [])));
  const told = mocks
    .service('users')
    .calls.list()
    .map((call) => String(call.headers['traceparent']).split('-')[2]);
  expect(told.length).toBeGreaterThan(0);
  expect(told.every((id) => id !== undefined && callIds.has(id))).toBe(true);
});
