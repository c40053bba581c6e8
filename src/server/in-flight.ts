/** Counts the requests in flight, so that a drain can wait for them while health checks still get their answer. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export interface InFlight {
  /** Resolves once no request is in flight, or after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>;
}

export function trackInFlight(server: Server): InFlight {
  let count = 0;
  let onNone: (() => void) | undefined;
  const onClose = (): void => {
    count -= 1;
    if (count === 0) onNone?.();
  };
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    count += 1;
    // Comes also when the client leaves before the answer.
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
        onNone = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}
