/** Revocations in a JSON file: `tributary tokens` writes it, gateways reload it when it changes. */

import { readFile } from 'node:fs/promises';

import { revocationFileSchema, type RevocationEntry } from '../../config/gateway/auth-revocation.ts';
import { errorText } from '../../shared/error-text.ts';
import { updateFile } from '../../shared/update-file.ts';
import { WatchedFile } from '../files/watched-file.ts';
import { DenyList } from './deny-list.ts';
import {
  isUnexpired,
  type RevocationRepository,
  RevocationError,
  type Revocations,
  tooManyRevocations,
} from './revocation-repository.ts';

const fileBytesMax = 64 * 1024 * 1024;

export interface FileRevocationsOptions {
  readonly path: string;
  readonly pollMs: number;
  readonly entriesMax: number;
  /** ms since 1970. */
  readonly wallClock: () => number;
  readonly onFailure: (reason: string) => void;
}

/**
 * Without a file nothing is revoked.
 *
 * @throws {GatewayError} `CONFIG_INVALID` if the file is invalid.
 */
export async function openFileRevocations(options: FileRevocationsOptions): Promise<Revocations> {
  const { path, pollMs, entriesMax, wallClock, onFailure } = options;
  const file = await WatchedFile.open<DenyList>({
    path,
    pollMs,
    bytesMax: fileBytesMax,
    parse: (text) => listOf(parseRevocations(text), entriesMax, wallClock()),
    whenMissing: new DenyList(entriesMax),
    advice: '',
    onFailure,
  });
  return {
    list: () => file.value,
    close() {
      file.close();
      return Promise.resolve();
    },
  };
}

export function fileRevocationRepository(
  path: string,
  { entriesMax, wallClock }: Pick<FileRevocationsOptions, 'entriesMax' | 'wallClock'>,
): RevocationRepository {
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw new RevocationError(`${path} cannot be read`, { cause: error });
      });
      return entriesIn(path, text).filter((entry) => isUnexpired(entry, wallClock()));
    },
    add: (entry) =>
      updateFile(path, (text) => {
        const revoked = entriesIn(path, text).filter((existing) => isUnexpired(existing, wallClock()));
        if (revoked.length >= entriesMax) throw tooManyRevocations(entriesMax);
        return `${JSON.stringify({ version: 1, revoked: [...revoked, entry] }, null, 2)}\n`;
      }),
  };
}

function entriesIn(path: string, text: string | undefined): readonly RevocationEntry[] {
  try {
    return text === undefined ? [] : parseRevocations(text);
  } catch (error) {
    throw new RevocationError(`${path}: ${errorText(error)}`);
  }
}

function listOf(entries: readonly RevocationEntry[], entriesMax: number, nowMs: number): DenyList {
  const list = new DenyList(entriesMax);
  if (!entries.every((entry) => list.add(entry, nowMs)))
    throw new Error(`it has more than ${entriesMax} revocations`);
  return list;
}

/** @throws {Error} Names the first invalid part. */
function parseRevocations(text: string): readonly RevocationEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  const result = revocationFileSchema.safeParse(value);
  if (result.success) return result.data.revoked;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new Error(`it is not a file of revocations: ${path || 'the whole file'} is invalid`);
}
