/** The schema of `redis` in gateway.yaml: the store that several processes share. */

import { z } from 'zod';

import { filePath } from '../yaml/file-path.ts';

const milliseconds = z.int().min(1).max(600_000);

const serverUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^rediss?:\/\/[^/]/.test(text), 'expected redis:// or rediss://');
const anyUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^(rediss?:\/\/[^/]|unix:\/\/\/)/.test(text),
    'expected redis://, rediss:// or unix:///path',
  );

export const redisSchema = z
  .strictObject({
    /** One server: `redis://user:password@host:port/database`, `rediss://` for TLS, or `unix:///path`. */
    url: anyUrl.optional(),
    /** Redis Cluster: some of its nodes. */
    cluster: z.array(serverUrl).min(1).max(100).optional(),
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
  .refine(({ url, cluster }) => (url === undefined) !== (cluster === undefined), {
    path: ['url'],
    message: 'expected one of url and cluster',
  });

export type RedisConfig = z.output<typeof redisSchema>;
