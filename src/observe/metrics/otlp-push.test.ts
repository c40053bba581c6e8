/** What a receiver of OTLP gets, decoded by the messages of the protocol. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import protobuf from 'protobufjs';
import { expect, it, onTestFinished } from 'vitest';

import { MetricStore } from './metric-store.ts';
import { pushMetrics } from './otlp-push.ts';

/** @see https://github.com/open-telemetry/opentelemetry-proto, metrics/v1/metrics.proto */
const { root } = protobuf.parse(
  `syntax = "proto3";
  message Request { repeated ResourceMetrics resource_metrics = 1; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeMetrics { repeated Metric metrics = 2; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { string string_value = 1; }
  message Metric { string name = 1; string unit = 3; Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; }
  message Gauge { repeated Point data_points = 1; }
  message Sum { repeated Point data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
  message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
  message Point { repeated KeyValue attributes = 7; double as_double = 4; }
  message HistogramPoint { repeated KeyValue attributes = 9; fixed64 count = 4; double sum = 5;
    repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; }`,
);
const requestType = root.lookupType('Request');

it('gets every metric at the interval, and what is left at the end', async () => {
  const receiver = await given();
  const store = new MetricStore('0');
  store.counter({ name: 'requests_total', help: '', labels: ['client', 'version'] }).add(3, 'web', '');
  store
    .histogram({ name: 'http.duration', unit: 's', help: '', labels: ['route'], buckets: [0.1, 1] })
    .observe(0.5, '/graphql');
  store.gauge({ name: 'connections', help: '', labels: [] }, () => [[7]]);
  store.gauge({ name: 'cpu_total', help: '', labels: [], isCounter: true }, () => [[9]]);
  const push = pushMetrics(store, {
    otlp: { url: receiver.url, headers: { 'x-key': 'k' }, intervalMs: 100, timeoutMs: 5000 },
    serviceName: 'shop-gateway',
    onFailed: (reason) => expect.fail(reason),
  });
  await expect.poll(() => receiver.requests.length).toBeGreaterThan(0);
  await push.close();
  const [first] = receiver.requests;
  expect(first).toMatchObject({ path: '/v1/metrics', key: 'k', type: 'application/x-protobuf' });
  const web = { attributes: [{ key: 'client', value: { stringValue: 'web' } }] };
  const ofProcess = { attributes: [{ key: 'process', value: { stringValue: '0' } }] };
  expect(receiver.requests.at(-1)?.body).toMatchObject({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop-gateway' } }] },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'requests_total',
                // 2: cumulative.
                sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...web, asDouble: 3 }] },
              },
              {
                name: 'http.duration',
                unit: 's',
                histogram: {
                  dataPoints: [
                    { count: '1', sum: 0.5, bucketCounts: ['0', '1', '0'], explicitBounds: [0.1, 1] },
                  ],
                },
              },
              { name: 'connections', gauge: { dataPoints: [{ ...ofProcess, asDouble: 7 }] } },
              { name: 'cpu_total', sum: { isMonotonic: true, dataPoints: [{ ...ofProcess, asDouble: 9 }] } },
            ],
          },
        ],
      },
    ],
  });
});

it('is told of once if it fails, and holds up no end', async () => {
  const receiver = await given(400);
  const failures: string[] = [];
  const push = pushMetrics(new MetricStore('0'), {
    otlp: { url: receiver.url, headers: {}, intervalMs: 100, timeoutMs: 500 },
    serviceName: 'tributary',
    onFailed: (reason) => failures.push(reason),
  });
  await expect.poll(() => receiver.requests.length).toBeGreaterThan(2);
  await push.close();
  expect(failures).toHaveLength(1);
});

async function given(status = 200) {
  const requests: Array<{ path?: string; key?: unknown; type?: string; body: object }> = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers } = request;
      const body = requestType.toObject(requestType.decode(Buffer.concat(chunks)), { longs: String });
      requests.push({ path: url, key: headers['x-key'], type: headers['content-type'] ?? '', body });
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
