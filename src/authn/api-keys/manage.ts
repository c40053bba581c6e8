/** Creates, revokes and rotates API keys. The text of a key is returned once and stored nowhere. */

import type { KeyRecord } from '../../config/gateway/auth-api-keys.ts';
import { type KeyRepository, type KeyEdit, KeyError } from './key-repository.ts';
import { digestOf, keyIdOf, newKeyText } from './key-text.ts';
import { validUntil } from './api-key.ts';

export interface KeyManagerOptions {
  readonly repository: KeyRepository;
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

export interface CreatedKey {
  /** The secret key itself. */
  readonly text: string;
  readonly record: KeyRecord;
}

export interface Rotation {
  readonly graceMs: number;
  /** Expiry of the new key; undefined: it gets the lifetime of the old one. */
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

/** Attempts at a write that conflicts with concurrent changes. */
const attemptsMax = 5;

export class KeyManager {
  readonly #options: KeyManagerOptions;

  constructor(options: KeyManagerOptions) {
    this.#options = options;
  }

  async create(input: NewKey): Promise<CreatedKey> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const key = this.#newKey(input);
      if (await this.#options.repository.write([{ before: null, after: key.record }])) return key;
    }
    throw new KeyError('no free key id was found: try again');
  }

  /** @returns The record as it is now; a key that is revoked already stays unchanged. */
  revoke(id: string): Promise<KeyRecord> {
    return this.#change(id, (record) => {
      if (record.revokedAt !== null) return { edits: [], result: record };
      const after = { ...record, revokedAt: timeText(this.#options.wallClock()) };
      return { edits: [{ before: record, after }], result: after };
    });
  }

  /** @throws {KeyError} If the key is expired, revoked or rotated already. */
  rotate(id: string, { graceMs, expiresAtMs }: Rotation): Promise<CreatedKey & { readonly old: KeyRecord }> {
    return this.#change(id, (record) => {
      const nowMs = this.#options.wallClock();
      const state = stateOf(record, nowMs);
      if (record.rotatedTo !== null)
        throw new KeyError(`key trib_${id} was rotated already: rotate trib_${record.rotatedTo}`);
      if (state !== 'active')
        throw new KeyError(`key trib_${id} is ${state}: create a new one with tributary keys create`);
      const { client, tier, scopes, roles } = record;
      const newExpiresAtMs = expiresAtMs === undefined ? expiryOfSameLifetime(record, nowMs) : expiresAtMs;
      const key = this.#newKey({ client, tier, scopes, roles, expiresAtMs: newExpiresAtMs });
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

  #newKey(input: NewKey): CreatedKey {
    const { randomBytes, wallClock } = this.#options;
    const text = newKeyText(randomBytes);
    const record: KeyRecord = {
      id: keyIdOf(text) ?? '',
      sha256: digestOf(text).toString('base64url'),
      client: input.client,
      tier: input.tier,
      scopes: [...input.scopes],
      roles: [...input.roles],
      createdAt: timeText(wallClock()),
      expiresAt: input.expiresAtMs === null ? null : timeText(input.expiresAtMs),
      revokedAt: null,
      rotatedTo: null,
      graceUntil: null,
    };
    return { text, record };
  }

  /** Retries on conflicts with concurrent changes; `plan` runs again each time. */
  async #change<Result>(
    id: string,
    plan: (record: KeyRecord) => { readonly edits: readonly KeyEdit[]; readonly result: Result },
  ): Promise<Result> {
    const { repository } = this.#options;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const record = (await repository.read()).get(id);
      if (!record) throw new KeyError(`there is no key trib_${id}: see tributary keys list`);
      const { edits, result } = plan(record);
      if (edits.length === 0 || (await repository.write(edits))) return result;
    }
    throw new KeyError(`key trib_${id} was changed by others at the same time: try again`);
  }
}

function expiryOfSameLifetime({ createdAt, expiresAt }: KeyRecord, nowMs: number): number | null {
  return expiresAt === null ? null : nowMs + Date.parse(expiresAt) - Date.parse(createdAt);
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
