import { readFile } from 'node:fs/promises';

import { beforeAll, describe, expect, it } from 'vitest';

import { checksFileSchema, defaultChecksPolicy, readChecksPolicy } from './checks-file.ts';
import { checkRules, lintRules } from './rules.ts';

const read = (text: string | null) => readChecksPolicy(text, 'checks.yaml');

describe('a checks.yaml', () => {
  it('need not be there, and may be empty', async () => {
    expect(await read(null)).toEqual(defaultChecksPolicy);
    expect(await read('# Nothing yet\n')).toEqual(defaultChecksPolicy);
  });

  it('gives a policy that is JSON', async () => {
    const policy = await read('traffic: { perClient: { web: { minimumCalls: 3 } } }\nstrict: [Order.*]');
    expect(JSON.parse(JSON.stringify(policy))).toEqual(policy);
    expect(structuredClone(policy)).toEqual(policy);
  });

  it('completes what a client does not say with what holds for all', async () => {
    const { traffic } = await read(
      'traffic: { minimumCalls: 100, minimumPercent: 1, perClient: { web: { minimumCalls: 5 }, partner: { minimumPercent: 0 } } }',
    );
    expect(traffic.perClient).toEqual([
      { client: 'web', minimumCalls: 5, minimumPercent: 1 },
      { client: 'partner', minimumCalls: 100, minimumPercent: 0 },
    ]);
  });

  it('changes the severity of single rules', async () => {
    const policy = await read(
      'lint: { lint-type-name: "off" }\nseverities: { field-removed: warning, affected: error }',
    );
    expect(policy.lint.severities).toEqual({ ...lintRules, 'lint-type-name': 'off' });
    expect(policy.severities).toEqual({
      ...Object.fromEntries(checkRules),
      'field-removed': 'warning',
      affected: 'error',
    });
  });

  it.each([
    [
      'needs a date of deprecations where it needs an age',
      'deprecation: { required: true, minimumAgeDays: 1 }',
      true,
    ],
    ['needs none for none', 'deprecation: { required: true }', false],
    ['needs none where nothing must be deprecated', 'deprecation: { minimumAgeDays: 30 }', false],
  ])('%s', async (_what, text, deprecationDates) => {
    expect((await read(text)).lint.deprecationDates).toBe(deprecationDates);
  });

  it.each([
    ['an unknown option', 'strct: [Order]', 'checks.yaml:1:1 strct: unknown key (did you mean "strict"?)'],
    [
      'an unknown rule of lint',
      'lint:\n  lint-typ-name: error',
      'checks.yaml:2:3 lint.lint-typ-name: unknown key (did you mean "lint-type-name"?)',
    ],
    [
      'an unknown rule',
      'severities:\n  efected: error',
      'checks.yaml:2:3 severities.efected: unknown key (did you mean "affected"?)',
    ],
    [
      'an unknown severity',
      'severities: { affected: warn }',
      'checks.yaml:1:25 severities.affected: expected "error", "warning", "notice" or "off", got "warn"',
    ],
    [
      "YAML's own off",
      'lint:\n  lint-type-name: off\n  lint-field-name: false',
      'checks.yaml:3:20 lint.lint-field-name: expected',
    ],
    [
      'a negative age',
      'deprecation: { minimumAgeDays: -1 }',
      'checks.yaml:1:32 deprecation.minimumAgeDays: expected at least 0, got -1',
    ],
    [
      'a percentage over 100',
      'traffic:\n  minimumPercent: 101',
      'checks.yaml:2:19 traffic.minimumPercent: expected at most 100',
    ],
    [
      'a tag with a space',
      'tags: { allowed: [partner, a b] }',
      'checks.yaml:1:28 tags.allowed[1]: expected letters, digits and /_-, got "a b"',
    ],
    [
      'a pattern that is none',
      'strict: ["*"]',
      'checks.yaml:1:10 strict[0]: expected Type, Type.*, Type.field or Type.field(argument:), got "*"',
    ],
    ['a client with a space', 'excludedClients: [a b]', 'checks.yaml:1:19 excludedClients[0]:'],
    [
      'no increase of plans',
      'plans: { callsIncrease: 0 }',
      'checks.yaml:1:25 plans.callsIncrease: expected at least 1, got 0',
    ],
    [
      'a name that changes prototypes',
      'traffic: { perClient: { __proto__: {} } }',
      'checks.yaml:1:25 traffic.perClient.__proto__: this name is not allowed',
    ],
    [
      'a rule that changes prototypes',
      'severities: { __proto__: error }',
      'checks.yaml:1:15 severities.__proto__: this name is not allowed',
    ],
    [
      'a duplicate rule',
      'lint:\n  lint-type-name: error\n  lint-type-name: "off"',
      'checks.yaml:3:3 lint.lint-type-name: duplicate key, first on line 2',
    ],
    ['text that is no YAML', 'strict: [', 'checks.yaml:1:10'],
    ['a variable of the environment', 'excludedClients: ["${PATH}"]', 'environment variable PATH is not set'],
    ['more than it may have', `# ${'a'.repeat(300_000)}`, 'checks.yaml: is larger than 262144 bytes'],
  ])('with %s is refused with its place', async (_what, text, message) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(read(text)).rejects.toThrow(message);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'may have a client called %s',
    async (name) => {
      const policy = await read(
        `traffic: { perClient: { ${name}: { minimumCalls: 2 } } }\nexcludedClients: [${name}]`,
      );
      expect(policy.traffic.perClient).toEqual([{ client: name, minimumCalls: 2, minimumPercent: 0 }]);
      expect(policy.excludedClients).toEqual([name]);
    },
  );

  it.each(['constructor', 'toString'])('has no rule called %s', async (name) => {
    await expect(read(`lint: { ${name}: error }`)).rejects.toThrow('unknown key');
    await expect(read(`severities: { ${name}: error }`)).rejects.toThrow('unknown key');
  });
});

