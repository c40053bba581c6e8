/** Makes `Arrived` of an HTTP request. */

import type { ServerResponse } from 'node:http';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { arrived, type Arrival, type Arrived } from '../pipeline/stages.ts';
import { negotiate } from '../response/http.ts';
import { GatewayError } from '../shared/errors.ts';
import type { RequestTrace } from '../shared/trace.ts';
import { requestHead } from './request-context.ts';

export interface ArrivalOptions extends Pick<Arrival, 'body' | 'clientInPath' | 'read'> {
  readonly requestId: string;
  readonly config: Pick<GatewayConfig, 'headers' | 'timeouts'>;
  readonly trace: RequestTrace;
}

/** The request is cancelled as soon as its connection closes without the whole response. */
export function arrivalOf(
  response: ServerResponse,
  { requestId, config, trace, body, clientInPath, read }: ArrivalOptions,
): Arrived {
  const request = response.req;
  const head = requestHead(request.headers, {
    requestId,
    clientAddress: request.socket.remoteAddress ?? '',
    forward: config.headers.forward,
    timeoutMs: config.timeouts.requestMs,
    trace,
  });
  response.on('close', () => {
    if (!response.writableFinished)
      head.cancellation.cancel(new GatewayError('CANCELLED', 'The client closed the connection'));
  });
  return arrived({
    head,
    http: request,
    mediaType: negotiate(request.headers.accept),
    body,
    clientInPath,
    queryOnly: request.method !== 'POST',
    read,
  });
}
