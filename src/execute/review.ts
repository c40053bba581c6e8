/**
 * Applies what was decided about guarded fields to the merged data, between merging and projection: denied values become
 * null with an error, masked ones are replaced, and what depends on the parent object is decided here.
 *
 * All of it is decided before anything changes, so that a rule sees its parent as it came.
 */

import type { AnswerError } from '../pipeline/answer.ts';
import type { CheckSpec, Decisions, ParentField, Verdict } from '../pipeline/authorization.ts';
import { isIncluded } from '../pipeline/conditions.ts';
import type { FieldSpec, PreparedOperation, ProjectionSpec, Shape, ShapeCase } from '../pipeline/prepared.ts';
import { emptyRecord, isRecord, own } from '../shared/records.ts';
import type { Data } from './merge.ts';
import { caseOf, type ClientPath } from './projection.ts';
import type { Run } from './run.ts';

export interface Reviewed {
  /** With paths in the client's names. */
  readonly denials: readonly AnswerError[];
  readonly introspection: Data | null;
}

type Review = (run: Run, decisions: Decisions, introspection: Data | null) => Reviewed | Promise<Reviewed>;

/** @returns null for an operation in which nothing is guarded. */
export function compileReview({ checks, projection }: PreparedOperation): Review | null {
  if (!checks) return null;
  const leads = shapesWithChecks(projection);
  return (run, decisions, introspection) => {
    if (decisions.before.every((verdict) => verdict === undefined || isAllowed(verdict))) {
      return { denials: [], introspection };
    }
    const reviewer = new Reviewer(projection, checks, leads, run, decisions);
    return reviewer.review(introspection);
  };
}

/** A guarded value. */
interface Slot {
  readonly check: number;
  /** Where it stands; null: in the answer about the schema. */
  readonly container: Data | unknown[] | null;
  readonly key: string | number;
  readonly path: ClientPath;
  /** The guarded values it stands in. */
  readonly above: Slot | null;
  readonly isLater: boolean;
  /** Undefined until it is known. */
  verdict: Verdict | undefined;
  isDenied: boolean;
}

class Reviewer {
  readonly #spec: ProjectionSpec;
  readonly #checks: readonly CheckSpec[];
  readonly #leads: readonly boolean[];
  readonly #run: Run;
  readonly #decisions: Decisions;
  readonly #slots: Slot[] = [];
  readonly #waits: Array<Promise<void>> = [];

  constructor(
    spec: ProjectionSpec,
    checks: readonly CheckSpec[],
    leads: readonly boolean[],
    run: Run,
    decisions: Decisions,
  ) {
    this.#spec = spec;
    this.#checks = checks;
    this.#leads = leads;
    this.#run = run;
    this.#decisions = decisions;
  }

  review(introspection: Data | null): Reviewed | Promise<Reviewed> {
    const root = this.#spec.shapes[0] as Shape;
    const found = caseOf(root, this.#run.data);
    if (found) this.#fields(root, found, this.#run.data, [], null);
    return this.#waits.length > 0
      ? Promise.all(this.#waits).then(() => this.#apply(introspection))
      : this.#apply(introspection);
  }

  #fields(shape: Shape, found: ShapeCase, object: Data, path: ClientPath, above: Slot | null): void {
    const keys = new Set<string>();
    for (const field of found.fields) {
      if (keys.has(field.key) || !isIncluded(field.when, this.#run.variables)) continue;
      keys.add(field.key);
      const isGuarded = field.check !== undefined;
      const below = field.value.is === 'object' && this.#leads[field.value.shape] === true;
      if (!isGuarded && !below) continue;
      const at = [...path, field.key];
      let slot = above;
      if (field.check !== undefined) {
        const place = placeOf(field, object);
        slot = this.#guard({ check: field.check, ...place, path: at, above }, () =>
          parentOf(this.#checks[field.check as number], object, typeOf(shape, found, object)),
        );
        if (slot?.isDenied) continue;
      }
      if (below) this.#value(field, object, field.from, at, slot ?? above);
    }
  }

  #value(
    field: FieldSpec,
    container: Data | unknown[],
    key: string | number,
    path: ClientPath,
    above: Slot | null,
  ): void {
    const value = (container as Record<string | number, unknown>)[key];
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i += 1) this.#value(field, value, i, [...path, i], above);
      return;
    }
    if (!isRecord(value) || field.value.is !== 'object') return;
    const shape = this.#spec.shapes[field.value.shape] as Shape;
    const found = caseOf(shape, value);
    if (!found) return;
    let slot = above;
    if (found.check !== undefined) {
      slot = this.#guard({ check: found.check, container, key, path, above }, () => ({})) ?? above;
      if (slot?.isDenied) return;
    }
    this.#fields(shape, found, value, path, slot);
  }

