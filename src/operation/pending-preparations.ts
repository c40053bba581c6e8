/** The preparations that requests wait for: one for each client and operation, because each client waits in its own turn. */

import type { Turn } from '../pipeline/planning.ts';
import type { Wait } from './waiting-requests.ts';

/** The requests of one client that wait for the same operation. */
interface Pending<Result> {
  readonly result: Promise<Result>;
  waiting: number;
  /** Aborted when none of them waits any more. */
  readonly abandoned: AbortController;
}

interface Asked {
  readonly client: string;
  /** Of the operation. */
  readonly key: string;
}

export class PendingPreparations<Result> {
  readonly #pending = new Map<string, Pending<Result>>();

  /** Adds a request of this client to those that wait for this operation. The first of them begins the preparation. */
  join({ client, key }: Asked, prepare: (turn: Turn) => Promise<Result>): Wait<Result> {
    const name = `${client}\0${key}`;
    let pending = this.#pending.get(name);
    if (!pending) {
      const abandoned = new AbortController();
      const result = prepare({ client, signal: abandoned.signal }).finally(() =>
        this.#forget(name, abandoned),
      );
      this.#pending.set(name, (pending = { result, waiting: 0, abandoned }));
    }
    const { result, abandoned } = pending;
    const joined = pending;
    joined.waiting += 1;
    return {
      answer: result,
      leave: (reason) => {
        joined.waiting -= 1;
        if (joined.waiting > 0 || !this.#isPending(name, abandoned)) return;
        this.#pending.delete(name);
        abandoned.abort(reason);
      },
    };
  }

  #forget(name: string, abandoned: AbortController): void {
    if (this.#isPending(name, abandoned)) this.#pending.delete(name);
  }

  #isPending(name: string, abandoned: AbortController): boolean {
    return this.#pending.get(name)?.abandoned === abandoned;
  }
}
