/**
 * Annotations of GitHub Actions: workflow commands on standard output. GitHub keeps 10 of each type from one step.
 *
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */

import type { CheckReport, Finding, Severity } from '../report.ts';
import {
  byImportance,
  countText,
  impactText,
  messageText,
  nameText,
  numberText,
  operationText,
  overrideText,
  placeOf,
  sentence,
  severities,
  verdictText,
} from './finding-text.ts';
import type { OutputFormat, OutputOptions } from './output-format.ts';

const annotationsMax = 10;
const operationsMax = 5;
const clientsMax = 5;

export const githubFormat: OutputFormat = {
  name: 'github',
  description: 'annotations of GitHub Actions, on standard output',
  render(report, options) {
    const sorted = byImportance(report.findings);
    const commands = severities.flatMap((severity) => annotations(severity, { sorted, options }));
    const lines = [...verdictCommands(report, options), ...commands];
    return lines.map((line) => `${line}\n`).join('');
  },
};

interface AnnotationContext {
  readonly sorted: readonly Finding[];
  readonly options: OutputOptions;
}

function annotations(severity: Severity, { sorted, options }: AnnotationContext): readonly string[] {
  const ofType = sorted.filter((finding) => annotationType(finding) === severity);
  const groups = [...Map.groupBy(ofType, placeKey).values()];
  if (groups.length <= annotationsMax) return groups.map((group) => annotation(group, options));
  const shown = groups.slice(0, annotationsMax - 1);
  const left = ofType.length - shown.flat().length;
  return [
    ...shown.map((group) => annotation(group, options)),
    command(severity, {
      properties: [['title', 'Schema check']],
      message: `${countText(left, `more ${severity}`)}: see the summary of the job`,
    }),
  ];
}

/** What several clients are told about the same change is one annotation: GitHub shows few. */
function placeKey({ rule, coordinate, location, fingerprint }: Finding): string {
  return JSON.stringify(coordinate === null ? [rule, fingerprint] : [rule, coordinate, location]);
}

/** A finding that an override accepts fails nothing. */
function annotationType({ severity, override }: Finding): Severity {
  return override === null ? severity : 'notice';
}

/** @param group The same of one client or several. */
function annotation(group: readonly Finding[], options: OutputOptions): string {
  const [finding] = group;
  if (finding === undefined) return '';
  const { file, line, column } = placeOf(finding, options);
  const { rule, message, hint, override } = finding;
  const operations = group.flatMap((one) => one.operations);
  const shown = operations.slice(0, operationsMax);
  const rest = operations.length - shown.length;
  const impact = impactText({ operations });
  const lines = [
    sentence(messageText(message)),
    ...(hint === null ? [] : [sentence(messageText(hint))]),
    ...(impact === '' ? [] : [`Operations: ${impact}`]),
    ...shown.map((operation) => `- ${operation.level}: ${operationText(operation)}`),
    ...(rest > 0 ? [`- ... and ${numberText(rest)} more`] : []),
    ...(override === null ? [] : [`Override: ${overrideText(override)}`]),
  ];
  return command(annotationType(finding), {
    properties: [
      ['file', nameText(file)],
      ['line', String(line)],
      ['col', String(column)],
      ['title', `${nameText(rule)}${clientsText(group)}`],
    ],
    message: lines.join('\n'),
  });
}

/** ` (client web)`, ` (clients web, mobile and 2 more)`, or nothing. */
function clientsText(group: readonly Finding[]): string {
  const names = [...new Set(group.flatMap(({ client }) => client ?? []))];
  if (names.length === 0) return '';
  const shown = names.slice(0, clientsMax).map(nameText).join(', ');
  const rest = names.length > clientsMax ? ` and ${numberText(names.length - clientsMax)} more` : '';
  return ` (client${names.length === 1 ? '' : 's'} ${shown}${rest})`;
}

/** A check that failed without an error among its findings would otherwise leave no annotation. */
function verdictCommands(report: CheckReport, options: OutputOptions): readonly string[] {
  const hasError = report.findings.some((finding) => annotationType(finding) === 'error');
  if (report.verdict === 'passed' || hasError) return [];
  const { summary } = verdictText(report, options);
  return [command('error', { properties: [['title', 'Schema check']], message: summary })];
}

interface Command {
  readonly properties: ReadonlyArray<readonly [name: string, value: string]>;
  readonly message: string;
}

function command(type: Severity, { properties, message }: Command): string {
  const pairs = properties.filter(([, value]) => value !== '');
  return `::${type} ${pairs.map(([name, value]) => `${name}=${escapeProperty(value)}`).join(',')}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
