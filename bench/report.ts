/** Turns what was measured into rows, and rows into tables for people. */

import type { Cell } from './rounds.ts';

export interface Row {
  readonly gateway: string;
  readonly front: string;
  readonly workload: string;
  /** Median of the rounds, as are p50, p99 and cpuMsPerRequest. */
  readonly rps: number;
  /** Milliseconds. */
  readonly p50: number;
  /** Milliseconds. */
  readonly p99: number;
  readonly cpuMsPerRequest: number;
  readonly cpuMsPerRequestMin: number;
  /** Share of its core the gateway used; below 95 something else held it back. */
  readonly corePercent: number;
  /** The most at the end of a window. */
  readonly rssMb: number;
  /** Calls to backends for one request, without load. */
  readonly calls: number;
  readonly answerBytes: number;
  /** Of all requests, those refused with 429 or 503; CPU time is divided among the others. */
  readonly refusedShare: number;
  readonly rounds: ReadonlyArray<{ readonly rps: number; readonly cpuMsPerRequest: number }>;
  /** To each peer, and to the floor: its least CPU time a request divided by ours, and our requests by its. */
  readonly ratios: Readonly<
    Record<string, { readonly cpu: number; readonly rps: number; readonly rss: number }>
  >;
}

const comparedWith = ['stock', 'hive', 'hive-dedup', 'floor'];

export function toRows(cells: readonly Cell[]): Row[] {
  const plain = cells.map(rowOf);
  return plain.map((row) => {
    const ratios: Record<string, { cpu: number; rps: number; rss: number }> = {};
    for (const peer of plain) {
      if (peer.workload !== row.workload || !comparedWith.includes(peer.gateway)) continue;
      ratios[peer.gateway] = {
        cpu: round(peer.cpuMsPerRequestMin / row.cpuMsPerRequestMin, 2),
        rps: round(row.rps / peer.rps, 2),
        rss: round(row.rssMb / peer.rssMb, 2),
      };
    }
    return { ...row, ratios };
  });
}

function rowOf({ gateway, workload, rounds, calls, answerBytes }: Cell): Row {
  const each = rounds.map(({ requests, windowMs, cpuMs }) => ({
    rps: round((requests / windowMs) * 1000, 1),
    cpuMsPerRequest: round(cpuMs / requests, 4),
  }));
  return {
    gateway: gateway.name,
    front: gateway.front,
    workload: workload.name,
    rps: median(each.map(({ rps }) => rps)),
    p50: round(median(rounds.map(({ p50Ms }) => p50Ms)), 2),
    p99: round(median(rounds.map(({ p99Ms }) => p99Ms)), 2),
    cpuMsPerRequest: median(each.map(({ cpuMsPerRequest }) => cpuMsPerRequest)),
    cpuMsPerRequestMin: Math.min(...each.map(({ cpuMsPerRequest }) => cpuMsPerRequest)),
    corePercent: round(median(rounds.map(({ cpuMs, windowMs }) => (cpuMs / windowMs) * 100)), 0),
    rssMb: round(Math.max(...rounds.map(({ rssMb }) => rssMb)), 0),
    calls,
    answerBytes,
    refusedShare: round(shareOf(rounds), 4),
    rounds: each,
    ratios: {},
  };
}

function shareOf(rounds: Cell['rounds']): number {
  const refused = rounds.reduce((sum, each) => sum + each.refused, 0);
  return refused / rounds.reduce((sum, { requests }) => sum + requests, refused);
}

/** One Markdown table a workload. */
export function toTables(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ workload }) => workload))];
  return names
    .map((name) => {
      const mine = rows.filter(({ workload }) => workload === name);
      const peers = comparedWith.filter((peer) => mine.some(({ gateway }) => gateway === peer));
      const head = [
        'gateway',
        'front',
        'rps',
        'p50 ms',
        'p99 ms',
        'CPU ms/req',
        'min',
        'core %',
        'RSS MB',
        'calls',
      ];
      const lines = mine.map((row) => [
        row.gateway,
        row.front,
        row.rps.toFixed(0),
        row.p50.toFixed(1),
        row.p99.toFixed(1),
        row.cpuMsPerRequest.toFixed(3),
        row.cpuMsPerRequestMin.toFixed(3),
        String(row.corePercent),
        String(row.rssMb),
        String(row.calls),
        ...peers.map((peer) => `${times(row.ratios[peer]?.cpu)} (${times(row.ratios[peer]?.rps)})`),
      ]);
      const kilobytes = ((mine[0]?.answerBytes ?? 0) / 1000).toFixed(1);
      return `### ${name} (${kilobytes} KB)\n\n${toTable([...head, ...peers.map((peer) => `x ${peer}`)], lines)}`;
    })
    .join('\n\n');
}

/** Two digits that say something, above 1 and below it. */
function times(ratio = Number.NaN): string {
  return ratio.toFixed(ratio < 1 ? 2 : 1);
}

export function toTable(head: readonly string[], lines: ReadonlyArray<readonly string[]>): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const write = (line: readonly string[]): string =>
    `| ${widths.map((width, column) => (line[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [write(head), write(widths.map((width) => '-'.repeat(width))), ...lines.map(write)].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
