/** One finding in Markdown, with its size; and the section of a client, which puts findings together. */

import type { CheckReport, Finding, OperationImpact, Severity } from '../report.ts';
import {
  canBeOverridden,
  dateText,
  impactText,
  numberText,
  operationName,
  sentence,
} from './finding-text.ts';
import { code, collapsed, prose, sentenceWithCode, sizeOf, tableHead, tableRow } from './markdown-text.ts';
import { approverOf, overrideSnippet } from './override-snippet.ts';
import type { OutputOptions } from './output-format.ts';

const nameCharsMax = 100;
const pathCharsMax = 300;
const messageCharsMax = 500;
/** Of one finding. */
const operationsMax = 10;
/** A longer one is of no use to anybody; `--explain` prints it. */
const snippetBytesMax = 2000;

const icons: Readonly<Record<Severity, string>> = {
  error: '❌ error',
  warning: '⚠️ warning',
  notice: 'ℹ️ notice',
};

/** The lines of one finding: all or none of them are shown. */
export interface FindingBlock {
  readonly finding: Finding;
  readonly row: string;
  readonly operationRows: readonly string[];
  /** Empty: an override cannot accept it. */
  readonly overrideLines: readonly string[];
  /** Of UTF-8. */
  readonly bytes: number;
}

interface BlockContext {
  readonly report: CheckReport;
  readonly options: OutputOptions;
}

export function findingBlock(finding: Finding, { report, options }: BlockContext): FindingBlock {
  const row = findingRow(finding);
  const shown = finding.operations.slice(0, operationsMax);
  const rest = finding.operations.length - shown.length;
  const operationRows = [
    ...shown.map((impact) => operationRow(finding, impact)),
    ...(rest > 0
      ? [tableRow([elementText(finding), '', `... and ${numberText(rest)} more`, '', '', ''])]
      : []),
  ];
  const snippet = canBeOverridden(finding) ? snippetLines(finding, { report, options }) : [];
  const overrideLines = sizeOf(snippet) > snippetBytesMax ? [] : snippet;
  const bytes = sizeOf([row, ...operationRows, ...overrideLines]);
  return { finding, row, operationRows, overrideLines, bytes };
}

const findingColumns = [{ title: '' }, { title: 'element' }, { title: 'finding' }, { title: 'operations' }];

function findingRow(finding: Finding): string {
  const { severity, message, hint, location, override, rule } = finding;
  const place =
    location === null
      ? ''
      : `<br>${code(`${location.file}:${location.line}:${location.column}`, pathCharsMax)}`;
  const texts = [
    sentenceWithCode(sentence(message), messageCharsMax),
    ...(hint === null ? [] : [sentenceWithCode(sentence(hint), messageCharsMax)]),
    ...(override === null ? [] : [acceptedText(override)]),
  ];
  return tableRow([
    override === null ? icons[severity] : 'accepted',
    `${elementText(finding)}${place}`,
    `${texts.join('<br>')} (${code(rule, nameCharsMax)})`,
    impactText(finding),
  ]);
}

function acceptedText({ approver, expires, reason }: NonNullable<Finding['override']>): string {
  return `Accepted by ${code(approver, nameCharsMax)} until ${code(expires, nameCharsMax)}: ${prose(reason, messageCharsMax)}`;
}

function elementText({ coordinate }: Finding): string {
  return coordinate === null ? '' : code(coordinate, nameCharsMax);
}

const operationColumns = [
  { title: 'element' },
  { title: 'impact' },
  { title: 'operation' },
  { title: 'client' },
  { title: 'calls', align: 'right' },
  { title: 'last seen' },
] as const;

function operationRow(finding: Finding, impact: OperationImpact): string {
  const { client, version, calls, lastSeenAt } = impact.operation;
  return tableRow([
    elementText(finding),
    impact.level,
    code(operationName(impact), nameCharsMax),
    code(version === null ? client : `${client} ${version}`, nameCharsMax),
    calls === null ? 'not recorded' : numberText(calls),
    lastSeenAt === null ? '' : code(dateText(lastSeenAt), nameCharsMax),
  ]);
}

function snippetLines(finding: Finding, { report, options }: BlockContext): readonly string[] {
  const { text } = overrideSnippet(finding, {
    approver: approverOf(finding, report),
    expires: options.overrideExpires,
    graphFile: options.graphFile,
  });
  return ['```yaml', ...text.trimEnd().split('\n'), '```', ''];
}

/** Whether it is to be shown is decided finding by finding, so this counts for all that a section may have. */
export function sectionBytes(client: string | null, report: CheckReport): number {
  const longestCounts = 100;
  return (
    sizeOf(sectionLines(client, { report, rows: [], operationRows: [''], overrideLines: [''] })) +
    longestCounts
  );
}

/** @param blocks All of one client, at least one. */
export function clientLines(blocks: readonly FindingBlock[], report: CheckReport): readonly string[] {
  const client = blocks[0]?.finding.client ?? null;
  return sectionLines(client, {
    report,
    rows: blocks.map(({ row }) => row),
    operationRows: blocks.flatMap(({ operationRows }) => operationRows),
    overrideLines: blocks.flatMap(({ overrideLines }) => overrideLines),
  });
}

interface Section {
  readonly report: CheckReport;
  readonly rows: readonly string[];
  readonly operationRows: readonly string[];
  readonly overrideLines: readonly string[];
}

function sectionLines(
  client: string | null,
  { report, rows, operationRows, overrideLines }: Section,
): readonly string[] {
  const owner = report.clients.find(({ name }) => name === client)?.owner ?? '';
  const title = client === null ? 'All clients' : code(client, nameCharsMax);
  return [
    '',
    `### ${title}${owner === '' ? '' : `, owner ${code(owner, nameCharsMax)}`}`,
    '',
    ...tableHead(findingColumns),
    ...rows,
    ...(operationRows.length === 0
      ? []
      : collapsed('Operations that are broken or affected', [
          ...tableHead(operationColumns),
          ...operationRows,
        ])),
    ...(overrideLines.length === 0
      ? []
      : collapsed('Accept findings for a time: files to commit', [
          'The owner approves by reviewing the file. Write the reason into it.',
          '',
          // The last is the blank line between two files.
          ...overrideLines.slice(0, -1),
        ])),
  ];
}
