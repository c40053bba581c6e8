/**
 * Listens to sentinels for fail-overs. A master that dies or is demoted closes its connections; one that was only out of
 * the sentinels' reach goes on as a master of its own for seconds, and only they say that it has a successor.
 */

import { Redis } from 'ioredis';

import type { Endpoint } from './addresses.ts';

export interface SwitchOptions {
  /** With the account. */
  readonly sentinels: readonly Endpoint[];
  readonly connectTimeoutMs: number;
  /** @returns Milliseconds before the next attempt to connect. */
  readonly retryStrategy: (times: number) => number;
  /** @param address Of the new master: `host:port`. Each sentinel says it. */
  readonly onSwitch: (address: string) => void;
}

const channel = '+switch-master';

export interface SwitchWatch {
  /** Why the last sentinel that failed could not be reached. */
  lastError(): Error | undefined;
  close(): void;
}

/** @param name Of the master. */
export function watchSwitches(name: string, options: SwitchOptions): SwitchWatch {
  const { sentinels, connectTimeoutMs, retryStrategy, onSwitch } = options;
  let lastError: Error | undefined;
  const clients = sentinels.map((sentinel) => {
    const client = new Redis({
      ...sentinel,
      connectTimeout: connectTimeoutMs,
      connectionName: 'tributary',
      disableClientInfo: true,
      enableReadyCheck: false,
      enableOfflineQueue: false,
      autoResubscribe: false,
      retryStrategy,
    });
    // A sentinel that is away is no outage as long as another one answers.
    client.on('error', (error: Error) => (lastError = error));
    client.on('ready', () => void client.subscribe(channel).catch(() => {}));
    // `<name> <old host> <old port> <new host> <new port>`
    client.on('message', (_channel: string, text: string) => {
      const [master, , , host, port] = text.split(' ');
      if (master === name) onSwitch(`${host}:${port}`);
    });
    return client;
  });
  return {
    lastError: () => lastError,
    close() {
      for (const client of clients) client.disconnect();
    },
  };
}
