/**
 * Clients of the library for one server, a cluster, and servers behind Sentinel, without the library's defaults that let
 * commands wait: no queue while there is no connection, and no retry of a command.
 */

import { Cluster, Redis, type RedisOptions } from 'ioredis';

import type { RedisConfig } from '../config/gateway/redis.ts';
import type { Clock } from '../shared/clock.ts';
import { accountOf, endpointOf, sentinelPort, tlsOptions } from './addresses.ts';
import { clusterSlotOf } from './cluster-slot.ts';
import { isReadOnly } from './failures.ts';
import { watchSwitches } from './master-switches.ts';

export interface Servers {
  readonly client: Redis | Cluster;
  /** Done when commands find an open connection to each server. After `ready` of the client. */
  warmUp(): Promise<void>;
  /** Who has the key: an address in a cluster, else ''. */
  serverOf(key: string): string;
  /** In a cluster: asks who has which keys now. */
  find(): void;
  close(): void;
}

export interface ServersOptions {
  /** Certificate authorities in PEM; undefined: those that Node trusts. */
  readonly ca: string | undefined;
  /** 0 to 1. */
  readonly random: () => number;
  readonly now: Clock;
  /** Why there is no connection. */
  readonly onFailure: (error: unknown) => void;
}

const reconnectFirstMs = 50;
/** How long a closed connection may take to end. */
const disconnectTimeoutMs = 100;
/** A connection without any data for this long while commands are pending is considered dead. */
const silenceMaxMs = 1000;
/** How often the address of a server that has become read-only is connected to again: its name may lead elsewhere now. */
const readOnlyReconnectMs = 5000;
/** How often a cluster is asked for its nodes when no command was redirected. */
const slotsRefreshMs = 5000;

/** What the library says of all sentinels together, after it has said of each what is wrong. */
const allSentinelsFailed = /^All sentinels are unreachable/;
/** What it says of a sentinel that it cannot connect to, whatever the reason. */
const closedConnection = /because Connection is closed/;

export function createServers(config: RedisConfig, options: ServersOptions): Servers {
  if (config.url !== undefined) return singleServer(config.url, config, options);
  return config.sentinel
    ? sentinelServers(config.sentinel, config, options)
    : clusterServers(config, options);
}

/** What there is to do where commands have no choice of servers. */
const oneServer = {
  warmUp: () => Promise.resolve(),
  serverOf: () => '',
  find: () => {},
} satisfies Partial<Servers>;

function singleServer(
  url: string,
  config: RedisConfig,
  { ca, random, now, onFailure }: ServersOptions,
): Servers {
  let reconnectedAtMs = Number.NEGATIVE_INFINITY;
  const client = new Redis({
    ...commonOptions(config),
    ...accountOf(config),
    ...endpointOf(url, ca),
    enableOfflineQueue: false,
    retryStrategy: retryStrategy(config, random),
    reconnectOnError(error) {
      if (!isReadOnly(error) || now() - reconnectedAtMs < readOnlyReconnectMs) return false;
      reconnectedAtMs = now();
      return true;
    },
  });
  client.on('error', onFailure);
  return { ...oneServer, client, close: () => client.disconnect() };
}

