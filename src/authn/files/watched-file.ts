/**
 * A JSON file that is reloaded when it changes. If it becomes invalid or disappears, the last good value stays in use and
 * the failure is reported once. A file that could not be read is read again the next time, changed or not.
 */

import { readFile, stat } from 'node:fs/promises';

import { fileState, missingFile } from '../../config/file-state.ts';
import { GatewayError } from '../../shared/errors.ts';
import { Poller } from '../../shared/poller.ts';

export interface WatchedFileOptions<Value> {
  readonly path: string;
  readonly pollMs: number;
  readonly bytesMax: number;
  /** @throws {Error} Says what is wrong without quoting the text. */
  readonly parse: (text: string) => Value;
  /** The value if there is no file when it is opened. Absent: the file must exist. */
  readonly whenMissing?: Value;
  /** What to do if the file must exist and does not. */
  readonly advice: string;
  readonly onFailure: (reason: string) => void;
  /** Default: as a file of this machine. */
  readonly readText?: (path: string) => Promise<string>;
}

export class WatchedFile<Value> {
  readonly #options: WatchedFileOptions<Value>;
  #value: Value;
  #state: string;
  /** Of the file as it is now, reported. */
  #failure: string | undefined;
  /** It could not be read the last time. */
  #isUnread = false;
  readonly #poller: Poller;

  /** @throws {GatewayError} `CONFIG_INVALID` if the file is missing or invalid. */
  static async open<Value>(options: WatchedFileOptions<Value>): Promise<WatchedFile<Value>> {
    const state = await fileState(options.path);
    if (state === missingFile && options.whenMissing !== undefined) {
      return new WatchedFile(options, state, options.whenMissing);
    }
    try {
      return new WatchedFile(options, state, await read(options));
    } catch (cause) {
      const hint = state === missingFile ? `: ${options.advice}` : '';
      throw new GatewayError('CONFIG_INVALID', `${options.path}: ${reasonOf(cause)}${hint}`, { cause });
    }
  }

  private constructor(options: WatchedFileOptions<Value>, state: string, value: Value) {
    this.#options = options;
    this.#state = state;
    this.#value = value;
    this.#poller = new Poller({ poll: () => this.#look(), waitMs: () => options.pollMs });
  }

  get value(): Value {
    return this.#value;
  }

  close(): void {
    void this.#poller.close();
  }

  async #look(): Promise<void> {
    const state = await fileState(this.#options.path);
    if (state === this.#state) {
      if (this.#isUnread) this.#failure = undefined;
      this.#isUnread = false;
      return;
    }
    try {
      this.#value = await read(this.#options);
      this.#state = state;
      this.#failure = undefined;
    } catch (error) {
      // What is wrong with the content stays wrong until it changes.
      this.#isUnread = isReadError(error);
      if (!this.#isUnread) this.#state = state;
      const failure = `${state} ${reasonOf(error)}`;
      if (failure !== this.#failure) this.#options.onFailure(reasonOf(error));
      this.#failure = failure;
    }
  }
}

async function read<Value>(options: WatchedFileOptions<Value>): Promise<Value> {
  const { path, bytesMax, parse, readText = (file) => readFile(file, 'utf8') } = options;
  const stats = await stat(path);
  if (!stats.isFile()) throw new Error('it is not a file');
  if (stats.size > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
  if ((stats.mode & 0o002) !== 0)
    throw new Error('every user may write it: remove that permission with chmod o-w');
  return parse(await readText(path));
}

function isReadError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isReadError(error))
    return error.code === 'ENOENT' ? 'no such file' : `it cannot be read (${String(error.code)})`;
  return error.message;
}
