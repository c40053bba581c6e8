/** Which processes there are, as the system sees them. */

import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

interface Process {
  readonly pid: number;
  readonly parentPid: number;
  /** Ended, and only waiting for its parent to notice. */
  readonly isZombie: boolean;
}

export async function childrenOf(pid: number): Promise<number[]> {
  const all = await processes();
  return all.filter(({ parentPid, isZombie }) => parentPid === pid && !isZombie).map((child) => child.pid);
}

/** @throws Where there is none: by number 0 a process would kill its own group. */
export function killFirst([pid]: readonly number[]): number {
  if (pid === undefined) throw new Error('there is no process to kill');
  process.kill(pid, 'SIGKILL');
  return pid;
}

export async function isAlive(pid: number): Promise<boolean> {
  return (await processes()).some((one) => one.pid === pid && !one.isZombie);
}

function processes(): Promise<Process[]> {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

/** Slim images have no `ps`. */
async function fromProc(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map(async (pid) => {
      // One that ended in between has no file any more.
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      // The name stands in brackets and may hold anything.
      const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return stat === '' ? [] : [toProcess(pid, parentPid, state)];
    }),
  );
  return all.flat();
}

async function fromPs(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parentPid, state] = line.trim().split(/\s+/);
      return toProcess(pid, parentPid, state);
    });
}

function toProcess(pid?: string, parentPid?: string, state?: string): Process {
  return { pid: Number(pid), parentPid: Number(parentPid), isZombie: state?.startsWith('Z') ?? false };
}
