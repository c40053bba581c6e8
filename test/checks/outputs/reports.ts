/** Reports for tests of outputs: one as checks make them, one with hostile texts, and arbitrary ones. */

import fc from 'fast-check';

import type { OutputOptions } from '../../../src/checks/outputs/output-format.ts';
import { fingerprintOf } from '../../../src/checks/fingerprint.ts';
import {
  stageNames,
  type CheckReport,
  type ClientSummary,
  type Finding,
  type OperationImpact,
  type StageResult,
} from '../../../src/checks/report.ts';

export const options: OutputOptions = {
  colour: false,
  command: 'npx --no -- tributary',
  graphFile: 'schemas/graph.yaml',
  overrideExpires: '2026-12-31',
};

export function finding(fields: Partial<Finding> = {}): Finding {
  const { rule = 'field-removed', client = 'web', coordinate = 'Product.price' } = fields;
  return {
    rule,
    fingerprint: fingerprintOf({ rule, client, coordinate, details: [] }),
    stage: 'impact',
    severity: 'error',
    client,
    coordinate,
    message: 'Product.price was removed',
    hint: 'Deprecate the field before you remove it',
    location: { file: 'schemas/subgraphs/products/schema.graphql', line: 12, column: 3 },
    operations: [],
    override: null,
    ...fields,
  };
}

export function impact(fields: Partial<OperationImpact['operation']> = {}): OperationImpact {
  return {
    operation: {
      client: 'web',
      version: '1.2',
      name: 'Home',
      id: 'a'.repeat(64),
      calls: 12_340,
      lastSeenAt: '2026-11-20T10:00:00.000Z',
      file: 'schemas/clients/web/operations/1.2.json',
      ...fields,
    },
    level: 'broken',
    reasons: [
      {
        code: 'field-removed',
        level: 'broken',
        coordinate: 'Product.price',
        message: 'Product.price was removed',
      },
    ],
  };
}

export function client(name: string, owner = `@acme/${name}`): ClientSummary {
  return {
    name,
    owner,
    changes: { breaking: 1, dangerous: 2, safe: 30 },
    operations: { broken: 1, affected: 2, safe: 300, invalidBefore: 1 },
  };
}

export function report(fields: Partial<CheckReport> = {}): CheckReport {
  return {
    schemaVersion: 1,
    verdict: 'failed',
    base: { label: 'origin/main (1a2b3c4)', subgraphs: 3, operations: 303 },
    head: { label: 'working tree', subgraphs: 3, operations: 303 },
    stages: [
      { name: 'parse', client: null, status: 'passed', durationMs: 12 },
      { name: 'lint', client: null, status: 'passed', durationMs: 30 },
      { name: 'compose', client: null, status: 'passed', durationMs: 812 },
      { name: 'impact', client: 'mobile', status: 'passed', durationMs: 101 },
      { name: 'impact', client: 'web', status: 'failed', durationMs: 99 },
      { name: 'plan', client: null, status: 'skipped', durationMs: 0 },
    ],
    clients: [client('mobile'), client('web')],
    findings: [
      finding({
        operations: [
          impact(),
          { ...impact({ name: null, calls: null, lastSeenAt: null, version: null }), level: 'affected' },
        ],
      }),
      finding({
        rule: 'enum-value-added',
        coordinate: 'Status.PAUSED',
        message: 'Status.PAUSED was added',
        override: {
          fingerprint: '0123456789abcdef',
          reason: 'both apps have a default case',
          approver: '@acme/web',
          expires: '2027-01-31',
          file: 'schemas/policy/overrides/0123456789abcdef.yaml',
        },
      }),
      finding({
        rule: 'tag-added',
        client: 'mobile',
        stage: 'diff',
        severity: 'warning',
        coordinate: 'Order.note',
        message: 'Order.note becomes visible to mobile',
        hint: null,
        location: null,
      }),
      finding({
        rule: 'lint-type-name',
        client: null,
        stage: 'lint',
        severity: 'notice',
        coordinate: 'product',
        message: 'Names of types begin with a capital letter',
      }),
    ],
    ...fields,
  };
}

