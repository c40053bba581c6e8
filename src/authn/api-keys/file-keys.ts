/** Keys in a JSON file: `tributary keys` writes it, gateways read it again when it has changed. */

import { readFile } from 'node:fs/promises';

import { keyFileSchema, keyId, type KeyRecord } from '../../config/gateway/auth-api-keys.ts';
import { errorText } from '../../shared/error-text.ts';
import { replaceFile, updateFile } from '../files/update-file.ts';
import { WatchedFile } from '../files/watched-file.ts';
import type { KeyLookup } from './api-keys.ts';
import { type KeyBook, KeyProblem, recordText } from './key-book.ts';
import { knownKey, type KnownKey } from './known-key.ts';

const fileBytesMax = 16 * 1024 * 1024;

export interface FileKeysOptions {
  readonly path: string;
  readonly pollMs: number;
  readonly onFailure: (reason: string) => void;
}

/** @throws {GatewayError} `CONFIG_INVALID` where the file is missing or no good. */
export async function openFileKeys({ path, pollMs, onFailure }: FileKeysOptions): Promise<KeyLookup> {
  const file = await WatchedFile.open<ReadonlyMap<string, KnownKey>>({
    path,
    pollMs,
    bytesMax: fileBytesMax,
    parse: (text) => new Map(parseKeys(text).map((record) => [record.id, knownKey(record)])),
    advice: adviceFor(path),
    onFailure,
  });
  return {
    find: (id) => file.value.get(id),
    close() {
      file.close();
      return Promise.resolve();
    },
  };
}

export function fileKeyBook(path: string): KeyBook {
  return {
    async read() {
      return byId(path, await readKeys(path));
    },
    lastUsed: () => readUsed(usedPath(path)),
    async write(edits) {
      let isWritten = true;
      await updateFile(path, (text) => {
        const records = text === undefined ? new Map<string, KeyRecord>() : byId(path, text);
        isWritten = edits.every(({ before, after }) => {
          const present = records.get(after.id);
          return before === null
            ? !present
            : present !== undefined && recordText(present) === recordText(before);
        });
        if (!isWritten) return undefined;
        for (const { after } of edits) records.set(after.id, after);
        return `${JSON.stringify({ version: 1, keys: [...records.values()] }, null, 2)}\n`;
      });
      return isWritten;
    },
    close: () => Promise.resolve(),
  };
}

async function readKeys(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new KeyProblem(`${path}: no such file: ${adviceFor(path)}`);
    throw new KeyProblem(`${path} cannot be read (${String(code)})`, { cause: error });
  }
}

function adviceFor(path: string): string {
  return `create the first key with: tributary keys create --file ${path} --client NAME`;
}

/** @throws {KeyProblem} */
function byId(path: string, text: string): Map<string, KeyRecord> {
  try {
    return new Map(parseKeys(text).map((record) => [record.id, record]));
  } catch (error) {
    throw new KeyProblem(`${path}: ${errorText(error)}`);
  }
}

/** @throws {Error} That says where it is wrong. */
function parseKeys(text: string): readonly KeyRecord[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  const result = keyFileSchema.safeParse(value);
  if (result.success) return result.data.keys;
  const [issue] = result.error.issues;
  throw new Error(`it is not a file of API keys: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

/** Beside the keys, so that gateways never write those. */
export function usedPath(path: string): string {
  return `${path}.used`;
}

/**
 * No lock: of two gateways that write at the same moment one comes first, and its times are handed in again until they
 * are seen in the file.
 *
 * @returns The ids that were there already.
 */
export async function writeUsed(path: string, used: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const known = await readUsed(path);
  const merged = new Map(known);
  const settled: string[] = [];
  for (const [id, atMs] of used) {
    if ((known.get(id) ?? 0) >= atMs) settled.push(id);
    else merged.set(id, atMs);
  }
  if (settled.length < used.size) {
    const times = [...merged].map(([id, atMs]) => [id, new Date(atMs).toISOString()]);
    await replaceFile(path, `${JSON.stringify(Object.fromEntries(times), null, 2)}\n`, { durable: false });
  }
  return settled;
}

/** What cannot be read is begun anew: it is nothing that anybody depends on. */
async function readUsed(path: string): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Map();
  }
  return new Map(
    Object.entries(value ?? {}).flatMap(([id, at]): Array<[string, number]> => {
      const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN;
      return keyId.safeParse(id).success && atMs > 0 ? [[id, atMs]] : [];
    }),
  );
}
