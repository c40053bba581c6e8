/** Opens the tracing of requests, where it is configured, and tells spans what only the principal can tell. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { RequestStages } from '../gateway.ts';
import type { Traces } from '../observe/traces/open-traces.ts';
import type { Events } from '../shared/events.ts';
import { untraced, type SpanValue } from '../shared/trace.ts';

/** @throws {GatewayError} `CONFIG_INVALID` */
export async function openTracing(config: GatewayConfig, events: Events): Promise<Traces> {
  const { url } = config.traces.otlp;
  if (url === null) return { beginTrace: () => untraced, close: () => Promise.resolve() };
  // Most of OpenTelemetry is loaded by it.
  const { openTraces } = await import('../observe/traces/open-traces.ts');
  return openTraces(url, config, events);
}

/** Notes the configured claims once it is known whose they are. */
export function notingClaims(
  recognize: RequestStages['recognize'],
  { attributes: { fromClaims } }: GatewayConfig['traces'],
): RequestStages['recognize'] {
  if (fromClaims.length === 0) return recognize;
  return (authenticated) => {
    const { trace, principal } = authenticated.request;
    for (const name of trace.span ? fromClaims : []) {
      const value = Object.hasOwn(principal.claims, name) ? spanValue(principal.claims[name]) : undefined;
      if (value !== undefined) trace.span?.set(`tributary.claim.${name}`, value);
    }
    return recognize(authenticated);
  };
}

/** Undefined: no attribute can hold it. */
function spanValue(claim: unknown): SpanValue | undefined {
  if (typeof claim === 'string' || typeof claim === 'number' || typeof claim === 'boolean') return claim;
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : undefined;
}
