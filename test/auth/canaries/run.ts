/** A gateway with every kind of secret in its configuration, and everything a client can do to it. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { signDebugToken } from '../../../src/authn/debug/debug-tokens.ts';
import { debugSchema } from '../../../src/config/gateway/debug.ts';
import { forgedKey } from '../../credentials/support.ts';
import { folderWith } from '../../support/folder.ts';
import { ownRedis } from '../../support/own-redis.ts';
import type { RedisNode } from '../../support/redis-node.ts';
import { runTributary, servedAt, tributary } from '../../support/tributary.ts';
import { introspector } from '../support/introspector.ts';
import { signed, signingKey } from '../support/provider.ts';
import { evilBackend, vaultSchema } from './evil-backend.ts';
import { type Secrets, secretsFor } from './finder.ts';
import { everything, type ClientResponse } from './scenario.ts';

const issuer = 'https://login.example.com/';
const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Run {
  /** Must not leak. */
  readonly secrets: Secrets<string>;
  readonly responses: readonly ClientResponse[];
  readonly log: string;
  readonly audit: string;
  /** As Prometheus reads them at the end. */
  readonly metrics: string;
  /** Every key and value. */
  readonly redis: string;
  /** May leak: the value of a variable that the audit lists, and the id of a request. */
  readonly listed: string;
  readonly planted: string;
  /** Of the API key that was used. */
  readonly keyId: string;
}

/** Call it within a test. */
export async function runEverything(front: string): Promise<Run> {
  const client = secretsFor(
    'header',
    'cookie',
    'badKey',
    'claim',
    'badToken',
    'kid',
    'opaque',
    'variable',
    'literal',
    'url',
  );
  const configured = secretsFor('inserted', 'redisPassword', 'introspection', 'debugSecret');
  const { backend, data, issuerSays, ...shown } = secretsFor(
    'backend',
    'data',
    'issuerSays',
    'listed',
    'planted',
  );
  const vault = await evilBackend(backend, data);
  const redis = await ownRedis();
  await redis.tell(`ACL SETUSER gateway on >${configured.redisPassword} ~* &* +@all`);
  const asked = await introspector();
  asked.says = (opaque) => {
    const claims = { active: true, token_type: 'Bearer', aud: 'shop', sub: 'ada', secret: issuerSays };
    if (opaque.endsWith('good')) return claims;
    return opaque.endsWith('broken') ? `{"active": ${issuerSays}` : { active: false, error: issuerSays };
  };
  const key = await signingKey('ES256', 'one');
  const folder = await folderWith({
    'graph.yaml': graphFile(vault.url),
    'vault.graphql': vaultSchema,
    'policy.mjs': policyModule,
    'gateway.yaml': gatewayFile(front, {
      keys: [key.jwk],
      opaqueIssuer: asked.issuer,
      introspectionUrl: asked.url,
      redisPort: redis.port,
    }),
  });
  const environment = {
    NODE_ENV: 'production',
    VAULT_KEY: configured.inserted,
    REDIS_PASSWORD: configured.redisPassword,
    INTROSPECTION_SECRET: configured.introspection,
    DEBUG_SECRET: configured.debugSecret.repeat(2),
  };
  const config = ['--config', join(folder, 'gateway.yaml')];
  const made = await runTributary(['keys', 'create', '--client', 'web', ...config], { environment });
  const apiKey = made.stdout.trim();
  const [, keyId = '', keySecret = ''] = /^trib_(\w{12})_(\w{43})\w{6}$/.exec(apiKey) ?? [];
  const running = tributary(['serve', '--graph', join(folder, 'graph.yaml'), ...config, '--port', '0'], {
    environment,
  });
  const url = await servedAt(running);
  const stranger = await signingKey('ES256', client.kid);
  const token = await signed(key, issuer, {
    claims: { sub: 'ada', roles: ['tester'], secret: client.claim },
  });
  const claims = { secret: client.badToken };
  const badTokens = [
    client.badToken,
    `${client.badToken}.${client.badToken}.${client.badToken}`,
    `${token.slice(0, -20)}${'A'.repeat(20)}`,
    await signed(stranger, issuer, { claims }),
    await signed(key, `https://${client.badToken}.example.com/`, { claims }),
    await signed(key, issuer, { claims: { ...claims, exp: 1 } }),
    await signed(key, issuer, { claims: { ...claims, sub: [client.badToken] } }),
    await signed(key, issuer, { claims, header: { typ: client.badToken } }),
    ...['bad', 'broken'].map((end) => `op_${client.opaque}_${end}`),
  ];
  const badKeys = [
    client.badKey,
    `trib_${client.badKey}`,
    forgedKey(keyId, client.badKey.padEnd(43, 'x')),
    forgedKey('x'.repeat(12), client.badKey.padEnd(43, 'x')),
  ];
  const tokens = [token, `op_${client.opaque}_good`];
  const debugConfig = debugSchema.parse({ secret: environment.DEBUG_SECRET });
  const debugToken = await signDebugToken(debugConfig, { lifetimeSeconds: 3000, uses: 100 }, Date.now());
  const credentials = { tokens, badTokens, apiKey, badKeys, debugToken };
  const responses = await everything(url, client, credentials, shown);
  const stored = await allOf(redis);

  // A graph that is no good, with secrets in the wrong places; then without its store.
  await writeFile(
    join(folder, 'graph.yaml'),
    graphFile(vault.url).replace('owner: vault', 'owner: vault\n    timeoutMs: ${VAULT_KEY}'),
  );
  running.child.kill('SIGHUP');
  await running.printed(/graph is invalid.*\n/);
  await writeFile(join(folder, 'graph.yaml'), graphFile('http://${VAULT_KEY}@127.0.0.1:x'));
  running.child.kill('SIGHUP');
  await running.printed(/graph is invalid(?:.*\n)+.*graph is invalid.*\n/);
  await redis.kill();
  await running.printed(/"msg":"redis lost"/);
  const [, metricsUrl = ''] = await running.printed(/"url":"([^"]+\/metrics)"/);
  const metrics = await (await fetch(metricsUrl)).text();
  running.child.kill('SIGTERM');
  const { stdout, stderr } = await running.ended();
  const audit = await readFile(join(folder, 'audit.jsonl'), 'utf8');
  const [, , signature = ''] = token.split('.');
  const [, , debugSignature = ''] = debugToken.split('.');
  const identity = vault.signatures.at(-1) ?? '';
  const secrets = {
    ...client,
    ...configured,
    backend,
    data,
    issuerSays,
    signature,
    debugSignature,
    identity,
    keySecret,
  };
  return { secrets, responses, audit, metrics, redis: stored, log: `${stdout}${stderr}`, keyId, ...shown };
}

