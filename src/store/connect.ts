/** Connects to Redis, one server or a cluster, without the library's defaults that let commands wait. */

import { readFile } from 'node:fs/promises';

import { Cluster, Redis, type RedisOptions } from 'ioredis';

import type { RedisConfig } from '../config/gateway/redis.ts';
import { isAddress } from '../shared/addresses.ts';
import { GatewayError } from '../shared/errors.ts';
import { reasonOf } from './failures.ts';
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
  readonly onChange: (change: ConnectionChange) => void;
}

const reconnectFirstMs = 50;
/** How long a closed connection may take to end. */
const disconnectTimeoutMs = 100;
/** A connection without any data for this long while commands are pending is considered dead. */
const silenceMaxMs = 1000;

/**
 * @returns When connected, or after `startTimeoutMs`: then it goes on connecting in the background.
 * @throws {GatewayError} `CONFIG_INVALID` if `caFile` cannot be read.
 */
export async function connectRedis(config: RedisConfig, options: ConnectOptions): Promise<Connection> {
  const client = await clientOf(config, options.random);
  const reports = reportsOf(config, options.onChange);
  client.on('ready', () => reports.connected());
  client.on('error', (error: unknown) => reports.failed(error));
  client.on('close', () => reports.lost());
  // The failure is reported by the events, and the client retries by itself.
  client.connect().catch(() => {});
  await firstReady(client, config.startTimeoutMs);
  if (client.status !== 'ready') reports.lost();
  return {
    commands: client,
    isReady: () => client.status === 'ready',
    close() {
      client.removeAllListeners('close');
      client.disconnect();
      return Promise.resolve();
    },
  };
}

async function clientOf(config: RedisConfig, random: () => number): Promise<Redis | Cluster> {
  const { commandTimeoutMs, connectTimeoutMs, reconnectMaxMs } = config;
  const ca = config.caFile === undefined ? undefined : await readCertificates(config.caFile);
  const retry = (times: number): number =>
    Math.min(reconnectMaxMs, reconnectFirstMs * 2 ** Math.min(times, 20)) * (0.75 + 0.25 * random());
  const commonOptions = {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    disconnectTimeout: disconnectTimeoutMs,
    socketTimeout: Math.max(silenceMaxMs, 2 * commandTimeoutMs),
    maxRetriesPerRequest: 0,
    // The server may have run a command before the connection broke.
    autoResendUnfulfilledCommands: false,
    connectionName: 'tributary',
    disableClientInfo: true,
  } satisfies RedisOptions;
  if (config.url !== undefined) {
    return new Redis({
      ...commonOptions,
      ...endpointOf(config.url, ca),
      enableOfflineQueue: false,
      retryStrategy: retry,
    });
  }
  const endpoints = (config.cluster ?? []).map((url) => endpointOf(url, ca));
  const { username, password, tls } = endpoints[0] ?? {};
  const account = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // Without `servername`: each node has its own.
    ...(tls === undefined ? {} : { tls: ca === undefined ? {} : { ca } }),
  };
  return new Cluster(
    endpoints.map(({ host = '', port = 6379 }) => ({ host, port })),
    {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: retry,
      slotsRefreshTimeout: connectTimeoutMs,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      maxRedirections: 4,
      redisOptions: { ...commonOptions, ...account },
    },
  );
}

interface Endpoint {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: { readonly servername?: string; readonly ca?: string };
}

function endpointOf(address: string, ca: string | undefined): Endpoint {
  const { protocol, hostname, port, pathname, username, password } = new URL(address);
  if (protocol === 'unix:') return { path: decodeURIComponent(pathname) };
  const host = hostname.replace(/^\[|\]$/g, '');
  // No server name for an IP address, which is checked against the certificate all the same.
  const serverName = isAddress(host) ? {} : { servername: host };
  return {
    host,
    port: Number(port === '' ? 6379 : port),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(/^\/\d+$/.test(pathname) ? { db: Number(pathname.slice(1)) } : {}),
    ...(protocol === 'rediss:' ? { tls: { ...serverName, ...(ca === undefined ? {} : { ca }) } } : {}),
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
  config: RedisConfig,
  onChange: ConnectOptions['onChange'],
): { connected(): void; failed(error: unknown): void; lost(): void } {
  const address = addressText(config);
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

export function addressText({ url, cluster = [] }: Pick<RedisConfig, 'url' | 'cluster'>): string {
  const texts = (url === undefined ? cluster : [url]).map((address) => {
    const { protocol, host, pathname } = new URL(address);
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  });
  return texts.join(', ');
}

function firstReady(client: Redis | Cluster, timeoutMs: number): Promise<void> {
  if (client.status === 'ready') return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      client.off('ready', settle);
      resolve();
    };
    const timer = setTimeout(settle, timeoutMs);
    client.once('ready', settle);
  });
}
