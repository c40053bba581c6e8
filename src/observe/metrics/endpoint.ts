/** Serves `/metrics` on a port of its own, never on the listener that clients reach. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { MetricStore } from './metric-store.ts';
import { metricsText } from './registry.ts';

export interface MetricsEndpointOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Another port will do where this one is in use: it is only the default. */
  readonly isPortOptional: boolean;
  /** Scrapers that accept OpenMetrics get it, with exemplars. */
  readonly openMetrics: boolean;
}

export interface MetricsEndpoint {
  readonly url: string;
  /** Whether the port was in use, so that this is another one. */
  readonly isOtherPort: boolean;
  close(): Promise<void>;
}

const requestTimeoutMs = 10_000;
const connectionsMax = 50;

/** @throws {GatewayError} `CONFIG_INVALID` */
export async function openMetricsEndpoint(
  store: MetricStore,
  options: MetricsEndpointOptions,
): Promise<MetricsEndpoint> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, maxHeaderSize: 8192 },
    (request, response) => void answer(store, options, { request, response }),
  );
  server.maxConnections = connectionsMax;
  const isOtherPort = await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}/metrics`,
    isOtherPort,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Never rejects. */
async function answer(
  store: MetricStore,
  { openMetrics }: MetricsEndpointOptions,
  { request, response }: Exchange,
): Promise<void> {
  const path = request.url?.split('?', 1)[0];
  if (path !== '/metrics') return refuse(response, 404, 'Not found: metrics are at /metrics\n');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'Read metrics by GET\n');
  const accepted = request.headers.accept ?? '';
  const format =
    openMetrics && accepted.includes('application/openmetrics-text') ? 'openMetrics' : 'prometheus';
  try {
    const { contentType, text } = await metricsText(store, format);
    response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : text);
  } catch (error) {
    refuse(response, 500, `${errorText(error)}\n`);
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** @returns Whether it listens on another port than that of the options. */
async function listen(server: Server, options: MetricsEndpointOptions): Promise<boolean> {
  const { host, port, isPortOptional } = options;
  try {
    await listenOn(server, host, port);
    return false;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE' && isPortOptional) {
      await listenOn(server, host, 0);
      return true;
    }
    throw new GatewayError(
      'CONFIG_INVALID',
      code === 'EADDRINUSE'
        ? `Port ${port} on ${host} is in use: choose another by metrics.port in gateway.yaml, or set metrics.enabled to false`
        : `Cannot serve metrics on ${host} port ${port}: ${errorText(error)}`,
      { cause: error },
    );
  }
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
