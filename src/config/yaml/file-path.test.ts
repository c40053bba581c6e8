import { join } from 'node:path';

import { expect, it } from 'vitest';
import { z } from 'zod';

import { gatewaySchema } from '../gateway/gateway-config.ts';
import { filePath, withAbsolutePaths } from './file-path.ts';

const folder = '/etc/gateway';
const at = (name: string): string => join(folder, name);

it('makes every path absolute, wherever the schema has one, and leaves other texts alone', () => {
  const schema = z
    .strictObject({
      name: z.string(),
      one: filePath.optional(),
      many: z.array(filePath).default(['a', '/b']),
      byName: z.record(z.string(), z.strictObject({ file: filePath })).prefault({}),
      free: z.json().optional(),
      kinds: z.array(
        z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('file'), place: filePath }),
          z.strictObject({ kind: z.literal('url'), place: z.string() }),
        ]),
      ),
    })
    .refine(() => true);
  const value = schema.parse({
    name: 'n',
    one: '../one',
    byName: { x: { file: './x' } },
    free: { file: 'f' },
    kinds: [
      { kind: 'file', place: 'p' },
      { kind: 'url', place: 'p' },
    ],
  });
  expect(withAbsolutePaths(schema, value, folder)).toEqual({
    name: 'n',
    one: '/etc/one',
    many: [at('a'), '/b'],
    byName: { x: { file: at('x') } },
    free: { file: 'f' },
    kinds: [
      { kind: 'file', place: at('p') },
      { kind: 'url', place: 'p' },
    ],
  });
});

it('finds every path of gateway.yaml', () => {
  const config = gatewaySchema.parse({
    labelsModule: 'labels.ts',
    apollo: { plugins: ['plugin.ts'] },
    server: { tls: { cert: 'a.pem', key: 'a.key' } },
    redis: { url: 'redis://redis', caFile: 'redis.pem' },
    authorization: { policy: 'policy.ts' },
    audit: { file: 'audit.log' },
    auth: {
      jwt: { issuers: [{ issuer: 'i', audience: 'a', algorithms: ['RS256'], jwksFile: 'keys.json' }] },
      apiKeys: { file: 'api-keys.json' },
      revocation: { file: 'revoked.json' },
      certificates: { ca: 'ca.pem', names: [{ dns: 'a' }] },
      identity: { rule: 'signed', signed: { issuer: 'i', keyFile: 'signing.json' } },
    },
  });
  const { labelsModule, apollo, server, redis, authorization, audit, auth } = withAbsolutePaths(
    gatewaySchema,
    config,
    folder,
  );
  expect([
    labelsModule,
    ...apollo.plugins,
    server.tls?.cert,
    server.tls?.key,
    redis?.caFile,
    authorization.policy,
    audit.file,
    auth?.jwt?.issuers[0]?.jwksFile,
    auth?.apiKeys?.file,
    auth?.revocation?.file,
    auth?.certificates?.ca,
    auth?.identity.signed?.keyFile,
  ]).toEqual(
    [
      ...['labels.ts', 'plugin.ts', 'a.pem', 'a.key', 'redis.pem', 'policy.ts', 'audit.log', 'keys.json'],
      ...['api-keys.json', 'revoked.json', 'ca.pem', 'signing.json'],
    ].map(at),
  );
});
