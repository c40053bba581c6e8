/** API keys in a JSON file: `tributary keys` writes it, gateways reload it when it changes. */

import { readFile } from 'node:fs/promises';

import { keyFileSchema, keyId, type KeyRecord } from '../../config/gateway/auth-api-keys.ts';
import { errorText } from '../../shared/error-text.ts';
import { replaceFile, updateFile } from '../../shared/update-file.ts';
import { WatchedFile } from '../files/watched-file.ts';
import type { KeyLookup } from './api-keys.ts';
import { type KeyRepository, KeyError, recordText } from './key-repository.ts';
import { toApiKey, validUntil, type ApiKey } from './api-key.ts';

const fileBytesMax = 16 * 1024 * 1024;

export interface FileKeysOptions {
  readonly path: string;
  readonly pollMs: number;
  readonly onFailure: (reason: string) => void;
}

export interface FileKeys extends KeyLookup {
  /**
   * @param nowMs Since 1970.
   * @returns When the first key of each client expires, in ms since 1970. Without keys that have expired, and without
   *   those that were revoked or have a successor.
   */
  firstExpiries(nowMs: number): ReadonlyMap<string, number>;
}

interface KeysOfFile {
  readonly byId: ReadonlyMap<string, ApiKey>;
  readonly expiring: ReadonlyArray<{ readonly client: string; readonly validUntilMs: number }>;
}

/** @throws {GatewayError} `CONFIG_INVALID` if the file is missing or invalid. */
export async function openFileKeys({ path, pollMs, onFailure }: FileKeysOptions): Promise<FileKeys> {
  const file = await WatchedFile.open<KeysOfFile>({
    path,
    pollMs,
    bytesMax: fileBytesMax,
    parse: keysOf,
    advice: createHint(path),
    onFailure,
  });
  return {
    find: (id) => file.value.byId.get(id),
    firstExpiries(nowMs) {
      const first = new Map<string, number>();
      for (const { client, validUntilMs } of file.value.expiring)
        if (validUntilMs > nowMs) first.set(client, Math.min(validUntilMs, first.get(client) ?? Infinity));
      return first;
    },
    close() {
      file.close();
      return Promise.resolve();
    },
  };
}

function keysOf(text: string): KeysOfFile {
  const records = parseKeys(text);
  const byId = new Map(records.map((record) => [record.id, toApiKey(record)]));
  const expiring = records.flatMap((record) => {
    const validUntilMs = validUntil(record);
    const isReplaced = record.revokedAt !== null || record.rotatedTo !== null;
    return validUntilMs === null || isReplaced ? [] : [{ client: record.client, validUntilMs }];
  });
  return { byId, expiring };
}

export function fileKeyRepository(path: string): KeyRepository {
  return {
    async read() {
      return byId(path, await readKeys(path));
    },
    lastUsed: () => readLastUsed(lastUsedPath(path)),
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
    if (code === 'ENOENT') throw new KeyError(`${path}: no such file: ${createHint(path)}`);
    throw new KeyError(`${path} cannot be read (${String(code)})`, { cause: error });
  }
}

function createHint(path: string): string {
  return `create the first key with: tributary keys create --file ${path} --client NAME`;
}

/** @throws {KeyError} */
function byId(path: string, text: string): Map<string, KeyRecord> {
  try {
    return new Map(parseKeys(text).map((record) => [record.id, record]));
  } catch (error) {
    throw new KeyError(`${path}: ${errorText(error)}`);
  }
}

/** @throws {Error} Names the first invalid part. */
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

/** A file of its own, so that gateways never write the key file. */
export function lastUsedPath(path: string): string {
  return `${path}.used`;
}

/**
 * Without a lock: if two gateways write at the same time, one of them loses its times, so they are passed again until
 * they are read back from the file.
 *
 * @returns The ids whose times were in the file already.
 */
export async function writeLastUsed(
  path: string,
  used: ReadonlyMap<string, number>,
): Promise<readonly string[]> {
  const existing = await readLastUsed(path);
  const merged = new Map(existing);
  const stored: string[] = [];
  for (const [id, atMs] of used) {
    if ((existing.get(id) ?? 0) >= atMs) stored.push(id);
    else merged.set(id, atMs);
  }
  if (stored.length < used.size) {
    const times = [...merged].map(([id, atMs]) => [id, new Date(atMs).toISOString()]);
    await replaceFile(path, `${JSON.stringify(Object.fromEntries(times), null, 2)}\n`, { durable: false });
  }
  return stored;
}

/** An unreadable file is replaced: last-use times are informational. */
async function readLastUsed(path: string): Promise<ReadonlyMap<string, number>> {
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
