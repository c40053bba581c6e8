/** Applies overrides, last: each accepts the finding that has its fingerprint, as long as it holds. */

import type { OverrideEntry } from '../../config/checks/override-files.ts';
import { dateOf } from '../../shared/dates.ts';
import { newFinding } from '../new-finding.ts';
import type { Finding, Override } from '../report.ts';
import type { PolicyClient } from './traffic.ts';

export interface OverrideOptions {
  readonly overrides: readonly OverrideEntry[];
  readonly clients: ReadonlyArray<Pick<PolicyClient, 'name' | 'owner'>>;
  readonly now: Date;
}

export interface OverrideResult {
  readonly findings: readonly Finding[];
  /** About the overrides themselves, in the order of the overrides. */
  readonly ofOverrides: readonly Finding[];
}

interface OverrideProblem {
  readonly rule: 'override-expired' | 'override-unused' | 'override-mismatch' | 'override-approver';
  readonly message: string;
  readonly hint: string;
}

export function withOverrides(
  findings: readonly Finding[],
  { overrides, clients, now }: OverrideOptions,
): OverrideResult {
  const today = dateOf(now);
  const byFingerprint = new Map<string, Finding[]>();
  for (const finding of findings) {
    const same = byFingerprint.get(finding.fingerprint);
    if (same) same.push(finding);
    else byFingerprint.set(finding.fingerprint, [finding]);
  }
  const applied = new Map<Finding, Override>();
  const ofOverrides: Finding[] = [];
  for (const entry of overrides) {
    const matching = byFingerprint.get(entry.fingerprint) ?? [];
    const problem = problemOf(entry, matching, today);
    if (problem) {
      ofOverrides.push(findingOf(entry, problem));
      continue;
    }
    for (const finding of matching) applied.set(finding, overrideOf(entry));
    const approver = approverProblem(entry, matching, clients);
    if (approver) ofOverrides.push(findingOf(entry, approver));
  }
  return {
    findings: findings.map((finding) => ({ ...finding, override: applied.get(finding) ?? finding.override })),
    ofOverrides,
  };
}

/** Why an override does not count. */
function problemOf(
  entry: OverrideEntry,
  matching: readonly Finding[],
  today: string,
): OverrideProblem | undefined {
  if (entry.expires < today) {
    return {
      rule: 'override-expired',
      message: `The override of ${entry.fingerprint} expired on ${entry.expires} and does not count any more`,
      hint:
        matching.length === 0
          ? `Remove ${entry.file}: nothing has this fingerprint any more`
          : `Resolve the finding, or have ${entry.approver} accept it with a later \`expires\``,
    };
  }
  if (matching.length === 0) {
    return {
      rule: 'override-unused',
      message: `The override of ${entry.fingerprint} matches no finding`,
      hint: `Remove ${entry.file} once the change is merged`,
    };
  }
  for (const finding of matching) {
    const mismatch = mismatchOf(entry, finding);
    if (mismatch !== undefined) {
      return {
        rule: 'override-mismatch',
        message: `The override of ${entry.fingerprint} does not count: ${mismatch}`,
        hint: `Correct ${entry.file}, or remove it`,
      };
    }
  }
  return undefined;
}

function mismatchOf(entry: OverrideEntry, finding: Finding): string | undefined {
  for (const key of ['rule', 'client', 'coordinate'] as const) {
    const [stated, actual] = [entry[key], finding[key]];
    if (stated !== null && stated !== actual)
      return `its ${key} is ${stated}, that of the finding is ${actual ?? 'none'}`;
  }
  const { stage, severity } = finding;
  if (stage === 'parse' || stage === 'compose' || (stage === 'contract' && severity === 'error'))
    return 'a graph that does not compose, or a contract that does not hold, cannot be accepted';
  return undefined;
}

/** The owner of the client, or for everybody's finding the owner of one whose operations are concerned. */
function approverProblem(
  { fingerprint, approver }: OverrideEntry,
  matching: readonly Finding[],
  clients: OverrideOptions['clients'],
): OverrideProblem | undefined {
  const ownerOf = new Map(clients.map(({ name, owner }) => [name, owner]));
  const names = matching.flatMap(({ client, operations }) =>
    client === null ? operations.map(({ operation }) => operation.client) : [client],
  );
  const owners = [...new Set(names.flatMap((name) => ownerOf.get(name) ?? []))];
  if (owners.length === 0 || owners.includes(approver)) return undefined;
  return {
    rule: 'override-approver',
    message: `The override of ${fingerprint} is approved by ${approver}, and not by ${owners.join(' or ')}, whose client is concerned`,
    hint: `Have it approved by ${owners.join(' or ')}`,
  };
}

function overrideOf({ fingerprint, reason, approver, expires, file }: OverrideEntry): Override {
  return { fingerprint, reason, approver, expires, file };
}

function findingOf({ fingerprint, file }: OverrideEntry, problem: OverrideProblem): Finding {
  const location = { file, line: 1, column: 1 };
  return newFinding({ ...problem, details: [fingerprint], stage: 'policy', severity: 'warning', location });
}
