/** Builds the process that was started: a gateway of its own, or one that supervises worker processes. */

import { policyOf } from '../authz/open-authorization.ts';
import { loadGatewayConfig, type GatewayConfig } from '../config/gateway/gateway-config.ts';
import { mergedTransport } from '../config/gateway/transport.ts';
import { logEvents, type Log } from '../observe/log/logger.ts';
import { GraphSource, type Graph } from '../plan/graph-source.ts';
import { WatchedCredentials } from '../server/credentials.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import { Events } from '../shared/events.ts';
import type { ClientConfigs } from '../workers/calls.ts';
import type { Workers } from '../workers/primary.ts';
import { clientReloadFor, readClients, type ClientsInUse } from './clients.ts';
import { openMetrics } from './metrics.ts';
import { reloaderFor } from './reload.ts';
import type { RunningGateway } from './serve.ts';

export type { RunningGateway } from './serve.ts';

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
  /** Between two looks for changed files; 0: only when `reload` is called. Default: as gateway.yaml says. */
  readonly filePollMs?: number;
  /** By the name of a subgraph, the address it is called at instead of its own. Default: none. */
  readonly serviceUrls?: ReadonlyMap<string, string>;
  /** Default: nobody else listens. */
  readonly events?: Events;
  /** Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** @throws {GatewayError} When anything it needs is wrong or missing; nothing is left running. */
export async function start(options: StartOptions): Promise<RunningGateway> {
  const config = await readConfig(options);
  const { events = new Events() } = options;
  const log = logEvents(events, config.log);
  const source = graphSource(options, config);
  const graph = await source.read();
  const clients = await readClients(config, options.environment);
  const credentials = await WatchedCredentials.open(config, events);
  const metrics = await openMetrics(config, events, config.server.workers > 1 ? 'primary' : '0').catch(
    async (error: unknown) => {
      await credentials.close();
      throw error;
    },
  );
  const withMetrics = (running: RunningGateway): RunningGateway => ({
    ...running,
    ...(metrics ? { metricsUrl: metrics.url } : {}),
    // Until the last request is counted and told.
    close: () => running.close().finally(() => metrics?.close()),
  });
  try {
    if (config.server.workers > 1) {
      const { startWorkers } = await import('../workers/primary.ts');
      const workers = await startWorkers(graph, {
        config,
        events,
        credentials,
        clients: configsOf(clients),
        metrics,
      });
      return withMetrics(superviseWorkers({ workers, config, events, log, source, credentials, clients }));
    }
    // What only supervises does not load them.
    const [{ openGateway }, { serveGateway }] = await Promise.all([
      import('./gateway.ts'),
      import('./serve.ts'),
    ]);
    const gateway = await openGateway(graph, { config, events });
    return withMetrics(await serveGateway({ gateway, config, log, source, credentials, clients }));
  } catch (error) {
    await metrics?.close();
    await credentials.close();
    throw withPlace(options.supergraph, error);
  }
}

function configsOf(clients: ClientsInUse | null): ClientConfigs | null {
  return clients && { configs: clients.current.directory.configs, refused: clients.current.refused };
}

interface Supervised {
  readonly workers: Workers;
  readonly config: GatewayConfig;
  readonly events: Events;
  readonly log: Log;
  readonly source: GraphSource;
  readonly credentials: WatchedCredentials;
  readonly clients: ClientsInUse | null;
}

function superviseWorkers(supervised: Supervised): RunningGateway {
  const { workers, config, events, log, source, credentials, clients } = supervised;
  const replace = (graph: Graph): Promise<void> => workers.replace(graph);
  const reloader = reloaderFor(source, { replace, events }, config);
  const clientReload = clientReloadFor(
    clients,
    {
      events,
      checkContract: (contract) => workers.checkContract(contract),
      replaceClients: ({ directory, refused }) =>
        workers.replaceClients({ configs: directory.configs, refused }),
    },
    config,
  );
  events.emit('listening', { url: workers.url });
  let closing: Promise<void> | undefined;
  async function drain(): Promise<void> {
    const { drainDelayMs, drainTimeoutMs } = config.server;
    events.emit('draining', { delayMs: drainDelayMs, timeoutMs: drainTimeoutMs });
    await Promise.all([workers.close(), reloader.close(), clientReload?.close(), credentials.close()]);
    events.emit('closed', {});
    await log.flushed();
  }
  const { url } = workers;
  const reload = async (): Promise<void> => {
    await Promise.all([reloader.now(), clientReload?.now(), credentials.check()]);
  };
  const switchLogLevel = (): void => void workers.setLogLevel(log.switchLevel());
  return { url, config, reload, switchLogLevel, close: () => (closing ??= drain()) };
}

/** gateway.yaml, with what is said before it. */
export async function readConfig(options: StartOptions): Promise<GatewayConfig> {
  const { configPath, environment, host, port, workers, logLevel, filePollMs } = options;
  const config = await loadGatewayConfig(configPath, { workers, ...(environment ? { environment } : {}) });
  return {
    ...config,
    server: {
      ...config.server,
      host: host ?? config.server.host,
      port: port ?? config.server.port,
    },
    reload: { ...config.reload, filePollMs: filePollMs ?? config.reload.filePollMs },
    log: { ...config.log, level: logLevel ?? config.log.level },
  };
}

/** @throws {GatewayError} `CONFIG_INVALID` where no graph is named. */
export function graphSource(options: StartOptions, config: GatewayConfig): GraphSource {
  const { graphPath, supergraph, serviceUrls, environment = process.env } = options;
  const location = supergraph ?? graphPath;
  if (location === undefined)
    throw new GatewayError('CONFIG_INVALID', 'Say which graph: --graph or --supergraph');
  return new GraphSource({
    kind: supergraph === undefined ? 'graph' : 'supergraph',
    location,
    environment,
    serviceUrls,
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
