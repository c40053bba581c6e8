/**
 * Whose turn it is among clients who share one thing: who has had least of it. What a turn costs is known when it is over.
 *
 * Each client's account says when, in time spent, it has had its share; whoever is served sets the present. So a client
 * that was away has no more to its credit than one that has just come, and what it owes stays until others have had as much.
 *
 * @see https://en.wikipedia.org/wiki/Fair_queuing (start-time fair queueing)
 */

import { LRUCache } from 'lru-cache';

/** The client whose account was used longest ago is forgiven what it owes. */
const accountsMax = 10_000;

export class FairShares {
  readonly #untilMs = new LRUCache<string, number>({ max: accountsMax });
  #presentMs = 0;

  /** When the client's next turn begins: the lower, the earlier it is served. */
  startOf(client: string): number {
    return Math.max(this.#presentMs, this.#untilMs.get(client) ?? 0);
  }

  /** The client is served now. */
  begin({ startMs }: FirstInLine): void {
    this.#presentMs = Math.max(this.#presentMs, startMs);
  }

  /** @param costMs Of a turn that began at `startMs`. */
  charge({ client, startMs }: FirstInLine, costMs: number): void {
    this.#untilMs.set(client, Math.max(startMs, this.#untilMs.get(client) ?? 0) + costMs);
  }
}

export interface FirstInLine {
  readonly client: string;
  readonly startMs: number;
}

/** What each client waits for, in order. The same item may be waited for by several. */
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

  /** Among those who have had equally little, who has waited longest. */
  first(): FirstInLine | undefined {
    let first: FirstInLine | undefined;
    for (const client of this.#waiting.keys()) {
      const startMs = this.#shares.startOf(client);
      if (!first || startMs < first.startMs) first = { client, startMs };
    }
    return first;
  }

  /** The item stays in line for other clients: delete it there. */
  take({ client }: FirstInLine): Item {
    for (const item of this.#waiting.get(client) ?? []) {
      this.delete(client, item);
      return item;
    }
    throw new Error('Nobody waits there');
  }
}
