/** A Redis with replicas and three sentinels that fail it over. */

import { setTimeout as sleep } from 'node:timers/promises';

import { freePort, startRedisNode, type RedisNode } from './redis-node.ts';

export interface SentinelSet {
  readonly name: string;
  readonly sentinels: readonly RedisNode[];
  /** As they are now: a fail-over changes the roles. */
  readonly master: RedisNode;
  readonly replicas: readonly RedisNode[];
  /**
   * @param how `kill`: the master dies; `stop`: it freezes; `command`: SENTINEL FAILOVER. Done when a replica is master
   *   and every sentinel says so; a master that was killed or stopped stays so.
   */
  failOver(how: 'kill' | 'stop' | 'command'): Promise<void>;
  /** Done when all replicas have what the master has now. */
  replicated(): Promise<void>;
  close(): Promise<void>;
}

export interface SentinelOptions {
  /** Default 1. */
  readonly replicas?: number;
  /** Of redis-server, for master and replicas. `port`: for one with TLS. */
  readonly serverArgs?: (port: number) => readonly string[];
  readonly sentinelArgs?: (port: number) => readonly string[];
  /** Further lines of the sentinels' configuration, after the one that names the master. */
  readonly configuration?: readonly string[];
  readonly replicaClockBehindSeconds?: number;
}

const name = 'main';
const sentinelCount = 3;
const downAfterMs = 500;
const pollMs = 25;
const settledMaxMs = 60_000;
/** Sentinels ask and tell each other more often than every second or two. */
const hurry = 'SENTINEL DEBUG INFO-PERIOD 100 PING-PERIOD 100 ASK-PERIOD 100 PUBLISH-PERIOD 100';
/** Afterwards: whoever has not heard of a fail-over for four of these periods undoes it. */
const settledHurry = 'SENTINEL DEBUG PUBLISH-PERIOD 2000';

/** The caller closes it. */
export async function startSentinelSet(options: SentinelOptions = {}): Promise<SentinelSet> {
  const nodes: RedisNode[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  const added = async (starting: Promise<RedisNode>): Promise<RedisNode> => {
    const node = await starting;
    nodes.push(node);
    return node;
  };
  try {
    const servers = await startServers(options, added);
    const [master, ...replicas] = servers;
    if (!master) throw new Error('there is no master');
    const sentinels: RedisNode[] = [];
    for (let i = 0; i < sentinelCount; i += 1)
      sentinels.push(await added(startSentinel(master.port, options)));
    await Promise.all(
      sentinels.map((sentinel) =>
        until(async () => {
          const known = await sentinel.tell(`SENTINEL MASTER ${name}`);
          return field(known, 'num-slaves') === replicas.length && field(known, 'num-other-sentinels') === 2;
        }),
      ),
    );
    await Promise.all(sentinels.map((sentinel) => sentinel.tell(settledHurry)));
    return setOf(sentinels, servers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function startServers(
  { replicas = 1, serverArgs, replicaClockBehindSeconds = 0 }: SentinelOptions,
  added: (starting: Promise<RedisNode>) => Promise<RedisNode>,
): Promise<RedisNode[]> {
  const common = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'];
  const args = async (): Promise<string[]> => [...common, ...(serverArgs?.(await freePort()) ?? [])];
  const master = await added(startRedisNode({ args: await args() }));
  const followers: RedisNode[] = [];
  for (let i = 0; i < replicas; i += 1) {
    const replica = await added(
      startRedisNode({
        args: [...(await args()), '--replicaof', `127.0.0.1 ${master.port}`],
        clockBehindSeconds: replicaClockBehindSeconds,
      }),
    );
    await until(async () => (await replica.tell('INFO replication')).includes('master_link_status:up'));
    followers.push(replica);
  }
  return [master, ...followers];
}

async function startSentinel(
  masterPort: number,
  { configuration = [], sentinelArgs }: SentinelOptions,
): Promise<RedisNode> {
  const sentinel = await startRedisNode({
    configuration: [
      `sentinel monitor ${name} 127.0.0.1 ${masterPort} 2`,
      `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
      `sentinel failover-timeout ${name} 2000`,
      ...configuration,
    ],
    args: ['--sentinel', ...(sentinelArgs?.(await freePort()) ?? [])],
  });
  await sentinel.tell(hurry);
  return sentinel;
}

function setOf(
  sentinels: readonly RedisNode[],
  servers: readonly RedisNode[],
  close: () => Promise<void>,
): SentinelSet {
  let [master, ...replicas] = servers;
  const masterNow = (): RedisNode => {
    if (!master) throw new Error('there is no master');
    return master;
  };
  return {
    name,
    sentinels,
    get master() {
      return masterNow();
    },
    get replicas() {
      return replicas;
    },
    async failOver(how) {
      const old = masterNow();
      if (how === 'kill') await old.kill();
      else if (how === 'stop') old.signal('SIGSTOP');
      else await commandFailOver(sentinels, old);
      const promoted = await Promise.all(sentinels.map((sentinel) => newMaster(sentinel, old)));
      master = servers.find(({ port }) => port === promoted[0]) ?? old;
      replicas = servers.filter((server) => server !== master);
      await until(async () => (await masterNow().tell('ROLE')).includes('master'));
    },
    async replicated() {
      const offset = offsetIn(await masterNow().tell('INFO replication'), 'master_repl_offset');
      await Promise.all(
        replicas.map((replica) =>
          until(async () => offsetIn(await replica.tell('INFO replication'), 'slave_repl_offset') >= offset),
        ),
      );
    },
    close,
  };
}

/** @throws Where it is not there. */
function offsetIn(info: string, name: string): number {
  const offset = new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1];
  if (offset === undefined) throw new Error(`there is no ${name}`);
  return Number(offset);
}

const commandTriesMax = 5;
const commandMaxMs = 3000;

/** Sentinel gives up a fail-over that takes long, and does not try again by itself. */
async function commandFailOver(sentinels: readonly RedisNode[], old: RedisNode): Promise<void> {
  const [first] = sentinels;
  if (!first) throw new Error('there is no sentinel');
  for (let tries = 1; ; tries += 1) {
    await first.tell(`SENTINEL FAILOVER ${name}`);
    try {
      await newMaster(first, old, commandMaxMs);
      return;
    } catch (error) {
      if (tries === commandTriesMax) throw error;
    }
  }
}

async function newMaster(sentinel: RedisNode, old: RedisNode, maxMs = settledMaxMs): Promise<number> {
  let port = old.port;
  await until(async () => {
    const address = await sentinel.tell(`SENTINEL GET-MASTER-ADDR-BY-NAME ${name}`);
    port = Number(/\r\n(\d+)\r\n$/.exec(address)?.[1] ?? old.port);
    return port !== old.port;
  }, maxMs);
  return port;
}

/** @param reply Names and values, each after a line with its length. */
function field(reply: string, key: string): number {
  return Number(new RegExp(`\\b${key}\r\n\\$\\d+\r\n(\\d+)`).exec(reply)?.[1]);
}

async function until(isTrue: () => Promise<boolean>, maxMs = settledMaxMs): Promise<void> {
  const deadlineAtMs = Date.now() + maxMs;
  while (!(await isTrue())) {
    if (Date.now() > deadlineAtMs) throw new Error('the sentinels do not settle');
    await sleep(pollMs);
  }
}
