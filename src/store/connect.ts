/** Connects to Redis and keeps connected, and says when the connection is lost and back. */

import { readFile } from 'node:fs/promises';

import { Cluster } from 'ioredis';

import type { RedisConfig } from '../config/gateway/redis.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { addressText } from './addresses.ts';
import { reasonOf } from './failures.ts';
import { createServers } from './servers.ts';
import type { Connection } from './store.ts';

export interface ConnectionChange {
  /** Without user and password. */
  readonly address: string;
  readonly state: 'connected' | 'lost';
  readonly reason: string;
}

export interface ConnectOptions {
  /** 0 to 1. */
  readonly random: () => number;
  readonly now: Clock;
  readonly onChange: (change: ConnectionChange) => void;
}

/**
 * @returns When connected, or after `startTimeoutMs`: then it goes on connecting in the background.
 * @throws {GatewayError} `CONFIG_INVALID` if `caFile` cannot be read.
 */
export async function connectRedis(config: RedisConfig, options: ConnectOptions): Promise<Connection> {
  const { random, now, onChange } = options;
  const ca = config.caFile === undefined ? undefined : await readCertificates(config.caFile);
  const reports = reportsOf(addressText(config), onChange);
  const servers = createServers(config, { ca, random, now, onFailure: (error) => reports.failed(error) });
  const { client } = servers;
  let isReady = false;
  const firstReady = new Promise<void>((resolve) => {
    client.on('ready', () => {
      void servers.warmUp().then(() => {
        isReady = client.status === 'ready';
        if (!isReady) return;
        reports.connected();
        resolve();
      });
    });
  });
  client.on('close', () => {
    isReady = false;
    reports.lost();
  });
  // The failure is reported by the events, and the client retries by itself.
  client.connect().catch(() => {});
  await within(firstReady, config.startTimeoutMs);
  if (!isReady) reports.lost();
  return {
    commands: client,
    isCluster: client instanceof Cluster,
    masters: () => (client instanceof Cluster ? client.nodes('master') : [client]),
    isReady: () => isReady && client.status === 'ready',
    serverOf: (key) => servers.serverOf(key),
    findServers: () => servers.find(),
    close() {
      client.removeAllListeners('close');
      servers.close();
      return Promise.resolve();
    },
  };
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new GatewayError('CONFIG_INVALID', `redis.caFile: ${path} cannot be read (${code})`, { cause });
  }
}

/** Reports changes of state only, however many attempts fail in between. */
function reportsOf(
  address: string,
  onChange: ConnectOptions['onChange'],
): { connected(): void; failed(error: unknown): void; lost(): void } {
  let state: ConnectionChange['state'] | undefined;
  let reason = 'no answer';
  const transition = (next: ConnectionChange['state'], nextReason: string): void => {
    if (state !== next) onChange({ address, state: (state = next), reason: nextReason });
  };
  return {
    connected() {
      transition('connected', '');
      reason = 'the connection ended';
    },
    failed(error) {
      reason = reasonOf(error);
    },
    lost: () => transition('lost', reason),
  };
}

/** Resolves when the promise does, or when the time is over. */
function within(promise: Promise<void>, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
