/**
 * Revocations in Redis, a stream of which each gateway has a copy: it asks from time to time for what came after the last
 * it has seen. Without Redis the last copy serves.
 */

import { revocationEntrySchema, type RevocationEntry } from '../../config/gateway/auth-revocation.ts';
import { errorText } from '../../shared/error-text.ts';
import { Poller } from '../../shared/poller.ts';
import type { Store } from '../../store/store.ts';
import { DenyList } from './deny-list.ts';
import { holds, type RevocationBook, type Revocations, tooMany } from './revocation-book.ts';

export interface RedisRevocationsOptions {
  readonly store: Store;
  readonly pollMs: number;
  readonly entriesMax: number;
  /** ms since 1970. */
  readonly wallClock: () => number;
  /** Once until it works again. */
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

  /** Has asked once, whatever came of it. */
  static async open(options: RedisRevocationsOptions): Promise<RedisRevocations> {
    const revocations = new RedisRevocations(options);
    await revocations.#look();
    revocations.#poller = new Poller({ look: () => revocations.#look(), waitMs: () => options.pollMs });
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
    const [last] = await store.run((redis) => redis.xrevrange(streamOf(store), '+', '-', 'COUNT', 1));
    const lastId = last?.[0] ?? beginning;
    if (lastId === this.#lastId) return;
    // Redis has lost what it had, and may give ids that we have seen again: what we know stays, and all is read anew.
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

export function redisRevocationBook(
  store: Store,
  { entriesMax, wallClock }: Pick<RedisRevocationsOptions, 'entriesMax' | 'wallClock'>,
): RevocationBook {
  async function all(): Promise<{ readonly valid: RevocationEntry[]; readonly ended: string[] }> {
    const valid: RevocationEntry[] = [];
    const ended: string[] = [];
    await eachPage(store, beginning, (entries) => {
      for (const [id, entry] of entries) {
        // What cannot be read may be of a newer version: it stays.
        if (!entry) continue;
        if (holds(entry, wallClock())) valid.push(entry);
        else ended.push(id);
      }
    });
    return { valid, ended };
  }
  return {
    read: async () => (await all()).valid,
    async add(entry) {
      const { valid, ended } = await all();
      for (let i = 0; i < ended.length; i += pageSize)
        await store.run((redis) => redis.xdel(streamOf(store), ...ended.slice(i, i + pageSize)));
      if (valid.length >= entriesMax) throw tooMany(entriesMax);
      await store.run((redis) => redis.xadd(streamOf(store), '*', 'entry', JSON.stringify(entry)));
    },
  };
}

/** @param after The id before the first. Entries that make no sense are undefined. */
async function eachPage(
  store: Store,
  after: string,
  read: (entries: ReadonlyArray<readonly [string, RevocationEntry | undefined]>) => void,
): Promise<void> {
  let from = after;
  for (;;) {
    const start = `(${from}`;
    const page = await store.run((redis) => redis.xrange(streamOf(store), start, '+', 'COUNT', pageSize));
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

/** Ids are two whole numbers. */
function compareIds(one: string, other: string): number {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [one, other].map((id) => id.split('-').map(Number)) as [
    number[],
    number[],
  ];
  return a - c || b - d;
}
