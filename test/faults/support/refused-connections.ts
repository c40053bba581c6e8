/** Counts connections of this process that nobody took: a proxy that refuses cannot see them. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export interface RefusedConnections {
  readonly count: number;
  stop(): void;
}

const channel = 'net.client.socket';

export function countRefusedConnections(port: number): RefusedConnections {
  let count = 0;
  const onSocket = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.once('error', (error: NodeJS.ErrnoException & { readonly port?: number }) => {
      if (error.code === 'ECONNREFUSED' && error.port === port) count += 1;
    });
  };
  subscribe(channel, onSocket);
  return {
    get count() {
      return count;
    },
    stop: () => void unsubscribe(channel, onSocket),
  };
}
