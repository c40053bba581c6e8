/** The port of `/metrics`: what it answers, and what happens when it is in use. */

import { createServer, type AddressInfo, type Server } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { openMetricsEndpoint, type MetricsEndpointOptions } from './endpoint.ts';
import { MetricStore } from './metric-store.ts';

it.each<[string, string, RequestInit, number, RegExp]>([
  ['GET', '/metrics', {}, 200, /^# HELP requests_total Requests\n/],
  ['GET with a query', '/metrics?name=x', {}, 200, /requests_total 1\n/],
  ['HEAD', '/metrics', { method: 'HEAD' }, 200, /^$/],
  ['POST', '/metrics', { method: 'POST', body: 'x' }, 405, /by GET/],
  ['another path', '/', {}, 404, /metrics are at \/metrics/],
])('answers %s', async (_what, path, request, status, body) => {
  const { url } = await given();
  const response = await fetch(new URL(path, url), request);
  expect(response.status).toBe(status);
  expect(await response.text()).toMatch(body);
});

it.each([
  [true, 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
  [false, 'text/plain; version=0.0.4; charset=utf-8'],
])('gives OpenMetrics to who accepts it, where it is switched on (%s)', async (openMetrics, type) => {
  const { url } = await given({ openMetrics });
  const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
  expect((await fetch(url, { headers: { accept } })).headers.get('content-type')).toBe(type);
  expect((await fetch(url)).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
});

it('takes a free port where the default one is in use', async () => {
  const port = await usedPort();
  const { url, isOtherPort } = await given({ port, isPortOptional: true });
  expect(isOtherPort).toBe(true);
  expect(new URL(url).port).not.toBe(String(port));
  expect((await fetch(url)).status).toBe(200);
});

it('says which key to change where the port that is set is in use', async () => {
  const port = await usedPort();
  await expect(given({ port })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `Port ${port} on 127.0.0.1 is in use: choose another by metrics.port in gateway.yaml, or set metrics.enabled to false`,
  });
});

it('says what is wrong with the address', async () => {
  await expect(given({ host: '203.0.113.1' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('Cannot serve metrics on 203.0.113.1 port 0'),
  });
});

it('answers no more once it is closed, whoever is connected', async () => {
  const endpoint = await given();
  await fetch(endpoint.url);
  await endpoint.close();
  await expect(fetch(endpoint.url)).rejects.toThrow('fetch failed');
});

async function given(options: Partial<MetricsEndpointOptions> = {}) {
  const store = new MetricStore('0');
  store.counter({ name: 'requests_total', help: 'Requests', labels: [] }).add(1);
  const endpoint = await openMetricsEndpoint(store, {
    host: '127.0.0.1',
    port: 0,
    isPortOptional: false,
    openMetrics: false,
    ...options,
  });
  onTestFinished(() => endpoint.close().catch(() => {}));
  return endpoint;
}

async function usedPort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
