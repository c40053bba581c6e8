/** A worker process: answers requests like a gateway of its own, with the planner of the primary process. */

import cluster from 'node:cluster';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { openGateway, type Gateway } from '../assembly/gateway.ts';
import { serveGateway, type RunningGateway } from '../assembly/serve.ts';
import { logEvents } from '../observe/logger.ts';
import type { Graph } from '../plan/graph-source.ts';
import { GivenCredentials } from '../server/credentials.ts';
import { GatewayError } from '../shared/errors.ts';
import { Events } from '../shared/events.ts';
import { auditTimeoutMs, drainMs, noticeTimeoutMs, type CallToWorker, type PlannedGraph } from './calls.ts';
import { Channel, type Peer } from './channel.ts';
import { RemotePlanner, type ChannelToPrimary } from './remote-planner.ts';

/** For what comes after draining. */
const closingMs = 5000;
/** Questions to the planner, and mutations that have ended: more than are executed at once. */
const waitingMax = 10_000;

interface Serving {
  readonly gateway: Gateway;
  readonly running: RunningGateway;
  readonly credentials: GivenCredentials;
  readonly replace: (planned: PlannedGraph) => Promise<void>;
}

let serving: Serving | undefined;
const channel: ChannelToPrimary = new Channel(process as Peer, answer, waitingMax);

// The primary process gets them too, from a terminal, and decides what they mean.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => void end());
cluster.worker?.on('disconnect', () => {
  // Otherwise the process would end at once, whatever is in flight.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  void end();
});

async function end(): Promise<void> {
  const { running } = serving ?? {};
  // Nobody is left to end a process that hangs.
  if (running) setTimeout(() => process.exit(1), drainMs(running.config) + closingMs);
  await running?.close().catch(() => {});
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
    case 'mutated':
      if (serving) serving.gateway.mutations.value += 1;
      return '';
    case 'drain':
      await serving?.running.close();
      return '';
  }
}

async function start({
  worker,
  config,
  planned,
  credentials: first,
}: Extract<CallToWorker, { kind: 'start' }>): Promise<Serving> {
  const events = new Events();
  const log = logEvents(events, config.log, worker);
  const planners = new WeakMap<Graph, RemotePlanner>();
  const known = (next: PlannedGraph): Graph => {
    planners.set(next.graph, new RemotePlanner(channel, next, config));
    return next.graph;
  };
  const gateway = await openGateway(known(planned), {
    config,
    events,
    openPlanner(graph) {
      const planner = planners.get(graph);
      if (!planner) throw new GatewayError('INTERNAL_ERROR', 'A graph without a planner');
      return planner;
    },
    // One process puts files aside: several would put aside each other's.
    ...(config.audit.file === undefined ? {} : { writeAudit }),
  });
  tellOthers(gateway, config);
  const credentials = new GivenCredentials(first);
  const running = await serveGateway({ gateway, config, log, credentials });
  return { gateway, running, credentials, replace: (next) => gateway.replace(known(next)) };
}

async function writeAudit(lines: readonly string[]): Promise<void> {
  await channel.call({ kind: 'audit', lines }, auditTimeoutMs);
}

/** A client that has its mutation's answer may ask another worker next, which must not share what is older. */
function tellOthers({ mutations }: Gateway, { sharing }: GatewayConfig): void {
  if (!sharing.fetches && !sharing.requests) return;
  mutations.onEnded = async () => {
    // Late or gone: the mutation itself is done, and its client must not be told otherwise.
    await channel.call({ kind: 'mutated' }, 2 * noticeTimeoutMs).catch(() => {});
  };
}

function started(): Serving {
  if (!serving) throw new GatewayError('NOT_READY', 'This worker has not started yet');
  return serving;
}
