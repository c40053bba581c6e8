/** `tributary keys` as people and scripts run it, and a gateway of several processes that goes by what it wrote. */
import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { signed, signingKey } from '../auth/support/provider.ts';
import { ask } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { redisUrl } from '../support/redis.ts';
import { type Ended, runTributary, servedAt, tributary } from '../support/tributary.ts';
import { forgedKey } from './support.ts';

interface Row {
  readonly id: string;
  readonly key?: string;
  readonly client: string;
  readonly state: string;
  readonly lastUsedAt?: string | null;
  readonly [name: string]: unknown;
}

async function keys(...args: string[]): Promise<Ended> {
  return runTributary(['keys', ...args]);
}

async function json<Value>(...args: string[]): Promise<Value> {
  const { code, stdout, stderr } = await keys(...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Value;
}

const form = /^trib_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\n$/;

describe('keys in a file', () => {
  it('are made, shown once, listed without their secret, rotated and revoked', async () => {
    const path = join(await folderWith({}), 'keys.json');
    const made = await keys(
      'create',
      '--file',
      path,
      '--client',
      'web',
      '--tier',
      'premium',
      '--expires',
      '90d',
    );
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(form);
    const secret = made.stdout.slice(18, 60);
    const id = made.stdout.slice(5, 17);
    expect(made.stderr).toContain(`Key trib_${id} of client web. It is shown only once`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const next = await json<Row>('rotate', `trib_${id}`, '--grace', '1h', '--file', path);
    expect(next.key).toMatch(new RegExp(`^trib_${next.id}_`));
    const listed = await keys('list', '--file', path);
    expect(listed.stdout).toMatch(new RegExp(`trib_${id} +web +premium +- +rotated to trib_${next.id} +20`));
    expect((await keys('revoke', next.id, '--file', path)).stdout).toBe(
      `Key trib_${next.id} of client web is revoked.\n`,
    );
    const rows = await json<Row[]>('list', '--file', path);
    expect(rows.map(({ state }) => state)).toEqual(['rotated', 'revoked']);
    const everywhere = [await readFile(path, 'utf8'), listed.stdout, JSON.stringify(rows)].join('\n');
    expect(everywhere).not.toContain(secret);
    expect(everywhere).not.toContain(next.key?.slice(18, 60));
    expect(JSON.stringify(rows)).not.toContain('sha256');
  });

  it('none is lost where several are made at the same time', async () => {
    const path = join(await folderWith({}), 'keys.json');
    const made = await Promise.all(
      Array.from({ length: 5 }, (_, i) => json<Row>('create', '--file', path, '--client', `c${i}`)),
    );
    const listed = await json<Row[]>('list', '--file', path);
    expect(new Set(listed.map(({ id }) => id))).toEqual(new Set(made.map(({ id }) => id)));
  });
});

it('keys in Redis are made, listed, rotated and revoked as in a file', async () => {
  const folder = await folderWith({
    'gateway.yaml': `redis: { url: "\${PLACE}", keyPrefix: "${randomUUID()}:" }\nauth: { apiKeys: {} }\n`,
  });
  const environment = { PLACE: await redisUrl() };
  const config = ['--config', join(folder, 'gateway.yaml'), '--json'];
  const run = async <Value>(...args: string[]): Promise<Value> => {
    const { stdout, stderr } = await runTributary(['keys', ...args, ...config], { environment });
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Value;
  };
  const made = await run<Row>('create', '--client', 'partner', '--scopes', 'read:orders,read:users');
  const next = await run<Row>('rotate', made.id, '--expires', 'never');
  await run<Row>('revoke', made.id);
  const rows = await run<Row[]>('list', '--client', 'partner');
  expect(rows.map(({ id, state }) => [id, state])).toEqual([
    [made.id, 'revoked'],
    [next.id, 'active'],
  ]);
  expect(rows[1]).toMatchObject({ scopes: ['read:orders', 'read:users'] });
});

describe('what is wrong is said in one line, with what to do', () => {
  it.each([
    [2, ['create', '--file', 'k'], 'create needs --client NAME'],
    [2, ['create', '--client', 'a b', '--file', 'k'], '--client: expected up to 256 characters, no spaces'],
    [2, ['revoke', '--file', 'k'], 'revoke needs the ID of a key, such as trib_'],
    [2, ['list', '--redis', 'http://:pass@host'], '--redis must be redis://HOST:PORT'],
    [
      1,
      ['list', '--file', 'none.json'],
      'none.json: no such file: create the first key with: tributary keys',
    ],
    [1, ['revoke', 'aaaaaaaaaaaa', '--file', 'empty.json'], 'there is no key trib_aaaaaaaaaaaa'],
    [1, ['create', '--client', 'a', '--file', 'no/such/keys'], 'its folder does not exist'],
    [1, ['list', '--config', 'gateway.yaml'], 'gateway.yaml: auth.apiKeys is not configured: add it'],
    [
      1,
      ['list', '--redis', 'redis://u:s3cret@127.0.0.1:1'],
      'Redis at redis://127.0.0.1:1 is unavailable: connect',
    ],
  ])('%i %j', async (code, args, line) => {
    const cwd = await folderWith({
      'empty.json': '{"version":1,"keys":[]}',
      'broken.json': '{',
      'gateway.yaml': 'auth: {}',
    });
    const ended = await runTributary(['keys', ...args], { cwd });
    expect(ended.stderr).toContain(line);
    expect(ended.stderr).not.toMatch(/s3cret|pass@/);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
  });
});

it('every process of a gateway goes by keys and revocations, writes down the use of keys, and logs none', async () => {
  const signing = await signingKey('ES256', 'one');
  const folder = await folderWith({
    'a.graphql': 'type Query { a: Int }',
    'graph.yaml':
      'subgraphs: { a: { kind: graphql, owner: a, url: "http://127.0.0.1:1/", schema: a.graphql } }',
    'gateway.yaml': `auth:
  onMissing: reject
  apiKeys: { file: keys.json, pollMs: 100, lastUsedMs: 200 }
  revocation: { file: revoked.json, pollMs: 100 }
  jwt:
    issuers: [{ issuer: "https://idp.example", audience: shop, algorithms: [ES256], keys: [${JSON.stringify(signing.jwk)}] }]
log: { level: debug }
`,
  });
  const path = join(folder, 'keys.json');
  const made = await json<Row & { key: string }>('create', '--file', path, '--client', 'web');
  const gateway = tributary(
    ['serve', '--graph', 'graph.yaml', '--config', 'gateway.yaml', '--port', '0', '--workers', '2'],
    { cwd: folder },
  );
  const url = await servedAt(gateway);
  const statusesWith = async (shown: Readonly<Record<string, string>>): Promise<Set<number>> =>
    // Each on a connection of its own, so that both processes get some.
    new Set(
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const headers = { ...shown, connection: 'close' };
          return (await ask(url, '{ __typename }', { headers })).status;
        }),
      ),
    );
  const statuses = (key: string) => statusesWith({ 'x-api-key': key });
  expect(await statuses(made.key)).toEqual(new Set([200]));
  const wrong = forgedKey(made.id, 'canary'.repeat(8).slice(0, 43));
  expect(await statuses(wrong)).toEqual(new Set([401]));
  expect(await statuses(`${made.key.slice(0, -1)}!`)).toEqual(new Set([401]));
  await expect.poll(async () => (await json<Row[]>('list', '--file', path))[0]?.lastUsedAt).toMatch(/^20/);
  await json('revoke', made.id, '--file', path);
  await expect.poll(() => statuses(made.key)).toEqual(new Set([401]));
  const token = await signed(signing, 'https://idp.example');
  const bearer = { authorization: `Bearer ${token}` };
  expect(await statusesWith(bearer)).toEqual(new Set([200]));
  const config = ['--config', join(folder, 'gateway.yaml')];
  const revoked = await runTributary(['tokens', 'revoke', '--sub', 'ada', ...config]);
  expect(revoked.stdout).toMatch(/^Revoked until 20.*: tokens of "ada" issued before 20/);
  await expect.poll(() => statusesWith(bearer)).toEqual(new Set([401]));
  gateway.child.kill('SIGTERM');
  const { stdout, stderr } = await gateway.ended();
  expect(stdout).toContain(`the API key trib_${made.id} is revoked`);
  expect(`${stdout}${stderr}`).not.toContain(made.key.slice(18, 60));
  expect(stdout).toContain('the token is revoked');
  expect(`${stdout}${stderr}`).not.toMatch(/canarycanary|eyJ/);
});
