/** A worker process: a gateway of its own, except that its planner is in the primary process. */

import cluster from 'node:cluster';

import type { ClientsInUse } from '../assembly/clients.ts';
import { ClientDirectory, type DirectoryOptions } from '../clients/client-directory.ts';
import type { Clients } from '../clients/client-reload.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { openGateway, type Gateway } from '../assembly/gateway.ts';
import { serveGateway, type RunningGateway } from '../assembly/serve.ts';
import { measureGateway } from '../observe/metrics/gateway-metrics.ts';
import { logEvents, type Log } from '../observe/log/logger.ts';
import type { Graph } from '../plan/graph-source.ts';
import { HeldCredentials } from '../server/credentials.ts';
import { GatewayError } from '../shared/errors.ts';
import { Events } from '../shared/events.ts';
import {
  auditTimeoutMs,
  drainMs,
  noticeTimeoutMs,
  type CallToWorker,
  type ClientConfigs,
  type PlannedGraph,
} from './calls.ts';
import { Channel, type Peer } from './channel.ts';
import { MetricSender } from './metric-sender.ts';
import { RemoteCounters } from './remote-counters.ts';
import { RemotePlanner, type ChannelToPrimary } from './remote-planner.ts';

/** How long closing may take after draining. */
const closeTimeoutMs = 5000;
/** Pending calls to the primary process: more than there are requests executed at once. */
const pendingCallsMax = 10_000;

interface Serving {
  readonly gateway: Gateway;
  readonly running: RunningGateway;
  readonly log: Log;
  readonly credentials: HeldCredentials;
  readonly clients: ClientsInUse | null;
  /** Null: metrics are switched off. */
  readonly metrics: MetricSender | null;
  readonly replace: (planned: PlannedGraph) => Promise<void>;
}

let serving: Serving | undefined;
const channel: ChannelToPrimary = new Channel(process as Peer, answer, pendingCallsMax);

// The primary process, which may get them as well, acts on them.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGUSR1', () => {});
process.on('SIGTERM', () => void end());
cluster.worker?.on('disconnect', () => {
  // Otherwise cluster ends the process at once, with requests in flight.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  void end();
});

async function end(): Promise<void> {
  const { running } = serving ?? {};
  // The primary process, which would kill a hanging worker, may have ended.
  if (running) setTimeout(() => process.exit(1), drainMs(running.config) + closeTimeoutMs);
  await running?.close().catch(() => {});
  await serving?.metrics?.close();
  process.exit(0);
}

async function answer(call: CallToWorker): Promise<string> {
  switch (call.kind) {
    case 'start':
      serving = await start(call);
      return serving.running.url;
    case 'replace':
      await started().replace(call.planned);
      return '';
    case 'credentials':
      started().credentials.put(call.credentials);
      return '';
    case 'clients': {
      const { clients, running } = started();
      const options = running.config.clients;
      if (clients && options) clients.current = clientsOf(call.clients, options);
      return '';
    }
    case 'logLevel':
      started().log.setLevel(call.level);
      return '';
    case 'mutated':
      serving?.gateway.mutations.endedElsewhere(call.source);
      return '';
    case 'drain':
      await serving?.running.close();
      await serving?.metrics?.close();
      return '';
  }
}

async function start({
  worker,
  config,
  planned,
  credentials: first,
  clients: clientConfigs,
  logLevel,
}: Extract<CallToWorker, { kind: 'start' }>): Promise<Serving> {
  const events = new Events();
  const log = logEvents(events, config.log, worker);
  log.setLevel(logLevel);
  const metrics = openMetrics(events, config, worker);
  const planners = new WeakMap<Graph, RemotePlanner>();
  const withPlanner = (next: PlannedGraph): Graph => {
    planners.set(next.graph, new RemotePlanner(channel, next, config));
    return next.graph;
  };
  const gateway = await openGateway(withPlanner(planned), {
    config,
    events,
    openPlanner(graph) {
      const planner = planners.get(graph);
      if (!planner) throw new GatewayError('INTERNAL_ERROR', 'A graph without a planner');
      return planner;
    },
    // The primary process writes the audit file: only one process may rotate it.
    ...(config.audit.file === undefined ? {} : { writeAudit }),
  });
  announceMutations(gateway, config);
  const credentials = new HeldCredentials(first);
  const clients =
    clientConfigs && config.clients ? { current: clientsOf(clientConfigs, config.clients) } : null;
  const counters = new RemoteCounters(channel, {
    workers: config.server.workers,
    timeoutMs: config.limits.workersTimeoutMs,
  });
  const running = await serveGateway({ gateway, config, log, credentials, clients, counters });
  const replace = (next: PlannedGraph): Promise<void> => gateway.replace(withPlanner(next));
  return { gateway, running, log, credentials, clients, metrics, replace };
}

function openMetrics(events: Events, { metrics }: GatewayConfig, worker: number): MetricSender | null {
  if (!metrics.enabled) return null;
  const { store } = measureGateway(events, metrics, String(worker));
  return new MetricSender(store, metrics.workerIntervalMs, (changes) =>
    channel.call({ kind: 'metrics', changes }, noticeTimeoutMs),
  );
}

function clientsOf({ configs, refused }: ClientConfigs, options: DirectoryOptions): Clients {
  return { directory: new ClientDirectory(configs, options), refused };
}

async function writeAudit(lines: readonly string[]): Promise<void> {
  await channel.call({ kind: 'audit', lines }, auditTimeoutMs);
}

/** After a mutation its client may reach another worker next, which must not give an answer that is older. */
function announceMutations({ mutations }: Gateway, { sharing }: GatewayConfig): void {
  const isShared = sharing.fetches || sharing.requests;
  mutations.onEnded = async (source) => {
    if (source === undefined && !isShared) return;
    const notice = { kind: 'mutated', ...(source === undefined ? {} : { source }) } as const;
    // A failed notice is ignored: the mutation has succeeded, and its client must see that.
    await channel.call(notice, 2 * noticeTimeoutMs).catch(() => {});
  };
}

function started(): Serving {
  if (!serving) throw new GatewayError('NOT_READY', 'This worker has not started yet');
  return serving;
}
