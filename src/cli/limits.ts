/** `tributary limits`: shows and resets what a client has used of its limits. */

import type { RedisConfig } from '../config/gateway/redis.ts';
import type { Store } from '../store/store.ts';
import {
  actionNamed,
  CommandFailed,
  exitCodes,
  flagText,
  readFlags,
  UsageError,
  type Command,
} from './arguments.ts';
import { parseRedis, withStore } from './credential-location.ts';
import { readName } from './key-arguments.ts';
import { counterRows } from './limit-rows.ts';

type Action = (store: Store, request: { readonly client: string; readonly asJson: boolean }) => Promise<void>;

const flags = {
  client: { type: 'string' },
  config: { type: 'string' },
  redis: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** More are shown only in part; all are deleted. */
const countersMax = 10_000;

export const limits: Command = {
  summary: 'show or reset what a client has used of its limits',
  help: `Usage: tributary limits show --client NAME WHERE
       tributary limits reset --client NAME WHERE

show prints a row for each policy and key of the client: what is used, and when none of it counts any more.
reset deletes the counters, without asking. Gateways admit the client again within 2 seconds.

WHERE is one of
  --config FILE     gateway.yaml: the Redis that its limits are counted in
  --redis URL       redis://HOST:PORT; prefer --config for a Redis with a password, which other users of this machine
                    could read on the command line

  --client NAME     the client; anonymous for requests without a proven client
  --json            print JSON
  --help            print this help

Policies that do not know the client, such as one by address alone, have counters that belong to no client.
KEY is a digest of the values that the policy counts by.

Exit codes: 0 done, 1 failed, 2 usage error.`,

  async run([name = '', ...rest]) {
    const action = actionNamed(actions, name);
    const values = readFlags(rest, flags);
    const client = readName(values, 'client');
    if (client === null) throw new UsageError(`${name} needs --client NAME`);
    const redis = await readRedis(flagText(values['config']), flagText(values['redis']));
    await withStore(redis, (store) => action(store, { client, asJson: values['json'] === true }));
    return exitCodes.ok;
  },
};

const actions: Readonly<Record<string, Action>> = {
  async show(store, { client, asJson }) {
    const [{ listCounters }, { ownerOf }] = await countersOfClients();
    const counters = await listCounters(store, { owner: ownerOf(client), countersMax });
    const rows = counterRows(counters);
    if (asJson) console.log(JSON.stringify(rows.json));
    else console.log(counters.length === 0 ? `Client ${client} has no counters.` : rows.table);
    if (counters.length === countersMax)
      console.error(`There may be more than these ${countersMax} counters.`);
  },
  async reset(store, { client, asJson }) {
    const [{ deleteCounters }, { ownerOf }] = await countersOfClients();
    let deleted = 0;
    let last: number;
    do {
      last = await deleteCounters(store, { owner: ownerOf(client), countersMax });
      deleted += last;
    } while (last === countersMax);
    if (asJson) console.log(JSON.stringify({ client, deleted }));
    else console.log(`Deleted ${deleted} ${deleted === 1 ? 'counter' : 'counters'} of client ${client}.`);
  },
};

function countersOfClients() {
  return Promise.all([import('../limits/shared/stored-counters.ts'), import('../limits/keys.ts')]);
}

/**
 * @throws {UsageError} Unless exactly one location is given.
 * @throws {CommandFailed} If limits are not counted in Redis.
 */
async function readRedis(configPath: string | undefined, url: string | undefined): Promise<RedisConfig> {
  if ((configPath === undefined) === (url === undefined))
    throw new UsageError('exactly one of --config FILE and --redis URL is required');
  if (url !== undefined) return parseRedis(url);
  const { loadGatewayConfig } = await import('../config/gateway/gateway-config.ts');
  const { redis, limits: settings } = await loadGatewayConfig(configPath);
  if (redis && settings.store !== 'memory') return redis;
  throw new CommandFailed(
    `${configPath}: limits are counted in the memory of the gateway, where no command sees them. A restart of the gateway resets them; to count them in Redis, ${redis ? 'remove limits.store: memory' : 'configure redis'}`,
  );
}
