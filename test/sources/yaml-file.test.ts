/** What any configuration file read by `yaml-file.ts` may rely on: variables, duplicates, suggestions, limits. */

import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { type YamlFileOptions, checkYaml, readYamlFile } from '../../src/config/yaml/file.ts';
import { folderWith } from '../support/folder.ts';

const schema = z.strictObject({
  port: z.number().int().min(1).max(65_535).default(4000),
  host: z.string().default('localhost'),
  secure: z.boolean().default(false),
  modes: z
    .array(z.enum(['safelist', 'log', 'require-id']))
    .max(2)
    .default([]),
  limit: z.union([z.number(), z.literal('none')]).optional(),
  audience: z.union([z.string(), z.array(z.string())]).optional(),
  nested: z
    .strictObject({
      depth: z.number().optional(),
      words: z.array(z.string()).optional(),
      more: z.array(z.string()).optional(),
    })
    .optional(),
});

describe('variables', () => {
  it.each([
    { text: 'port: ${PORT}', environment: { PORT: '4001' }, expected: { port: 4001 } },
    { text: 'port: ${PORT:-4002}', environment: {}, expected: { port: 4002 } },
    { text: 'port: ${PORT:-4002}', environment: { PORT: '' }, expected: { port: 4002 } },
    { text: 'secure: ${SECURE}', environment: { SECURE: 'true' }, expected: { secure: true } },
    { text: 'host: "${PORT}"', environment: { PORT: '4001' }, expected: { host: '4001' } },
    // A secret may be of digits.
    { text: 'host: ${SECRET}', environment: { SECRET: '0042' }, expected: { host: '0042' } },
    { text: 'host: ${SECRET}', environment: { SECRET: '48210377' }, expected: { host: '48210377' } },
    { text: 'host: ${SECRET}', environment: { SECRET: 'true' }, expected: { host: 'true' } },
    { text: 'audience: ${ID}', environment: { ID: '4711' }, expected: { audience: '4711' } },
    { text: 'audience:\n  - ${ID}', environment: { ID: '4711' }, expected: { audience: ['4711'] } },
    { text: 'limit: ${LIMIT}', environment: { LIMIT: '4711' }, expected: { limit: 4711 } },
    {
      text: 'nested:\n  words: [a, "${A}"]\n  more:\n    - ${A}',
      environment: { A: '1.50' },
      expected: { nested: { words: ['a', '1.50'], more: ['1.50'] } },
    },
    { text: 'host: a.${ZONE}.b.${ZONE}', environment: { ZONE: 'x' }, expected: { host: 'a.x.b.x' } },
    { text: 'host: $${ZONE}', environment: {}, expected: { host: '${ZONE}' } },
    { text: 'host: ${A}', environment: { A: '${B}', B: 'no' }, expected: { host: '${B}' } },
    { text: 'host: ${A:-}', environment: {}, expected: { host: '' } },
    { text: 'modes: ["${MODE}"]', environment: { MODE: 'log' }, expected: { modes: ['log'] } },
  ])('turn $text with $environment into $expected', async ({ text, environment, expected }) => {
    expect(await check(text, { environment })).toMatchObject(expected);
  });

  it.each([
    ['host: ${A', 'file.yaml:1:7 host: expected ${NAME} or ${NAME:-default}, got "${"'],
    ['host: ${9A}', 'file.yaml:1:7 host: expected ${NAME} or ${NAME:-default}, got "${9A}"'],
    [
      'host: ${A}',
      'file.yaml:1:7 host: environment variable A is not set and has no default (write ${A:-default})',
    ],
    [
      'port: ${A}',
      'file.yaml:1:7 port: environment variable A is not set and has no default (write ${A:-default})',
    ],
    [
      'modes: ["${A}"]',
      'file.yaml:1:9 modes[0]: environment variable A is not set and has no default (write ${A:-default})',
    ],
  ])('that are wrong are one mistake each: %s', async (text, message) => {
    expect(await mistakes(text)).toEqual([message]);
  });
});

