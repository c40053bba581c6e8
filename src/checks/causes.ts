/** Which change of a schema does what to an operation: each reason is of one change, or of none that the diff lists. */

import type { ChangeFinding } from './client-changes.ts';
import { invalidBefore, withoutMember, type MemberReason } from './impact/reasons.ts';
import { mostCalledFirst } from './most-called.ts';
import type { Finding, ImpactLevel, ImpactReason, OperationImpact } from './report.ts';

type Operation = OperationImpact['operation'];

/** Reasons that no change of the diff explains, of all operations. */
export interface Unexplained {
  readonly reason: MemberReason;
  readonly impacts: OperationImpact[];
}

export class Causes {
  readonly #changes: readonly ChangeFinding[];
  readonly #byCoordinate: ReadonlyMap<string | null, readonly ChangeFinding[]>;
  readonly #impacts = new Map<ChangeFinding, OperationImpact[]>();
  readonly #unexplained = new Map<string, Unexplained>();

  constructor(changes: readonly ChangeFinding[]) {
    this.#changes = changes;
    this.#byCoordinate = Map.groupBy(changes, ({ finding }) => finding.coordinate);
  }

  add(operation: Operation, reasons: readonly MemberReason[]): void {
    const byChange = new Map<ChangeFinding, MemberReason[]>();
    for (const reason of reasons) {
      const changes = this.#changesOf(reason);
      if (changes.length === 0) this.#addUnexplained(operation, reason);
      for (const change of changes) byChange.set(change, [...(byChange.get(change) ?? []), reason]);
    }
    for (const [change, own] of byChange) {
      const impacts = this.#impacts.get(change) ?? [];
      impacts.push({ operation, level: worstOf(own), reasons: own.map(withoutMember) });
      this.#impacts.set(change, impacts);
    }
  }

  /** Of the changes, in their order, with the operations that they concern. */
  get findings(): Finding[] {
    return this.#changes.map((change) => ({
      ...change.finding,
      operations: mostCalledFirst(this.#impacts.get(change) ?? []),
    }));
  }

  get unexplained(): readonly Unexplained[] {
    return [...this.#unexplained.values()];
  }

  #changesOf({ code, coordinate, member }: MemberReason): readonly ChangeFinding[] {
    if (coordinate === null) return [];
    // A change of another member is not to blame, nor is a harmless one of the same element.
    const here = (this.#byCoordinate.get(coordinate) ?? []).filter(
      (change) => member === undefined || change.member === undefined || change.member === member,
    );
    const ofMember = member === undefined ? [] : here.filter((change) => change.member === member);
    const ofRule = here.filter(({ finding }) => finding.rule === code);
    // A type is no longer a member of an interface because it lost the interface.
    const ofInterface = (this.#byCoordinate.get(member ?? null) ?? []).filter(
      (change) => member !== undefined && change.member === coordinate,
    );
    const exact = ofRule.filter((change) => change.member === member);
    return [exact, ofMember, ofRule, ofInterface].find(({ length }) => length > 0) ?? here;
  }

  #addUnexplained(operation: Operation, reason: MemberReason): void {
    const { code, coordinate, member, message } = reason;
    // What was invalid before is one finding, however many operations it is.
    const text = coordinate === null && code !== invalidBefore ? message : '';
    const key = JSON.stringify([code, coordinate, member ?? null, text]);
    const impacts = this.#unexplained.get(key)?.impacts ?? [];
    const ofSame = impacts.at(-1);
    if (ofSame?.operation === operation) return;
    impacts.push({ operation, level: reason.level, reasons: [withoutMember(reason)] });
    this.#unexplained.set(key, { reason, impacts });
  }
}

function worstOf(reasons: readonly ImpactReason[]): ImpactLevel {
  return reasons.some(({ level }) => level === 'broken') ? 'broken' : 'affected';
}
