/** The text of a failed job, and `--explain`. */

import { stripVTControlCharacters } from 'node:util';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { explainFinding } from '../../../src/checks/outputs/explain.ts';
import { outputFormats } from '../../../src/checks/outputs/formats.ts';
import type { CheckReport } from '../../../src/checks/report.ts';
import { ruleDescriptions } from '../../../src/checks/rules.ts';
import { render } from './render.ts';
import {
  arbitraryReport,
  finding,
  hostileReport,
  hostileTexts,
  hugeReport,
  impact,
  options,
  report,
} from './reports.ts';

describe('the text', () => {
  it('says for each client what breaks, and ends with the verdict and what to do', () => {
    expect(render('text', report()).split('\n')).toEqual([
      'base origin/main (1a2b3c4) (3 subgraphs, 303 operations)',
      'head working tree (3 subgraphs, 303 operations)',
      '',
      'Client web, owner @acme/web: 1 error, 1 accepted by an override',
      '  changes: 1 breaking, 2 dangerous, 30 safe; operations: 1 broken, 2 affected, 300 safe, 1 invalid before and after',
      '  error Product.price was removed [field-removed]',
      '    at schemas/subgraphs/products/schema.graphql:12:3',
      '    fix: Deprecate the field before you remove it',
      '    broken Home (web 1.2, 12,340 calls, last seen 2026-11-20)',
      '    affected anonymous aaaaaaaaaaaa (web, no usage recorded)',
      `    fingerprint: ${finding().fingerprint}`,
      '  accepted Status.PAUSED was added [enum-value-added]',
      '    at schemas/subgraphs/products/schema.graphql:12:3',
      '    fix: Deprecate the field before you remove it',
      '    accepted by @acme/web until 2027-01-31: both apps have a default case',
      '',
      'Client mobile, owner @acme/mobile: 1 warning',
      '  changes: 1 breaking, 2 dangerous, 30 safe; operations: 1 broken, 2 affected, 300 safe, 1 invalid before and after',
      '  warning Order.note becomes visible to mobile [tag-added]',
      '',
      'All clients: 1 notice',
      '  notice product: Names of types begin with a capital letter [lint-type-name]',
      '    at schemas/subgraphs/products/schema.graphql:12:3',
      '    fix: Deprecate the field before you remove it',
      '',
      'Schema check failed: 1 error, 1 warning, 1 notice, 1 accepted by an override. Change the schema so that no client breaks. For each error, npx --no -- tributary check --explain FINGERPRINT says why and how else, and npx --no -- tributary override add FINGERPRINT accepts it for a time.',
      '',
    ]);
  });

  it.each<[string, Partial<CheckReport>, string]>([
    ['passed', { verdict: 'passed', findings: [] }, 'Schema check passed: no findings.'],
    [
      'passed with a warning',
      { verdict: 'passed', findings: [finding({ severity: 'warning' })] },
      'Schema check passed: 1 warning.',
    ],
    [
      'that does not compose',
      {
        verdict: 'invalid',
        stages: [{ name: 'compose', client: null, status: 'failed', durationMs: 1 }],
        findings: [finding({ stage: 'compose', rule: 'composition-error' })],
      },
      'Schema check failed: the graph does not compose (1 error). Correct the errors; the checks after them did not run or are incomplete. No override can accept them.',
    ],
    [
      'whose contract does not hold',
      {
        verdict: 'invalid',
        stages: [{ name: 'contract', client: 'web', status: 'failed', durationMs: 1 }],
        findings: [finding({ stage: 'contract', rule: 'contract-invalid' })],
      },
      'Schema check failed: the contract of a client does not hold (1 error). Correct the errors; the checks after them did not run or are incomplete. No override can accept them.',
    ],
  ])('has as last line the verdict of a check %s', (_, fields, line) => {
    expect(render('text', report(fields)).trimEnd().split('\n').at(-1)).toBe(line);
  });

  it('lists five operations of a finding, and counts the others', () => {
    const operations = Array.from({ length: 17 }, (_, index) => impact({ name: `Page${index}` }));
    const text = render('text', report({ findings: [finding({ operations })] }));
    expect(text.match(/broken Page\d+ /g)).toHaveLength(5);
    expect(text).toContain('    ... and 12 more operations\n');
  });

  it('names clients without findings in one line', () => {
    expect(render('text', report({ findings: [finding()] }))).toContain('\nNo findings for mobile\n');
  });

  it('differs by colours alone where they are on', () => {
    const coloured = render('text', report(), { colour: true });
    expect(coloured).toContain('\u001b[31merror\u001b[39m');
    expect(stripVTControlCharacters(coloured)).toBe(render('text', report()));
  });

  it('is bounded for 50,000 findings', () => {
    const text = render('text', hugeReport(50_000));
    expect(text.length).toBeLessThan(1_000_000);
    expect(text).toContain('  ... and 200 more errors\n');
    expect(text).toContain('... and 150 more clients with findings\n');
  });

  it.each(hostileTexts)('prints nothing that a terminal or a log of CI interprets: %j', (hostile) => {
    expectHarmless(render('text', hostileReport(hostile)));
  });

  it('prints nothing of the kind for arbitrary reports', () => {
    fc.assert(
      fc.property(arbitraryReport, (arbitrary) => expectHarmless(render('text', arbitrary))),
      { numRuns: 300 },
    );
  });
});