describe('docs/reference/checks-yaml.md', () => {
  let page = '';

  beforeAll(async () => {
    page = await readFile(new URL('../../../docs/reference/checks-yaml.md', import.meta.url), 'utf8');
  });

  it('lists every option with its default', () => {
    const rows = rowsOf(page);
    const undocumented = [
      ...optionsOf(checksFileSchema.parse({ tags: { allowed: [] }, owners: { allowed: [] } })),
    ].filter(
      ([key, value]) =>
        key !== 'tags.allowed' && key !== 'owners.allowed' && rows.get(key)?.[1] !== `\`${value}\``,
    );
    expect(undocumented).toEqual([]);
    for (const key of ['tags.allowed', 'owners.allowed', 'lint', 'severities'])
      expect(rows.has(key), key).toBe(true);
  });

  it('lists every rule with its default severity', () => {
    const rows = rowsOf(page);
    const decided = [...checkRules].filter(([, severity]) => severity !== null);
    const undocumented = [...Object.entries(lintRules), ...decided].filter(
      ([rule, severity]) => rows.get(rule)?.[0] !== `\`${severity}\``,
    );
    expect(undocumented).toEqual([]);
  });

  it('has no other rules of lint', () => {
    const named = [...page.matchAll(/`(lint-[a-z-]+)`/g)].map(([, rule]) => rule);
    expect(named.filter((rule) => !Object.hasOwn(lintRules, rule ?? ''))).toEqual([]);
  });

  it('has an example that is valid, with every option at the top', async () => {
    const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? '';
    await read(example);
    const missing = Object.keys(checksFileSchema.shape).filter((key) => !example.includes(`\n${key}:`));
    expect(missing).toEqual([]);
  });
});

/** Rows of tables by the text in backticks of their first cell: the other cells. */
function rowsOf(markdown: string): ReadonlyMap<string, readonly string[]> {
  const rows = markdown.matchAll(/^\| +`([^`]+)` +\|(.*)\|$/gm);
  return new Map(
    Array.from(rows, ([, key = '', rest = '']) => [key, rest.split(' | ').map((cell) => cell.trim())]),
  );
}

/** Leaves of the file by path, except severities, which have tables of their own. */
function* optionsOf(value: object, prefix = ''): Generator<readonly [string, string]> {
  for (const [key, member] of Object.entries(value) as Array<[string, unknown]>) {
    const path = `${prefix}${key}`;
    const isMap = typeof member === 'object' && member !== null && !Array.isArray(member);
    if (path === 'lint' || path === 'severities') continue;
    if (isMap && Object.keys(member).length > 0) yield* optionsOf(member, `${path}.`);
    else
      yield [
        path,
        Array.isArray(member)
          ? `[${member.join(', ')}]`
          : isMap
            ? '{}'
            : JSON.stringify(member).replaceAll('"', ''),
      ];
  }
}
