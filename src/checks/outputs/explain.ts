/** The text of `--explain`: why something is a finding, whom it concerns, and three ways out. */

import { GatewayError } from '../../shared/errors.ts';
import type { CheckReport, Finding } from '../report.ts';
import { describeRule, ruleDescriptions } from '../rules.ts';
import {
  byImportance,
  canBeOverridden,
  countText,
  nameText,
  numberText,
  operationText,
} from './finding-text.ts';
import { approverOf, overrideSnippet } from './override-snippet.ts';
import type { OutputOptions } from './output-format.ts';
import { findingLines } from './text.ts';

const findingsMax = 10;
const operationsMax = 20;
const idsMax = 5;

/**
 * @param id The fingerprint of a finding, the beginning of one, a coordinate, or a rule.
 * @returns Lines for a terminal, with a newline at the end.
 * @throws {GatewayError} `CONFIG_INVALID` if it is none of these, with those that there are.
 */
export function explainFinding(report: CheckReport, id: string, options: OutputOptions): string {
  const findings = matching(report, id);
  const [first] = findings;
  if (first === undefined && !ruleDescriptions.has(id)) throw unmatched(report, id);
  const rules = first === undefined ? [id] : [...new Set(findings.map(({ rule }) => rule))];
  const sections = rules.map((rule) => {
    const ofRule = findings.filter((finding) => finding.rule === rule);
    return ruleLines(rule, { findings: ofRule, report, options }).join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}

/** A fingerprint is most exact; a rule is least. */
function matching({ findings }: CheckReport, id: string): readonly Finding[] {
  const tests: ReadonlyArray<(finding: Finding) => boolean> = [
    ({ fingerprint }) => fingerprint === id,
    ({ fingerprint }) => id.length >= 4 && fingerprint.startsWith(id),
    ({ coordinate }) => coordinate === id,
    ({ rule }) => rule === id,
  ];
  const sorted = byImportance(findings);
  for (const test of tests) {
    const matches = sorted.filter(test);
    if (matches.length > 0) return matches;
  }
  return [];
}

function unmatched({ findings }: CheckReport, id: string): GatewayError {
  const ids = byImportance(findings)
    .slice(0, idsMax)
    .map(({ fingerprint, rule }) => `${nameText(fingerprint)} (${nameText(rule)})`);
  const others = ids.length === 0 ? 'there are no findings' : `the first findings are ${ids.join(', ')}`;
  return new GatewayError(
    'CONFIG_INVALID',
    `--explain: "${nameText(id)}" is neither a fingerprint, a coordinate nor a rule of a finding; ${others}`,
  );
}

interface RuleContext {
  /** Of this rule. */
  readonly findings: readonly Finding[];
  readonly report: CheckReport;
  readonly options: OutputOptions;
}

function ruleLines(rule: string, { findings, report, options }: RuleContext): readonly string[] {
  const { title, description, wayOut } = describeRule(rule);
  const shown = findings.slice(0, findingsMax);
  const rest = findings.length - shown.length;
  return [
    `${nameText(title)} [${nameText(rule)}]`,
    '',
    description,
    ...shown.flatMap((finding) => [
      '',
      ...findingLines({ ...finding, operations: [] }),
      ...evidence(finding),
    ]),
    ...(rest > 0 ? ['', `  ... and ${countText(rest, 'more finding')}`] : []),
    ...(findings.length === 0 ? ['', 'This report has no finding of the rule.'] : []),
    '',
    'Ways out:',
    `  1. Change the schema in another way. ${wayOut}`,
    `  2. ${coordination(findings, report)}`,
    ...overrideLines(findings, { report, options }),
  ];
}

function evidence({ operations, client }: Finding): readonly string[] {
  if (operations.length === 0) {
    const whom = client === null ? 'all clients' : `client ${nameText(client)}`;
    return [`    concerns ${whom}; no known operation is broken or affected`];
  }
  const shown = operations.slice(0, operationsMax);
  const rest = operations.length - shown.length;
  return [
    ...shown.flatMap((impact) => [
      `    ${impact.level} ${operationText(impact)}`,
      ...impact.reasons.slice(0, 3).map(({ message }) => `      because ${nameText(message)}`),
    ]),
    ...(rest > 0 ? [`    ... and ${numberText(rest)} more`] : []),
  ];
}

function coordination(findings: readonly Finding[], { clients }: CheckReport): string {
  const concerned = new Set(
    findings.flatMap(({ client, operations }) => [
      ...(client === null ? [] : [client]),
      ...operations.map(({ operation }) => operation.client),
    ]),
  );
  const owners = clients
    .filter(({ name }) => concerned.has(name))
    .map(({ name, owner }) => `${nameText(owner)} (${nameText(name)})`);
  const shown = owners.slice(0, findingsMax);
  const rest = owners.length > shown.length ? ` and ${numberText(owners.length - shown.length)} more` : '';
  const whom = owners.length === 0 ? 'the owners of the clients' : `${shown.join(', ')}${rest}`;
  return `Deprecate first, and agree with ${whom} on when their operations are changed; retire the versions of clients that still send them.`;
}

function overrideLines(
  findings: readonly Finding[],
  { report, options }: Omit<RuleContext, 'findings'>,
): readonly string[] {
  const finding = findings.find(canBeOverridden);
  if (finding === undefined) {
    return [
      '  3. Accept it for a time by an override: nothing here is to be accepted (only errors of a graph that composes are).',
    ];
  }
  const { text } = overrideSnippet(finding, {
    approver: approverOf(finding, report),
    expires: options.overrideExpires,
    graphFile: options.graphFile,
  });
  return [
    `  3. Accept it for a time: \`${options.command} override add ${nameText(finding.fingerprint)}\` writes this file, for its approver to review:`,
    '',
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `     ${line}`),
  ];
}