describe('--explain', () => {
  const explain = (id: string, fields: Partial<CheckReport> = {}): string =>
    explainFinding(report(fields), id, options);
  const { fingerprint } = finding();

  it('says why, whom it concerns, and three ways out', () => {
    expect(explain(fingerprint).split('\n')).toEqual([
      'A field was removed [field-removed]',
      '',
      'The field is no longer in the schema. Operations that select it are refused.',
      '',
      '  error Product.price was removed [field-removed]',
      '    at schemas/subgraphs/products/schema.graphql:12:3',
      '    fix: Deprecate the field before you remove it',
      `    fingerprint: ${fingerprint}`,
      '    broken Home (web 1.2, 12,340 calls, last seen 2026-11-20)',
      '      because Product.price was removed',
      '    affected anonymous aaaaaaaaaaaa (web, no usage recorded)',
      '      because Product.price was removed',
      '',
      'Ways out:',
      '  1. Change the schema in another way. Keep the field: deprecate it with a reason that names the replacement, wait until no active version of a client uses it, then remove it. A field that moves to another subgraph keeps its name: use `@override(from:)`.',
      '  2. Deprecate first, and agree with @acme/web (web) on when their operations are changed; retire the versions of clients that still send them.',
      `  3. Accept it for a time: \`npx --no -- tributary override add ${fingerprint}\` writes this file, for its approver to review:`,
      '',
      `     # schemas/policy/overrides/${fingerprint}.yaml`,
      `     fingerprint: ${/^\d/.test(fingerprint) ? `"${fingerprint}"` : fingerprint}`,
      '     rule: field-removed',
      '     client: web',
      '     coordinate: Product.price',
      '     reason: "" # why it is accepted',
      '     approver: "@acme/web"',
      '     expires: 2026-12-31',
      '',
    ]);
  });

  it.each([
    ['the beginning of a fingerprint', fingerprint.slice(0, 6), 'Product.price was removed'],
    ['a coordinate', 'Order.note', 'Order.note becomes visible to mobile'],
    ['a rule', 'tag-added', 'Order.note becomes visible to mobile'],
    ['a rule without a finding', 'became-nullable', 'This report has no finding of the rule.'],
  ])('finds by %s', (_, id, line) => {
    expect(explain(id)).toContain(line);
  });

  it.each([...ruleDescriptions.keys()])('explains the rule %s without a finding', (rule) => {
    const text = explain(rule, { findings: [] });
    expect(text).toContain(`[${rule}]`);
    expect(text).toContain('Ways out:');
  });

  it('offers no override for a graph that does not compose', () => {
    const findings = [finding({ stage: 'compose', rule: 'composition-error' })];
    expect(explain('composition-error', { findings })).not.toContain('override add');
  });

  it.each([
    [
      'findings',
      {},
      /is neither a fingerprint, a coordinate nor a rule of a finding; the first findings are [0-9a-f]{16} \(field-removed\)/,
    ],
    ['none', { findings: [] }, /there are no findings$/],
  ])('refuses what is none of these, with %s', (_, fields, message) => {
    expect(() => explain('nothing', fields)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) as string }),
    );
  });

  it('prints nothing that a terminal interprets', () => {
    const explained = hostileTexts.map((hostile) => explainFinding(hostileReport(hostile), hostile, options));
    for (const text of explained) expectHarmless(text);
  });
});

it('formats are listed by the name that each has', () => {
  expect([...outputFormats].map(([name, format]) => [name, format.name])).toEqual(
    ['text', 'json', 'github', 'github-summary', 'markdown', 'junit', 'sarif', 'gitlab'].map((name) => [
      name,
      name,
    ]),
  );
});

function expectHarmless(text: string): void {
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}|\p{Zl}|\p{Zp}/u);
  // The runner trims the beginning of a line before it looks for a command, and finds the older form anywhere.
  for (const line of text.split('\n')) expect(line.trimStart()).not.toMatch(/^::/);
  expect(text).not.toMatch(/##(\[|vso)/);
}
