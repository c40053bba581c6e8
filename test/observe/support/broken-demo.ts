/** The demo's gateway, of several processes, where everything is about to expire, to be lost or to fail. */

import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import { type Mocks, startMocks } from '../../../subgraphs-mock/start.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { folderWith } from '../../support/folder.ts';
import { ownRedis } from '../../support/own-redis.ts';
import type { RedisNode } from '../../support/redis-node.ts';
import { addressVariables, graphPath } from '../../support/shop.ts';
import { servedAt, type Tributary, tributary } from '../../support/tributary.ts';
import { keysOfClients } from './counted-load.ts';

export const workers = 3;

export interface BrokenDemo {
  readonly url: string;
  /** `127.0.0.1:9464` */
  readonly metricsTarget: string;
  readonly ca: string;
  readonly mocks: Mocks;
  readonly redis: RedisNode;
  readonly running: Tributary;
  /** API keys, by client. */
  readonly keys: ReadonlyMap<string, string>;
  /** Of its configuration and its key file. */
  readonly folder: string;
}

/** Of an issuer whose keys nobody serves. */
export const orphanedToken = [
  { alg: 'ES256', kid: 'k' },
  { iss: 'https://gone.example', exp: 4_102_444_800 },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('AAAA')
  .join('.');

/** For one test. */
export async function brokenDemo(): Promise<BrokenDemo> {
  const schemas = dirname(graphPath);
  const authority = makeAuthority();
  const server = authority.issue({ names: ['IP:127.0.0.1'], toDays: 1 });
  const redis = await ownRedis();
  const mocks = await startMocks({ portBase: 0 });
  onTestFinished(() => mocks.close());
  const folder = await folderWith({
    'gateway.yaml': settings(redis.url),
    'server.pem': server.cert,
    'server.key': server.key,
    'ca.pem': authority.ca,
    'api-keys.json': await keysThatExpire(schemas),
    'policy.js': policy,
    'clients/anonymous/client.yaml': 'owner: a\n',
    'clients/web/client.yaml': 'owner: a\n',
    'clients/mobile/client.yaml': 'owner: a\n',
    'clients/partner/client.yaml': 'owner: a\n',
  });
  const args = ['serve', '--graph', graphPath, '--config', join(folder, 'gateway.yaml'), '--port', '0'];
  const running = tributary([...args, '--workers', String(workers)], {
    environment: addressVariables(mocks),
  });
  const [, metricsUrl = ''] = await running.printed(/"url":"([^"]+)","msg":"metrics listening"/);
  const url = await servedAt(running);
  const keys = await keysOfClients();
  const metricsTarget = new URL(metricsUrl).host;
  return { url, metricsTarget, ca: authority.ca, mocks, redis, running, keys, folder };
}

export async function breakClient({ folder }: BrokenDemo): Promise<void> {
  await writeFile(join(folder, 'clients/partner/client.yaml'), 'owner: [');
}

export async function breakKeys({ folder }: BrokenDemo): Promise<void> {
  await writeFile(join(folder, 'api-keys.json'), '{');
}

async function keysThatExpire(schemas: string): Promise<string> {
  const text = await readFile(join(schemas, 'demo/api-keys.json'), 'utf8');
  const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
  return text.replace('"expiresAt": null', `"expiresAt": "${inDays(3)}"`);
}

/** Every process has little room. */
function settings(redisUrl: string): string {
  return `
metrics: { port: 0 }
redis: { url: "${redisUrl}", commandTimeoutMs: 200 }
server:
  tls: { cert: server.pem, key: server.key }
  connectionsMax: 60
admission: { concurrencyMin: 4, concurrencyMax: 4, queueMax: 2 }
reload: { filePollMs: 200 }
timeouts: { planningMs: 60 }
limits:
  aliasesMax: 2000
  rootFieldsMax: 2000
  expandedSelectionsMax: 100000
  tokensMax: 100000
  cost: { mode: measure }
  policies:
    noticed: { key: [client], limit: 1, window: 1h, mode: measure }
    partners: { key: [client], limit: 1, window: 1h, when: { clients: [partner] } }
policies:
  services:
    products: { timeoutMs: 8000, breaker: { mode: disabled }, hedging: { enabled: true, percentile: 50 } }
auth:
  jwt:
    issuers:
      - { issuer: "https://gone.example", jwksUrl: "http://127.0.0.1:1/", audience: shop, algorithms: [ES256] }
  apiKeys: { file: api-keys.json, lastUsedMs: 0, pollMs: 200 }
clients: { folder: clients }
authorization: { policy: policy.js }
`;
}

const policy = `
export function policy({ rule, allow }) {
  const breaks = rule('breaks', { cache: 'contextual' })(() => { throw new Error('a rule that is broken'); });
  return { fallbackRule: allow, permissions: { Query: { topProducts: breaks } } };
}
`;
