/** Builds what serves a gateway over HTTP: credentials, listener, the line of stages, and how all of it ends. */

import { setTimeout as sleep } from 'node:timers/promises';

import { openDebug } from '../authn/debug/open-debug.ts';
import { openAuth, type Auth, type AuthDependencies } from '../authn/open-authentication.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { RedisConfig } from '../config/gateway/redis.ts';
import { requestStages, type RequestStages } from '../gateway.ts';
import type { SharedStore } from '../limits/shared/shared-store.ts';
import type { Log } from '../observe/log/logger.ts';
import { anonymous } from '../pipeline/principal.ts';
import type { GraphSource } from '../plan/graph-source.ts';
import type { ClientReload } from '../clients/client-reload.ts';
import { createAdmission } from '../server/admission.ts';
import { answerLabels } from '../server/answer-headers.ts';
import type { Credentials } from '../server/credentials.ts';
import { createEdge, type Edge } from '../server/edge.ts';
import { clientOfPath } from '../server/endpoint.ts';
import { registerGraphiql } from '../server/graphiql.ts';
import { registerHttpFront } from '../server/http-front.ts';
import { trackInFlight } from '../server/in-flight.ts';
import { registerKeySet } from '../server/key-set.ts';
import { openRespond } from '../server/open-respond.ts';
import { refusals } from '../server/refuse.ts';
import { registerSchemaFront, schemaRespond } from '../server/schema-front.ts';
import { shareRequests } from '../server/shared-requests.ts';
import { clientNetworks } from '../shared/addresses.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import type { Store } from '../store/store.ts';
import { clientReloadFor, recognizeBy, type ClientsInUse, type ServesClients } from './clients.ts';
import type { Gateway } from './gateway.ts';
import { openLimits as openLimitsOf } from './limits.ts';
import { reloaderFor } from './reload.ts';
import { notingClaims, openTracing } from './traces.ts';
import { reportUnhandledRejections } from './unhandled-rejections.ts';

export interface RunningGateway {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  /** Where Prometheus reads the metrics. Absent: they are switched off, or this is a worker process. */
  readonly metricsUrl?: string;
  readonly config: GatewayConfig;
  /** Reads the graph again and puts it in place; where it is no good, the log says why and the old one stays. */
  reload(): Promise<void>;
  /** Switches the log of all processes between the configured level and `debug`. */
  switchLogLevel(): void;
  /** Fails readiness for the drain delay, lets requests in flight finish for the drain time, then closes everything. */
  close(): Promise<void>;
}

export interface Served {
  readonly gateway: Gateway;
  readonly config: GatewayConfig;
  readonly log: Pick<Log, 'flushed' | 'switchLevel'>;
  /** Looked at for changes. A worker process has none: it is told. */
  readonly source?: GraphSource;
  readonly credentials: Credentials;
  /** Null: none are configured. */
  readonly clients: ClientsInUse | null;
  /** Of limits, that all processes of this machine share. Absent: there is only this one. */
  readonly counters?: SharedStore;
}

/** Listens, and answers with `gateway`, which is closed with it. Where it cannot, everything is closed again. */
export async function serveGateway(served: Served): Promise<RunningGateway> {
  const open = new AsyncDisposableStack();
  // Until all is closed: what ends with the gateway may reject.
  open.defer(reportUnhandledRejections(served.gateway.events));
  open.defer(() => served.gateway.close());
  try {
    return await serve(served, open);
  } catch (error) {
    await open.disposeAsync();
    throw error;
  }
}

