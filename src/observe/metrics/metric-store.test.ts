/** What is counted, in one process and in several, and how it is written. */

import { expect, it } from 'vitest';

import { BoundedLabel } from './bounded-label.ts';
import { MetricStore, seriesMax, type CollectedMetric, type MetricChanges } from './metric-store.ts';
import { metricsText } from './registry.ts';

const requests = { name: 'requests_total', help: 'Requests', labels: ['client', 'status'] };
const seconds = { name: 'seconds', help: 'Durations', labels: ['client'], buckets: [0.1, 1] };

function given(process = '0') {
  const store = new MetricStore(process);
  let connections = 3;
  store.gauge({ name: 'connections', help: 'Open', labels: ['state'] }, () => [[connections, 'idle']]);
  return {
    store,
    requests: store.counter(requests),
    seconds: store.histogram(seconds),
    setConnections: (value: number) => (connections = value),
  };
}

function samples(store: MetricStore, name: string): CollectedMetric['samples'] {
  return store.collect().find((metric) => metric.name === name)?.samples ?? [];
}

it('is written in the format of Prometheus', async () => {
  const { store, ...metrics } = given();
  metrics.requests.add(1, 'web', '200');
  metrics.requests.add(2, 'web', '200');
  metrics.requests.add(1, 'a"b\\c\nd', '500');
  metrics.seconds.observe(0.1, 'web');
  metrics.seconds.observe(0.5, 'web');
  metrics.seconds.observe(7, 'web');
  expect(await metricsText(store, 'prometheus')).toEqual({
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    text: `# HELP requests_total Requests
# TYPE requests_total counter
requests_total{client="web",status="200"} 3
requests_total{client="a\\"b\\\\c\\nd",status="500"} 1

# HELP seconds Durations
# TYPE seconds histogram
seconds_bucket{client="web",le="0.1"} 1
seconds_bucket{client="web",le="1"} 2
seconds_bucket{client="web",le="+Inf"} 3
seconds_sum{client="web"} 7.6
seconds_count{client="web"} 3

# HELP connections Open
# TYPE connections gauge
connections{state="idle",process="0"} 3
`,
  });
});

it('is written as OpenMetrics, with a trace as an example of a bucket', async () => {
  const { store, ...metrics } = given();
  metrics.requests.add(1, 'web', '200');
  metrics.seconds.observe(0.5, 'web');
  metrics.seconds.exemplify({ traceId: 'abc', value: 0.5, atMs: 1_700_000_000_500 }, 'web');
  const { text, contentType } = await metricsText(store, 'openMetrics');
  expect(contentType).toContain('application/openmetrics-text');
  expect(text).toContain('# TYPE requests counter\nrequests_total{client="web",status="200"} 1\n');
  expect(text).toContain('seconds_bucket{client="web",le="1"} 1 # {trace_id="abc"} 0.5 1700000000.5\n');
  expect(text.endsWith('# EOF\n')).toBe(true);
});

it('adds up what workers tell, and never goes down when one ends', () => {
  const primary = given('primary');
  const workers = [given('1'), given('2')];
  const tell = (): void =>
    workers.forEach(({ store }, index) =>
      primary.store.add(JSON.parse(JSON.stringify(store.takeChanges())) as MetricChanges, `${index + 1}`),
    );
  for (const worker of workers) {
    worker.requests.add(2, 'web', '200');
    worker.seconds.observe(0.5, 'web');
  }
  tell();
  tell();
  workers[1]?.requests.add(5, 'web', '200');
  workers[1]?.setConnections(9);
  tell();
  primary.store.forgetGauges('1');
  expect(samples(primary.store, 'requests_total')).toEqual([{ labels: ['web', '200'], value: 9 }]);
  expect(samples(primary.store, 'seconds')).toMatchObject([{ labels: ['web'], counts: [0, 2, 0], sum: 1 }]);
  expect(samples(primary.store, 'connections')).toEqual([
    { labels: ['idle', 'primary'], value: 3 },
    { labels: ['idle', '2'], value: 9 },
  ]);
});

it('has a bounded number of series, and loses no count', () => {
  const { store, ...metrics } = given();
  for (let i = 0; i < seriesMax + 1000; i += 1) {
    metrics.requests.add(1, `client ${i}`, '200');
    metrics.seconds.observe(1, `client ${i}`);
  }
  const counted = samples(store, 'requests_total') as Array<{ labels: string[]; value: number }>;
  expect(counted).toHaveLength(seriesMax + 1);
  expect(counted.at(-1)).toEqual({ labels: ['other', 'other'], value: 1000 });
  expect(samples(store, 'seconds')).toHaveLength(seriesMax + 1);
});

it('keeps labels with few values where there are too many series', () => {
  const store = new MetricStore('0');
  const labels = ['version', 'outcome'];
  const counter = store.counter({ name: 'all_total', help: '', labels, boundedLabels: ['outcome'] });
  for (let i = 0; i < seriesMax + 10; i += 1) counter.add(1, `v${i}`, 'ok');
  counter.add(7, 'v-1', 'failed');
  expect(samples(store, 'all_total').slice(seriesMax)).toEqual([
    { labels: ['other', 'ok'], value: 10 },
    { labels: ['other', 'failed'], value: 7 },
  ]);
});

it('keeps no more of a long value than its label', () => {
  const label = new BoundedLabel(2);
  const long = 'x'.repeat(1000);
  expect(label.of(long)).toBe('x'.repeat(100));
  expect(label.of(`${long}y`)).toBe('x'.repeat(100));
  expect([label.of('b'), label.of('c'), label.of('b')]).toEqual(['b', 'other', 'b']);
});

it.each(['__proto__', 'constructor', 'toString', ''])('counts a client called "%s"', (name) => {
  const { store, ...metrics } = given();
  metrics.requests.add(1, name, '200');
  metrics.requests.add(1, name, '200');
  expect(samples(store, 'requests_total')).toEqual([{ labels: [name, '200'], value: 2 }]);
});
