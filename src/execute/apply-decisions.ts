/**
 * Applies authorization decisions to the merged data before projection: denied values become null with an error, masked
 * ones are replaced. Decisions that depend on the parent object are made here.
 *
 * All decisions are made before any value changes, so that a rule sees its parent object unchanged.
 */

import type { AnswerError } from '../pipeline/answer.ts';
import type { CheckSpec, Decisions, ParentField, Verdict } from '../pipeline/authorization.ts';
import { isIncluded } from '../pipeline/conditions.ts';
import type { FieldSpec, PreparedOperation, ProjectionSpec, Shape, ShapeCase } from '../pipeline/prepared.ts';
import { notPromised } from '../shared/promises.ts';
import { emptyRecord, isRecord, own } from '../shared/records.ts';
import type { Data } from './merge.ts';
import { caseOf, type ClientPath } from './projection.ts';
import type { Run } from './run.ts';

export interface Applied {
  /** Paths in the client's names. */
  readonly denials: readonly AnswerError[];
  readonly introspection: Data | null;
}

type ApplyDecisions = (
  run: Run,
  decisions: Decisions,
  introspection: Data | null,
) => Applied | Promise<Applied>;

/** @returns null for an operation without guarded fields. */
export function compileDecisions({ checks, projection }: PreparedOperation): ApplyDecisions | null {
  if (!checks) return null;
  const hasChecks = shapesWithChecks(projection);
  return (run, decisions, introspection) => {
    if (decisions.before.every((verdict) => verdict === undefined || isAllowed(verdict))) {
      return { denials: [], introspection };
    }
    const applier = new DecisionApplier({ spec: projection, checks, hasChecks, run, decisions });
    return applier.apply(introspection);
  };
}

/** How each value was concealed that a mask replaces, by its container. */
type Concealed = Map<Data | unknown[], Map<string | number, Verdict>>;

/** A guarded value. */
interface GuardedValue {
  readonly check: number;
  /** The object or list that contains it; null: the result of schema introspection. */
  readonly container: Data | unknown[] | null;
  readonly key: string | number;
  readonly path: ClientPath;
  /** The nearest guarded value around it. */
  readonly ancestor: GuardedValue | null;
  readonly isLater: boolean;
  /** Undefined until it is decided. */
  verdict: Verdict | undefined;
  isDenied: boolean;
}

interface DecisionInput {
  readonly spec: ProjectionSpec;
  readonly checks: readonly CheckSpec[];
  /** For each shape, whether it or a shape below it has guarded fields. */
  readonly hasChecks: readonly boolean[];
  readonly run: Run;
  readonly decisions: Decisions;
}

class DecisionApplier {
  readonly #spec: ProjectionSpec;
  readonly #checks: readonly CheckSpec[];
  readonly #hasChecks: readonly boolean[];
  readonly #run: Run;
  readonly #decisions: Decisions;
  readonly #guarded: GuardedValue[] = [];
  readonly #pending: Array<Promise<void>> = [];
  /** The path of the current value. */
  readonly #path: Array<string | number> = [];
  /** The nearest guarded value around the current value. */
  #ancestor: GuardedValue | null = null;

  constructor({ spec, checks, hasChecks, run, decisions }: DecisionInput) {
    this.#spec = spec;
    this.#checks = checks;
    this.#hasChecks = hasChecks;
    this.#run = run;
    this.#decisions = decisions;
  }

  apply(introspection: Data | null): Applied | Promise<Applied> {
    const root = this.#spec.shapes[0] as Shape;
    const shapeCase = caseOf(root, this.#run.data);
    if (shapeCase) this.#fields(root, shapeCase, this.#run.data);
    return this.#pending.length > 0
      ? Promise.all(this.#pending).then(() => this.#apply(introspection))
      : this.#apply(introspection);
  }

  #fields(shape: Shape, shapeCase: ShapeCase, object: Data): void {
    const keys = new Set<string>();
    for (const field of shapeCase.fields) {
      if (keys.has(field.key) || !isIncluded(field.when, this.#run.variables)) continue;
      keys.add(field.key);
      const isGuarded = field.check !== undefined;
      const leadsToChecks = field.value.is === 'object' && this.#hasChecks[field.value.shape] === true;
      if (!isGuarded && !leadsToChecks) continue;
      this.#path.push(field.key);
      let guarded: GuardedValue | null = null;
      if (field.check !== undefined) {
        guarded = this.#guard({ check: field.check, ...slotOf(field, object) }, () =>
          parentOf(this.#checks[field.check as number], object, typeOf(shape, shapeCase, object)),
        );
      }
      if (leadsToChecks && !guarded?.isDenied) {
        const ancestor = this.#ancestor;
        this.#ancestor = guarded ?? ancestor;
        this.#value(field, object, field.from);
        this.#ancestor = ancestor;
      }
      this.#path.pop();
    }
  }

  #value(field: FieldSpec, container: Data | unknown[], key: string | number): void {
    const value = (container as Record<string | number, unknown>)[key];
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i += 1) {
        this.#path.push(i);
        this.#value(field, value, i);
        this.#path.pop();
      }
      return;
    }
    if (!isRecord(value) || field.value.is !== 'object') return;
    const shape = this.#spec.shapes[field.value.shape] as Shape;
    const shapeCase = caseOf(shape, value);
    if (!shapeCase) return;
    const { check } = shapeCase;
    const guarded = check === undefined ? null : this.#guard({ check, container, key }, () => ({}));
    if (guarded?.isDenied) return;
    const ancestor = this.#ancestor;
    this.#ancestor = guarded ?? ancestor;
    this.#fields(shape, shapeCase, value);
    this.#ancestor = ancestor;
  }

