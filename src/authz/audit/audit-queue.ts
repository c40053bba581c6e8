/**
 * The queue in front of the audit file. Requests never wait for the file: lines queue up to a limit, and those that do
 * not fit or cannot be written are counted and reported as lost.
 */

import type { Events } from '../../shared/events.ts';

/** @throws {Error} If the lines cannot be written. */
export type WriteAudit = (lines: readonly string[]) => Promise<void>;

export interface AuditQueueOptions {
  /** Lines that may wait to be written. */
  readonly queueMax: number;
  readonly write: WriteAudit;
  readonly events: Events;
}

/** Lines written at once. */
const batchMax = 1000;

export class AuditQueue {
  readonly #options: AuditQueueOptions;
  #queue: string[] = [];
  #lost = 0;
  #writing: Promise<void> | undefined;

  constructor(options: AuditQueueOptions) {
    this.#options = options;
  }

  append(line: string): void {
    if (this.#queue.length >= this.#options.queueMax) this.#lost += 1;
    else this.#queue.push(line);
    this.#writing ??= this.#drain();
  }

  /** Resolves when every line is written or lost. */
  async close(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #drain(): Promise<void> {
    // Lines appended in the same turn of the event loop are written together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const lines = this.#queue.splice(0, batchMax);
      let cause: unknown;
      try {
        await this.#options.write(lines);
      } catch (error) {
        this.#lost += lines.length;
        cause = error;
      }
      this.#reportLost(cause);
    }
    this.#writing = undefined;
  }

  #reportLost(cause: unknown): void {
    if (this.#lost === 0) return;
    const reason = cause instanceof Error ? cause.message : 'they came faster than they could be written';
    const error = new Error(`${this.#lost} audit records were lost: ${reason}`, { cause });
    this.#lost = 0;
    this.#options.events.emit('defect', { where: 'audit', requestId: null, error });
  }
}
