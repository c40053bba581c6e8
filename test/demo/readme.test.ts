/** The README's commands about users and clients, run as they stand there, give the answers that stand there. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { ask } from '../support/ask.ts';
import { tributary } from '../support/tributary.ts';

const root = new URL('../../', import.meta.url);
const usualUrl = 'http://localhost:4000/graphql';

describe('one query, asked by an admin, a user and nobody', () => {
  it('gets the three answers of the README', async () => {
    const [admin, user, nobody, ...others] = await examples('Who may see what');
    if (!admin || !user || !nobody || others.length > 0) throw new Error('three commands were expected');
    expectOneQuery([admin, user, nobody]);

    const url = await demo();
    const answers = await Promise.all([admin, user, nobody].map(({ command }) => run(command, url)));
    expect(answers.map(({ data }) => data)).toEqual([admin.data, user.data, nobody.data]);
    expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(3);
    expect(answers.map(denials)).toEqual([
      [],
      ['FORBIDDEN at orderDetails.user.createdAt'],
      [
        'UNAUTHENTICATED at orderDetails.user.createdAt',
        'UNAUTHENTICATED at orderDetails.shipment.trackingCode',
      ],
    ]);

    // What a client says of itself counts for nothing, nor does a token with another name in it.
    const query = '{ user(id: "u65") { email } orderDetails(orderId: "o1") { user { email } } }';
    const said = await ask(url, query, { headers: { 'x-user-id': 'u65', 'x-user-roles': 'admin' } });
    expect(said.data).toEqual({ user: null, orderDetails: { user: { email: 'u***@example.com' } } });
    const [, token = ''] = /Bearer ([^']+)/.exec(user.command) ?? [];
    const { sub, ...claims } = claimsOf(token);
    expect(sub).toBe('u65');
    const [head, , signature] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'u1', roles: ['admin'] })).toString(
      'base64url',
    );
    const headers = { authorization: `Bearer ${head}.${forged}.${signature}` };
    expect((await ask(url, query, { headers })).status).toBe(401);
  });

  it('with tokens that hold for long and say that they are for the demo only', async () => {
    const published = JSON.parse(await read('schemas/demo/tokens.json')) as Record<string, string>;
    const keys = await read('schemas/demo/jwks.json');
    expect(keys).not.toContain('"d"');
    const shown = await examples('Who may see what');
    for (const token of Object.values(published)) {
      expect(shown.some(({ command }) => command.includes(token))).toBe(true);
      const { iss, exp } = claimsOf(token);
      expect(iss).toBe('tributary-demo-only');
      expect(new Date(Number(exp) * 1000).getFullYear()).toBeGreaterThan(2090);
    }
  });
});

describe('one query, asked by each client of the demo and by none', () => {
  it('gets the four answers of the README', async () => {
    const shown = await examples('Each client sees its own graph');
    expect(shown).toHaveLength(4);
    expectOneQuery(shown);
    const url = await demo();
    const answers = await Promise.all(shown.map(({ command }) => run(command, url)));
    expect(answers.map(({ data }) => data)).toEqual(shown.map(({ data }) => data));
    const messages = answers.map(({ errors = [] }) => errors.map(({ message }) => message));
    expect(messages).toEqual(shown.map((example) => example.messages));
    expect(new Set(messages.map((texts) => texts.join('\n'))).size).toBe(4);
  });

  it('with the keys that are published, one for each', async () => {
    const published = JSON.parse(await read('schemas/demo/client-keys.json')) as Record<string, string>;
    const shown = await examples('Each client sees its own graph');
    const keys = shown.map(({ command }) => /x-api-key: (\S+)'/.exec(command)?.[1]);
    expect(keys).toEqual([...Object.values(published), undefined]);
  });
});

describe('a partner of the demo', () => {
  it('has 100 requests a minute, and gets the headers of the README', async () => {
    const [, section = ''] = (await read('README.md')).split('\n## How much a client may ask\n');
    const [, command = ''] = /```sh\n(.*)\n```/.exec(section) ?? [];
    const [first = '', refused = ''] = [...section.matchAll(/```\n(HTTP[^]*?)\n```/g)].map(
      ([, text = '']) => text,
    );
    const url = await demo();
    expect(command).toContain(usualUrl);
    const send = (): Promise<string> => shell(command.replace(usualUrl, url));
    expect(limitHeaders(await send())).toEqual(limitHeaders(first));
    const others = await Promise.all(Array.from({ length: 99 }, send));
    expect(others.filter((reply) => reply.startsWith('HTTP/1.1 200'))).toHaveLength(99);
    expect(limitHeaders(await send())).toEqual(limitHeaders(refused));
  });
});

/** The status, and the headers of limits with their seconds left out. */
function limitHeaders(reply: string): string[] {
  return reply
    .split(/\r?\n/)
    .filter((line) => /^(HTTP|ratelimit|retry-after)/i.test(line))
    .map((line) => line.toLowerCase().replace(/;t=\d+|(?<=retry-after: )\d+/, ''))
    .toSorted();
}

interface Example {
  readonly command: string;
  readonly data: unknown;
  /** Of errors. */
  readonly messages: readonly string[];
}

async function examples(title: string): Promise<Example[]> {
  const [, after = ''] = (await read('README.md')).split(`\n## ${title}\n`);
  const [section = ''] = after.split('\n## ');
  const found = section.matchAll(/```sh\n(.*)\n```\s+```json\n([^]*?)\n```/g);
  return [...found].map(([, command = '', answer = '']) => {
    const { data, errors = [] } = JSON.parse(answer) as {
      readonly data?: unknown;
      readonly errors?: ReadonlyArray<{ readonly message: string }>;
    };
    return { command, data, messages: errors.map(({ message }) => message) };
  });
}

function expectOneQuery(asked: readonly Example[]): void {
  const queries = asked.map(({ command }) => /-d .*$/.exec(command)?.[0]);
  expect(queries[0]).toBeDefined();
  expect(new Set(queries).size).toBe(1);
}

async function demo(): Promise<string> {
  const running = tributary(['demo', '--port', '0', '--log', 'silent']);
  const [, url = ''] = await running.printed(/running at (\S+)/);
  await running.printed(/Ctrl-C stops everything/);
  return url;
}

interface Answer {
  readonly data: unknown;
  readonly errors?: ReadonlyArray<{
    readonly message: string;
    readonly path: readonly string[];
    readonly extensions: { readonly code: string };
  }>;
}

/** As it stands there, but for the port. */
async function run(command: string, url: string): Promise<Answer> {
  expect(command).toContain(usualUrl);
  return JSON.parse(await shell(command.replace(usualUrl, url))) as Answer;
}

async function shell(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { timeout: 20_000 });
  return stdout;
}

function denials({ errors = [] }: Answer): string[] {
  return errors.map(({ path, extensions }) => `${extensions.code} at ${path.join('.')}`);
}

function claimsOf(token: string): Record<string, unknown> {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}

function read(file: string): Promise<string> {
  return readFile(new URL(file, root), 'utf8');
}
