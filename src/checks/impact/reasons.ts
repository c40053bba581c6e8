/** The reasons of one comparison: each once, those that break first, and no more of them than a reader takes in. */

import type { ImpactLevel, ImpactReason } from '../report.ts';

const reasonsMax = 50;

export class Reasons {
  readonly #byKey = new Map<string, ImpactReason>();
  #level: ImpactLevel = 'safe';

  /** Of all that were added, also of those that are too many to list. */
  get level(): ImpactLevel {
    return this.#level;
  }

  add(reason: ImpactReason): void {
    if (this.#level !== 'broken') this.#level = reason.level;
    const key = `${reason.code} ${reason.coordinate ?? reason.message}`;
    const same = this.#byKey.get(key);
    if (same ? same.level === 'affected' && reason.level === 'broken' : this.#hasRoomFor(reason)) {
      this.#byKey.set(key, reason);
    }
  }

  addAll(reasons: Iterable<ImpactReason>): void {
    for (const reason of reasons) this.add(reason);
  }

  list(): readonly ImpactReason[] {
    const all = [...this.#byKey.values()];
    const broken = all.filter(({ level }) => level === 'broken');
    return [...broken, ...all.filter(({ level }) => level === 'affected')].slice(0, reasonsMax);
  }

  #hasRoomFor({ level }: ImpactReason): boolean {
    return this.#byKey.size < (level === 'broken' ? 2 * reasonsMax : reasonsMax);
  }
}

export function broken(code: string, coordinate: string | null, message: string): ImpactReason {
  return { code, level: 'broken', coordinate, message };
}

export function affected(code: string, coordinate: string | null, message: string): ImpactReason {
  return { code, level: 'affected', coordinate, message };
}

export function asAffected(reason: ImpactReason): ImpactReason {
  return { ...reason, level: 'affected' };
}

const namesMax = 5;

/** Names in a sentence: `A`, `A and B`, `A, B, C, D, E and 7 more`. */
export function namesText(names: readonly string[]): string {
  const [last, ...others] = names.toReversed();
  if (names.length > namesMax) {
    return `${names.slice(0, namesMax).join(', ')} and ${names.length - namesMax} more`;
  }
  return others.length === 0 ? (last ?? '') : `${others.toReversed().join(', ')} and ${last}`;
}