/** What it keeps, however it keeps it. */
async function allOf(redis: RedisNode): Promise<string> {
  const keys = (await redis.tell('KEYS *')).split('\r\n').filter((line) => /^[^*$+]/.test(line));
  const values = await Promise.all(
    keys.flatMap((key) =>
      [`GET ${key}`, `HGETALL ${key}`, `SMEMBERS ${key}`, `ZRANGE ${key} 0 -1`, `LRANGE ${key} 0 -1`].map(
        (command) => redis.tell(command),
      ),
    ),
  );
  return [...keys, ...values].join('\n');
}

function graphFile(url: string): string {
  const headers = '{ insert: { x-vault-key: "${VAULT_KEY}" }, forward: [cookie] }';
  return `subgraphs:
  vault:
    kind: graphql
    url: ${url}
    schema: vault.graphql
    owner: vault
    timeoutMs: 300
    headers: ${headers}
  users:
    kind: local
    schema: ${root}schemas/subgraphs/users/schema.graphql
    resolvers: ${root}schemas/subgraphs/users/index.ts
    sources: [users]
    owner: users
sources:
  users: { kind: rest, url: "${url}", headers: ${headers} }
`;
}

const policyModule = `
  export function policy({ rule, allow, not, masked }) {
    const contextual = { cache: 'contextual' };
    const known = rule('is known', contextual)((_, __, { principal }) => principal.provenBy !== 'none');
    const owner = rule('owns it', { cache: 'strict', fragment: '{ owner }' })(({ owner }) => owner === 'u1');
    const thrower = rule('throws', contextual)(() => { throw new Error('the rule is broken'); });
    const sleeper = rule('sleeps', contextual)(() => new Promise(() => {}));
    const strange = rule('is strange', contextual)((_, __, context) => { throw context; });
    return {
      fallbackRule: allow,
      introspection: known,
      permissions: {
        Query: {
          masked: masked(not(known), (value) => value.slice(0, 6)),
          badMask: masked(not(known), (value) => { throw value; }),
          thrower, sleeper, strange,
        },
        Thing: { secret: owner },
      },
      policies: { never: () => false },
    };
  }
`;

interface Places {
  readonly keys: readonly object[];
  readonly opaqueIssuer: string;
  readonly introspectionUrl: string;
  readonly redisPort: number;
}

function gatewayFile(front: string, { keys, opaqueIssuer, introspectionUrl, redisPort }: Places): string {
  const issuers = JSON.stringify([
    { issuer, audience: 'shop', algorithms: ['ES256'], keys },
    {
      issuer: opaqueIssuer,
      audience: 'shop',
      introspection: {
        url: introspectionUrl,
        clientId: 'gateway',
        clientSecret: '${INTROSPECTION_SECRET}',
        tokenPrefix: 'op_',
      },
    },
  ]);
  return `front: ${front}
log:
  level: debug
  refusedLinesPerSecondMax: 1000000
  slowOperationMs: 1
  bodies: { fields: [operationName, variables.nothing, data.nothing, errors.extensions.code], linesPerSecondMax: 1000 }
redis: { url: "redis://gateway:\${REDIS_PASSWORD}@127.0.0.1:${redisPort}" }
auth:
  jwt: { issuers: ${issuers} }
  apiKeys: {}
  revocation: {}
  identity: { rule: signed, signed: { issuer: gateway } }
authorization: { policy: policy.mjs, ruleTimeoutMs: 50, dryRunRole: tester }
audit: { file: audit.jsonl, allowSample: 1, variables: [listed] }
headers: { forward: [x-secret] }
reload: { filePollMs: 0 }
policies: { defaults: { retries: { max: 0 } } }
metrics: { port: 0, semanticNames: true }
debug: { secret: "\${DEBUG_SECRET}" }
`;
}
