/** Starts the process: config, log, gateway, listener; drains and ends on SIGTERM and SIGINT. */

import { readFile } from 'node:fs/promises';

import { loadGatewayConfig, type GatewayConfig } from './config/gateway-config.ts';
import { loadGraphFile } from './config/graph-file.ts';
import { createGateway, type GatewayGraph } from './gateway.ts';
import { logEvents } from './observe/logger.ts';
import { createEdge } from './server/edge.ts';
import { registerDirectFront } from './server/direct-front.ts';
import { registerGraphiql } from './server/graphiql.ts';
import { trackInFlight } from './server/in-flight.ts';
import { GatewayError } from './shared/errors.ts';
import { Events } from './shared/events.ts';

export interface StartOptions {
  /** Exactly one of `graphPath` and `supergraph`. */
  readonly graphPath?: string;
  /** A file or an http(s) address. */
  readonly supergraph?: string;
  /** gateway.yaml; without it the defaults. */
  readonly configPath?: string;
  /** Before what gateway.yaml says. */
  readonly host?: string;
  readonly port?: number;
  /** Before what gateway.yaml says. */
  readonly logLevel?: GatewayConfig['log']['level'];
  /** Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface RunningGateway {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  readonly config: GatewayConfig;
  /** Fails readiness, lets requests in flight finish for the drain time, then closes everything. */
  close(): Promise<void>;
}

/** @throws {GatewayError} When anything it needs is wrong or missing; nothing is left running. */
export async function start(options: StartOptions): Promise<RunningGateway> {
  const config = await readConfig(options);
  const events = new Events();
  const logger = logEvents(events, config.log);
  const gateway = await createGateway(await readGraph(options, config), config, events);
  let draining = false;
  const app = createEdge({ server: config.server, events, isReady: () => !draining });
  const inFlight = trackInFlight(app);
  if (config.server.graphiql) registerGraphiql(app, config.server.path);
  registerDirectFront(app, gateway, config);
  const { host, port, path, drainTimeoutMs } = config.server;
  const address = await app.listen({ host, port }).catch(async (error: unknown) => {
    await gateway.close();
    throw listenError(error, host, port);
  });
  const url = `${address}${path}`;
  events.emit('listening', { url });

  let closing: Promise<void> | undefined;
  async function drain(): Promise<void> {
    draining = true;
    events.emit('draining', { timeoutMs: drainTimeoutMs });
    const late = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs);
    // The listener stays open as long, for health checks to see that this instance is not ready.
    await inFlight.settled(drainTimeoutMs);
    // Keep-alive connections without a request would hold the server open.
    app.server.closeIdleConnections();
    await app.close();
    clearTimeout(late);
    await gateway.close();
    events.emit('closed', {});
    logger.flush();
  }
  return { url, config, close: () => (closing ??= drain()) };
}

/** Ends the process with code 0 once `running` has drained; a second signal ends it at once. */
export function closeOnSignals(running: { close(): Promise<void> }): void {
  let signalled = false;
  const onSignal = (): void => {
    if (signalled) process.exit(130);
    signalled = true;
    running.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function readConfig(options: StartOptions): Promise<GatewayConfig> {
  const { configPath, environment, host, port, logLevel } = options;
  const config = await loadGatewayConfig(configPath, environment ? { environment } : {});
  return {
    ...config,
    server: { ...config.server, host: host ?? config.server.host, port: port ?? config.server.port },
    log: { level: logLevel ?? config.log.level },
  };
}

async function readGraph(options: StartOptions, config: GatewayConfig): Promise<GatewayGraph> {
  const { graphPath, supergraph, environment } = options;
  if (supergraph !== undefined) return { kind: 'supergraph', sdl: await readSupergraph(supergraph, config) };
  if (graphPath === undefined)
    throw new GatewayError('CONFIG_INVALID', 'Say which graph: --graph or --supergraph');
  return { kind: 'graph', graph: await loadGraphFile(graphPath, environment ? { environment } : {}) };
}

async function readSupergraph(place: string, config: GatewayConfig): Promise<string> {
  try {
    if (!/^https?:\/\//.test(place)) return await readFile(place, 'utf8');
    const response = await fetch(place, {
      redirect: 'error',
      signal: AbortSignal.timeout(config.timeouts.loadMs),
    });
    if (!response.ok) throw new Error(`it answered with status ${response.status}`);
    return await response.text();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('SUPERGRAPH_INVALID', `${place} cannot be read: ${reason}`, { cause });
  }
}

function listenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new GatewayError(
      'CONFIG_INVALID',
      `Port ${port} on ${host} is in use: choose another with --port`,
    );
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new GatewayError('CONFIG_INVALID', `Cannot listen on ${host} port ${port} (${code})`, {
      cause: error,
    });
  }
  return error;
}
