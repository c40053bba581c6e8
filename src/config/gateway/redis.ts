/** The schema of `redis` in gateway.yaml: the store that several processes share. */

import { z } from 'zod';

import { filePath } from '../yaml/file-path.ts';

const milliseconds = z.int().min(1).max(600_000);
const username = z.string().min(1).max(256);
const password = z.string().min(1).max(1024);

const serverUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^rediss?:\/\/[^/]/.test(text), 'expected redis:// or rediss://');
const anyUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^(rediss?:\/\/[^/]|unix:\/\/\/)/.test(text),
    'expected redis://, rediss:// or unix:///path',
  );
const sentinelUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^rediss?:\/\/[^/@]+$/.test(text),
    'expected redis://host:port or rediss://host:port',
  );

export const sentinelSchema = z
  .strictObject({
    /** All sentinels, 26379 being the default port. `rediss://`: with TLS, then all of them. */
    addresses: z.array(sentinelUrl).min(1).max(10),
    /** Of the master, as `sentinel monitor` gives it. */
    name: z.string().regex(/^[\w.-]{1,128}$/, 'expected letters, digits and _.-'),
    /** Of the sentinels; the servers have `redis.username` and `redis.password`. */
    username: username.optional(),
    password: password.optional(),
    /** Of the servers. */
    database: z.int().min(0).max(1_000_000).default(0),
    /** TLS to the servers. Default: as to the sentinels. */
    serverTls: z.boolean().optional(),
  })
  .refine(({ addresses }) => new Set(addresses.map((address) => new URL(address).protocol)).size === 1, {
    path: ['addresses'],
    message: 'expected redis:// or rediss:// in all addresses',
  })
  .refine(hasPasswordOfUser, { path: ['password'], message: 'a username needs a password' });

export const redisSchema = z
  .strictObject({
    /** One server: `redis://user:password@host:port/database`, `rediss://` for TLS, or `unix:///path`. */
    url: anyUrl.optional(),
    /** Redis Cluster: some of its nodes. */
    cluster: z.array(serverUrl).min(1).max(100).optional(),
    /** Servers of which Sentinel says which one is the master. */
    sentinel: sentinelSchema.optional(),
    /** Of the servers, where the addresses have no account. */
    username: username.optional(),
    password: password.optional(),
    /** Certificate authorities for `rediss://`, in PEM. Default: those that Node trusts. */
    caFile: filePath.optional(),
    /** Prefix of every key of this gateway. */
    keyPrefix: z
      .string()
      .regex(/^[\w.:-]{0,64}$/, 'expected letters, digits and _.:-')
      .default('tributary:'),
    /** A command that takes longer has failed. */
    commandTimeoutMs: milliseconds.default(50),
    connectTimeoutMs: milliseconds.default(500),
    /** How long the start waits for the first connection before it continues without. */
    startTimeoutMs: milliseconds.default(1000),
    /** The longest wait before the next attempt to connect. */
    reconnectMaxMs: milliseconds.default(1000),
  })
  .refine(({ url, cluster, sentinel }) => [url, cluster, sentinel].filter(Boolean).length === 1, {
    path: ['url'],
    message: 'expected one of url, cluster and sentinel',
  })
  .refine(hasPasswordOfUser, { path: ['password'], message: 'a username needs a password' })
  .refine((redis) => redis.password === undefined || !addressesOf(redis).some(hasAccount), {
    path: ['password'],
    message: 'the account is also in an address: give it once',
  });

export type RedisConfig = z.output<typeof redisSchema>;

export interface RedisAddresses {
  readonly url?: string | undefined;
  readonly cluster?: readonly string[] | undefined;
  readonly sentinel?: { readonly addresses: readonly string[] } | undefined;
}

/** @returns The configured addresses: of servers or of sentinels. */
export function addressesOf({ url, cluster, sentinel }: RedisAddresses): readonly string[] {
  return url === undefined ? (cluster ?? sentinel?.addresses ?? []) : [url];
}

function hasAccount(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username: user, password: secret } = new URL(address);
  return user !== '' || secret !== '';
}

function hasPasswordOfUser(account: {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}): boolean {
  return account.username === undefined || account.password !== undefined;
}
