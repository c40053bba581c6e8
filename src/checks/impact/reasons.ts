/** The reasons of one comparison: each once, those that break first. */

import type { ImpactLevel, ImpactReason } from '../report.ts';

/** Each is looked up among the changes of the schema: what is left out would seem to be used by nobody. */
const reasonsMax = 2000;

/** Of an element with members, one reason for each of them. */
export interface MemberReason extends ImpactReason {
  /** The type that became or is no longer a member of the element at `coordinate`. Absent: the reason is of the element. */
  readonly member?: string;
}

/** As a report has it. */
export function withoutMember({ code, level, coordinate, message }: MemberReason): ImpactReason {
  return { code, level, coordinate, message };
}

/** The code of the reason of an operation that was invalid before, too. */
export const invalidBefore = 'invalid-before';

export class Reasons {
  readonly #byKey = new Map<string, MemberReason>();
  #level: ImpactLevel = 'safe';

  /** Of all that were added, also of those that are too many to list. */
  get level(): ImpactLevel {
    return this.#level;
  }

  add(reason: MemberReason): void {
    if (this.#level !== 'broken') this.#level = reason.level;
    const key = `${reason.code} ${reason.coordinate ?? reason.message} ${reason.member ?? ''}`;
    const same = this.#byKey.get(key);
    if (same ? same.level === 'affected' && reason.level === 'broken' : this.#hasRoomFor(reason)) {
      this.#byKey.set(key, reason);
    }
  }

  addAll(reasons: Iterable<MemberReason>): void {
    for (const reason of reasons) this.add(reason);
  }

  list(): readonly MemberReason[] {
    const all = [...this.#byKey.values()];
    const broken = all.filter(({ level }) => level === 'broken');
    return [...broken, ...all.filter(({ level }) => level === 'affected')].slice(0, reasonsMax);
  }

  #hasRoomFor({ level }: MemberReason): boolean {
    return this.#byKey.size < (level === 'broken' ? 2 * reasonsMax : reasonsMax);
  }
}

export function broken(code: string, coordinate: string | null, message: string): MemberReason {
  return { code, level: 'broken', coordinate, message };
}

export function affected(code: string, coordinate: string | null, message: string): MemberReason {
  return { code, level: 'affected', coordinate, message };
}

export function asAffected(reason: MemberReason): MemberReason {
  return { ...reason, level: 'affected' };
}