  /** @returns null where the current value is allowed already. */
  #guard(
    location: Pick<GuardedValue, 'check' | 'container' | 'key'>,
    parent: () => Data,
  ): GuardedValue | null {
    const before = this.#decisions.before[location.check];
    if (before !== undefined && isAllowed(before)) return null;
    // A value that the checks expected to be skipped is there nevertheless: it is decided now.
    const isLater = before === undefined || before === 'later';
    const verdict = isLater ? this.#decisions.decide(location.check, parent()) : before;
    const guarded: GuardedValue = {
      ...location,
      path: [...this.#path],
      ancestor: this.#ancestor,
      isLater,
      verdict: undefined,
      isDenied: false,
    };
    this.#guarded.push(guarded);
    if ('then' in verdict) {
      this.#pending.push(verdict.then((decided) => settle(guarded, decided)));
    } else {
      settle(guarded, verdict);
    }
    return guarded;
  }

  #apply(introspection: Data | null): Applied {
    const denials: AnswerError[] = [];
    const concealed: Concealed = new Map();
    let schema = introspection;
    for (const guarded of this.#guarded) {
      if (isBelowDenied(guarded) || !guarded.verdict) continue;
      const { verdict: decided } = guarded;
      const verdict = decided.is === 'mask' ? this.#conceal(guarded, decided, concealed) : decided;
      // A mask that failed withholds the value.
      if (guarded.isLater) this.#decisions.applied(guarded.check, verdict.is === 'deny' ? verdict : decided);
      if (verdict.is !== 'deny') continue;
      guarded.isDenied = true;
      const { code, message } = verdict;
      denials.push({ code, message, path: guarded.path, fromBackend: false });
      if (guarded.container) setAt(guarded.container, guarded.key, null);
      else if (schema) schema = { ...schema, [guarded.key]: null };
    }
    return { denials, introspection: schema };
  }

  /** Several positions of an entity may share one object, whose value must be replaced only once. */
  #conceal(
    { container, key, check }: GuardedValue,
    verdict: Extract<Verdict, { is: 'mask' }>,
    concealed: Concealed,
  ): Verdict {
    if (!container) return { is: 'allow' };
    const verdicts = concealed.get(container) ?? new Map<string | number, Verdict>();
    concealed.set(container, verdicts);
    let concealedAs = verdicts.get(key);
    if (!concealedAs)
      verdicts.set(key, (concealedAs = this.#concealOnce({ container, key, check }, verdict)));
    return concealedAs;
  }

  #concealOnce(
    { container, key, check }: Pick<GuardedValue, 'check' | 'key'> & { container: Data | unknown[] },
    { conceal }: Extract<Verdict, { is: 'mask' }>,
  ): Verdict {
    const value = (container as Record<string | number, unknown>)[key];
    if (value === null || value === undefined) return { is: 'allow' };
    try {
      setAt(container, key, notPromised(conceal(value)));
      return { is: 'allow' };
    } catch (error) {
      return this.#decisions.concealFailed(check, error);
    }
  }
}

function settle(guarded: GuardedValue, verdict: Verdict): void {
  guarded.verdict = verdict;
  guarded.isDenied = verdict.is === 'deny';
}

function isBelowDenied({ ancestor }: GuardedValue): boolean {
  for (let guarded = ancestor; guarded; guarded = guarded.ancestor) if (guarded.isDenied) return true;
  return false;
}

function isAllowed(verdict: Verdict | 'later'): boolean {
  return verdict !== 'later' && verdict.is === 'allow';
}

function slotOf(field: FieldSpec, object: Data): Pick<GuardedValue, 'container' | 'key'> {
  return { container: field.value.is === 'introspection' ? null : object, key: field.from };
}

function setAt(container: Data | unknown[], key: string | number, value: unknown): void {
  (container as Record<string | number, unknown>)[key] = value;
}

function typeOf(shape: Shape, shapeCase: ShapeCase, object: Data): string {
  if (shape.isObject) return shape.type;
  const [only] = shapeCase.types;
  if (shapeCase.types.length === 1 && only !== undefined) return only;
  return typeof object.__typename === 'string' ? object.__typename : shape.type;
}

function parentOf(check: CheckSpec | undefined, object: Data, type: string): Data {
  return { __typename: check?.parentType ?? type, ...selected(check?.parent ?? [], object) };
}

function selected(fields: readonly ParentField[], object: Data): Data {
  const parent: Data = emptyRecord();
  for (const { name, from, fields: inner } of fields) {
    const value = own(object, from) ?? null;
    parent[name] = inner ? selectedValue(inner, value) : value;
  }
  return parent;
}

function selectedValue(fields: readonly ParentField[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => selectedValue(fields, element));
  return isRecord(value) ? selected(fields, value) : null;
}

/** For each shape, whether it or a shape below it has guarded fields. */
function shapesWithChecks({ shapes }: ProjectionSpec): boolean[] {
  const hasChecks = shapes.map(() => false);
  // A shape precedes those below it.
  for (let index = shapes.length - 1; index >= 0; index -= 1) {
    hasChecks[index] = (shapes[index] as Shape).cases.some(
      ({ check, fields }) =>
        check !== undefined ||
        fields.some(
          (field) =>
            field.check !== undefined ||
            (field.value.is === 'object' && hasChecks[field.value.shape] === true),
        ),
    );
  }
  return hasChecks;
}
