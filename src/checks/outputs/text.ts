/** For a terminal or the log of a job, where what is printed last is seen first: the verdict is the last line. */

import { styleText } from 'node:util';

import type {
  CheckReport,
  ClientSummary,
  Finding,
  OperationImpact,
  Severity,
  StateSummary,
} from '../report.ts';
import {
  canBeOverridden,
  countsText,
  countText,
  findingsByClient,
  locationText,
  messageText,
  nameText,
  numberText,
  operationText,
  overrideText,
  severities,
  verdictText,
  type ClientFindings,
} from './finding-text.ts';
import type { OutputFormat, OutputOptions } from './output-format.ts';

/** Of one severity of one client. */
const findingsMax = 50;
const operationsMax = 5;
const sectionsMax = 50;
const namesMax = 20;

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const severityStyles: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', notice: 'cyan' };

export const textFormat: OutputFormat = {
  name: 'text',
  description: 'for a terminal',
  render(report, options) {
    const paint: Paint = (style, text) =>
      options.colour ? styleText(style, text, { validateStream: false }) : text;
    const groups = findingsByClient(report);
    const shown = groups.slice(0, sectionsMax);
    const lines = [
      stateLine('base', report.base, paint),
      stateLine('head', report.head, paint),
      ...shown.flatMap((group) => ['', ...groupLines(group, { report, paint })]),
      ...moreLines(groups.length - shown.length, {
        noun: 'client with findings',
        plural: 'clients with findings',
      }),
      ...otherClientLines(report, paint),
      '',
      ...verdictLines(report, { options, paint }),
    ];
    return `${lines.join('\n')}\n`;
  },
};

/** How one finding is printed, also by `--explain`. Each line begins with words of ours: see `visible-text.ts`. */
export function findingLines(finding: Finding, paint: Paint = (_, text) => text): readonly string[] {
  const { severity, coordinate, rule, message, hint, location, override } = finding;
  const style = override === null ? severityStyles[severity] : 'gray';
  const subject = coordinate === null || message.includes(coordinate) ? '' : `${nameText(coordinate)}: `;
  const shown = finding.operations.slice(0, operationsMax);
  return [
    `  ${paint(style, override === null ? severity : 'accepted')} ${paint('bold', `${subject}${messageText(message)}`)} ${paint('gray', `[${nameText(rule)}]`)}`,
    ...(location === null ? [] : [`    at ${locationText(location)}`]),
    ...(hint === null ? [] : [`    fix: ${messageText(hint)}`]),
    ...shown.map((impact) => `    ${operationLine(impact, paint)}`),
    ...moreLines(finding.operations.length - shown.length, { noun: 'operation', indent: '    ' }),
    ...(override === null ? [] : [`    ${overrideText(override)}`]),
    ...(canBeOverridden(finding) ? [paint('gray', `    fingerprint: ${nameText(finding.fingerprint)}`)] : []),
  ];
}

function operationLine(impact: OperationImpact, paint: Paint): string {
  const style = impact.level === 'broken' ? 'red' : 'yellow';
  return `${paint(style, impact.level)} ${operationText(impact)}`;
}

function stateLine(name: string, { label, subgraphs, operations }: StateSummary, paint: Paint): string {
  const counts = `${countText(subgraphs, 'subgraph')}, ${countText(operations, 'operation')}`;
  return `${paint('gray', name)} ${nameText(label)} ${paint('gray', `(${counts})`)}`;
}

interface GroupContext {
  readonly report: CheckReport;
  readonly paint: Paint;
}

function groupLines(
  { client, owner, findings }: ClientFindings,
  { report, paint }: GroupContext,
): readonly string[] {
  const summary = report.clients.find(({ name }) => name === client);
  const title = client === null ? 'All clients' : `Client ${nameText(client)}`;
  const asked = owner === null ? '' : `, owner ${nameText(owner)}`;
  const bySeverity = severities.flatMap((severity) => {
    const ofSeverity = findings.filter((finding) => finding.severity === severity);
    const shown = ofSeverity.slice(0, findingsMax);
    return [
      ...shown.flatMap((finding) => findingLines(finding, paint)),
      ...moreLines(ofSeverity.length - shown.length, { noun: severity, indent: '  ' }),
    ];
  });
  return [
    `${paint(['bold', 'underline'], title)}${asked}: ${countsText(findings)}`,
    ...(summary === undefined ? [] : [`  ${paint('gray', summaryText(summary))}`]),
    ...bySeverity,
  ];
}

function summaryText({ changes, operations }: ClientSummary): string {
  const ofSchema = `${numberText(changes.breaking)} breaking, ${numberText(changes.dangerous)} dangerous, ${numberText(changes.safe)} safe`;
  const ofOperations = `${numberText(operations.broken)} broken, ${numberText(operations.affected)} affected, ${numberText(operations.safe)} safe`;
  const invalid = operations.invalidBefore;
  const ofInvalid = invalid > 0 ? `, ${numberText(invalid)} invalid before and after` : '';
  return `changes: ${ofSchema}; operations: ${ofOperations}${ofInvalid}`;
}

interface MoreOptions {
  readonly noun: string;
  /** Default: the noun with an s. */
  readonly plural?: string;
  readonly indent?: string;
}

function moreLines(
  count: number,
  { noun, plural = `${noun}s`, indent = '' }: MoreOptions,
): readonly string[] {
  return count <= 0 ? [] : [`${indent}... and ${numberText(count)} more ${count === 1 ? noun : plural}`];
}

function otherClientLines({ clients, findings }: CheckReport, paint: Paint): readonly string[] {
  const concerned = new Set(findings.map(({ client }) => client));
  const others = clients.filter(({ name }) => !concerned.has(name));
  if (others.length === 0) return [];
  const names = others.slice(0, namesMax).map(({ name }) => nameText(name));
  const more = others.length > namesMax ? ` and ${numberText(others.length - namesMax)} more` : '';
  return ['', `${paint('green', 'No findings')} for ${names.join(', ')}${more}`];
}

interface VerdictContext {
  readonly options: OutputOptions;
  readonly paint: Paint;
}

function verdictLines(report: CheckReport, { options, paint }: VerdictContext): readonly string[] {
  const { summary, action } = verdictText(report, options);
  const style: Style = report.verdict === 'passed' ? ['bold', 'green'] : ['bold', 'red'];
  return [`${paint(style, `${summary}.`)}${action === null ? '' : ` ${action.replaceAll('`', '')}`}`];
}
