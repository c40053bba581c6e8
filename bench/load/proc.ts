/** CPU time and memory of a process and its children, from /proc. */

import { readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second, whatever its own tick is. */
const msPerTick = 10;

export interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
}

export function usageOf(pid: number): Usage {
  let cpuMs = 0;
  let rssMb = 0;
  for (const each of treeOf(pid)) {
    const stat = readFileSync(`/proc/${each}/stat`, 'latin1');
    // The command's name may hold spaces and brackets: what follows the last one is fixed.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    cpuMs += (Number(fields[11]) + Number(fields[12])) * msPerTick;
    const status = readFileSync(`/proc/${each}/status`, 'latin1');
    rssMb += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  }
  return { cpuMs, rssMb };
}

/** The process itself and everything it started. */
function treeOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return [
    pid,
    ...children
      .split(' ')
      .filter(Boolean)
      .flatMap((child) => treeOf(Number(child))),
  ];
}

/** Of the monotonic clock, as V8's profiles have it. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
