/** What outputs say about a finding, its operations and the verdict, as single lines of safe text. */

import type { CheckReport, FileLocation, Finding, OperationImpact, Severity, StageName } from '../report.ts';
import type { OutputOptions } from './output-format.ts';
import { visibleText } from './visible-text.ts';

/** In characters. A name of GraphQL is shorter; messages of composition are the longest. */
export const nameCharsMax = 200;
export const messageCharsMax = 1000;

export const severities: readonly Severity[] = ['error', 'warning', 'notice'];

/** A graph that is not valid cannot be accepted. */
const stagesWithoutOverrides: ReadonlySet<StageName> = new Set(['parse', 'compose', 'contract']);

export function nameText(name: string): string {
  return visibleText(name, nameCharsMax);
}

export function messageText(text: string): string {
  return visibleText(text, messageCharsMax);
}

export function canBeOverridden(finding: Finding): boolean {
  return (
    finding.severity === 'error' && finding.override === null && !stagesWithoutOverrides.has(finding.stage)
  );
}

/** `3 errors`, `1 error`. */
export function countText(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function numberText(value: number): string {
  return value.toLocaleString('en-US');
}

/** `schemas/subgraphs/products/schema.graphql:12:3` */
export function locationText({ file, line, column }: FileLocation): string {
  return `${nameText(file)}:${line}:${column}`;
}

/** Where readers show a finding that demand a place. */
export function placeOf(finding: Finding, options: OutputOptions): FileLocation {
  return finding.location ?? { file: options.graphFile, line: 1, column: 1 };
}

/** `Home`, or the beginning of the id of an anonymous operation. */
export function operationName({ operation }: OperationImpact): string {
  return operation.name === null
    ? `anonymous ${nameText(operation.id.slice(0, 12))}`
    : nameText(operation.name);
}

/** ISO 8601 date, without a time of day. */
export function dateText(timestamp: string): string {
  return visibleText(timestamp.slice(0, 10), 10);
}

/** `Home (web 1.2, 12,340 calls, last seen 2026-11-20)` */
export function operationText(impact: OperationImpact): string {
  const { client, version, calls, lastSeenAt } = impact.operation;
  const facts = [
    version === null ? nameText(client) : `${nameText(client)} ${nameText(version)}`,
    calls === null ? 'no usage recorded' : countText(calls, 'call'),
    ...(lastSeenAt === null ? [] : [`last seen ${dateText(lastSeenAt)}`]),
  ];
  return `${operationName(impact)} (${facts.join(', ')})`;
}

/** `2 broken, 1 affected`, or an empty text. */
export function impactText({ operations }: Pick<Finding, 'operations'>): string {
  const broken = operations.filter(({ level }) => level === 'broken').length;
  const affected = operations.filter(({ level }) => level === 'affected').length;
  return [
    ...(broken > 0 ? [`${numberText(broken)} broken`] : []),
    ...(affected > 0 ? [`${numberText(affected)} affected`] : []),
  ].join(', ');
}

/** What an override says about a finding that it accepts. */
export function overrideText({ approver, expires, reason }: NonNullable<Finding['override']>): string {
  return `accepted by ${nameText(approver)} until ${nameText(expires)}: ${messageText(reason)}`;
}

/** The end mark is added where the sentence has none. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Findings that count, errors first, those that break most operations and calls before the others. */
export function byImportance(findings: readonly Finding[]): readonly Finding[] {
  const ranked = findings.map((finding) => ({ finding, rank: rankOf(finding) }));
  ranked.sort((one, other) => compareRanks(one.rank, other.rank));
  return ranked.map(({ finding }) => finding);
}

function rankOf({ severity, override, operations }: Finding): readonly number[] {
  const broken = operations.filter(({ level }) => level === 'broken');
  const calls = broken.reduce((sum, { operation }) => sum + (operation.calls ?? 0), 0);
  return [
    override === null ? 0 : 1,
    severities.indexOf(severity),
    -broken.length,
    -calls,
    -operations.length,
  ];
}

function compareRanks(one: readonly number[], other: readonly number[]): number {
  for (const [index, value] of one.entries()) {
    const difference = value - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Of findings that no override accepts. */
export function severityCounts(findings: readonly Finding[]): ReadonlyMap<Severity, number> {
  const counts = new Map<Severity, number>(severities.map((severity) => [severity, 0]));
  for (const { severity, override } of findings) {
    if (override === null) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  }
  return counts;
}

/** `2 errors, 1 warning, 1 accepted by an override`, or `no findings`. */
export function countsText(findings: readonly Finding[]): string {
  const counts = [...severityCounts(findings)].filter(([, count]) => count > 0);
  const accepted = findings.filter(({ override }) => override !== null).length;
  const texts = [
    ...counts.map(([severity, count]) => countText(count, severity)),
    ...(accepted > 0
      ? [`${numberText(accepted)} accepted by ${accepted === 1 ? 'an override' : 'overrides'}`]
      : []),
  ];
  return texts.length === 0 ? 'no findings' : texts.join(', ');
}

export interface VerdictText {
  /** Without an end mark: `Schema check failed: 2 errors`. */
  readonly summary: string;
  /** What to do, as sentences. Null: nothing. */
  readonly action: string | null;
}

export function verdictText(
  { verdict, findings, stages }: CheckReport,
  { command }: OutputOptions,
): VerdictText {
  const counts = countsText(findings);
  if (verdict === 'passed') return { summary: `Schema check passed: ${counts}`, action: null };
  const explain = `\`${command} check --explain FINGERPRINT\` says why`;
  if (verdict === 'invalid') {
    const failed = new Set(stages.filter(({ status }) => status === 'failed').map(({ name }) => name));
    const cause = failed.has('parse')
      ? 'a schema cannot be read'
      : failed.has('contract') && !failed.has('compose')
        ? 'the contract of a client does not hold'
        : 'the graph does not compose';
    return {
      summary: `Schema check failed: ${cause} (${counts})`,
      action:
        'Correct the errors; the checks after them did not run or are incomplete. No override can accept them.',
    };
  }
  const override = `\`${command} override add FINGERPRINT\` accepts it for a time`;
  return {
    summary: `Schema check failed: ${counts}`,
    action: `Change the schema so that no client breaks. For each error, ${explain} and how else, and ${override}.`,
  };
}

/** Findings of one client, or of everybody. */
export interface ClientFindings {
  /** Null: everybody. */
  readonly client: string | null;
  /** Null: nobody is named. */
  readonly owner: string | null;
  readonly findings: readonly Finding[];
}

/** Those with most errors first, then with most warnings. Clients without findings are left out. */
export function findingsByClient({ clients, findings }: CheckReport): readonly ClientFindings[] {
  const owners = new Map(clients.map(({ name, owner }) => [name, owner]));
  const sorted = [...Map.groupBy(findings, ({ client }) => client)].map(([client, ofClient]) => {
    const owner = client === null ? '' : (owners.get(client) ?? '');
    const counts = severityCounts(ofClient);
    const rank = severities.map((severity) => -(counts.get(severity) ?? 0));
    return { client, owner: owner === '' ? null : owner, findings: ofClient, rank };
  });
  return sorted.sort((one, other) => compareRanks(one.rank, other.rank));
}
