/**
 * A file of JSON lines that grows to a size and is then put aside: `audit.jsonl`, `audit.jsonl.1`, ... Requests never
 * wait for it: lines queue up to a limit, and what does not fit is counted and said.
 */

import { appendFile, rename, rm, stat } from 'node:fs/promises';

import type { Events } from '../../shared/events.ts';

export interface AuditFileOptions {
  readonly path: string;
  readonly fileBytesMax: number;
  /** Files that are put aside. The oldest is removed. */
  readonly filesMax: number;
  /** Lines waiting to be written. */
  readonly queueMax: number;
}

export class AuditFile {
  readonly #options: AuditFileOptions;
  readonly #events: Events;
  #queue: string[] = [];
  #lost = 0;
  #bytes: number | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: AuditFileOptions, events: Events) {
    this.#options = options;
    this.#events = events;
  }

  append(line: string): void {
    if (this.#queue.length >= this.#options.queueMax) this.#lost += 1;
    else this.#queue.push(line);
    this.#writing ??= this.#drain();
  }

  async close(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #drain(): Promise<void> {
    // Whatever else comes in this turn goes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const lines = this.#queue;
      this.#queue = [];
      try {
        await this.#write(`${lines.join('\n')}\n`);
      } catch (error) {
        this.#lost += lines.length;
        this.#events.emit('defect', { where: 'audit file', requestId: null, error });
      }
    }
    if (this.#lost > 0) {
      const error = new Error(`${this.#lost} audit records were lost`);
      this.#lost = 0;
      this.#events.emit('defect', { where: 'audit file', requestId: null, error });
    }
    this.#writing = undefined;
  }

  async #write(text: string): Promise<void> {
    const { path, fileBytesMax } = this.#options;
    this.#bytes ??= await sizeOf(path);
    if (this.#bytes > 0 && this.#bytes + Buffer.byteLength(text) > fileBytesMax) {
      await this.#rotate();
      this.#bytes = 0;
    }
    await appendFile(path, text, { mode: 0o600 });
    this.#bytes += Buffer.byteLength(text);
  }

  async #rotate(): Promise<void> {
    const { path, filesMax } = this.#options;
    await rm(`${path}.${filesMax}`, { force: true });
    for (let number = filesMax - 1; number >= 1; number -= 1) {
      await rename(`${path}.${number}`, `${path}.${number + 1}`).catch(ignoreMissing);
    }
    await rename(path, `${path}.1`).catch(ignoreMissing);
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    ignoreMissing(error);
    return 0;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
