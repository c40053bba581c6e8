/** Makes `Arrived` of an HTTP request. */

import type { IncomingMessage } from 'node:http';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { arrived, type Arrival, type Arrived } from '../pipeline/stages.ts';
import { negotiate } from '../response/http.ts';
import type { RequestTrace } from '../shared/trace.ts';
import { requestHead } from './request-context.ts';

export interface ArrivalOptions extends Pick<Arrival, 'body' | 'clientInPath' | 'read'> {
  readonly requestId: string;
  readonly config: Pick<GatewayConfig, 'headers' | 'timeouts'>;
  readonly trace: RequestTrace;
}

export function arrivalOf(
  request: IncomingMessage,
  { requestId, config, trace, body, clientInPath, read }: ArrivalOptions,
): Arrived {
  return arrived({
    head: requestHead(request.headers, {
      requestId,
      clientAddress: request.socket.remoteAddress ?? '',
      forward: config.headers.forward,
      timeoutMs: config.timeouts.requestMs,
      trace,
    }),
    http: request,
    mediaType: negotiate(request.headers.accept),
    body,
    clientInPath,
    queryOnly: request.method !== 'POST',
    read,
  });
}
