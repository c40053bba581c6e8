/** The report of a check whose stages have run. */

import {
  stageNames,
  type CheckReport,
  type ClientSummary,
  type Finding,
  type StageName,
  type StateSummary,
} from './report.ts';
import { hasErrors, type Stages } from './stages.ts';
import type { SchemaState } from './states/state.ts';

interface ReportedStates {
  readonly base: SchemaState;
  readonly head: SchemaState;
}

export interface StageOutcome {
  readonly stages: Stages;
  readonly findings: readonly Finding[];
  /** By name. */
  readonly clients: readonly ClientSummary[];
}

export function reportOf(
  { base, head }: ReportedStates,
  { stages, clients, ...all }: StageOutcome,
): CheckReport {
  const findings = all.findings.toSorted(byImportance);
  return {
    schemaVersion: 1,
    verdict: verdictOf(findings),
    base: summaryOf(base),
    head: summaryOf(head),
    stages: stages.results(findings),
    clients,
    findings,
  };
}

const invalidating: ReadonlySet<StageName> = new Set(['parse', 'compose', 'contract']);

function verdictOf(findings: readonly Finding[]): CheckReport['verdict'] {
  if (findings.some((finding) => invalidating.has(finding.stage) && hasErrors([finding]))) return 'invalid';
  return hasErrors(findings) ? 'failed' : 'passed';
}

function summaryOf({ label, graph, operations }: SchemaState): StateSummary {
  return {
    label,
    subgraphs: graph.kind === 'subgraphs' ? graph.subgraphs.length : 0,
    operations: operations.length,
  };
}

const severities = ['error', 'warning', 'notice'];

function byImportance(one: Finding, other: Finding): number {
  return (
    severities.indexOf(one.severity) - severities.indexOf(other.severity) ||
    stageNames.indexOf(one.stage) - stageNames.indexOf(other.stage) ||
    compareTexts(one.client ?? '', other.client ?? '') ||
    compareTexts(one.coordinate ?? '', other.coordinate ?? '')
  );
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
