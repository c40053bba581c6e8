/**
 * Revocations in a Redis stream. Each gateway has a copy in memory and polls for entries after the last one it has read.
 * While Redis is unavailable, the last copy stays in use.
 */

import { revocationEntrySchema, type RevocationEntry } from '../../config/gateway/auth-revocation.ts';
import { errorText } from '../../shared/error-text.ts';
import { Poller } from '../../shared/poller.ts';
import type { Store } from '../../store/store.ts';
import { DenyList } from './deny-list.ts';
import {
  isUnexpired,
  type RevocationRepository,
  type Revocations,
  tooManyRevocations,
} from './revocation-repository.ts';

export interface RedisRevocationsOptions {
  readonly store: Store;
  readonly pollMs: number;
  readonly entriesMax: number;
  /** ms since 1970. */
  readonly wallClock: () => number;
  /** Called once for consecutive failures. */
  readonly onFailure: (reason: string) => void;
}

const pageSize = 500;
const sweepEveryMs = 60_000;
const beginning = '0-0';

export class RedisRevocations implements Revocations {
  readonly #options: RedisRevocationsOptions;
  readonly #list: DenyList;
  #lastId = beginning;
  #isLoaded = false;
  #hasFailed = false;
  #sweptAtMs = 0;
  #poller: Poller | undefined;

  /** Resolves after the first poll, even if it failed. */
  static async open(options: RedisRevocationsOptions): Promise<RedisRevocations> {
    const revocations = new RedisRevocations(options);
    await revocations.#look();
    revocations.#poller = new Poller({ poll: () => revocations.#look(), waitMs: () => options.pollMs });
    return revocations;
  }

  private constructor(options: RedisRevocationsOptions) {
    this.#options = options;
    this.#list = new DenyList(options.entriesMax);
  }

  list(): DenyList | undefined {
    return this.#isLoaded ? this.#list : undefined;
  }

  close(): Promise<void> {
    void this.#poller?.close();
    return Promise.resolve();
  }

  async #look(): Promise<void> {
    const { onFailure, wallClock } = this.#options;
    try {
      await this.#read();
      this.#isLoaded = true;
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) onFailure(errorText(error));
      this.#hasFailed = true;
    }
    if (wallClock() - this.#sweptAtMs < sweepEveryMs) return;
    this.#sweptAtMs = wallClock();
    this.#list.sweep(this.#sweptAtMs);
  }

  async #read(): Promise<void> {
    const { store } = this.#options;
    const [last] = await store.run(
      (redis) => redis.xrevrange(streamOf(store), '+', '-', 'COUNT', 1),
      streamOf(store),
    );
    const lastId = last?.[0] ?? beginning;
    if (lastId === this.#lastId) return;
    // Redis has lost its data and may reuse ids: keep the copy, and read the stream from the beginning.
    if (compareIds(lastId, this.#lastId) < 0) this.#lastId = beginning;
    await eachPage(store, this.#lastId, (entries) => {
      for (const [id, entry] of entries) {
        if (entry) this.#add(entry);
        else this.#options.onFailure(`revocation ${id} in Redis cannot be read`);
        this.#lastId = id;
      }
    });
  }

  #add(entry: RevocationEntry): void {
    const { wallClock, entriesMax } = this.#options;
    if (!this.#list.add(entry, wallClock())) throw new Error(`there are more than ${entriesMax} revocations`);
  }
}

export function redisRevocationRepository(
  store: Store,
  { entriesMax, wallClock }: Pick<RedisRevocationsOptions, 'entriesMax' | 'wallClock'>,
): RevocationRepository {
  async function readAll(): Promise<{ readonly valid: RevocationEntry[]; readonly expiredIds: string[] }> {
    const valid: RevocationEntry[] = [];
    const expiredIds: string[] = [];
    await eachPage(store, beginning, (entries) => {
      for (const [id, entry] of entries) {
        // An unreadable entry may come from a newer version: keep it.
        if (!entry) continue;
        if (isUnexpired(entry, wallClock())) valid.push(entry);
        else expiredIds.push(id);
      }
    });
    return { valid, expiredIds };
  }
  return {
    read: async () => (await readAll()).valid,
    async add(entry) {
      const { valid, expiredIds } = await readAll();
      for (let i = 0; i < expiredIds.length; i += pageSize)
        await store.run(
          (redis) => redis.xdel(streamOf(store), ...expiredIds.slice(i, i + pageSize)),
          streamOf(store),
        );
      if (valid.length >= entriesMax) throw tooManyRevocations(entriesMax);
      await store.run(
        (redis) => redis.xadd(streamOf(store), '*', 'entry', JSON.stringify(entry)),
        streamOf(store),
      );
    },
  };
}

/** @param after Reads the entries after this id; unreadable entries are passed as undefined. */
async function eachPage(
  store: Store,
  after: string,
  read: (entries: ReadonlyArray<readonly [string, RevocationEntry | undefined]>) => void,
): Promise<void> {
  let from = after;
  for (;;) {
    const start = `(${from}`;
    const page = await store.run(
      (redis) => redis.xrange(streamOf(store), start, '+', 'COUNT', pageSize),
      streamOf(store),
    );
    read(page.map(([id, [, text]]) => [id, parseEntry(text)] as const));
    const last = page.at(-1)?.[0];
    if (last === undefined || page.length < pageSize) return;
    from = last;
  }
}

function streamOf(store: Store): string {
  return store.key('revocations');
}

function parseEntry(text: string | undefined): RevocationEntry | undefined {
  try {
    return revocationEntrySchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

/** Stream ids consist of two integers. */
function compareIds(left: string, right: string): number {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [left, right].map((id) => id.split('-').map(Number)) as [
    number[],
    number[],
  ];
  return a - c || b - d;
}
