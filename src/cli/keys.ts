/** `tributary keys`: creates, lists, revokes and rotates API keys. */

import { randomBytes } from 'node:crypto';

import type { KeyRepository } from '../authn/api-keys/key-repository.ts';
import { KeyManager, type CreatedKey, stateOf } from '../authn/api-keys/manage.ts';
import type { KeyRecord } from '../config/gateway/auth-api-keys.ts';
import {
  actionNamed,
  exitCodes,
  readFlags,
  flagText,
  UsageError,
  type Command,
  type Flags,
  type FlagValues,
} from './arguments.ts';
import { locationFlags, readLocation, withFailures, withStore } from './credential-location.ts';
import { keyRows, readName, readNames } from './key-arguments.ts';
import { readDuration, readExpiry } from './times.ts';

interface Action {
  readonly flags: Flags;
  readonly takesId: boolean;
  /** Reports to standard output. */
  run(repository: KeyRepository, values: FlagValues, id: string): Promise<void>;
}

const graceDefault = '24h';

export const keys: Command = {
  summary: 'create, list, revoke and rotate API keys',
  help: `Usage: tributary keys create --client NAME [options] WHERE
       tributary keys list [--client NAME] WHERE
       tributary keys revoke ID WHERE
       tributary keys rotate ID [options] WHERE

WHERE is one of
  --config FILE     gateway.yaml: the file or Redis that its auth.apiKeys uses
  --file FILE       a JSON file; create makes it if it does not exist
  --redis URL       redis://HOST:PORT; prefer --config for a Redis with a password, which other users of this machine
                    could read on the command line

create prints the key to standard output, once: only its SHA-256 hash is stored.
  --client NAME     the client that the key identifies
  --tier NAME       the tier of that client, which selects its limits (default: none)
  --scopes A,B      scopes of requests with the key and without an access token (default: none)
  --roles A,B       roles of such requests (default: none)
  --expires WHEN    90d, 24h, a date such as 2027-01-31, or never (default: never)

rotate prints a new key for the same client; the old key stays valid for a grace period.
  --grace TIME      the grace period (default: ${graceDefault}; 0: the old key ends at once)
  --expires WHEN    expiry of the new key (default: the lifetime that the old key was created with)

ID is the public part of a key: trib_ and 12 letters and digits.
  --json            print JSON
  --help            print this help

Exit codes: 0 done, 1 failed, 2 usage error.`,

  async run([name = '', ...rest]) {
    const action = actionNamed(actions, name);
    const [first = ''] = rest;
    const idArgument = action.takesId && !first.startsWith('-') ? first : undefined;
    const flags = { ...locationFlags, ...action.flags, json: { type: 'boolean' } } as const;
    const values = readFlags(idArgument === undefined ? rest : rest.slice(1), flags);
    const id = action.takesId ? await readId(name, idArgument) : '';
    const location = await readLocation(values, { key: 'auth.apiKeys', read: ({ auth }) => auth?.apiKeys });
    await withFailures(async () => {
      if ('file' in location) {
        const { fileKeyRepository } = await import('../authn/api-keys/file-keys.ts');
        return action.run(fileKeyRepository(location.file), values, id);
      }
      const { redisKeyRepository } = await import('../authn/api-keys/redis-keys.ts');
      return withStore(location.redis, (store) => action.run(redisKeyRepository(store), values, id));
    });
    return exitCodes.ok;
  },
};

const actions: Readonly<Record<string, Action>> = {
  create: {
    takesId: false,
    flags: {
      client: { type: 'string' },
      tier: { type: 'string' },
      scopes: { type: 'string' },
      roles: { type: 'string' },
      expires: { type: 'string' },
    },
    async run(repository, values) {
      const client = readName(values, 'client');
      if (client === null)
        throw new UsageError('create needs --client NAME, the client that the key identifies');
      const created = await managerOf(repository).create({
        client,
        tier: readName(values, 'tier'),
        scopes: readNames(values, 'scopes'),
        roles: readNames(values, 'roles'),
        expiresAtMs: readExpiry(flagText(values['expires']) ?? 'never', '--expires', Date.now()),
      });
      printKey(created, values, `Key trib_${created.record.id} of client ${client}.`);
    },
  },
  list: {
    takesId: false,
    flags: { client: { type: 'string' } },
    async run(repository, values) {
      const [records, lastUsedMs] = await Promise.all([repository.read(), repository.lastUsed()]);
      const client = flagText(values['client']);
      const rows = keyRows(
        [...records.values()].filter((record) => client === undefined || record.client === client),
        lastUsedMs,
        Date.now(),
      );
      console.log(values['json'] === true ? JSON.stringify(rows.json) : rows.table);
    },
  },
  revoke: {
    takesId: true,
    flags: {},
    async run(repository, values, id) {
      const record = await managerOf(repository).revoke(id);
      if (values['json'] === true) console.log(JSON.stringify(publicPart(record)));
      else console.log(`Key trib_${id} of client ${record.client} is revoked.`);
    },
  },
  rotate: {
    takesId: true,
    flags: { grace: { type: 'string' }, expires: { type: 'string' } },
    async run(repository, values, id) {
      const expires = flagText(values['expires']);
      const rotated = await managerOf(repository).rotate(id, {
        graceMs: readDuration(flagText(values['grace']) ?? graceDefault, '--grace'),
        expiresAtMs: expires === undefined ? undefined : readExpiry(expires, '--expires', Date.now()),
      });
      const { graceUntil } = rotated.old;
      printKey(
        rotated,
        values,
        `Key trib_${rotated.record.id} replaces trib_${id}, which is valid until ${graceUntil}.`,
      );
    },
  },
};

function managerOf(repository: KeyRepository): KeyManager {
  return new KeyManager({ repository, wallClock: Date.now, randomBytes });
}

/** Only the key goes to standard output, so that it can be piped into a secret store. */
function printKey({ text: key, record }: CreatedKey, values: FlagValues, note: string): void {
  if (values['json'] === true) {
    console.log(JSON.stringify({ key, ...publicPart(record) }));
    return;
  }
  console.log(key);
  console.error(`${note} It is shown only once: store it now.`);
}

function publicPart({ sha256: _digest, ...record }: KeyRecord): object {
  return { ...record, state: stateOf(record, Date.now()) };
}

async function readId(action: string, argument: string | undefined): Promise<string> {
  const { idFromInput } = await import('../authn/api-keys/key-text.ts');
  const id = argument === undefined ? undefined : idFromInput(argument);
  if (id !== undefined) return id;
  // The message does not repeat the argument, which may be a mistyped secret.
  throw new UsageError(
    `${action} needs the ID of a key, such as trib_4kT0bZr81Qxa (see tributary keys list)`,
  );
}