  /** @returns null where everybody may see it. */
  #guard(at: Pick<Slot, 'check' | 'container' | 'key' | 'path' | 'above'>, parent: () => Data): Slot | null {
    const before = this.#decisions.before[at.check];
    if (before !== undefined && isAllowed(before)) return null;
    // Not asked for by what the checks know, and yet it is here: then it is decided now.
    const isLater = before === undefined || before === 'later';
    const verdict = isLater ? this.#decisions.decide(at.check, parent()) : before;
    const slot: Slot = { ...at, isLater, verdict: undefined, isDenied: false };
    this.#slots.push(slot);
    if ('then' in verdict) {
      this.#waits.push(verdict.then((known) => settle(slot, known)));
    } else {
      settle(slot, verdict);
    }
    return slot;
  }

  #apply(introspection: Data | null): Reviewed {
    const denials: AnswerError[] = [];
    const concealed = new Map<unknown, Set<string | number>>();
    let schema = introspection;
    for (const slot of this.#slots) {
      if (isBelowDenied(slot) || !slot.verdict) continue;
      let { verdict } = slot;
      if (slot.isLater) this.#decisions.applied(slot.check, verdict);
      if (verdict.is === 'mask') verdict = this.#conceal(slot, verdict, concealed);
      if (verdict.is !== 'deny') continue;
      slot.isDenied = true;
      const { code, message } = verdict;
      denials.push({ code, message, path: slot.path, fromBackend: false });
      if (slot.container) put(slot.container, slot.key, null);
      else if (schema) schema = { ...schema, [slot.key]: null };
    }
    return { denials, introspection: schema };
  }

  /** Positions of one entity may share an object: its value is replaced once. */
  #conceal(
    { container, key, check }: Slot,
    verdict: Extract<Verdict, { is: 'mask' }>,
    concealed: Map<unknown, Set<string | number>>,
  ): Verdict {
    const keys = concealed.get(container) ?? new Set();
    if (!container || keys.has(key)) return { is: 'allow' };
    concealed.set(container, keys.add(key));
    const value = (container as Record<string | number, unknown>)[key];
    if (value === null || value === undefined) return { is: 'allow' };
    try {
      put(container, key, verdict.conceal(value));
      return { is: 'allow' };
    } catch (error) {
      return this.#decisions.concealFailed(check, error);
    }
  }
}

function settle(slot: Slot, verdict: Verdict): void {
  slot.verdict = verdict;
  slot.isDenied = verdict.is === 'deny';
}

function isBelowDenied({ above }: Slot): boolean {
  for (let slot = above; slot; slot = slot.above) if (slot.isDenied) return true;
  return false;
}

function isAllowed(verdict: Verdict | 'later'): boolean {
  return verdict !== 'later' && verdict.is === 'allow';
}

function placeOf(field: FieldSpec, object: Data): Pick<Slot, 'container' | 'key'> {
  return { container: field.value.is === 'introspection' ? null : object, key: field.from };
}

function put(container: Data | unknown[], key: string | number, value: unknown): void {
  (container as Record<string | number, unknown>)[key] = value;
}

function typeOf(shape: Shape, found: ShapeCase, object: Data): string {
  if (shape.isObject) return shape.type;
  const [only] = found.types;
  if (found.types.length === 1 && only !== undefined) return only;
  return typeof object.__typename === 'string' ? object.__typename : shape.type;
}

function parentOf(check: CheckSpec | undefined, object: Data, type: string): Data {
  return { __typename: type, ...selected(check?.parent ?? [], object) };
}

function selected(fields: readonly ParentField[], object: Data): Data {
  const parent: Data = emptyRecord();
  for (const { name, from, fields: inner } of fields) {
    const value = own(object, from) ?? null;
    parent[name] = inner ? selectedBelow(inner, value) : value;
  }
  return parent;
}

function selectedBelow(fields: readonly ParentField[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => selectedBelow(fields, element));
  return isRecord(value) ? selected(fields, value) : null;
}

/** By number of the shape: whether something guarded is in it or below it. */
function shapesWithChecks({ shapes }: ProjectionSpec): boolean[] {
  const leads = shapes.map(() => false);
  // A shape comes before those below it.
  for (let index = shapes.length - 1; index >= 0; index -= 1) {
    leads[index] = (shapes[index] as Shape).cases.some(
      ({ check, fields }) =>
        check !== undefined ||
        fields.some(
          (field) =>
            field.check !== undefined || (field.value.is === 'object' && leads[field.value.shape] === true),
        ),
    );
  }
  return leads;
}
