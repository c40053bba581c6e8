/** JUnit XML as Jenkins, GitLab and others read it: each stage, for each client where it has one, is a test case. */

import type { CheckReport, Finding, StageResult } from '../report.ts';
import { byImportance, countsText, nameText, numberText } from './finding-text.ts';
import type { OutputFormat } from './output-format.ts';
import { findingLines } from './text.ts';

/** Of one test case. */
const findingsMax = 100;

export const junitFormat: OutputFormat = {
  name: 'junit',
  description: 'JUnit XML, with a test case for each stage',
  render(report) {
    const cases = testCases(report);
    const failures = cases.filter(({ status }) => status === 'failed').length;
    const skipped = cases.filter(({ status }) => status === 'skipped').length;
    const time = seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0));
    const totals = `tests="${cases.length}" failures="${failures}" errors="0"`;
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<testsuites name="Schema check" ${totals} time="${time}">`,
      `  <testsuite name="Schema check" ${totals} skipped="${skipped}" time="${time}">`,
      ...cases.flatMap(testCaseLines),
      '  </testsuite>',
      '</testsuites>',
      '',
    ].join('\n');
  },
};

interface TestCase {
  readonly name: string;
  readonly client: string | null;
  readonly status: StageResult['status'];
  readonly durationMs: number;
  readonly findings: readonly Finding[];
}

function testCases({ stages, findings }: CheckReport): readonly TestCase[] {
  const byClient = Map.groupBy(stages, ({ client }) => client);
  const placed = Map.groupBy(byImportance(findings), (finding) => caseOf(finding, byClient));
  const cases = stages.map((stage): TestCase => {
    const ofStage = placed.get(stage) ?? [];
    const { name, client, durationMs } = stage;
    const status = ofStage.some(failsCheck) ? 'failed' : stage.status;
    return { name, client, status, durationMs: Math.max(0, durationMs), findings: ofStage };
  });
  const others = placed.get(null) ?? [];
  if (others.length === 0) return cases;
  const status = others.some(failsCheck) ? 'failed' : 'passed';
  return [...cases, { name: 'other', client: null, status, durationMs: 0, findings: others }];
}

/**
 * The stage of the finding for its client, or for all. An error is in one that failed, if there is one: what a stage finds
 * may be of the stage before it, such as changes of which the impact is then found.
 */
function caseOf(
  finding: Finding,
  byClient: ReadonlyMap<string | null, readonly StageResult[]>,
): StageResult | null {
  const own = byClient.get(finding.client) ?? [];
  const ofAll = byClient.get(null) ?? [];
  const isStage = ({ name }: StageResult): boolean => name === finding.stage;
  const hasFailed = ({ status }: StageResult): boolean => status === 'failed';
  const place = own.find(isStage) ?? (failsCheck(finding) ? own.find(hasFailed) : undefined);
  return place ?? ofAll.find(isStage) ?? null;
}

function failsCheck({ severity, override }: Finding): boolean {
  return severity === 'error' && override === null;
}

function testCaseLines({ name, client, status, durationMs, findings }: TestCase): readonly string[] {
  const className = client === null ? 'schema-check' : `schema-check.${nameText(client)}`;
  const opening = `    <testcase name="${xml(name)}" classname="${xml(className)}" time="${seconds(durationMs)}"`;
  const text = xml(textOf(findings));
  switch (status) {
    case 'skipped':
      return [`${opening}>`, '      <skipped/>', ...outputLines(text), '    </testcase>'];
    case 'failed': {
      const message = findings.length === 0 ? 'The stage failed' : countsText(findings);
      return [
        `${opening}>`,
        `      <failure type="${xml(name)}" message="${xml(message)}">${text}</failure>`,
        '    </testcase>',
      ];
    }
    case 'passed':
      return text === '' ? [`${opening}/>`] : [`${opening}>`, ...outputLines(text), '    </testcase>'];
  }
}

function outputLines(text: string): readonly string[] {
  return text === '' ? [] : [`      <system-out>${text}</system-out>`];
}

function textOf(findings: readonly Finding[]): string {
  const shown = findings.slice(0, findingsMax);
  const rest = findings.length - shown.length;
  return [
    ...shown.map((finding) => findingLines(finding).join('\n')),
    ...(rest > 0 ? [`  ... and ${numberText(rest)} more findings`] : []),
  ].join('\n');
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3);
}

/** Texts have no characters that XML 1.0 forbids: `visibleText` replaced them. */
function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
