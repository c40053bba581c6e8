/** Runs GraphQL Code Generator as a child process, if the repository configures it. */

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const codegenFile = 'codegen.yml';
const timeoutMs = 120_000;
const killDelayMs = 2000;
/** The end of what it prints: errors come last. */
const outputCharsMax = 4000;

export interface CodegenResult {
  readonly isOk: boolean;
  /** What it printed, where it failed. */
  readonly output: string;
}

export class Codegen {
  /** Absolute: codegen.yml in the folder where it runs. */
  readonly file: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, codegenFile);
  }

  /**
   * @param signal Ends the child process.
   * @returns Null: there is no codegen.yml, or the signal was aborted. Never rejects.
   */
  async run(signal: AbortSignal): Promise<CodegenResult | null> {
    if (signal.aborted || !existsSync(this.file)) return null;
    // A process group of its own: npx does not pass signals on to what it started.
    const child = spawn('npx', ['--no', '--', 'graphql-codegen', '--config', codegenFile], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    const add = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-outputCharsMax));
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    let isLate = false;
    const timers = [
      setTimeout(() => {
        isLate = true;
        kill(child, 'SIGKILL');
      }, timeoutMs),
    ];
    const onAbort = (): void => {
      kill(child, 'SIGTERM');
      timers.push(setTimeout(() => kill(child, 'SIGKILL'), killDelayMs));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const code = await exitOf(child, add);
    signal.removeEventListener('abort', onAbort);
    for (const timer of timers) clearTimeout(timer);
    if (signal.aborted) return null;
    const late = isLate ? `\nIt took longer than ${timeoutMs / 1000} s.` : '';
    return { isOk: code === 0, output: `${output.trim()}${late}` };
  }
}

/** @returns Null: a signal ended it, or it did not start. */
function exitOf(child: ChildProcess, onError: (message: Buffer) => void): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('close', resolve);
    child.once('error', (error) => {
      onError(Buffer.from(error.message));
      resolve(null);
    });
  });
}

function kill({ pid }: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended.
  }
}