function sentinelServers(
  sentinel: NonNullable<RedisConfig['sentinel']>,
  config: RedisConfig,
  { ca, random, onFailure }: ServersOptions,
): Servers {
  const { name, database, serverTls } = sentinel;
  const endpoints = sentinel.addresses.map((address) => endpointOf(address, ca, sentinelPort));
  const [{ tls: sentinelTls } = {}] = endpoints;
  const account = accountOf(sentinel);
  const retry = retryStrategy(config, random);
  let master = '';
  const client = new Redis({
    ...commonOptions(config),
    ...accountOf(config),
    name,
    db: database,
    sentinels: endpoints.map(({ host = '', port = sentinelPort }) => ({ host, port })),
    ...(account.username === undefined ? {} : { sentinelUsername: account.username }),
    ...(account.password === undefined ? {} : { sentinelPassword: account.password }),
    // Without `servername`: each has its own.
    ...(sentinelTls ? { sentinelTLS: tlsOptions(ca) } : {}),
    ...((serverTls ?? sentinelTls !== undefined)
      ? { enableTLSForSentinelMode: true, tls: tlsOptions(ca) }
      : {}),
    // Those that are configured, not those that other sentinels name.
    updateSentinels: false,
    sentinelCommandTimeout: config.connectTimeoutMs,
    sentinelRetryStrategy: retry,
    enableOfflineQueue: false,
    retryStrategy: retry,
    reconnectOnError: isReadOnly,
    // Maps nothing: this is where the library says which master a sentinel named.
    natMap(address) {
      master = address;
      return null;
    },
  });
  const watch = watchSwitches(name, {
    sentinels: endpoints.map((endpoint) => ({ ...endpoint, ...account })),
    connectTimeoutMs: config.connectTimeoutMs,
    retryStrategy: retry,
    onSwitch(address) {
      // While it connects it asks a sentinel anyway.
      const isConnected = client.status === 'ready' || client.status === 'connect';
      if (address !== master && isConnected) client.disconnect(true);
    },
  });
  client.on('error', (error: Error) => {
    if (!allSentinelsFailed.test(error.message)) onFailure(error);
  });
  client.on('sentinelError', (error: Error) =>
    onFailure(closedConnection.test(error.message) ? (watch.lastError() ?? error) : error),
  );
  return {
    ...oneServer,
    client,
    close() {
      watch.close();
      client.disconnect();
    },
  };
}

function clusterServers(config: RedisConfig, { ca, random, onFailure }: ServersOptions): Servers {
  const endpoints = (config.cluster ?? []).map((url) => endpointOf(url, ca));
  const [first = {}] = endpoints;
  const client = new Cluster(
    endpoints.map(({ host = '', port }) => ({ host, port })),
    {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: retryStrategy(config, random),
      slotsRefreshTimeout: config.connectTimeoutMs,
      slotsRefreshInterval: slotsRefreshMs,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      maxRedirections: 4,
      // Names are kept: certificates are checked against them.
      dnsLookup: (host, callback) => callback(null, host),
      redisOptions: {
        ...commonOptions(config),
        ...accountOf(config),
        ...accountOf(first),
        // Without `servername`: each node has its own.
        ...(first.tls ? { tls: tlsOptions(ca) } : {}),
      },
    },
  );
  client.on('error', onFailure);
  // Before its first command a node would not be connected, and while it connects it refuses commands.
  client.on('+node', (node: Redis) => {
    if (client.status === 'ready') void connected(node);
  });
  return {
    client,
    async warmUp() {
      await Promise.all(client.nodes().map(connected));
    },
    find: () => client.refreshSlotsCache(),
    serverOf: (key) => client.slots[clusterSlotOf(key)]?.[0] ?? '',
    close: () => client.disconnect(),
  };
}

/** A node that does not answer is left to the commands that need it. */
async function connected(node: Redis): Promise<void> {
  if (node.status === 'wait') await node.connect().catch(() => {});
}

function commonOptions({ commandTimeoutMs, connectTimeoutMs }: RedisConfig) {
  return {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: disconnectTimeoutMs,
    // Also of a handshake; commands have a shorter one (store.ts).
    socketTimeout: Math.max(silenceMaxMs, 2 * commandTimeoutMs),
    maxRetriesPerRequest: 0,
    // The server may have run a command before the connection broke.
    autoResendUnfulfilledCommands: false,
    connectionName: 'tributary',
    disableClientInfo: true,
  } satisfies RedisOptions;
}

function retryStrategy({ reconnectMaxMs }: RedisConfig, random: () => number): (times: number) => number {
  return (times) =>
    Math.min(reconnectMaxMs, reconnectFirstMs * 2 ** Math.min(times, 20)) * (0.75 + 0.25 * random());
}
