/** A Lua script, sent to Redis by its digest, and in full where a server does not know it. */

import { createHash } from 'node:crypto';

import type { Commands } from './store.ts';

export type Argument = string | number | Buffer;

export class Script {
  readonly #text: string;
  readonly #sha1: string;

  constructor(text: string) {
    this.#text = text;
    this.#sha1 = createHash('sha1').update(text).digest('hex');
  }

  /** @param keys All in one slot of a cluster. */
  async run(redis: Commands, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#sha1, keys.length, ...keys, ...args);
    } catch (error) {
      // A server that has just started, was told SCRIPT FLUSH, or is new in the cluster. EVAL makes it known.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(this.#text, keys.length, ...keys, ...args);
    }
  }
}
