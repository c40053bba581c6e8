/**
 * A JSON Lines file with rotation by size: `audit.jsonl`, `audit.jsonl.1`, ... Only one process writes it; the others
 * send it their lines.
 */

import { appendFile, rename, rm, stat } from 'node:fs/promises';

import { GatewayError } from '../../shared/errors.ts';
import type { WriteAudit } from './audit-queue.ts';

export interface AuditFileOptions {
  readonly file: string;
  /** Size at which the file is rotated. A longer line gets a file of its own. */
  readonly fileBytesMax: number;
  /** Rotated files to keep; the oldest is removed. */
  readonly filesMax: number;
}

/** @throws {GatewayError} `CONFIG_INVALID` if the file cannot be written: found at the start, not at the first denial. */
export async function openAuditFile(options: AuditFileOptions): Promise<WriteAudit> {
  const { file } = options;
  try {
    await appendFile(file, '', { mode: 0o600 });
    const auditFile = new AuditFile(options, (await stat(file)).size);
    return (lines) => auditFile.write(lines);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new GatewayError('CONFIG_INVALID', `audit.file: ${file} cannot be written (${reason})`, { cause });
  }
}

class AuditFile {
  readonly #options: AuditFileOptions;
  #bytes: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: AuditFileOptions, bytes: number) {
    this.#options = options;
    this.#bytes = bytes;
  }

  /** Writes are serialized, in the order of their calls. */
  write(lines: readonly string[]): Promise<void> {
    const written = this.#writing.then(() => this.#write(lines));
    this.#writing = written.catch(() => {});
    return written;
  }

  async #write(lines: readonly string[]): Promise<void> {
    const { fileBytesMax } = this.#options;
    let text = '';
    let bytes = 0;
    for (const line of lines) {
      const lineBytes = Buffer.byteLength(line) + 1;
      if (this.#bytes + bytes > 0 && this.#bytes + bytes + lineBytes > fileBytesMax) {
        await this.#append(text, bytes);
        await this.#rotate();
        text = '';
        bytes = 0;
      }
      text += `${line}\n`;
      bytes += lineBytes;
    }
    await this.#append(text, bytes);
  }

  async #append(text: string, bytes: number): Promise<void> {
    if (bytes === 0) return;
    await appendFile(this.#options.file, text, { mode: 0o600 });
    this.#bytes += bytes;
  }

  async #rotate(): Promise<void> {
    const { file, filesMax } = this.#options;
    await rm(`${file}.${filesMax}`, { force: true });
    for (let number = filesMax - 1; number >= 1; number -= 1) {
      await rename(`${file}.${number}`, `${file}.${number + 1}`).catch(ignoreMissing);
    }
    await rename(file, `${file}.1`).catch(ignoreMissing);
    this.#bytes = 0;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
