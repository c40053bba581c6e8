import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { folderWith } from '../../../test/support/folder.ts';
import type { Environment } from '../yaml/environment.ts';
import { debugHeader } from './debug.ts';
import { gatewaySchema, loadGatewayConfig } from './gateway-config.ts';
import { resolvedTraces, tracesSchema, withoutTraceHeaders } from './traces.ts';
import { serviceHeaders } from './transport.ts';

function traces(file: object = {}, environment: Environment = {}) {
  return resolvedTraces(tracesSchema.parse({ otlp: {}, attributes: {}, ...file }), environment);
}

describe('the receiver', () => {
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://all:4318/' };
  const forTraces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4318/ingest' };

  it.each([
    ['http://file:4318', {}, 'http://file:4318/v1/traces'],
    ['http://file:4318/', {}, 'http://file:4318/v1/traces'],
    ['http://file:4318/own/path', { ...all, ...forTraces }, 'http://file:4318/own/path'],
    [undefined, { ...all, ...forTraces }, 'http://traces:4318/ingest'],
    [undefined, all, 'http://all:4318/v1/traces'],
    [undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '' }, null],
    [undefined, {}, null],
  ])('%s with %j', (url, environment, receiver) => {
    expect(traces({ otlp: url === undefined ? {} : { url } }, environment).otlp.url).toBe(receiver);
  });

  const names = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  const invalid = ['grpc://user:hunter2@localhost:4317', 'localhost:4318', '/v1/traces', ' '];
  const cases = names.flatMap((name) => invalid.map((value) => [name, value] as const));

  it.each(cases)('is refused at start where %s is "%s"', async (name, value) => {
    const loaded = loadGatewayConfig(undefined, { environment: { [name]: value } });
    await expect(loaded).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message:
        `environment variable ${name}: expected the address of a receiver of OTLP over HTTP, ` +
        'such as http://localhost:4318; correct or unset it',
    });
  });

  it('is that of the file, where the variable that it replaces is invalid', () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://localhost:4317' };
    expect(traces({ otlp: { url: 'http://file:4318/own' } }, environment).otlp.url).toBe(
      'http://file:4318/own',
    );
  });

  it('has an address in the file that can be corrected by its message', async () => {
    const folder = await folderWith({ 'gateway.yaml': 'traces: { otlp: { url: grpc://localhost:4317 } }\n' });
    await expect(loadGatewayConfig(join(folder, 'gateway.yaml'))).rejects.toMatchObject({
      message: expect.stringContaining(
        'gateway.yaml:1:24 traces.otlp.url: expected the address of a receiver of OTLP over HTTP, ' +
          'such as http://localhost:4318, got "grpc://localhost:4317"',
      ) as unknown,
    });
  });
});

describe("headers of the client's trace", () => {
  const forward = ['x-user-id', 'traceparent', 'tracestate', 'b3'];

  it('are forwarded while nothing is traced', () => {
    expect(withoutTraceHeaders(forward, traces())).toEqual(forward);
  });

  it('are those of the gateway otherwise, in the formats that it writes', async () => {
    const on = { otlp: { url: 'http://receiver:4318' } };
    expect(withoutTraceHeaders(forward, traces(on))).toEqual(['x-user-id', 'b3']);
    expect(withoutTraceHeaders(forward, traces({ ...on, propagation: ['b3'] }))).toEqual([
      'x-user-id',
      'traceparent',
      'tracestate',
    ]);
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://receiver:4318' };
    const { headers } = await loadGatewayConfig(undefined, { environment });
    expect(headers.forward).toEqual(['x-user-id', 'x-correlation-id']);
  });
});

it('refuses headers of spans that hold credentials, by their name or by the configuration', async () => {
  const config = {
    jwt: {
      sources: [{ header: 'x-token', scheme: '' }],
      issuers: [{ issuer: 'https://a.test', audience: 'shop', algorithms: ['RS256'] }],
    },
    apiKeys: { header: 'x-partner-key' },
    trustedProxy: { addresses: ['10.0.0.0/8'], subjectHeader: 'x-subject', rolesHeader: 'x-roles' },
  };
  const auth = gatewaySchema.parse({ auth: config }).auth;
  const withHeader = (name: string) =>
    gatewaySchema.safeParse({ auth, traces: { attributes: { fromHeaders: [name] } } }).error?.issues ?? [];
  const credentials = [
    'authorization',
    'cookie',
    'proxy-authorization',
    'x-forwarded-client-cert',
    debugHeader,
  ];
  for (const name of [...credentials, 'x-token', 'x-partner-key', 'x-subject', 'x-roles']) {
    expect(withHeader(name), name).toMatchObject([{ path: ['traces', 'attributes', 'fromHeaders'] }]);
  }
  expect(withHeader('X-Region')).toHaveLength(1);
  expect(withHeader('x-region')).toEqual([]);
});

it('refuses to forward what is for the gateway alone, or for one connection', () => {
  for (const name of [debugHeader, 'host', 'connection']) {
    expect(gatewaySchema.safeParse({ headers: { forward: [name] } }).success, name).toBe(false);
    expect(gatewaySchema.safeParse({ headers: { perService: [name] } }).success, name).toBe(false);
    expect(serviceHeaders.safeParse({ forward: [name] }).success, name).toBe(false);
  }
});
