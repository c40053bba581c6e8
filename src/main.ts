/** Starts the process: config, log, gateway, listener; drains when it is closed. */

import { setTimeout as sleep } from 'node:timers/promises';

import { policyOf } from './authz/open-authorization.ts';
import { openAuth, type Auth, type AuthParts } from './authn/open-authentication.ts';
import { loadGatewayConfig, type GatewayConfig } from './config/gateway/gateway-config.ts';
import { mergedTransport } from './config/gateway/transport.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { logEvents, type Log } from './observe/logger.ts';
import { GraphSource, type Graph } from './plan/graph-source.ts';
import { Reloader } from './plan/reloader.ts';
import { WatchedCredentials, type Credentials } from './server/credentials.ts';
import { createEdge } from './server/edge.ts';
import { createAdmission } from './server/admission.ts';
import { createFront } from './server/create-front.ts';
import { registerFront } from './server/front.ts';
import { registerGraphiql } from './server/graphiql.ts';
import { createSharedRequests } from './server/shared-requests.ts';
import { registerKeySet } from './server/key-set.ts';
import { trackInFlight } from './server/in-flight.ts';
import { clientNetworks } from './shared/addresses.ts';
import { GatewayError, isGatewayError } from './shared/errors.ts';
import { Events } from './shared/events.ts';
import { openStore } from './store/open-store.ts';
import type { Workers } from './workers/primary.ts';

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
  readonly workers?: number;
  /** Before what gateway.yaml says. */
  readonly logLevel?: GatewayConfig['log']['level'];
  /** Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface RunningGateway {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  readonly config: GatewayConfig;
  /** Reads the graph again and puts it in place; where it is no good, the log says why and the old one stays. */
  reload(): Promise<void>;
  /** Fails readiness for the drain delay, lets requests in flight finish for the drain time, then closes everything. */
  close(): Promise<void>;
}

/** @throws {GatewayError} When anything it needs is wrong or missing; nothing is left running. */
export async function start(options: StartOptions): Promise<RunningGateway> {
  const config = await readConfig(options);
  const events = new Events();
  const log = logEvents(events, config.log);
  const source = graphSource(options, config);
  const graph = await source.read();
  const credentials = await WatchedCredentials.open(config, events);
  try {
    if (config.server.workers > 1) {
      const { startWorkers } = await import('./workers/primary.ts');
      const workers = await startWorkers(graph, config, events, credentials);
      return superviseWorkers({ workers, config, events, log, source, credentials });
    }
    const gateway = await createGateway(graph, config, events);
    return await serveGateway({ gateway, config, log, source, credentials });
  } catch (error) {
    await credentials.close();
    throw withPlace(options.supergraph, error);
  }
}

interface Served {
  readonly gateway: Gateway;
  readonly config: GatewayConfig;
  readonly log: Log;
  /** Looked at for changes. A worker process has none: it is told. */
  readonly source?: GraphSource;
  readonly credentials: Credentials;
}

/** Listens, and answers with `gateway`, which is closed with it. */
export async function serveGateway(served: Served): Promise<RunningGateway> {
  const { gateway, config, log, source, credentials } = served;
  const { events } = gateway;
  const store = config.redis && (await openStore(config.redis, events).catch(afterClosing(gateway)));
  const parts = { events, store, signingKeys: credentials.current.signing };
  const auth = await authOf(config, parts).catch(afterClosing(store, gateway));
  const front = await createFront(gateway, config).catch(afterClosing(auth, store, gateway));
  const reloader = source && reloaderFor(source, gateway, config);
  let draining = false;
  const { tls } = credentials.current;
  const edge = createEdge({ config, tls, events, isReady: () => !draining });
  credentials.onChange((next) => {
    if (next.tls) edge.renewTls(next.tls);
    if (next.signing) auth?.renewSigning(next.signing);
  });
  const { app } = edge;
  const inFlight = trackInFlight(app.server);
  const admission = createAdmission(config, events);
  if (config.server.graphiql) registerGraphiql(app, config.server.path);
  registerKeySet(app, credentials);
  registerFront(edge, {
    config,
    events,
    respond: front.respond,
    authenticate: auth?.authenticate,
    admission,
    shared: createSharedRequests(config, gateway),
  });
  const { host, port, path, drainDelayMs, drainTimeoutMs } = config.server;
  const address = await app
    .listen({ host, port })
    .catch((error: unknown) =>
      afterClosing(reloader, front, auth, store, gateway)(listenError(error, host, port)),
    );
  const url = `${tls ? address.replace(/^http:/, 'https:') : address}${path}`;
  events.emit('listening', { url });

  let closing: Promise<void> | undefined;
  async function drain(): Promise<void> {
    draining = true;
    events.emit('draining', { delayMs: drainDelayMs, timeoutMs: drainTimeoutMs });
    // Balancers that ask for readiness from time to time send clients here until they see it fail.
    if (drainDelayMs > 0) await sleep(drainDelayMs);
    const late = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs);
    // The listener stays open as long, for health checks to see that this instance is not ready.
    await inFlight.settled(drainTimeoutMs);
    // Keep-alive connections without a request would hold the server open.
    app.server.closeIdleConnections();
    await Promise.all([app.close(), reloader?.close(), credentials.close?.()]);
    clearTimeout(late);
    admission.close();
    await front.close();
    await Promise.all([auth?.close(), gateway.close()]);
    await store?.close();
    events.emit('closed', {});
    await log.flushed();
  }
  const reload = async (): Promise<void> => {
    await Promise.all([reloader?.now(), credentials.now?.()]);
  };
  return { url, config, reload, close: () => (closing ??= drain()) };
}

