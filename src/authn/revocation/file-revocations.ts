/** Revocations in a JSON file: `tributary tokens` writes it, gateways read it again when it has changed. */

import { readFile } from 'node:fs/promises';

import { revocationFileSchema, type RevocationEntry } from '../../config/gateway/auth-revocation.ts';
import { errorText } from '../../shared/error-text.ts';
import { updateFile } from '../files/update-file.ts';
import { WatchedFile } from '../files/watched-file.ts';
import { DenyList } from './deny-list.ts';
import {
  holds,
  type RevocationBook,
  RevocationProblem,
  type Revocations,
  tooMany,
} from './revocation-book.ts';

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
 * No file: nothing was revoked so far.
 *
 * @throws {GatewayError} `CONFIG_INVALID` where it is no good.
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

export function fileRevocationBook(
  path: string,
  { entriesMax, wallClock }: Pick<FileRevocationsOptions, 'entriesMax' | 'wallClock'>,
): RevocationBook {
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw new RevocationProblem(`${path} cannot be read`, { cause: error });
      });
      return entriesIn(path, text).filter((entry) => holds(entry, wallClock()));
    },
    add: (entry) =>
      updateFile(path, (text) => {
        const revoked = entriesIn(path, text).filter((one) => holds(one, wallClock()));
        if (revoked.length >= entriesMax) throw tooMany(entriesMax);
        return `${JSON.stringify({ version: 1, revoked: [...revoked, entry] }, null, 2)}\n`;
      }),
  };
}

function entriesIn(path: string, text: string | undefined): readonly RevocationEntry[] {
  try {
    return text === undefined ? [] : parseRevocations(text);
  } catch (error) {
    throw new RevocationProblem(`${path}: ${errorText(error)}`);
  }
}

function listOf(entries: readonly RevocationEntry[], entriesMax: number, nowMs: number): DenyList {
  const list = new DenyList(entriesMax);
  if (!entries.every((entry) => list.add(entry, nowMs)))
    throw new Error(`it has more than ${entriesMax} revocations`);
  return list;
}

/** @throws {Error} That says where it is wrong. */
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
  const place = issue?.path.join('.') ?? '';
  throw new Error(`it is not a file of revocations: ${place || 'the whole of it'} is not as it must be`);
}
