/**
 * What telemetry costs a small request of a running gateway: metrics, and traces that go to a receiver on this machine.
 *
 *     node bench/telemetry-in-place.ts [windows of each, default 40]
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { compareInPlace } from './in-place.ts';

/** It takes what comes. */
const receiver = createServer((request, response) => {
  request.resume().on('end', () => response.end());
});
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

const silent = 'log: { level: silent }\n';
const off = `${silent}metrics: { enabled: false }\n`;
const metrics = 'metrics: { port: 0, openMetrics: true }\n';
const traces = (ratio: number): string => `traces: { sampleRatio: ${ratio}, otlp: { url: "${url}" } }\n`;

await compareInPlace({
  what: 'telemetry',
  windows: Number(process.argv[2] ?? 40),
  gateways: [
    { name: 'off', config: off },
    { name: 'the same again', config: off },
    { name: 'metrics', config: `${silent}${metrics}` },
    { name: 'traces, 1 %', config: `${off}${traces(0.01)}` },
    { name: 'metrics and traces, 1 %', config: `${silent}${metrics}${traces(0.01)}` },
  ],
});
receiver.close();
receiver.closeAllConnections();