describe('mistakes', () => {
  it.each([
    ['prot: 1', 'file.yaml:1:1 prot: unknown key (did you mean "port"?)'],
    ['zzz: 1', 'file.yaml:1:1 zzz: unknown key (known: port, host, secure, modes, limit, audience, nested)'],
    ['nested:\n  detph: 1', 'file.yaml:2:3 nested.detph: unknown key (did you mean "depth"?)'],
    ['port: 0', 'file.yaml:1:7 port: expected at least 1, got 0'],
    ['port: 1.5', 'file.yaml:1:7 port: expected a whole number, got 1.5'],
    ['port: "1"', 'file.yaml:1:7 port: expected a number, got "1"'],
    ['port:', 'file.yaml:1:1 port: expected a number, got nothing'],
    [
      'modes:\n  - log\n  - safe-list',
      'file.yaml:3:5 modes[1]: expected "safelist", "log" or "require-id", got "safe-list" (did you mean "safelist"?)',
    ],
    ['modes: [log, log, log]', 'file.yaml:1:8 modes: expected at most 2 entries, got a list'],
    ['limit: some', 'file.yaml:1:8 limit: expected a number or "none", got "some"'],
    ['port: 1\nport: 2', 'file.yaml:2:1 port: duplicate key, first on line 1'],
    [
      'port: 9007199254740993',
      'file.yaml:1:7 port: this number has too many digits to be represented exactly: write it as a string, in quotes',
    ],
    ['just text', 'file.yaml:1:1 expected a map, got "just text"'],
    [
      'a: [',
      'file.yaml:1:5 Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ])('name place, expectation and what is there: %s', async (text, message) => {
    expect(await mistakes(text)).toContain(message);
  });

  it('of a check are reported together with those of the schema', async () => {
    const lines = await mistakes('port: 0\nhost: nowhere', {
      check: (value, report) => {
        expect(value).toEqual({ port: 0, host: 'nowhere' });
        report(['host'], 'expected a host that exists, got "nowhere"');
      },
    });
    expect(lines).toEqual([
      'file.yaml:1:7 port: expected at least 1, got 0',
      'file.yaml:2:7 host: expected a host that exists, got "nowhere"',
    ]);
  });

  it('are at most a hundred, and the rest is counted', async () => {
    const lines = await mistakes(Array.from({ length: 130 }, (_, index) => `key${index}: 1`).join('\n'));
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe('and 30 more');
  });

  it('include aliases that would grow without end', async () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [to, from] of ['b a', 'c b', 'd c', 'e d', 'f e'].map((pair) => pair.split(' '))) {
      lines.push(`${to}: &${to} [*${from}, *${from}, *${from}, *${from}, *${from}, *${from}, *${from}]`);
    }
    expect((await mistakes(lines.join('\n')))[0]).toMatch(/resource exhaustion/);
  });

  it('include a file larger than a megabyte', async () => {
    const folder = await folderWith({ 'big.yaml': `# ${'x'.repeat(1024 * 1024)}` });
    await expect(readYamlFile(join(folder, 'big.yaml'), schema)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

it('takes an empty file for an empty map', async () => {
  expect(await check('')).toEqual({ port: 4000, host: 'localhost', secure: false, modes: [] });
});

it('follows aliases and never lets a file reach the prototype of objects', async () => {
  expect(await check('port: &p 5000\nnested: { depth: *p }')).toMatchObject({ nested: { depth: 5000 } });
  expect(await mistakes('__proto__: { polluted: 1 }')).toContain(
    'file.yaml:1:1 __proto__: this name is not allowed',
  );
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

function check(text: string, options: YamlFileOptions = {}) {
  return checkYaml(text, schema, { displayName: 'file.yaml', environment: {}, ...options });
}

async function mistakes(text: string, options: YamlFileOptions = {}): Promise<string[]> {
  const error: unknown = await check(text, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  return error instanceof Error ? error.message.split('\n') : [];
}
