import { expect, it } from 'vitest';

import { finding } from '../../../test/checks/support/policy-input.ts';
import type { CheckReport, Finding } from '../report.ts';
import { changesText } from './changes.ts';

const options = {
  colour: false,
  command: 'tributary',
  graphFile: 'graph.yaml',
  overrideExpires: '2026-12-31',
};
const removed = finding({ location: { file: 'a.graphql', line: 3, column: 5 } });
const hint = finding({
  fingerprint: 'f2',
  client: null,
  severity: 'warning',
  rule: 'lint',
  coordinate: 'Query',
  message: 'Query has no description',
});
const override = {
  fingerprint: 'f',
  reason: 'agreed',
  approver: 'ann',
  expires: '2026-12-01',
  file: 'o.yaml',
};

function report(findings: readonly Finding[], label = 'main'): CheckReport {
  const failed = findings.some(({ severity, override: accepted }) => severity === 'error' && !accepted);
  return {
    schemaVersion: 1,
    verdict: failed ? 'failed' : 'passed',
    base: { label, subgraphs: 1, operations: 1 },
    head: { label: 'working tree', subgraphs: 1, operations: 1 },
    stages: [],
    clients: [],
    findings,
  };
}

const passed = 'Schema check passed: no findings.';
const failed = 'Schema check failed: 1 error.';
const newError = [
  'Client web:',
  '  error Order.note was removed [field-removed]',
  '    at a.graphql:3:5',
  '    fingerprint: 0123456789abcdef',
];

it.each<[string, CheckReport | null, CheckReport, readonly string[]]>([
  ['all of the first report', null, report([removed]), ['Base: main', ...newError, failed]],
  ['the verdict alone where nothing changed', report([removed]), report([removed]), [failed]],
  ['a new finding', report([]), report([removed]), [...newError, failed]],
  [
    'a finding that is no more',
    report([removed]),
    report([]),
    ['No longer: error Order.note was removed (web) [field-removed]', passed],
  ],
  [
    'one besides another that stays',
    report([removed]),
    report([removed, hint]),
    ['All clients:', '  warning Query has no description [lint]', 'Schema check failed: 1 error, 1 warning.'],
  ],
  ['another base', report([], 'old'), report([]), ['Base: main', passed]],
])('prints %s', (_what, before, after, lines) => {
  expect(changesText(after, before, options)).toBe(`${lines.join('\n')}\n`);
});

it('prints a finding again when it is accepted', () => {
  const text = changesText(report([{ ...removed, override }]), report([removed]), options);
  expect(text).toContain('  accepted Order.note was removed [field-removed]');
  expect(text).not.toContain('No longer');
});

it('prints as many findings as can be read, and says how many there are more', () => {
  const many = Array.from({ length: 25 }, (_, index) => finding({ fingerprint: `f${index}` }));
  const appeared = changesText(report(many), report([]), options);
  expect(appeared.match(/was removed/g)).toHaveLength(20);
  expect(appeared).toContain('... and 5 more');
  const gone = changesText(report([]), report(many), options);
  expect(gone.match(/No longer/g)).toHaveLength(20);
  expect(gone).toContain('... and 5 more');
});
