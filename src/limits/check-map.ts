/**
 * Values by what a check counts: its key, policy, algorithm, window and client. A key has one value for each policy, so
 * the few of a key stand in a list, which is found by the key alone: that costs less than half of making a name of all
 * parts.
 *
 * Bounded by the number of keys: when there are more, a sixteenth of them is forgotten, those not used for longest. To
 * keep their exact order would cost each use more than the count itself, so a key moves to the end of the order only if a
 * sixteenth has been added since it last did.
 */

import type { LimitCheck, LimitRule } from './check.ts';

interface Entry<Value> {
  readonly rule: LimitRule;
  readonly owner: string | null;
  value: Value;
  next: Entry<Value> | undefined;
}

interface Key<Value> {
  first: Entry<Value>;
  /** How many keys had been added when it moved to the end of the order. */
  movedAt: number;
}

const partsOfKeys = 16;

export class CheckMap<Value> {
  /** In their order. */
  readonly #keys = new Map<string, Key<Value>>();
  readonly #keysMax: number;
  readonly #part: number;
  #added = 0;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
    this.#part = Math.ceil(keysMax / partsOfKeys);
  }

  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  get(check: LimitCheck): Value | undefined {
    const key = this.#keys.get(check.key);
    if (!key) return undefined;
    if (this.#added - key.movedAt >= this.#part) {
      key.movedAt = this.#added;
      this.#keys.delete(check.key);
      this.#keys.set(check.key, key);
    }
    return entryOf(key, check)?.value;
  }

  set(check: LimitCheck, value: Value): void {
    const { rule, owner } = check;
    const key = this.#keys.get(check.key);
    if (!key) {
      this.#add(check.key, { rule, owner, value, next: undefined });
      return;
    }
    const entry = entryOf(key, check);
    if (entry) entry.value = value;
    else key.first = { rule, owner, value, next: key.first };
  }

  delete(check: LimitCheck): void {
    const key = this.#keys.get(check.key);
    const deleted = key && entryOf(key, check);
    if (!deleted) return;
    if (deleted !== key.first) {
      let previous = key.first;
      while (previous.next && previous.next !== deleted) previous = previous.next;
      previous.next = deleted.next;
    } else if (deleted.next) key.first = deleted.next;
    else this.#keys.delete(check.key);
  }

  clear(): void {
    this.#keys.clear();
  }

  #add(name: string, first: Entry<Value>): void {
    if (this.#keys.size >= this.#keysMax) {
      for (const oldest of this.#keys.keys()) {
        if (this.#keys.size <= this.#keysMax - this.#part) break;
        this.#keys.delete(oldest);
      }
    }
    this.#added += 1;
    this.#keys.set(name, { first, movedAt: this.#added });
  }
}

function entryOf<Value>({ first }: Key<Value>, { rule, owner }: LimitCheck): Entry<Value> | undefined {
  let entry: Entry<Value> | undefined = first;
  while (entry && !(entry.owner === owner && countsAs(entry.rule, rule))) entry = entry.next;
  return entry;
}

function countsAs(one: LimitRule, other: LimitRule): boolean {
  return (
    one === other ||
    (one.policy === other.policy && one.algorithm === other.algorithm && one.windowMs === other.windowMs)
  );
}
