/** The table of all workloads: one row each, one column a gateway. */

import { toTable, type Row } from './report.ts';
import type { OverviewCell, StudyResult } from './studies/study.ts';

/** Where a gateway refuses more than this, its figure is of few requests. */
const refusedShareShown = 0.001;

export function overviewTable(rows: readonly Row[], studies: readonly StudyResult[]): string {
  const cells: OverviewCell[] = [
    ...rows.map((row) => ({ workload: row.workload, gateway: row.gateway, text: cellOf(row) })),
    ...studies.flatMap(({ overview }) => overview),
  ];
  const gateways = [...new Set(cells.map(({ gateway }) => gateway))];
  const workloads = [...new Set(cells.map(({ workload }) => workload))];
  const textOf = (workload: string, gateway: string): string =>
    cells.find((cell) => cell.workload === workload && cell.gateway === gateway)?.text ?? '';
  return toTable(
    ['least CPU ms', ...gateways],
    workloads.map((workload) => [workload, ...gateways.map((gateway) => textOf(workload, gateway))]),
  );
}

export function studyTable({ title, rows }: StudyResult): string {
  const head = Object.keys(rows[0] ?? {});
  return `### ${title}\n\n${toTable(
    head,
    rows.map((row) => head.map((column) => String(row[column] ?? ''))),
  )}`;
}

function cellOf({ cpuMsPerRequestMin, refusedShare }: Row): string {
  const refused = refusedShare > refusedShareShown ? ` (${(refusedShare * 100).toFixed(0)} % refused)` : '';
  return `${cpuMsPerRequestMin.toFixed(3)}${refused}`;
}
