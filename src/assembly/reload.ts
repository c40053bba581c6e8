/** Builds what puts a changed graph in place. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Graph, GraphSource } from '../plan/graph-source.ts';
import { Reloader } from '../plan/reloader.ts';
import type { Events } from '../shared/events.ts';

interface Reloaded {
  readonly events: Events;
  replace(graph: Graph): Promise<void>;
}

export function reloaderFor(source: GraphSource, reloaded: Reloaded, { reload }: GatewayConfig): Reloader {
  return new Reloader({
    source,
    replace: (graph) => reloaded.replace(graph),
    onRefused: (error) => reloaded.events.emit('supergraphRefused', { error }),
    intervalMs: source.isRemote ? reload.urlPollMs : reload.filePollMs,
    intervalMaxMs: source.isRemote ? reload.urlPollMaxMs : reload.filePollMs,
    random: Math.random,
  });
}
