/** Annotations, read by the grammar of workflow commands, and code quality reports of GitLab. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { render } from './render.ts';
import { arbitraryReport, finding, hostileReport, hostileTexts, impact, report } from './reports.ts';

interface Command {
  readonly name: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly data: string;
}

/**
 * Strict, by the documentation (`::name key=value,key=value::data`) and by how the runner reads a line: trimmed at its
 * beginning; the first `::` after that of the beginning ends the properties; `%25`, `%0D`, `%0A`, and in properties `%3A`
 * and `%2C`, are escapes. Any other percent sign is one that a writer forgot.
 */
function parseCommand(line: string): Command {
  const match = /^::([a-z-]+)(?: ([^\r\n]*?))?::(.*)$/su.exec(line);
  if (match === null) throw new Error(`not a command: ${JSON.stringify(line)}`);
  const [, name = '', list = '', data = ''] = match;
  const properties = list.split(',').map((pair) => {
    const parsed = /^(file|line|endLine|col|endColumn|title)=([^:,]+)$/u.exec(pair);
    if (parsed === null) throw new Error(`not a property: ${JSON.stringify(pair)}`);
    return [parsed[1] ?? '', unescapeText(parsed[2] ?? '', /%(25|0D|0A|3A|2C)/g)] as const;
  });
  if (new Set(properties.map(([key]) => key)).size < properties.length)
    throw new Error(`a property twice: ${list}`);
  return { name, properties: new Map(properties), data: unescapeText(data, /%(25|0D|0A)/g) };
}

