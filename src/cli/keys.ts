/** `tributary keys`: makes, lists, ends and replaces API keys. */

import { randomBytes } from 'node:crypto';

import type { KeyBook } from '../authn/api-keys/key-book.ts';
import { KeyManager, type MadeKey, stateOf } from '../authn/api-keys/manage.ts';
import type { KeyRecord } from '../config/gateway/auth-api-keys.ts';
import { exitCodes, readFlags, text, UsageError, type Command, type Flags } from './arguments.ts';
import { explained, placeFlags, placeOf, withStore } from './credential-places.ts';
import { keyRows, namesIn, nameIn } from './key-words.ts';
import { readDuration, readEnd } from './times.ts';

type Values = Readonly<Record<string, string | boolean | undefined>>;

interface Action {
  readonly flags: Flags;
  readonly takesId: boolean;
  /** Writes what it did to standard output. */
  run(book: KeyBook, values: Values, id: string): Promise<void>;
}

const graceDefault = '24h';

export const keys: Command = {
  summary: 'make, list, revoke and rotate API keys',
  help: `Usage: tributary keys create --client NAME [options] WHERE
       tributary keys list [--client NAME] WHERE
       tributary keys revoke ID WHERE
       tributary keys rotate ID [options] WHERE

WHERE is one of
  --config FILE     gateway.yaml: where its auth.apiKeys has them
  --file FILE       a JSON file; create makes it
  --redis URL       redis://HOST:PORT; better --config, where a password need not stand on the command line

create prints the key on standard output, once: only its SHA-256 is kept.
  --client NAME     which client it is for
  --tier NAME       of that client, for its limits (default: none)
  --scopes A,B      what it may do without a token (default: nothing)
  --roles A,B       the same, as roles
  --expires WHEN    90d, 24h, a date such as 2027-01-31, or never (default: never)

rotate prints a new key for the same client; the old one holds for a while longer.
  --grace TIME      how long (default: ${graceDefault}; 0: not at all)
  --expires WHEN    of the new key (default: as long as the old one had when it was made)

ID is the public part: trib_ and 12 letters and digits.
  --json            print JSON
  --help            print this

Exit codes: 0 done, 1 not done, 2 wrong use.`,

  async run([name = '', ...rest]) {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!action) throw new UsageError(`say what to do: ${Object.keys(actions).join(', ')}`);
    const [first = ''] = rest;
    const given = action.takesId && !first.startsWith('-') ? first : undefined;
    const flags = { ...placeFlags, ...action.flags, json: { type: 'boolean' } } as const;
    const values = readFlags(given === undefined ? rest : rest.slice(1), flags);
    const id = action.takesId ? await readId(name, given) : '';
    const place = await placeOf(values, { key: 'auth.apiKeys', of: ({ auth }) => auth?.apiKeys });
    await explained(async () => {
      if ('file' in place) {
        const { fileKeyBook } = await import('../authn/api-keys/file-keys.ts');
        return action.run(fileKeyBook(place.file), values, id);
      }
      const { redisKeyBook } = await import('../authn/api-keys/redis-keys.ts');
      return withStore(place.redis, (store) => action.run(redisKeyBook(store), values, id));
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
    async run(book, values) {
      const client = nameIn(values, 'client');
      if (client === null) throw new UsageError('create needs --client NAME: which client the key is for');
      const made = await managerOf(book).create({
        client,
        tier: nameIn(values, 'tier'),
        scopes: namesIn(values, 'scopes'),
        roles: namesIn(values, 'roles'),
        expiresAtMs: readEnd(text(values['expires']) ?? 'never', '--expires', Date.now()),
      });
      show(made, values, `Key trib_${made.record.id} of client ${client}.`);
    },
  },
  list: {
    takesId: false,
    flags: { client: { type: 'string' } },
    async run(book, values) {
      const [records, used] = await Promise.all([book.read(), book.lastUsed()]);
      const client = text(values['client']);
      const rows = keyRows(
        [...records.values()].filter((record) => client === undefined || record.client === client),
        used,
        Date.now(),
      );
      console.log(values['json'] === true ? JSON.stringify(rows.json) : rows.table);
    },
  },
  revoke: {
    takesId: true,
    flags: {},
    async run(book, values, id) {
      const record = await managerOf(book).revoke(id);
      if (values['json'] === true) console.log(JSON.stringify(publicPart(record)));
      else console.log(`Key trib_${id} of client ${record.client} is revoked.`);
    },
  },
  rotate: {
    takesId: true,
    flags: { grace: { type: 'string' }, expires: { type: 'string' } },
    async run(book, values, id) {
      const expires = text(values['expires']);
      const made = await managerOf(book).rotate(id, {
        graceMs: readDuration(text(values['grace']) ?? graceDefault, '--grace'),
        expiresAtMs: expires === undefined ? undefined : readEnd(expires, '--expires', Date.now()),
      });
      const { graceUntil } = made.old;
      show(
        made,
        values,
        `Key trib_${made.record.id} takes the place of trib_${id}, which holds until ${graceUntil}.`,
      );
    },
  },
};

function managerOf(book: KeyBook): KeyManager {
  return new KeyManager({ book, wallClock: Date.now, randomBytes });
}

/** The key alone on standard output, so that it can go straight into a secret store. */
function show({ text: key, record }: MadeKey, values: Values, note: string): void {
  if (values['json'] === true) {
    console.log(JSON.stringify({ key, ...publicPart(record) }));
    return;
  }
  console.log(key);
  console.error(`${note} It is shown only now: keep it where the client finds it.`);
}

function publicPart({ sha256: _digest, ...record }: KeyRecord): object {
  return { ...record, state: stateOf(record, Date.now()) };
}

async function readId(action: string, given: string | undefined): Promise<string> {
  const { idMeantBy } = await import('../authn/api-keys/key-text.ts');
  const id = given === undefined ? undefined : idMeantBy(given);
  if (id !== undefined) return id;
  // What was given may be a key that was copied badly: it is not shown.
  throw new UsageError(
    `${action} needs the ID of a key, such as trib_4kT0bZr81Qxa (see tributary keys list)`,
  );
}