/** What schemas of strangers may have in names, descriptions, defaults and tags. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  'two\nlines',
  'carriage\rreturn\r\nand tab\t.',
  '\n::error file=x::injected',
  '::set-output name=token::value',
  '::add-mask::x\n::stop-commands::y',
  '##[error]injected',
  '##vso[task.setvariable variable=x]y',
  '%0A::error::injected',
  'file=a,line=1,title=b:c',
  'a | b | c',
  'a \\| b \\\\| c',
  'a\\',
  '`code` ``more`` `',
  '```\nfence\n```',
  '~~~',
  '<script>alert(1)</script>',
  '<!-- comment',
  '--> out',
  '</details></summary>',
  '<details><summary>',
  '<img src=x onerror=alert(1)>',
  '&lt;b&gt; &#64;everyone &amp;',
  '@everyone @acme/platform',
  '#123 GH-123 acme/shop#1 !5 ~bug %"v1" $7 &9 ^alert#1',
  'https://evil.example/?q=1 www.evil.example http://a@b',
  'someone@evil.example',
  '[link](https://evil.example)',
  '![image](https://evil.example/x.png)',
  '[reference]: https://evil.example',
  '**bold** _emphasis_ ~~gone~~ # heading',
  '# heading',
  '- list',
  '1. list',
  '> quote',
  '$formula$ $$x^2$$',
  ']]>',
  '<![CDATA[',
  '<?xml version="1.0"?>',
  '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>',
  '"quotes" and \'apostrophes\'',
  'NUL \u0000 BEL \u0007 BS \u0008 VT \u000b',
  'ESC \u001b[31mred\u001b[0m \u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007',
  'C1 \u009b31m \u0090 \u007f \u0085',
  'lone \ud800 and \udc00',
  '\ud83d',
  'right-to-left \u202egnp.exe\u202c \u2066\u2069 \u200f',
  'zero\u200bwidth\u200d \u2060\ufeff',
  'separators \u2028 \u2029',
  'noncharacters \ufffe \uffff \u{1ffff}',
  'tags \u{e0001}\u{e0041}',
  'private \ue000',
  '__proto__',
  'constructor',
  '{0} {name} {{x}}',
  'key: value # comment',
  '- item\n  key: value',
  '&anchor *alias !!tag',
  'null',
  'true',
  '1e3',
  '0123',
  '../../etc/passwd',
  'C:\\windows\\file',
  '%2e%2e/%00',
  '中文 日本語 emoji 👩‍🚀',
  'x'.repeat(5000),
  '|'.repeat(3000),
  '@'.repeat(3000),
  '\u001b'.repeat(3000),
  '👍'.repeat(3000),
];

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...hostileTexts) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  },
  { weight: 2, arbitrary: fc.constantFrom('web', 'mobile', 'Product.price', 'Home', 'schema.graphql') },
);
const nullable = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(value, { freq: 3 });
const count = fc.nat({ max: 1_000_000_000 });

const location = fc.record({
  file: text,
  line: fc.integer({ min: 1, max: 99_999 }),
  column: fc.integer({ min: 1, max: 999 }),
});
const stage = fc.constantFrom(...stageNames);
const reason = fc.record({
  code: text,
  level: fc.constantFrom('broken' as const, 'affected' as const),
  coordinate: nullable(text),
  message: text,
});
const operationImpact: fc.Arbitrary<OperationImpact> = fc.record({
  operation: fc.record({
    client: text,
    version: nullable(text),
    name: nullable(text),
    id: text,
    calls: nullable(count),
    lastSeenAt: nullable(text),
    file: nullable(text),
  }),
  level: fc.constantFrom('broken' as const, 'affected' as const, 'safe' as const),
  reasons: fc.array(reason, { maxLength: 2 }),
});
const override = fc.record({ fingerprint: text, reason: text, approver: text, expires: text, file: text });

export const arbitraryFinding: fc.Arbitrary<Finding> = fc.record({
  rule: fc.oneof(text, fc.constantFrom('field-removed', 'composition-error')),
  fingerprint: fc.oneof(text, fc.stringMatching(/^[0-9a-f]{16}$/)),
  stage,
  severity: fc.constantFrom('error' as const, 'warning' as const, 'notice' as const),
  client: nullable(text),
  coordinate: nullable(text),
  message: text,
  hint: nullable(text),
  location: nullable(location),
  operations: fc.array(operationImpact, { maxLength: 12 }),
  override: fc.option(override, { freq: 3 }),
});

const state = fc.record({ label: text, subgraphs: count, operations: count });

const stageResult: fc.Arbitrary<StageResult> = fc.record({
  name: stage,
  client: nullable(text),
  status: fc.constantFrom('passed' as const, 'failed' as const, 'skipped' as const),
  durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
});

export const arbitraryReport: fc.Arbitrary<CheckReport> = fc.record({
  schemaVersion: fc.constant(1 as const),
  verdict: fc.constantFrom('passed' as const, 'failed' as const, 'invalid' as const),
  base: state,
  head: state,
  stages: fc.array(stageResult, { maxLength: 10 }),
  clients: fc.array(
    fc.record({
      name: text,
      owner: text,
      changes: fc.record({ breaking: count, dangerous: count, safe: count }),
      operations: fc.record({ broken: count, affected: count, safe: count, invalidBefore: count }),
    }),
    { maxLength: 8 },
  ),
  findings: fc.array(arbitraryFinding, { maxLength: 25 }),
});

/** Each text of every field is hostile. */
export function hostileReport(hostile: string): CheckReport {
  const operation = impact({
    client: hostile,
    version: hostile,
    name: hostile,
    id: hostile,
    lastSeenAt: hostile,
  });
  const fields: Partial<Finding> = {
    rule: hostile,
    fingerprint: hostile,
    client: hostile,
    coordinate: hostile,
    message: hostile,
    hint: hostile,
    location: { file: hostile, line: 1, column: 1 },
    operations: [operation, { ...operation, level: 'affected' }],
  };
  return report({
    base: { label: hostile, subgraphs: 1, operations: 1 },
    head: { label: hostile, subgraphs: 1, operations: 1 },
    stages: [
      { name: 'impact', client: hostile, status: 'failed', durationMs: 1 },
      { name: 'plan', client: hostile, status: 'skipped', durationMs: 0 },
    ],
    clients: [client(hostile, hostile)],
    findings: [
      finding(fields),
      finding({
        ...fields,
        severity: 'warning',
        client: null,
        override: {
          fingerprint: hostile,
          reason: hostile,
          approver: hostile,
          expires: hostile,
          file: hostile,
        },
      }),
    ],
  });
}

/** Of a graph where everything broke. */
export function hugeReport(findings: number): CheckReport {
  const clients = Array.from({ length: 200 }, (_, index) => client(`client-${index}`));
  return report({
    clients,
    findings: Array.from({ length: findings }, (_, index) =>
      finding({
        client: `client-${index % 200}`,
        coordinate: `Type${index}.field`,
        message: `Type${index}.field was removed`,
        operations: [impact({ name: `Operation${index}`, calls: index })],
      }),
    ),
  });
}
