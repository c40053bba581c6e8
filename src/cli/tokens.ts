/** `tributary tokens`: takes tokens back before they expire. */

import type { RevocationBook } from '../authn/revocation/revocation-book.ts';
import { claimText, revocationSchema, type RevocationEntry } from '../config/gateway/auth-revocation.ts';
import { exitCodes, readFlags, text, UsageError, type Command } from './arguments.ts';
import { explained, placeFlags, placeOf, withStore, type Place } from './credential-places.ts';
import { readDuration, readMoment } from './times.ts';

type Values = Readonly<Record<string, string | boolean | undefined>>;

const keptDefault = '30d';
/** Whoever issues tokens may be ahead of us. */
const clockSkewMs = 300_000;

export const tokens: Command = {
  summary: 'revoke tokens before they expire',
  help: `Usage: tributary tokens revoke WHICH [--for TIME] WHERE
       tributary tokens list WHERE

WHICH tokens, all that is named being true of them
  --jti ID               the one with this id
  --sub NAME             of this user; those issued until now, unless --issued-before says otherwise
  --issuer URL           of this issuer only
  --issued-before TIME   issued earlier, such as 2026-01-31T12:00:00Z; alone: everybody's

  --for TIME    how long they stay revoked: at least as long as your tokens live (default: ${keptDefault})

WHERE is one of
  --config FILE     gateway.yaml: where its auth.revocation has them
  --file FILE       a JSON file
  --redis URL       redis://HOST:PORT; better --config, where a password need not stand on the command line

  --json            print JSON
  --help            print this

Gateways refuse them within about a second. Whoever logs in again gets a token that is accepted.
Exit codes: 0 done, 1 not done, 2 wrong use.`,

  async run([action = '', ...rest]) {
    if (action !== 'revoke' && action !== 'list') throw new UsageError('say what to do: revoke, list');
    const which = {
      jti: { type: 'string' },
      sub: { type: 'string' },
      issuer: { type: 'string' },
      'issued-before': { type: 'string' },
      for: { type: 'string' },
    } as const;
    const flags = {
      ...placeFlags,
      ...(action === 'revoke' ? which : {}),
      json: { type: 'boolean' },
    } as const;
    const values = readFlags(rest, flags);
    const entry = action === 'revoke' ? entryOf(values, Date.now()) : undefined;
    const named = { key: 'auth.revocation', of: revocationOf };
    const place = await placeOf(values, named);
    await explained(() =>
      onBook(place, (book) => (entry ? revoke(book, entry, values) : list(book, values))),
    );
    return exitCodes.ok;
  },
};

const revocationOf: Parameters<typeof placeOf>[1]['of'] = ({ auth }) => auth?.revocation;

async function revoke(book: RevocationBook, entry: RevocationEntry, values: Values): Promise<void> {
  await book.add(entry);
  if (values['json'] === true) console.log(JSON.stringify(entry));
  else console.log(`Revoked until ${entry.expiresAt}: tokens ${describe(entry)}.`);
}

async function list(book: RevocationBook, values: Values): Promise<void> {
  const entries = await book.read();
  if (values['json'] === true) console.log(JSON.stringify(entries));
  else if (entries.length === 0) console.log('nothing is revoked');
  else for (const entry of entries) console.log(`until ${entry.expiresAt}  tokens ${describe(entry)}`);
}

function describe({ jti, sub, issuer, issuedBefore }: RevocationEntry): string {
  return [
    jti === undefined ? [] : [`with jti ${JSON.stringify(jti)}`],
    sub === undefined ? [] : [`of ${JSON.stringify(sub)}`],
    issuer === undefined ? [] : [`by ${JSON.stringify(issuer)}`],
    issuedBefore === undefined ? [] : [`issued before ${issuedBefore}`],
  ]
    .flat()
    .join(' ');
}

/** @throws {UsageError} */
function entryOf(values: Values, nowMs: number): RevocationEntry {
  const jti = claimIn(values, 'jti');
  const sub = claimIn(values, 'sub');
  const issuer = claimIn(values, 'issuer');
  const before = text(values['issued-before']);
  const moment = before === undefined ? undefined : readMoment(before, '--issued-before');
  if (moment !== undefined && moment > nowMs + clockSkewMs)
    throw new UsageError(`--issued-before must not be in the future, got "${before}"`);
  if (jti === undefined && sub === undefined && moment === undefined)
    throw new UsageError('say which tokens: --jti, --sub or --issued-before');
  const issuedBeforeMs = moment ?? (jti === undefined ? nowMs : undefined);
  const keptMs = readDuration(text(values['for']) ?? keptDefault, '--for');
  if (keptMs === 0) throw new UsageError('--for must be longer than 0');
  return {
    ...(jti === undefined ? {} : { jti }),
    ...(sub === undefined ? {} : { sub }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(issuedBeforeMs === undefined ? {} : { issuedBefore: new Date(issuedBeforeMs).toISOString() }),
    createdAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + keptMs).toISOString(),
  };
}

/** @throws {UsageError} */
function claimIn(values: Values, flag: string): string | undefined {
  const given = text(values[flag]);
  if (given === undefined) return undefined;
  const result = claimText.safeParse(given);
  if (result.success) return given;
  throw new UsageError(`--${flag}: ${result.error.issues[0]?.message ?? ''}`);
}

async function onBook(place: Place, work: (book: RevocationBook) => Promise<void>): Promise<void> {
  const options = { entriesMax: place.entriesMax ?? entriesMaxDefault, wallClock: Date.now };
  if ('file' in place) {
    const { fileRevocationBook } = await import('../authn/revocation/file-revocations.ts');
    return work(fileRevocationBook(place.file, options));
  }
  const { redisRevocationBook } = await import('../authn/revocation/redis-revocations.ts');
  return withStore(place.redis, (store) => work(redisRevocationBook(store, options)));
}

const entriesMaxDefault = revocationSchema.parse({}).entriesMax;
