/**
 * Reads the operations that a version of a client has registered, in the formats of the compilers that write them: Apollo's
 * manifest, and a map from ids to documents (Relay, GraphQL Code Generator, GraphQL Hive).
 */

import { errorText } from '../../shared/error-text.ts';
import { isRecord } from '../../shared/records.ts';
import type { ClientOperation } from '../report.ts';
import { operationsOf, type ParsedDocuments } from './documents.ts';

const apolloFormat = 'apollo-persisted-query-manifest';
const apolloVersion = 1;

export interface ManifestFile {
  /** Relative to the root of the repository. */
  readonly file: string;
  readonly text: string;
  readonly client: string;
  /** Null: it belongs to no version. */
  readonly version: string | null;
}

export interface RegisteredOperations {
  readonly operations: readonly ClientOperation[];
  readonly problems: ParsedDocuments['problems'];
}

interface Entry {
  readonly id: string;
  readonly body: string;
  /** Null: that of its only operation. */
  readonly name: string | null;
}

export function readManifest(manifest: ManifestFile): RegisteredOperations {
  const { file, client, version } = manifest;
  const entries = entriesOf(manifest);
  if (typeof entries === 'string') return { operations: [], problems: [{ file, message: entries }] };
  const operations: ClientOperation[] = [];
  const problems: Array<{ file: string; message: string }> = [];
  for (const { id, body, name } of entries) {
    // Ids are what the compiler made of the document, and are not calculated again.
    const read = operationsOf([{ file, text: body }]);
    const chosen =
      name === null || read.operations.length === 1
        ? read.operations
        : read.operations.filter((operation) => operation.name === name);
    for (const { message } of read.problems) problems.push({ file, message: `${id}: ${message}` });
    if (read.problems.length === 0 && chosen.length === 0)
      problems.push({ file, message: `${id}: has no operation${name === null ? '' : ` ${name}`}` });
    for (const operation of chosen) {
      const registered = { client, version, id, file, calls: null, lastSeenAt: null };
      // The gateway validates the whole document, whichever of its operations is asked for.
      const document = read.operations.length > 1 ? body : operation.document;
      operations.push({ ...registered, name: operation.name, document });
    }
  }
  return { operations, problems };
}

/** @returns Or what is wrong. */
function entriesOf({ text }: ManifestFile): readonly Entry[] | string {
  let value: unknown;
  try {
    // Some editors begin files with a byte order mark.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return `is not JSON: ${errorText(error)}`;
  }
  if (!isRecord(value)) return 'expected a manifest of operations: a JSON object';
  return Object.hasOwn(value, 'format') ? apolloEntries(value) : mappedEntries(value);
}

function apolloEntries({ format, version, operations }: Record<string, unknown>): readonly Entry[] | string {
  if (format !== apolloFormat) return `expected format "${apolloFormat}", or a map from ids to documents`;
  if (version !== apolloVersion) return `expected version ${apolloVersion} of the format`;
  if (!Array.isArray(operations)) return 'expected a list of operations';
  const entries: Entry[] = [];
  for (const [index, operation] of operations.entries()) {
    const { id, body, name } = isRecord(operation) ? operation : {};
    if (typeof id !== 'string' || typeof body !== 'string')
      return `operations.${index}: expected an id and a body`;
    entries.push({ id, body, name: typeof name === 'string' ? name : null });
  }
  return entries;
}

function mappedEntries(value: Record<string, unknown>): readonly Entry[] | string {
  const entries: Entry[] = [];
  for (const [id, body] of Object.entries(value)) {
    if (typeof body !== 'string') return `${JSON.stringify(id)}: expected the text of a document`;
    entries.push({ id, body, name: null });
  }
  return entries;
}
