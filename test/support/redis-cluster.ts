/** A Redis Cluster of three masters with a replica each, whose nodes may be stopped, killed and failed over. */

import { setTimeout as sleep } from 'node:timers/promises';

import { freePort, startRedisNode, type NodeOptions, type RedisNode } from './redis-node.ts';

export interface Shard {
  readonly master: RedisNode;
  readonly replica: RedisNode;
}

export interface RedisCluster {
  /** Of all nodes, without a password. */
  readonly urls: readonly string[];
  /** As they are now: a fail-over changes the roles. */
  readonly shards: readonly Shard[];
  /** @returns The number of the shard that has the key. */
  shardOf(key: string): Promise<number>;
  /**
   * @param how `kill`: the master dies; `stop`: it freezes; `command`: CLUSTER FAILOVER. Done when the replica has been
   *   promoted; a master that was killed or stopped stays so.
   */
  failOver(shard: number, how: 'kill' | 'stop' | 'command'): Promise<void>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  /** Of redis-server, for each node. `port`: for one with TLS. */
  readonly args?: (port: number) => readonly string[];
  /** After how long without an answer a node has failed. Default 1000. */
  readonly nodeTimeoutMs?: number;
  readonly replicaClockBehindSeconds?: number;
}

const shardCount = 3;
const slotCount = 16_384;
const pollMs = 25;
const settledMaxMs = 20_000;

/** The caller closes it. */
export async function startRedisCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  const { replicaClockBehindSeconds = 0 } = options;
  const nodes: RedisNode[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  try {
    const started = await Promise.allSettled(
      Array.from({ length: 2 * shardCount }, async (_, i) => {
        const node = await startRedisNode({
          ...(await nodeOptions(options)),
          clockBehindSeconds: i < shardCount ? 0 : replicaClockBehindSeconds,
        });
        nodes.push(node);
        return node;
      }),
    );
    const all = started.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    const masters = all.slice(0, shardCount);
    const replicas = all.slice(shardCount);
    await join(masters, replicas);
    return clusterOf(
      masters.map((master, i) => ({ master, replica: replicas[i] ?? master })),
      close,
    );
  } catch (error) {
    await close();
    throw error;
  }
}

async function nodeOptions({ args, nodeTimeoutMs = 1000 }: ClusterOptions): Promise<NodeOptions> {
  const [busPort, port] = [await freePort(), await freePort()];
  return {
    args: [
      ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeoutMs)],
      ...['--cluster-port', String(busPort), '--cluster-announce-ip', '127.0.0.1'],
      // A replica is promoted however old its data is, and has them soon.
      ...['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'],
      ...(args?.(port) ?? []),
    ],
  };
}

async function join(masters: readonly RedisNode[], replicas: readonly RedisNode[]): Promise<void> {
  const nodes = [...masters, ...replicas];
  await Promise.all(nodes.map((node, i) => say(node, `CLUSTER SET-CONFIG-EPOCH ${i + 1}`)));
  for (const [i, node] of nodes.entries()) {
    for (const other of nodes.slice(i + 1))
      await say(node, `CLUSTER MEET 127.0.0.1 ${other.port} ${await busPortOf(other)}`);
  }
  await Promise.all(
    masters.map((master, i) => say(master, `CLUSTER ADDSLOTSRANGE ${firstSlot(i)} ${firstSlot(i + 1) - 1}`)),
  );
  await Promise.all(
    nodes.map((node) =>
      until(async () => (await node.tell('CLUSTER INFO')).includes('cluster_known_nodes:6')),
    ),
  );
  await Promise.all(
    replicas.map(async (replica, i) => {
      const id = idOf(await tellOf(masters[i], 'CLUSTER MYID'));
      await until(async () => (await replica.tell(`CLUSTER REPLICATE ${id}`)).includes('+OK'));
      await until(async () => (await replica.tell('INFO replication')).includes('master_link_status:up'));
    }),
  );
  await Promise.all(nodes.map((node) => until(() => isWhole(node))));
}

/** All slots are served, and this node knows which three are replicas. */
async function isWhole(node: RedisNode): Promise<boolean> {
  const [info, known] = [await node.tell('CLUSTER INFO'), await node.tell('CLUSTER NODES')];
  return info.includes('cluster_state:ok') && known.split(/\bslave\b/).length - 1 === shardCount;
}

function clusterOf(initial: readonly Shard[], close: () => Promise<void>): RedisCluster {
  const shards = [...initial];
  const shardAt = (index: number): Shard => {
    const shard = shards[index];
    if (!shard) throw new Error(`there is no shard ${index}`);
    return shard;
  };
  return {
    urls: shards.flatMap(({ master, replica }) => [master.url, replica.url]),
    get shards() {
      return shards;
    },
    async shardOf(key) {
      const slot = Number(/:(\d+)/.exec(await shardAt(0).replica.tell(`CLUSTER KEYSLOT ${key}`))?.[1]);
      return Math.floor((slot * shardCount) / slotCount);
    },
    async failOver(index, how) {
      const { master, replica } = shardAt(index);
      if (how === 'kill') await master.kill();
      else if (how === 'stop') master.signal('SIGSTOP');
      else await say(replica, 'CLUSTER FAILOVER');
      await until(async () => (await replica.tell('ROLE')).includes('master'));
      shards[index] = { master: replica, replica: master };
    },
    close,
  };
}

function firstSlot(shard: number): number {
  return Math.ceil((shard * slotCount) / shardCount);
}

async function busPortOf(node: RedisNode): Promise<string> {
  return /@(\d+)/.exec(await node.tell('CLUSTER NODES'))?.[1] ?? '';
}

function tellOf(node: RedisNode | undefined, command: string): Promise<string> {
  if (!node) throw new Error('there is no such node');
  return node.tell(command);
}

function idOf(reply: string): string {
  return /[0-9a-f]{40}/.exec(reply)?.[0] ?? '';
}

/** @throws {Error} If Redis refuses the command. */
async function say(node: RedisNode, command: string): Promise<void> {
  const reply = await node.tell(command);
  if (!reply.startsWith('+OK')) throw new Error(`${command}: ${reply}`);
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadlineAtMs = Date.now() + settledMaxMs;
  while (!(await isTrue())) {
    if (Date.now() > deadlineAtMs) throw new Error('the cluster does not settle');
    await sleep(pollMs);
  }
}
