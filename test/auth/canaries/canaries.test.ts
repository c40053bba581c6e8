/** What is secret stays where it belongs: not in the log, not in errors, not in the audit, whatever goes wrong. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { folderWith } from '../../support/folder.ts';
import { servedAt, tributary } from '../../support/tributary.ts';
import { signed, signingKey } from '../support/provider.ts';
import { evilBackend, vaultSchema } from './evil-backend.ts';
import { leaksOf, secretsFor } from './finder.ts';
import { everything, type Told } from './scenario.ts';

const issuer = 'https://login.example.com/';
const root = fileURLToPath(new URL('../../../', import.meta.url));

describe.each(['direct', 'apollo'])('through the %s front', (front) => {
  it('no secret of client, configuration or backend is in the log, in errors or in the audit', async () => {
    const { secrets, told, log, audit, listed, planted } = await runEverything(front);
    expect(leaksOf(secrets, { log, audit, ...answersOf(told) })).toEqual([]);

    // All of it happened, and was written down.
    const statuses = new Set(told.map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 400, 401, 404, 405, 406, 413, 415, 431]));
    for (const text of [
      'field failed',
      'not authenticated',
      '"msg":"defect"',
      'AUTHORIZATION_FAILED',
      'not usable',
      'closed',
    ])
      expect([text, log.includes(text)]).toEqual([text, true]);
    for (const outcome of ['allow', 'deny', 'mask']) expect(audit).toContain(`"outcome":"${outcome}"`);

    // What may be told is found where it is told.
    expect(leaksOf({ listed }, { audit })).toEqual([
      expect.stringContaining('audit has the secret "listed" as plain text'),
    ]);
    expect(leaksOf({ planted }, { log })).toEqual([
      expect.stringContaining('log has the secret "planted" as plain text'),
    ]);
  });
});

it.each<[string, (secret: string) => string]>([
  ['as it is', (secret) => secret],
  ['in small letters', (secret) => secret.toLowerCase()],
  ['in a URL', (secret) => encodeURIComponent(`a b&${secret}=`)],
  ['in JSON in JSON', (secret) => JSON.stringify(JSON.stringify({ '"': `"${secret}"` }))],
  ['in hexadecimal', (secret) => Buffer.from(secret).toString('hex')],
  ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ['in base64 after one byte', (secret) => Buffer.from(`"${secret}"`).toString('base64')],
  ['in a token', (secret) => Buffer.from(JSON.stringify({ sub: secret })).toString('base64url')],
])('a secret is found %s', (_, form) => {
  const secrets = secretsFor('one', 'other');
  expect(leaksOf(secrets, { log: `before ${form(secrets.one)} after`, answer: 'nothing' })).toEqual([
    expect.stringMatching(/^log has the secret "one"/),
  ]);
});

async function runEverything(front: string) {
  const client = secretsFor(
    'header',
    'cookie',
    'apiKey',
    'claim',
    'badToken',
    'kid',
    'variable',
    'literal',
    'url',
  );
  const { backend, data, inserted, ...shown } = secretsFor(
    'backend',
    'data',
    'inserted',
    'listed',
    'planted',
  );
  const vault = await evilBackend(backend, data);
  const key = await signingKey('ES256', 'one');
  const stranger = await signingKey('ES256', client.kid);
  const token = await signed(key, issuer, {
    claims: { sub: 'ada', roles: ['tester'], secret: client.claim },
  });
  const folder = await folderWith({
    'graph.yaml': graphFile(vault.url),
    'vault.graphql': vaultSchema,
    'policy.mjs': policyModule,
    'gateway.yaml': gatewayFile(front, [key.jwk]),
  });
  const running = tributary(
    ['serve', '--graph', join(folder, 'graph.yaml'), '--config', join(folder, 'gateway.yaml'), '--port', '0'],
    { environment: { NODE_ENV: 'production', VAULT_KEY: inserted } },
  );
  const url = await servedAt(running);
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
  ];
  const told = await everything(url, client, { token, badTokens }, shown);

  // A graph and a policy that are no good, with secrets in the wrong places.
  await writeFile(
    join(folder, 'graph.yaml'),
    graphFile(vault.url).replace('owner: vault', 'owner: vault\n    timeoutMs: ${VAULT_KEY}'),
  );
  running.child.kill('SIGHUP');
  await running.printed(/not usable.*\n/);
  await writeFile(join(folder, 'graph.yaml'), graphFile('http://${VAULT_KEY}@127.0.0.1:x'));
  running.child.kill('SIGHUP');
  await running.printed(/not usable(?:.*\n)+.*not usable.*\n/);
  running.child.kill('SIGTERM');
  const { stdout, stderr } = await running.ended();
  const audit = await readFile(join(folder, 'audit.jsonl'), 'utf8');
  const [, , signature = ''] = token.split('.');
  const secrets = { ...client, backend, data, inserted, signature };
  return { secrets, told, audit, log: `${stdout}${stderr}`, ...shown };
}

function answersOf(told: readonly Told[]): Record<string, string> {
  return Object.fromEntries(told.map(({ sent, text }, i) => [`answer ${i} to ${sent.slice(0, 80)}`, text]));
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
    resolvers: ${root}src/subgraphs/users/index.ts
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
    const strange = rule('is strange', contextual)((_, __, context) => context);
    return {
      fallbackRule: allow,
      introspection: known,
      permissions: {
        Query: {
          masked: masked(not(known), (value) => value.slice(0, 6)),
          badMask: masked(not(known), (value) => value.not.there),
          thrower, sleeper, strange,
        },
        Thing: { secret: owner },
      },
      policies: { never: () => false },
    };
  }
`;

function gatewayFile(front: string, keys: readonly object[]): string {
  const issuers = JSON.stringify([{ issuer, audience: 'shop', algorithms: ['ES256'], keys }]);
  return `front: ${front}
log: { level: debug }
auth: { jwt: { issuers: ${issuers} } }
authorization: { policy: policy.mjs, ruleTimeoutMs: 50, dryRunRole: tester }
audit: { file: audit.jsonl, allowSample: 1, variables: [listed] }
headers: { forward: [x-secret] }
reload: { filePollMs: 0 }
policies: { defaults: { retries: { max: 0 } } }
limits: { planningMsPerMinute: 600000 }
`;
}