async function authOf(config: GatewayConfig, parts: Omit<AuthParts, 'networkOf'>): Promise<Auth | undefined> {
  return config.auth && openAuth(config.auth, { ...parts, networkOf: clientNetworks(config.server) });
}

/** Nothing is left running: closes one after the other, and fails with what it was given. */
function afterClosing(
  ...open: ReadonlyArray<{ close(): Promise<void> } | undefined>
): (error: unknown) => Promise<never> {
  return async (error) => {
    for (const one of open) await one?.close();
    throw error;
  };
}

interface Supervised {
  readonly workers: Workers;
  readonly config: GatewayConfig;
  readonly events: Events;
  readonly log: Log;
  readonly source: GraphSource;
  readonly credentials: WatchedCredentials;
}

function superviseWorkers({ workers, config, events, log, source, credentials }: Supervised): RunningGateway {
  const replace = (graph: Graph): Promise<void> => workers.replace(graph);
  const reloader = reloaderFor(source, { replace, events }, config);
  events.emit('listening', { url: workers.url });
  let closing: Promise<void> | undefined;
  async function drain(): Promise<void> {
    const { drainDelayMs, drainTimeoutMs } = config.server;
    events.emit('draining', { delayMs: drainDelayMs, timeoutMs: drainTimeoutMs });
    await Promise.all([workers.close(), reloader.close(), credentials.close()]);
    events.emit('closed', {});
    await log.flushed();
  }
  const { url } = workers;
  const reload = async (): Promise<void> => {
    await Promise.all([reloader.now(), credentials.now()]);
  };
  return { url, config, reload, close: () => (closing ??= drain()) };
}

/** gateway.yaml, with what is said before it. */
export async function readConfig(options: StartOptions): Promise<GatewayConfig> {
  const { configPath, environment, host, port, workers, logLevel } = options;
  const config = await loadGatewayConfig(configPath, environment ? { environment } : {});
  return {
    ...config,
    server: {
      ...config.server,
      host: host ?? config.server.host,
      port: port ?? config.server.port,
      workers: workers ?? config.server.workers,
    },
    log: { ...config.log, level: logLevel ?? config.log.level },
  };
}

export function graphSource(options: StartOptions, config: GatewayConfig): GraphSource {
  const { graphPath, supergraph, environment = process.env } = options;
  const place = supergraph ?? graphPath;
  if (place === undefined)
    throw new GatewayError('CONFIG_INVALID', 'Say which graph: --graph or --supergraph');
  return new GraphSource({
    kind: supergraph === undefined ? 'graph' : 'supergraph',
    place,
    environment,
    timeoutMs: config.timeouts.loadMs,
    supergraphBytesMax: config.reload.supergraphBytesMax,
    addresses: mergedTransport(config.transport),
    allowedOrigins: config.transport.allowedOrigins,
    ...policyOf(config),
  });
}

/** Composition errors name their files; a supergraph that came whole does not know its own. */
function withPlace(place: string | undefined, error: unknown): unknown {
  if (place === undefined || !isGatewayError(error) || error.code !== 'SUPERGRAPH_INVALID') return error;
  return new GatewayError(error.code, `${place}: ${error.message}`, { cause: error });
}

function reloaderFor(
  source: GraphSource,
  gateway: Pick<Gateway, 'replace' | 'events'>,
  { reload }: GatewayConfig,
): Reloader {
  return new Reloader({
    source,
    replace: (graph) => gateway.replace(graph),
    onRefused: (error) => gateway.events.emit('supergraphRefused', { error }),
    intervalMs: source.isRemote ? reload.urlPollMs : reload.filePollMs,
    intervalMaxMs: source.isRemote ? reload.urlPollMaxMs : reload.filePollMs,
    random: Math.random,
  });
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
