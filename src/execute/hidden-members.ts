/**
 * Leaves members that are hidden from the client out of its lists (`hiddenMembers: drop` of its contract). It runs on the
 * merged data, before authorization decisions and projection, and moves the paths of errors with the members.
 */

import type { FieldValue, ProjectionSpec, Shape } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import { caseOf, type ClientPath } from './projection.ts';
import type { Run } from './run.ts';

/** @returns null if nothing that the operation selects can be hidden. */
export function compileHiddenMembers(spec: ProjectionSpec): ((run: Run) => void) | null {
  const canHide =
    spec.shapes.some(({ hiddenTypes }) => hiddenTypes) || Object.keys(spec.hiddenValues ?? {}).length > 0;
  if (!canHide) return null;
  return (run) => {
    const filter = new MemberFilter(spec);
    filter.object(spec.shapes[0] as Shape, run.data);
    if (filter.removed.size > 0) moveReports(run, filter.removed);
  };
}

/** Indexes of removed members, by list. */
type Removed = ReadonlyMap<object, readonly number[]>;

class MemberFilter {
  readonly removed = new Map<object, number[]>();
  readonly #spec: ProjectionSpec;

  constructor(spec: ProjectionSpec) {
    this.#spec = spec;
  }

  object(shape: Shape, source: unknown): void {
    for (const { from, value } of caseOf(shape, source)?.fields ?? []) {
      if (value.is === 'object' || value.is === 'enum')
        this.#value(value, isRecord(source) ? own(source, from) : undefined);
    }
  }

  #value(value: FieldValue, raw: unknown): void {
    if (Array.isArray(raw)) this.#list(value, raw);
    else if (value.is === 'object') this.object(this.#shapeOf(value.shape), raw);
  }

  /** Several positions may share one list: the second visit finds nothing hidden any more. */
  #list(value: FieldValue, list: unknown[]): void {
    const indexes = list.flatMap((member, index) => (this.#isHidden(value, member) ? [index] : []));
    if (indexes.length > 0) {
      const hidden = new Set(indexes);
      const visible = list.filter((_, index) => !hidden.has(index));
      list.splice(0, list.length, ...visible);
      this.removed.set(list, indexes);
    }
    for (const member of list) this.#value(value, member);
  }

  #isHidden(value: FieldValue, member: unknown): boolean {
    if (value.is === 'enum') {
      const hidden = own(this.#spec.hiddenValues ?? {}, value.type);
      return typeof member === 'string' && hidden?.includes(member) === true;
    }
    if (value.is !== 'object' || !isRecord(member)) return false;
    const type = member['__typename'];
    return typeof type === 'string' && this.#shapeOf(value.shape).hiddenTypes?.includes(type) === true;
  }

  #shapeOf(index: number): Shape {
    return this.#spec.shapes[index] as Shape;
  }
}

/** What concerns a removed member alone is not reported. */
function moveReports(run: Run, removed: Removed): void {
  const moved = (path: ClientPath): ClientPath | undefined => movedPath(run.data, path, removed);
  for (const report of run.reports.splice(0)) {
    const paths = report.paths.map(moved).filter((path) => path !== undefined);
    if (paths.length > 0 || report.paths.length === 0) run.reports.push({ ...report, paths });
  }
  const explained = run.explainedPaths.splice(0).map(moved);
  run.explainedPaths.push(...explained.filter((path) => path !== undefined));
  const marks = run.state.fallbacks?.marks ?? [];
  for (const mark of marks.splice(0)) {
    const path = moved(mark.path);
    if (path) marks.push({ ...mark, path });
  }
}

/** @returns undefined for a path into a removed member. */
function movedPath(data: unknown, path: ClientPath, removed: Removed): ClientPath | undefined {
  const moved: Array<string | number> = [];
  let value = data;
  for (const step of path) {
    let next = step;
    if (typeof step === 'number' && Array.isArray(value)) {
      const indexes = removed.get(value) ?? [];
      if (indexes.includes(step)) return undefined;
      next = step - indexes.filter((index) => index < step).length;
      value = value[next];
    } else value = isRecord(value) ? own(value, String(step)) : undefined;
    moved.push(next);
  }
  return moved;
}
