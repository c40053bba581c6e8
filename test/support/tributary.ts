/** The `tributary` command as a real child process. Every wait is bounded, and none outlives its test. */

import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

const ownProgram = fileURLToPath(new URL('../../src/cli/tributary.js', import.meta.url));
const timeoutMs = 120_000;

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Tributary {
  readonly child: ChildProcess;
  /** What it has printed on standard output once that matches. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  ended(): Promise<Ended>;
}

export interface TributaryOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Default: that of this checkout. */
  readonly program?: string;
  /** A process group of its own, as under a terminal: `process.kill(-pid)` reaches its children too. */
  readonly detached?: boolean;
  /** Where standard error goes, if it is a lot: what Node itself prints is lost where nobody reads a pipe fast enough. */
  readonly errorFile?: string;
}

/** Call it within a test. */
export function tributary(args: readonly string[], options: TributaryOptions = {}): Tributary {
  const { environment = {}, cwd, detached = false, program = ownProgram, errorFile } = options;
  const errorDescriptor = errorFile === undefined ? undefined : openSync(errorFile, 'w');
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', errorDescriptor ?? 'pipe'],
    detached,
    env: { ...process.env, NODE_ENV: 'development', ...environment },
    ...(cwd === undefined ? {} : { cwd }),
  }) as ChildProcessByStdio<null, Readable, Readable | null>;
  if (errorDescriptor !== undefined) closeSync(errorDescriptor);
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = once(child, 'close');

  async function ended(): Promise<Ended> {
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    await closed;
    clearTimeout(timer);
    return { code: child.exitCode, stdout, stderr };
  }

  function printed(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error(`${pattern.source} was not printed: ${stdout} ${stderr}`));
      const timer = setTimeout(fail, timeoutMs);
      const look = (): void => {
        const match = pattern.exec(stdout);
        if (!match) return;
        clearTimeout(timer);
        child.stdout.off('data', look);
        child.off('close', fail);
        resolve(match);
      };
      child.stdout.on('data', look);
      child.once('close', fail);
      look();
    });
  }

  return { child, printed, ended };
}

/** Until it has ended: what comes soon after the first signal may be the same one. */
export async function signalUntilEnded(running: Tributary, signal: NodeJS.Signals): Promise<Ended> {
  const timer = setInterval(() => running.child.kill(signal), 500);
  try {
    return await running.ended();
  } finally {
    clearInterval(timer);
  }
}

/** Runs it to its end. */
export function runTributary(args: readonly string[], options: TributaryOptions = {}): Promise<Ended> {
  return tributary(args, options).ended();
}

/** As the first process says it: with several it comes once all of them listen. */
export const listening = /^\{"level":30,"time":"[^"]+","url":"([^"]+)","msg":"listening"\}/m;

/** Of the GraphQL endpoint, from the log of `tributary serve`. */
export async function servedAt(running: Tributary): Promise<string> {
  const [, url = ''] = await running.printed(listening);
  return url;
}
