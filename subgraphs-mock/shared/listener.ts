/** A listening port whose server can be stopped at once, with all connections, and restarted. */

import type { Server, Socket } from 'node:net';

export interface Listener {
  readonly port: number;
  /** Destroys every open connection; the port stays open. */
  readonly drop: () => void;
  readonly stop: () => Promise<void>;
  readonly restart: () => Promise<void>;
}

export const host = '127.0.0.1';

/**
 * @param createServer Creates a server for each start: a closed server cannot be reopened.
 * @throws {Error} With a system code such as `EADDRINUSE`.
 */
export async function listen(createServer: () => Server, requestedPort: number): Promise<Listener> {
  const sockets = new Set<Socket>();
  let running: Server | undefined;
  let port = requestedPort;

  async function start(): Promise<void> {
    const server = createServer();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // Without a listener, a connection reset by a client would end the process.
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    port = address.port;
    running = server;
  }

  function drop(): void {
    for (const socket of sockets) socket.destroy();
  }

  async function stop(): Promise<void> {
    const server = running;
    if (!server) return;
    running = undefined;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    drop();
    await closed;
  }

  await start();
  return {
    get port() {
      return port;
    },
    drop,
    stop,
    async restart() {
      await stop();
      await start();
    },
  };
}
