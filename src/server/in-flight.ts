/** Counts the requests in flight, so that a drain can wait for them while health checks still get their answer. */

import type { FastifyInstance } from 'fastify';

export interface InFlight {
  /** Resolves once no request is in flight, or after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>;
}

export function trackInFlight(app: FastifyInstance): InFlight {
  let count = 0;
  let onNone: (() => void) | undefined;
  app.addHook('onRequest', (_request, reply, done) => {
    count += 1;
    // Comes also when the client leaves before the answer.
    reply.raw.once('close', () => {
      count -= 1;
      if (count === 0) onNone?.();
    });
    done();
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
