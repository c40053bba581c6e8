/** Opens the tracing of one process: whatever is sampled goes to the configured receiver of OTLP over HTTP. */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';

import type { GatewayConfig } from '../../config/gateway/gateway-config.ts';
import { addressMatcher, plainAddress } from '../../shared/addresses.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Events } from '../../shared/events.ts';
import type { BeginTrace } from '../../shared/trace.ts';
import { SpanQueue } from './span-queue.ts';
import { tracer } from './tracer.ts';

/** How long the last spans may take when the process ends. */
const flushTimeoutMs = 2000;
const connectionsMax = 2;

export interface Traces {
  readonly beginTrace: BeginTrace;
  /** Exports what waits, for up to 2 s. */
  close(): Promise<void>;
}

/**
 * @param url Of the receiver.
 * @throws {GatewayError} `CONFIG_INVALID`
 */
export function openTraces(
  url: string,
  config: Pick<GatewayConfig, 'traces' | 'log' | 'server' | 'errors'>,
  events: Events,
): Traces {
  const { traces, server, log, errors } = config;
  const { headers, timeoutMs } = traces.otlp;
  if (!URL.canParse(url)) {
    const message = `expected an address of a receiver of OTLP over HTTP, not "${url}"`;
    throw new GatewayError('CONFIG_INVALID', `traces.otlp.url: ${message}`);
  }
  // Of its own, so that a receiver that does not answer holds up no end.
  const Agent = new URL(url).protocol === 'https:' ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const exporter = new OTLPTraceExporter({
    url,
    headers,
    timeoutMillis: timeoutMs,
    httpAgentOptions: () => agent,
  });
  const queue = new SpanQueue(exporter, {
    ...traces.otlp,
    onDropped: (dropped) => events.emit('spansDropped', dropped),
  });
  const isProxy = addressMatcher(server.trustedProxies);
  return {
    beginTrace: tracer({
      ...traces,
      isIdPublic: errors.traceId,
      isRedacted: log.backendMessages === 'redact',
      isTrusted: traces.trustClients ? null : (address) => isProxy(plainAddress(address)),
      processor: queue,
    }),
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, flushTimeoutMs)));
      // Failed exports are counted as dropped spans already.
      await Promise.race([queue.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
      agent.destroy();
    },
  };
}
