/** Makes, ends and replaces API keys. The text of a key is in what is returned here, once, and nowhere else. */

import type { KeyRecord } from '../../config/gateway/auth-api-keys.ts';
import { type KeyBook, type KeyEdit, KeyProblem } from './key-book.ts';
import { digestOf, keyIdOf, newKeyText } from './key-text.ts';
import { validUntil } from './known-key.ts';

export interface ManagerParts {
  readonly book: KeyBook;
  /** ms since 1970. */
  readonly wallClock: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

export interface NewKey {
  readonly client: string;
  readonly tier: string | null;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly expiresAtMs: number | null;
}

export interface MadeKey {
  /** The key itself: whoever has it is the client. */
  readonly text: string;
  readonly record: KeyRecord;
}

export interface Rotation {
  readonly graceMs: number;
  /** Of the new key; undefined: as long as the old one had when it was made. */
  readonly expiresAtMs: number | null | undefined;
}

export type KeyState = 'active' | 'rotated' | 'expired' | 'revoked';

export function stateOf(
  record: Pick<KeyRecord, 'revokedAt' | 'expiresAt' | 'graceUntil' | 'rotatedTo'>,
  nowMs: number,
): KeyState {
  if (record.revokedAt !== null) return 'revoked';
  const untilMs = validUntil(record);
  if (untilMs !== null && nowMs >= untilMs) return 'expired';
  return record.rotatedTo === null ? 'active' : 'rotated';
}

/** Others may change the same key at the same time; nobody does so again and again. */
const attemptsMax = 5;

export class KeyManager {
  readonly #parts: ManagerParts;

  constructor(parts: ManagerParts) {
    this.#parts = parts;
  }

  async create(wanted: NewKey): Promise<MadeKey> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const key = this.#made(wanted);
      if (await this.#parts.book.write([{ before: null, after: key.record }])) return key;
    }
    throw new KeyProblem('no id is free');
  }

  /** @returns The key as it is now; one that was revoked before stays as it is. */
  revoke(id: string): Promise<KeyRecord> {
    return this.#change(id, (record) => {
      if (record.revokedAt !== null) return { edits: [], result: record };
      const after = { ...record, revokedAt: timeText(this.#parts.wallClock()) };
      return { edits: [{ before: record, after }], result: after };
    });
  }

  /** @throws {KeyProblem} Where the key does not hold any more, or has a successor. */
  rotate(id: string, { graceMs, expiresAtMs }: Rotation): Promise<MadeKey & { readonly old: KeyRecord }> {
    return this.#change(id, (record) => {
      const nowMs = this.#parts.wallClock();
      const state = stateOf(record, nowMs);
      if (record.rotatedTo !== null)
        throw new KeyProblem(`key trib_${id} was rotated before: rotate trib_${record.rotatedTo}`);
      if (state !== 'active')
        throw new KeyProblem(`key trib_${id} is ${state}: make a new one with tributary keys create`);
      const { client, tier, scopes, roles } = record;
      const ends = expiresAtMs === undefined ? asLong(record, nowMs) : expiresAtMs;
      const key = this.#made({ client, tier, scopes, roles, expiresAtMs: ends });
      const old = { ...record, rotatedTo: key.record.id, graceUntil: timeText(nowMs + graceMs) };
      return {
        edits: [
          { before: null, after: key.record },
          { before: record, after: old },
        ],
        result: { ...key, old },
      };
    });
  }

  #made(wanted: NewKey): MadeKey {
    const { randomBytes, wallClock } = this.#parts;
    const text = newKeyText(randomBytes);
    const record: KeyRecord = {
      id: keyIdOf(text) ?? '',
      sha256: digestOf(text).toString('base64url'),
      client: wanted.client,
      tier: wanted.tier,
      scopes: [...wanted.scopes],
      roles: [...wanted.roles],
      createdAt: timeText(wallClock()),
      expiresAt: wanted.expiresAtMs === null ? null : timeText(wanted.expiresAtMs),
      revokedAt: null,
      rotatedTo: null,
      graceUntil: null,
    };
    return { text, record };
  }

  /** Until nobody else came first. `plan` is asked anew each time. */
  async #change<Result>(
    id: string,
    plan: (record: KeyRecord) => { readonly edits: readonly KeyEdit[]; readonly result: Result },
  ): Promise<Result> {
    const { book } = this.#parts;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const record = (await book.read()).get(id);
      if (!record) throw new KeyProblem(`there is no key trib_${id}: see tributary keys list`);
      const { edits, result } = plan(record);
      if (edits.length === 0 || (await book.write(edits))) return result;
    }
    throw new KeyProblem(`key trib_${id} is being changed by others again and again: try once more`);
  }
}

function asLong({ createdAt, expiresAt }: KeyRecord, nowMs: number): number | null {
  return expiresAt === null ? null : nowMs + Date.parse(expiresAt) - Date.parse(createdAt);
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