async function serve(served: Served, open: AsyncDisposableStack): Promise<RunningGateway> {
  const { gateway, config, source, credentials, clients, counters } = served;
  const { events } = gateway;
  const { beginTrace } = open.adopt(await openTracing(config, events), (one) => one.close());
  const store = config.redis && open.adopt(await openRedis(config.redis, events), (one) => one.close());
  const auth = await openAuthentication(served, store, open);
  const { openLimits } = open.adopt(openLimitsOf(config, { gateway, store, counters }), (one) => one.close());
  const labels = answerLabels(config);
  const { respond } = open.adopt(await openRespond(gateway, labels, config), (one) => one.close());
  const reloader = source && open.adopt(reloaderFor(source, gateway, config), (one) => one.close());
  const clientReload = openClientReload(served, open);
  let isDraining = false;
  const { tls } = credentials.current;
  const edge = createEdge({
    config,
    tls,
    events,
    isReady: () => !isDraining,
    refusedClients: () => clients?.current.refused ?? [],
  });
  const inFlight = trackInFlight(edge.app.server);
  const admission = open.adopt(createAdmission(config, events), (one) => one.close());
  credentials.onChange((next) => {
    if (next.tls) edge.renewTls(next.tls);
    if (next.signing) auth?.replaceSigningKeys(next.signing);
  });
  const clientOf = clientOfPath(config);
  if (config.server.graphiql) registerGraphiql(edge.app, config.server.path, clientOf);
  registerKeySet(edge.app, credentials);
  const stages = {
    ...stagesOf(config, auth),
    openLimits,
    openDebug: openDebug(config),
    recognize: notingClaims(recognizeBy(clients, events), config.traces),
    admission,
    refuse: refusals(labels, events),
  };
  registerHttpFront(edge, {
    config,
    clientOf,
    routeOf: edge.routeOf,
    events,
    beginTrace,
    answer: requestStages({ ...stages, share: shareRequests(config, gateway), respond }),
    closesConnections: () => admission.closesConnections,
  });
  if (clients) {
    const answer = requestStages({ ...stages, share: null, respond: schemaRespond(gateway) });
    registerSchemaFront(edge, { config, clientOf, events, answer });
  }
  const url = await listen(edge, config, tls !== undefined);
  events.emit('listening', { url });

  async function drain(): Promise<void> {
    isDraining = true;
    await drainEdge(edge, inFlight, served);
    await open.disposeAsync();
    events.emit('closed', {});
    await served.log.flushed();
  }
  let closing: Promise<void> | undefined;
  return {
    url,
    config,
    reload: async () =>
      void (await Promise.all([reloader?.now(), clientReload?.now(), credentials.check?.()])),
    switchLogLevel: () => void served.log.switchLevel(),
    close: () => (closing ??= drain()),
  };
}

function openClientReload(
  { gateway, config, clients }: Served,
  open: AsyncDisposableStack,
): ClientReload | null {
  const served: ServesClients = {
    events: gateway.events,
    checkContract: (contract) => gateway.checkContract(contract),
    replaceClients(next) {
      if (clients) clients.current = next;
      return Promise.resolve();
    },
  };
  const reload = clientReloadFor(clients, served, config);
  return reload && open.adopt(reload, (one) => one.close());
}

/** Only a gateway with Redis loads the package for it. */
async function openRedis(config: RedisConfig, events: Events): Promise<Store> {
  const { openStore } = await import('../store/open-store.ts');
  return openStore(config, events);
}

async function openAuthentication(
  { gateway: { events }, config, credentials }: Served,
  store: Store | undefined,
  open: AsyncDisposableStack,
): Promise<Auth | undefined> {
  if (!config.auth) return undefined;
  const parts: AuthDependencies = {
    events,
    store,
    signingKeys: credentials.current.signing,
    networkOf: clientNetworks(config.server),
  };
  return open.adopt(await openAuth(config.auth, parts), (one) => one.close());
}

function stagesOf(
  config: GatewayConfig,
  auth: Auth | undefined,
): Pick<RequestStages, 'networkOf' | 'authenticate'> {
  const networkOf = clientNetworks(config.server);
  return {
    networkOf: ({ clientAddress, forwardedFor }) =>
      networkOf(clientAddress, { 'x-forwarded-for': forwardedFor }),
    authenticate: auth?.authenticate ?? ((head) => ({ ...head, principal: anonymous })),
  };
}

/** @throws {GatewayError} `CONFIG_INVALID` @returns The address of the endpoint. */
async function listen({ app }: Edge, { server }: GatewayConfig, isSecure: boolean): Promise<string> {
  const { host, port, path } = server;
  const address = await app.listen({ host, port }).catch((error: unknown) => {
    throw listenError(error, host, port);
  });
  return `${isSecure ? address.replace(/^http:/, 'https:') : address}${path}`;
}

async function drainEdge(
  { app }: Edge,
  inFlight: ReturnType<typeof trackInFlight>,
  { gateway: { events }, config, credentials }: Served,
): Promise<void> {
  const { drainDelayMs, drainTimeoutMs } = config.server;
  events.emit('draining', { delayMs: drainDelayMs, timeoutMs: drainTimeoutMs });
  // Balancers that ask for readiness from time to time send clients here until they see it fail.
  if (drainDelayMs > 0) await sleep(drainDelayMs);
  const late = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs);
  // The listener stays open as long, for health checks to see that this instance is not ready.
  await inFlight.settled(drainTimeoutMs);
  // Keep-alive connections without a request would hold the server open.
  app.server.closeIdleConnections();
  await Promise.all([app.close(), credentials.close?.()]);
  clearTimeout(late);
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
