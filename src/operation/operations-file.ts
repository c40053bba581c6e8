/**
 * The operations in use, in a file: a process that starts prepares them before it serves, so that its first requests wait
 * for no planning. It holds documents, without the literals that are variables of their shape.
 */

import { readFile, stat } from 'node:fs/promises';

import { contractId } from '../config/client/client-file.ts';
import type { Contract } from '../pipeline/contract.ts';
import type { PreparationRequest } from '../pipeline/planning.ts';
import { errorText } from '../shared/error-text.ts';
import type { Events } from '../shared/events.ts';
import { replaceFile } from '../shared/update-file.ts';
import { isName } from './parse-request.ts';

const version = 1;
const writeEveryMs = 60_000;
/** A longer file is not read. */
const bytesMax = 67_108_864;

export interface OperationsList {
  /** Of the supergraph they were prepared for, SHA-256 in hex. */
  readonly hash: string;
  /** Most used first. */
  readonly operations: readonly PreparationRequest[];
}

export class OperationsFile {
  readonly #path: string;
  readonly #events: Events;
  #timer: NodeJS.Timeout | undefined;
  #current: (() => OperationsList) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #written = '';

  constructor(path: string, events: Events) {
    this.#path = path;
    this.#events = events;
  }

  /** Null: there is none, or it is no such list, which is reported. */
  async read(): Promise<OperationsList | null> {
    try {
      const state = await stat(this.#path);
      // Reading a pipe would wait for whoever writes to it.
      if (!state.isFile()) throw new Error('it is no file');
      if (state.size > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
      this.#written = await readFile(this.#path, 'utf8');
      return listIn(this.#written);
    } catch (error) {
      if (!isMissing(error)) this.#failed('read', error);
      return null;
    }
  }

  /** Writes the list each minute, and at the end, if it has changed. */
  keep(current: () => OperationsList): void {
    this.#current = current;
    this.#timer = setInterval(() => this.#write(current()), writeEveryMs).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#current) this.#write(this.#current());
    await this.#writing;
  }

  #write({ hash, operations }: OperationsList): void {
    const text = `${JSON.stringify({ version, hash, operations })}\n`;
    // A process that was asked nothing does not forget what the one before it was asked.
    if (operations.length === 0 || text === this.#written) return;
    this.#written = text;
    this.#writing = this.#writing
      .then(() => replaceFile(this.#path, text, { durable: false }))
      .catch((error: unknown) => this.#failed('written', error));
  }

  #failed(action: 'read' | 'written', error: unknown): void {
    this.#events.emit('operationsFileFailed', { file: this.#path, action, reason: errorText(error) });
  }
}

/** @throws {Error} That it is no list of this version. */
function listIn(text: string): OperationsList {
  const list = JSON.parse(text) as Partial<OperationsList & { version: number }> | null;
  const { hash, operations } = list ?? {};
  if (list?.version !== version || typeof hash !== 'string' || !Array.isArray(operations))
    throw new Error('it is no list of operations of this version');
  return { hash, operations: operations.filter(isRequest) };
}

/**
 * Whether what is prepared for it is kept under a key that requests for something else do not have. The planner refuses
 * what else is wrong.
 */
function isRequest(value: unknown): value is PreparationRequest {
  const { query, operationName, contract } = (value ?? {}) as Partial<PreparationRequest>;
  if (typeof query !== 'string' || (contract !== undefined && !isIntact(contract))) return false;
  return operationName === null || (typeof operationName === 'string' && isName.test(operationName));
}

/** Another one by the id of a client's contract would show that client what its own hides. */
function isIntact(contract: Partial<Contract> | null): contract is Contract {
  const { id, ...rest } = contract ?? {};
  return id === contractId(rest);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
