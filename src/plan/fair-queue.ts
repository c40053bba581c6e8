/**
 * Fair queueing between clients of one resource: the client that has used least of it is next. The cost of a turn is known
 * only at its end.
 *
 * Each client has a finish time in virtual time, which advances with the turns that are served. So an idle client gains no
 * credit over a new one, and one that used much waits until others have used as much.
 *
 * @see https://en.wikipedia.org/wiki/Fair_queuing (start-time fair queueing)
 */

import { LRUCache } from 'lru-cache';

/** Beyond this, the least recently used account is dropped, and with it what its client has used. */
const accountsMax = 10_000;

export class FairShares {
  readonly #finishMs = new LRUCache<string, number>({ max: accountsMax });
  #virtualTimeMs = 0;

  /** Virtual start time of the client's next turn: the lowest is served first. */
  startOf(client: string): number {
    return Math.max(this.#virtualTimeMs, this.#finishMs.get(client) ?? 0);
  }

  /** The client's turn begins. */
  begin({ startMs }: NextTurn): void {
    this.#virtualTimeMs = Math.max(this.#virtualTimeMs, startMs);
  }

  /** @param costMs Of a turn that began at `startMs`. */
  charge({ client, startMs }: NextTurn, costMs: number): void {
    this.#finishMs.set(client, Math.max(startMs, this.#finishMs.get(client) ?? 0) + costMs);
  }
}

export interface NextTurn {
  readonly client: string;
  readonly startMs: number;
}

/** The items that each client waits for, in order. Several clients may wait for the same item. */
export class FairQueue<Item> {
  readonly #shares: FairShares;
  readonly #waiting = new Map<string, Set<Item>>();

  constructor(shares: FairShares) {
    this.#shares = shares;
  }

  add(client: string, item: Item): void {
    const items = this.#waiting.get(client);
    if (items) items.add(item);
    else this.#waiting.set(client, new Set([item]));
  }

  delete(client: string, item: Item): void {
    const items = this.#waiting.get(client);
    if (items?.delete(item) && items.size === 0) this.#waiting.delete(client);
  }

  /** The client that has used least; of equal ones, the one that has waited longest. */
  first(): NextTurn | undefined {
    let first: NextTurn | undefined;
    for (const client of this.#waiting.keys()) {
      const startMs = this.#shares.startOf(client);
      if (!first || startMs < first.startMs) first = { client, startMs };
    }
    return first;
  }

  /** Removes the item for this client only: the caller deletes it for the others. */
  take({ client }: NextTurn): Item {
    for (const item of this.#waiting.get(client) ?? []) {
      this.delete(client, item);
      return item;
    }
    throw new Error('The client has no item in this queue');
  }
}