function unescapeText(text: string, escape: RegExp): string {
  if (text.replace(escape, '').includes('%')) throw new Error(`a bare percent sign: ${JSON.stringify(text)}`);
  return text.replace(escape, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function commandsOf(text: string): readonly Command[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n').map(parseCommand);
}

describe('annotations', () => {
  it('stand at the definition, with the operations concerned', () => {
    const [first] = commandsOf(render('github', report()));
    expect(first).toEqual({
      name: 'error',
      properties: new Map([
        ['file', 'schemas/subgraphs/products/schema.graphql'],
        ['line', '12'],
        ['col', '3'],
        ['title', 'field-removed (client web)'],
      ]),
      data: [
        'Product.price was removed.',
        'Deprecate the field before you remove it.',
        'Operations: 1 broken, 1 affected',
        '- broken: Home (web 1.2, 12,340 calls, last seen 2026-11-20)',
        '- affected: anonymous aaaaaaaaaaaa (web, no usage recorded)',
      ].join('\n'),
    });
  });

  it('have the type of the severity; an overridden finding is a notice', () => {
    const commands = commandsOf(render('github', report()));
    expect(commands.map(({ name, properties }) => [name, properties.get('title')])).toEqual([
      ['error', 'field-removed (client web)'],
      ['warning', 'tag-added (client mobile)'],
      ['notice', 'lint-type-name'],
      ['notice', 'enum-value-added (client web)'],
    ]);
  });

  it('are ten of a type: those that break most, and how many more there are', () => {
    const findings = Array.from({ length: 42 }, (_, index) =>
      finding({
        coordinate: `Type.field${index}`,
        message: `${index}`,
        operations: [impact({ calls: index })],
      }),
    );
    const commands = commandsOf(render('github', report({ findings })));
    expect(commands).toHaveLength(10);
    expect(commands.map(({ data }) => data.split('.')[0])).toEqual([
      ...Array.from({ length: 9 }, (_, index) => `${41 - index}`),
      '33 more errors: see the summary of the job',
    ]);
  });

  it('are one for what several clients are told about the same change', () => {
    const clients = ['web', 'mobile', 'partner', 'tv', 'kiosk', 'watch', 'car'];
    const findings = clients.map((client) => finding({ client, operations: [impact({ client })] }));
    const commands = commandsOf(
      render('github', report({ findings: [...findings, finding({ coordinate: 'Product.name' })] })),
    );
    expect(commands.map(({ properties }) => properties.get('title'))).toEqual([
      'field-removed (clients web, mobile, partner, tv, kiosk and 2 more)',
      'field-removed (client web)',
    ]);
    expect(commands[0]?.data).toContain('Operations: 7 broken\n- broken: Home (web 1.2,');
    expect(commands[0]?.data).toMatch(/\n- \.\.\. and 2 more$/);
  });

  it('count all findings of what they leave out', () => {
    const findings = Array.from({ length: 12 }, (_, index) =>
      ['web', 'mobile'].map((client) => finding({ client, coordinate: `Type.field${index}` })),
    ).flat();
    const commands = commandsOf(render('github', report({ findings })));
    expect(commands.at(-1)?.data).toBe('6 more errors: see the summary of the job');
  });

  it('say that a check failed which has no error among its findings', () => {
    const [first] = commandsOf(render('github', report({ verdict: 'invalid', findings: [] })));
    expect(first?.name).toBe('error');
    expect(first?.data).toMatch(/^Schema check failed: the graph does not compose/);
  });

  it('are none where there is nothing to say', () => {
    expect(render('github', report({ verdict: 'passed', findings: [] }))).toBe('');
  });

  it.each(hostileTexts)(
    'have the properties and lines that they should, whatever names are: %j',
    (hostile) => {
      const commands = commandsOf(render('github', hostileReport(hostile)));
      expect(commands.map(({ name }) => name)).toEqual(['error', 'notice']);
      const [lines = []] = commands.map(({ data }) => data.split('\n'));
      expect(lines).toHaveLength(5);
      expect(lines.join('')).not.toMatch(/##(\[|vso)/);
      for (const { properties } of commands) {
        const keys = [...properties.keys()];
        expect(keys.filter((key) => key !== 'file' && key !== 'title')).toEqual(['line', 'col']);
        expect([properties.get('line'), properties.get('col')]).toEqual(['1', '1']);
      }
    },
  );

  it('are valid for arbitrary reports', () => {
    fc.assert(
      fc.property(arbitraryReport, (arbitrary) => {
        const text = render('github', arbitrary);
        expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
        const names = commandsOf(text).map(({ name }) => name);
        for (const type of ['error', 'warning', 'notice'])
          expect(names.filter((name) => name === type).length).toBeLessThanOrEqual(10);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    '::error file=a,b.graphql::message',
    '::error file=a:b::message',
    '::error title=100%::message',
    '::error title=x::100%',
    '::error line=1,line=2::message',
    '::error unknown=x::message',
    'error::message',
  ])('the reader of this test refuses %s', (line) => {
    expect(() => parseCommand(line)).toThrow(/^(not a|a bare|a property)/);
  });
});

describe('GitLab', () => {
  /** As its documentation demands: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format */
  const validate = new Ajv2020().compile({
    type: 'array',
    items: {
      type: 'object',
      required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
      properties: {
        description: { type: 'string', minLength: 1 },
        check_name: { type: 'string' },
        fingerprint: { type: 'string' },
        severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
        location: {
          type: 'object',
          required: ['path', 'lines'],
          properties: {
            path: { type: 'string', not: { pattern: '^\\./' } },
            lines: {
              type: 'object',
              required: ['begin'],
              properties: { begin: { type: 'integer', minimum: 1 } },
              additionalProperties: false,
            },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
  });

  const issuesOf = (
    text: string,
  ): ReadonlyArray<{ fingerprint: string; severity: string; location: object }> => {
    const issues: unknown = JSON.parse(text);
    expect(validate(issues), JSON.stringify(validate.errors)).toBe(true);
    return issues as ReadonlyArray<{ fingerprint: string; severity: string; location: object }>;
  };

  it('has an issue for each finding', () => {
    expect(issuesOf(render('gitlab', report()))[0]).toEqual({
      description:
        'web: Product.price was removed. Operations: 1 broken, 1 affected. Deprecate the field before you remove it.',
      check_name: 'field-removed',
      fingerprint: finding().fingerprint,
      severity: 'critical',
      location: { path: 'schemas/subgraphs/products/schema.graphql', lines: { begin: 12 } },
    });
  });

  it.each([
    [{ stage: 'compose' as const }, 'blocker'],
    [{}, 'critical'],
    [{ severity: 'warning' as const, operations: [impact()] }, 'major'],
    [{ severity: 'warning' as const }, 'minor'],
    [{ severity: 'notice' as const }, 'info'],
    [{ override: { fingerprint: 'x', reason: 'x', approver: 'x', expires: 'x', file: 'x' } }, 'info'],
  ])('has for %o the severity %s', (fields, severity) => {
    expect(issuesOf(render('gitlab', report({ findings: [finding(fields)] })))[0]?.severity).toBe(severity);
  });

  it('shows a finding without a place at the graph', () => {
    const issues = issuesOf(render('gitlab', report({ findings: [finding({ location: null })] })));
    expect(issues[0]?.location).toEqual({ path: 'schemas/graph.yaml', lines: { begin: 1 } });
  });

  it('is valid for arbitrary reports, with fingerprints that are unique', () => {
    fc.assert(
      fc.property(arbitraryReport, (arbitrary) => {
        const issues = issuesOf(render('gitlab', arbitrary));
        expect(issues).toHaveLength(arbitrary.findings.length);
        expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
      }),
      { numRuns: 300 },
    );
  });
});
