/**
 * Recorded usage: JSON lines, each with an operation that a client sent in some time, and how often.
 *
 *     {"client":"web","version":"1.2","operation":"Home","hash":"2f7c...","calls":1200,"lastSeen":"2026-11-20","document":"query Home { ... }"}
 *
 * `hash` is the id of a registered operation, or SHA-256 of the document. A line without a document counts for the
 * registered operation of that id.
 */

import { errorText } from '../../shared/error-text.ts';
import { isRecord } from '../../shared/records.ts';
import type { ClientOperation } from '../report.ts';
import type { StateProblem } from '../states/state.ts';
import { operationsOf, type ParsedDocuments } from './documents.ts';

/** Of one file. */
const linesMax = 200_000;
const problemsMax = 20;

interface UsageLine {
  readonly client: string;
  readonly version: string | null;
  readonly operation: string | null;
  readonly hash: string;
  readonly calls: number;
  readonly lastSeen: string | null;
  readonly document: string | null;
}

export interface UsageFile {
  readonly file: string;
  readonly text: string;
}

/** Where what a line says may be known from, besides what is registered, and which lines cannot matter. */
export interface UsageContext {
  /** Of the state before: the change may retire an operation that is still in the recording. */
  readonly before: readonly ClientOperation[];
  readonly isExcluded: (client: string) => boolean;
  readonly isRecent: (lastSeenAt: string | null) => boolean;
}

export interface WithUsage {
  readonly operations: readonly ClientOperation[];
  readonly problems: readonly StateProblem[];
}

/**
 * Adds calls to registered operations, and the operations that are known by usage alone. A line whose document nobody has
 * is a problem: such an operation cannot be checked.
 */
export function withUsage(
  registered: readonly ClientOperation[],
  { file, text }: UsageFile,
  { before, isExcluded, isRecent }: UsageContext,
): WithUsage {
  const operations = new CountedOperations(registered, before);
  const problems: StateProblem[] = [];
  const report = (message: string, client: string | null = null): void => {
    if (problems.length < problemsMax) problems.push({ file, client, message });
  };
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.length > linesMax) report(`has more than ${linesMax} lines: the others were left out`);
  for (const [index, line] of lines.slice(0, linesMax).entries()) {
    if (line.trim() === '') continue;
    const read = usageLine(line);
    const problem = typeof read === 'string' ? read : operations.add(read);
    if (problem === null) continue;
    if (typeof read === 'string') report(`line ${index + 1}: ${problem}`);
    // What does not count need not be known.
    else if (!isExcluded(read.client) && isRecent(read.lastSeen))
      report(`line ${index + 1}: ${problem}`, read.client);
  }
  return { operations: operations.list(), problems };
}

class CountedOperations {
  readonly #operations: ClientOperation[];
  /** Indexes of operations, by client and id: other versions may have the same id, and other documents by mistake. */
  readonly #byId = new Map<string, number[]>();
  /** By document: lines repeat them. */
  readonly #parsed = new Map<string, ParsedDocuments>();

  readonly #before: readonly ClientOperation[];

  constructor(registered: readonly ClientOperation[], before: readonly ClientOperation[]) {
    this.#operations = [...registered];
    this.#before = before;
    for (const [index, operation] of registered.entries()) this.#index(operation, index);
  }

  list(): readonly ClientOperation[] {
    return this.#operations;
  }

  /** @returns What is wrong, or null. */
  add(line: UsageLine): string | null {
    return line.document === null ? this.#addById(line) : this.#addDocument(line, line.document);
  }

  #addById(line: UsageLine): string | null {
    const { client, version, operation: name, hash: id } = line;
    const isMeant = (operation: ClientOperation | undefined): boolean =>
      (version === null || operation?.version === version) && (name === null || operation?.name === name);
    const [first, ...others] = this.#indexes(line).filter((index) => isMeant(this.#operations[index]));
    const described = `of client ${client}${version === null ? '' : ` ${version}`}`;
    const retired =
      first === undefined
        ? this.#before.find((one) => one.client === client && one.id === id && isMeant(one))
        : undefined;
    if (retired)
      return this.#addDocument(
        { ...line, version: retired.version, operation: retired.name },
        retired.document,
      );
    if (first === undefined)
      return `no operation${name === null ? '' : ` ${name}`} ${described} has the id ${id}: without its document it cannot be checked`;
    if (others.length > 0)
      return `several operations ${described} have the id ${id}: say which by version and operation, or by its document`;
    this.#count(first, line);
    return null;
  }

  /** An id may be that of another document than the one that is registered. Then both are checked. */
  #addDocument(line: UsageLine, document: string): string | null {
    const read = this.#parsed.get(document) ?? operationsOf([{ file: '', text: document }]);
    this.#parsed.set(document, read);
    const [problem] = read.problems;
    if (problem) return problem.message;
    const { client, version, operation: name, hash: id, calls, lastSeen } = line;
    const chosen =
      read.operations.length === 1 ? read.operations[0] : read.operations.find((one) => one.name === name);
    if (!chosen) return `the document has no operation ${name ?? ''}`;
    const same = this.#indexes(line).find((index) => {
      const operation = this.#operations[index];
      return operation?.version === version && operation.document === chosen.document;
    });
    if (same !== undefined) {
      this.#count(same, line);
      return null;
    }
    const known = { client, version, name: chosen.name, id, document: chosen.document, file: null };
    this.#index(known, this.#operations.length);
    this.#operations.push({ ...known, calls, lastSeenAt: lastSeen });
    return null;
  }

  #count(index: number, { calls, lastSeen }: UsageLine): void {
    const operation = this.#operations[index];
    if (!operation) return;
    this.#operations[index] = {
      ...operation,
      calls: (operation.calls ?? 0) + calls,
      lastSeenAt: laterOf(operation.lastSeenAt, lastSeen),
    };
  }

  #indexes({ client, hash }: UsageLine): readonly number[] {
    return this.#byId.get(JSON.stringify([client, hash])) ?? [];
  }

  #index({ client, id }: Pick<ClientOperation, 'client' | 'id'>, index: number): void {
    const key = JSON.stringify([client, id]);
    const indexes = this.#byId.get(key);
    if (indexes) indexes.push(index);
    else this.#byId.set(key, [index]);
  }
}

function laterOf(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) > Date.parse(other) ? one : other;
}

/** @returns Or what is wrong. */
function usageLine(line: string): UsageLine | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `is not JSON: ${errorText(error)}`;
  }
  if (!isRecord(value)) return 'expected a JSON object';
  const {
    client,
    version = null,
    operation = null,
    hash,
    calls = 0,
    lastSeen = null,
    document = null,
  } = value;
  if (typeof client !== 'string' || client === '') return 'expected a client';
  if (typeof hash !== 'string' || hash === '') return 'expected a hash';
  if (!isText(version) || !isText(operation) || !isText(document))
    return 'expected texts, or null, as version, operation and document';
  if (typeof calls !== 'number' || !(calls >= 0) || !Number.isFinite(calls))
    return 'expected a number of calls';
  if (!isText(lastSeen) || (lastSeen !== null && Number.isNaN(Date.parse(lastSeen))))
    return 'expected lastSeen to be a date such as 2026-11-20';
  return { client, version, operation, hash, calls, lastSeen, document };
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
