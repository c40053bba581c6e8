/**
 * Counts the requests in flight, so that a graceful shutdown can wait for them while health probes are still served.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export interface InFlight {
  /** Resolves once no request is in flight, or after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>;
}

export function trackInFlight(server: Server): InFlight {
  let count = 0;
  let onEmpty: (() => void) | undefined;
  const onClose = (): void => {
    count -= 1;
    if (count === 0) onEmpty?.();
  };
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    count += 1;
    // Also emitted if the client disconnects before the response.
    response.once('close', onClose);
  });
  return {
    settled: (timeoutMs) =>
      new Promise((resolve) => {
        if (count === 0) {
          resolve();
          return;
        }
        const timer = setTimeout(resolve, timeoutMs);
        onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}
