/** What differs between two reports of the same changing schemas, as text for a terminal. */

import { styleText } from 'node:util';

import type { CheckReport, Finding } from '../report.ts';
import { findingsByClient, messageText, nameText, numberText, verdictText } from './finding-text.ts';
import type { OutputOptions } from './output-format.ts';
import { findingLines } from './text.ts';

/** Of findings, new ones and those that are no more. */
const findingsMax = 20;

type Paint = NonNullable<Parameters<typeof findingLines>[1]>;

/**
 * Findings that are new, those that are no more, and the verdict as the last line.
 *
 * @param before Null: there is none, and all findings are new.
 */
export function changesText(report: CheckReport, before: CheckReport | null, options: OutputOptions): string {
  const paint: Paint = (style, text) =>
    options.colour ? styleText(style, text, { validateStream: false }) : text;
  const appeared = without(report.findings, before?.findings ?? []);
  const fingerprints = new Set(report.findings.map(({ fingerprint }) => fingerprint));
  const gone = (before?.findings ?? []).filter(({ fingerprint }) => !fingerprints.has(fingerprint));
  const lines = [
    ...(report.base.label === before?.base.label ? [] : [`Base: ${nameText(report.base.label)}`]),
    ...findingsByClient({ ...report, findings: appeared.slice(0, findingsMax) }).flatMap(
      ({ client, owner, findings }) => [
        `${client === null ? 'All clients' : `Client ${nameText(client)}`}${owner === null ? '' : `, owner ${nameText(owner)}`}:`,
        ...findings.flatMap((finding) => findingLines(finding, paint)),
      ],
    ),
    ...moreLines(appeared.length),
    ...gone.slice(0, findingsMax).map((finding) => paint('green', `No longer: ${goneText(finding)}`)),
    ...moreLines(gone.length),
    paint(
      report.verdict === 'passed' ? ['bold', 'green'] : ['bold', 'red'],
      `${verdictText(report, options).summary}.`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** An override changes how a finding counts. */
function keyOf({ fingerprint, severity, override }: Finding): string {
  return `${fingerprint} ${severity} ${override === null ? 'open' : 'accepted'}`;
}

function without(findings: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  const keys = new Set(others.map(keyOf));
  return findings.filter((finding) => !keys.has(keyOf(finding)));
}

function goneText({ severity, coordinate, message, client, rule }: Finding): string {
  const subject = coordinate === null || message.includes(coordinate) ? '' : `${nameText(coordinate)}: `;
  const concerned = client === null ? '' : ` (${nameText(client)})`;
  return `${severity} ${subject}${messageText(message)}${concerned} [${nameText(rule)}]`;
}

function moreLines(count: number): readonly string[] {
  return count <= findingsMax ? [] : [`... and ${numberText(count - findingsMax)} more`];
}
