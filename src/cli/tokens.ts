/** `tributary tokens`: revokes access tokens before they expire. */

import type { RevocationRepository } from '../authn/revocation/revocation-repository.ts';
import { claimText, revocationSchema, type RevocationEntry } from '../config/gateway/auth-revocation.ts';
import {
  actionNamed,
  exitCodes,
  flagText,
  readFlags,
  UsageError,
  type Command,
  type Flags,
  type FlagValues,
} from './arguments.ts';
import {
  locationFlags,
  readLocation,
  withFailures,
  withStore,
  type ConfigEntry,
  type CredentialLocation,
} from './credential-location.ts';
import { readDuration, readTime } from './times.ts';

const lifetimeDefault = '30d';
/** The clock of an issuer may be ahead of ours. */
const clockSkewMs = 300_000;

export const tokens: Command = {
  summary: 'revoke access tokens before they expire',
  help: `Usage: tributary tokens revoke WHICH [--for TIME] WHERE
       tributary tokens list WHERE

WHICH tokens: those that match all of
  --jti ID               the token with this id
  --sub NAME             tokens of this user, issued until now unless --issued-before is given
  --issuer URL           only tokens of this issuer
  --issued-before TIME   tokens issued before this time, such as 2026-01-31T12:00:00Z; alone: those of all users

  --for TIME    how long the revocation lasts; at least the lifetime of your tokens (default: ${lifetimeDefault})

WHERE is one of
  --config FILE     gateway.yaml: the file or Redis that its auth.revocation uses
  --file FILE       a JSON file
  --redis URL       redis://HOST:PORT; prefer --config for a Redis with a password, which other users of this machine
                    could read on the command line

  --json            print JSON
  --help            print this help

Gateways refuse revoked tokens within about a second. A user who logs in again gets a new token, which is accepted.
Exit codes: 0 done, 1 failed, 2 usage error.`,

  async run([action = '', ...rest]) {
    const { selectors, revokes } = actionNamed(actions, action);
    const values = readFlags(rest, { ...locationFlags, ...selectors, json: { type: 'boolean' } });
    const entry = revokes ? entryOf(values, Date.now()) : undefined;
    const configEntry: ConfigEntry = { key: 'auth.revocation', read: ({ auth }) => auth?.revocation };
    const location = await readLocation(values, configEntry);
    await withFailures(() =>
      withBook(location, (book) => (entry ? revoke(book, entry, values) : list(book, values))),
    );
    return exitCodes.ok;
  },
};

const actions: Readonly<Record<string, { readonly selectors: Flags; readonly revokes: boolean }>> = {
  revoke: {
    selectors: {
      jti: { type: 'string' },
      sub: { type: 'string' },
      issuer: { type: 'string' },
      'issued-before': { type: 'string' },
      for: { type: 'string' },
    },
    revokes: true,
  },
  list: { selectors: {}, revokes: false },
};

async function revoke(book: RevocationRepository, entry: RevocationEntry, values: FlagValues): Promise<void> {
  await book.add(entry);
  if (values['json'] === true) console.log(JSON.stringify(entry));
  else console.log(`Revoked until ${entry.expiresAt}: tokens ${describe(entry)}.`);
}

async function list(book: RevocationRepository, values: FlagValues): Promise<void> {
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
function entryOf(values: FlagValues, nowMs: number): RevocationEntry {
  const jti = readClaim(values, 'jti');
  const sub = readClaim(values, 'sub');
  const issuer = readClaim(values, 'issuer');
  const before = flagText(values['issued-before']);
  const issuedBefore = before === undefined ? undefined : readTime(before, '--issued-before');
  if (issuedBefore !== undefined && issuedBefore > nowMs + clockSkewMs)
    throw new UsageError(`--issued-before must not be in the future, got "${before}"`);
  if (jti === undefined && sub === undefined && issuedBefore === undefined)
    throw new UsageError('--jti, --sub or --issued-before is required: which tokens to revoke');
  const issuedBeforeMs = issuedBefore ?? (jti === undefined ? nowMs : undefined);
  const lifetimeMs = readDuration(flagText(values['for']) ?? lifetimeDefault, '--for');
  if (lifetimeMs === 0) throw new UsageError('--for must be longer than 0');
  return {
    ...(jti === undefined ? {} : { jti }),
    ...(sub === undefined ? {} : { sub }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(issuedBeforeMs === undefined ? {} : { issuedBefore: new Date(issuedBeforeMs).toISOString() }),
    createdAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + lifetimeMs).toISOString(),
  };
}

/** @throws {UsageError} */
function readClaim(values: FlagValues, flag: string): string | undefined {
  const claim = flagText(values[flag]);
  if (claim === undefined) return undefined;
  const result = claimText.safeParse(claim);
  if (result.success) return claim;
  throw new UsageError(`--${flag}: ${result.error.issues[0]?.message ?? ''}`);
}

async function withBook(
  location: CredentialLocation,
  work: (book: RevocationRepository) => Promise<void>,
): Promise<void> {
  const options = { entriesMax: location.entriesMax ?? entriesMaxDefault, wallClock: Date.now };
  if ('file' in location) {
    const { fileRevocationRepository } = await import('../authn/revocation/file-revocations.ts');
    return work(fileRevocationRepository(location.file, options));
  }
  const { redisRevocationRepository } = await import('../authn/revocation/redis-revocations.ts');
  return withStore(location.redis, (store) => work(redisRevocationRepository(store, options)));
}

const entriesMaxDefault = revocationSchema.parse({}).entriesMax;
