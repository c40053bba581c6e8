/** A real gateway that logs slow operations and parts of bodies: it says what happened, and no secret. */

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { type Mocks, startMocks } from '../../subgraphs-mock/start.ts';
import { ask, send } from '../support/ask.ts';
import { lastingFolder, type Folder } from '../support/folder.ts';
import { addressVariables, graphPath } from '../support/shop.ts';

type Line = Readonly<Record<string, unknown>>;

const config = `
log:
  requests: none
  slowOperationMs: 600
  bodies:
    operations: [Canary]
    fields: [variables.id, data.user.id, errors.extensions.code]
    linesPerSecondMax: 1000
`;
const program = fileURLToPath(new URL('../../src/cli/tributary.js', import.meta.url));
const secret = 'swordfish';
const patience = { timeout: 60_000, interval: 50 };

let mocks: Mocks;
let folder: Folder;
let gateway: ChildProcess;
let url: string;
let text = '';
const lines = (msg: string): Line[] =>
  text
    .slice(0, text.lastIndexOf('\n'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line['msg'] === msg);

beforeAll(async () => {
  mocks = await startMocks({ portBase: 0 });
  folder = await lastingFolder({ 'gateway.yaml': config });
  gateway = spawn(
    process.execPath,
    [program, 'serve', '--graph', graphPath, '--config', `${folder.path}/gateway.yaml`, '--port', '0'],
    {
      env: { ...process.env, NODE_ENV: 'development', ...addressVariables(mocks) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  gateway.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await vi.waitFor(() => expect(lines('listening')).toHaveLength(1), patience);
  url = String(lines('listening')[0]?.['url']);
});

afterAll(async () => {
  gateway.kill('SIGKILL');
  await Promise.all([mocks.close(), folder.remove()]);
});

it('a slow operation has its plan and its calls', async () => {
  const query =
    'query Details { orderDetails(orderId: "o1") { order { status } user { name } payment { status } } }';
  await ask(url, query);
  mocks.service('users').faults.set({ latencyMs: 700 });
  const { data } = await ask(url, query, { headers: { 'x-request-id': 'slow' } });
  mocks.service('users').faults.clear();
  expect(data).toMatchObject({ orderDetails: { user: { name: expect.any(String) } } });
  await expect
    .poll(() => lines('slow operation').some(({ requestId }) => requestId === 'slow'), patience)
    .toBe(true);
  const line = lines('slow operation').find(({ requestId }) => requestId === 'slow');
  expect(line).toMatchObject({
    operationName: 'Details',
    operationHash: createHash('sha256').update(query).digest('hex'),
    plan: expect.stringContaining('fetch('),
    calls: expect.arrayContaining([
      expect.objectContaining({ service: 'users', attempt: 0, outcome: 'answered' }),
    ]),
  });
  const calls = line?.['calls'] as ReadonlyArray<Readonly<Record<string, unknown>>>;
  const [slowest] = calls.toSorted((a, b) => Number(b['durationMs']) - Number(a['durationMs']));
  expect(slowest).toMatchObject({ service: 'users' });
  // A timer may fire a moment early.
  expect(Number(slowest?.['durationMs'])).toBeGreaterThan(690);
});

it('bodies full of secrets leave only the listed fields in the log', async () => {
  const headers = { authorization: `Basic ${secret}`, 'x-user-id': secret };
  const variables = { id: 'u1', upc: secret };
  const whole = await ask(
    url,
    `query Canary($id: ID!, $upc: ID!) { user(id: $id) { id name more: name } product(upc: $upc) { name } other: product(upc: "${secret}") { name } }`,
    { variables, headers },
  );
  const { name } = (whole.data as { user: { name: string } }).user;
  expect(name.length).toBeGreaterThan(2);
  // An alias that looks like a listed field.
  await ask(url, 'query Canary($id: ID!) { user(id: $id) { id: name } }', { variables, headers });
  // Refused, so that its operation has no name.
  await ask(url, `query Canary { ${secret} }`, { variables, headers });
  const search = new URLSearchParams({
    query: 'query Canary($id: ID!) { user(id: $id) { id name } }',
    variables: JSON.stringify({ id: 'u2', token: secret }),
  });
  await send(`${url}?${search.toString()}`, {
    headers: { accept: 'application/json', 'apollo-require-preflight': '1' },
  });
  await expect.poll(() => lines('bodies').length, patience).toBe(3);
  expect(lines('bodies').map(({ received, sent }) => ({ received, sent }))).toMatchObject([
    { received: { variables: { id: 'u1' } }, sent: { data: { user: { id: 'u1' } } } },
    { received: { variables: { id: 'u1' } }, sent: { data: { user: {} } } },
    { received: { variables: { id: 'u2' } }, sent: { data: { user: { id: 'u2' } } } },
  ]);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(name);
});
