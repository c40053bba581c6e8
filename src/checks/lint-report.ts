/** The stage of lint alone, of one state. */

import type { ChecksPolicy } from '../config/checks/checks-file.ts';
import { lintSubgraphs } from './lint/lint.ts';
import { schemaProblems } from './open-graph.ts';
import { reportOf } from './report-of.ts';
import type { CheckReport, Finding } from './report.ts';
import { Stages } from './stages.ts';
import type { SchemaState } from './states/state.ts';

export function lintReport(state: SchemaState, { policy }: { readonly policy: ChecksPolicy }): CheckReport {
  const subgraphs = state.graph.kind === 'subgraphs' ? state.graph.subgraphs : [];
  const stages = new Stages();
  const findings: readonly Finding[] = [
    ...schemaProblems(subgraphs),
    ...lintSubgraphs(subgraphs, policy.lint),
  ];
  stages.add('parse', 'lint');
  return reportOf({ base: state, head: state }, { stages, findings, clients: [] });
}
