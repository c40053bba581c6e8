/** The stage that begins to record a request whose debug token holds. */

import type { IncomingHttpHeaders } from 'node:http';

import { debugHeader } from '../../config/gateway/debug.ts';
import type { GatewayConfig } from '../../config/gateway/gateway-config.ts';
import type { DebugRecording } from '../../pipeline/debug.ts';
import type { RequestHead } from '../../pipeline/request.ts';
import { monotonicClock } from '../../shared/clock.ts';
import { SpanInMemory, withSpan } from '../../shared/span-tree.ts';
import { DebugTokens } from './debug-tokens.ts';

/** @throws {GatewayError} `DEBUG_TOKEN_REFUSED`, through the promise. */
export type OpenDebug = (
  head: RequestHead,
  headers: IncomingHttpHeaders,
) => RequestHead | Promise<RequestHead>;

/** @returns Null: debug tokens are switched off. */
export function openDebug({ debug, errors }: Pick<GatewayConfig, 'debug' | 'errors'>): OpenDebug | null {
  if (!debug) return null;
  const tokens = new DebugTokens(debug, Date.now);
  const { backendMessages } = errors;

  async function recorded(head: RequestHead, token: string): Promise<RequestHead> {
    await tokens.use(token);
    const spans = SpanInMemory.root('request', monotonicClock);
    const recording: DebugRecording = { backendMessages, report: () => spans.report() };
    return { ...head, debug: recording, trace: head.trace.at(withSpan(head.trace.span, spans)) };
  }

  return (head, headers) => {
    const token = headers[debugHeader];
    return token === undefined ? head : recorded(head, String(token));
  };
}
