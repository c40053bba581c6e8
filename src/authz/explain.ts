/**
 * Explains for each field of an operation whether one principal may see it, and why. The same code decides as for a
 * request, but nothing is fetched, recorded or withheld.
 */

import type { CheckSpec, ParentField } from '../pipeline/authorization.ts';
import type { FieldSpec, PreparedOperation, Shape, ShapeCase } from '../pipeline/prepared.ts';
import type { OperationLimited } from '../pipeline/stages.ts';
import type { Authorizer } from './authorizer.ts';
import type { Decision } from './policy/evaluate.ts';
import { isRequested, type EarlyVerdict, type RequestDecisions } from './request-decisions.ts';

export type FieldOutcome =
  'allowed' | 'denied' | 'masked' | 'with the data' | 'not asked for' | 'not reached';

export interface ExplainedField {
  /** Its path in the response, without list positions. */
  readonly field: string;
  /** Type.field for each possible type of the object; a type alone where the type itself is guarded. */
  readonly coordinates: readonly string[];
  readonly outcome: FieldOutcome;
  /** What decides. Null: no rule or directive applies. */
  readonly rule: string | null;
  readonly why: string;
  /** Error code, if the field is denied. */
  readonly code?: string;
  /** Fields of the parent that the rules read, if the field is decided with the data. */
  readonly looksAt?: readonly string[];
}

export interface Explanation {
  readonly fields: readonly ExplainedField[];
  /** Checks are decided but not enforced. */
  readonly isDryRun: boolean;
}

type Operation = OperationLimited<{ readonly prepared: PreparedOperation }>;
type CheckExplanation = Pick<ExplainedField, 'outcome' | 'rule' | 'why' | 'code' | 'looksAt'>;

export async function explain(authorizer: Authorizer, prepared: Operation): Promise<Explanation> {
  const { checks = [] } = prepared.operation.prepared;
  const steps: string[] = [];
  let current: CheckSpec | undefined;
  const request = authorizer.requestDecisions(prepared, checks, ({ name }, decision) => {
    steps.push(stepText(name, decision, current));
  });
  const explained: CheckExplanation[] = [];
  for (const [number, check] of checks.entries()) {
    current = check;
    steps.length = 0;
    // One after another, so that each rule evaluated is attributed to its check.
    const verdict = await request.decideBefore(number);
    const explanation = explainCheck(number, { check, verdict, request, steps });
    explained.push({ rule: authorizer.textOf(check), ...explanation });
  }
  const allowingText: AllowingText = (coordinate) => authorizer.allowing(coordinate);
  return { fields: new FieldList(prepared, explained, allowingText).fields(), isDryRun: request.isDryRun };
}

/** The part of the policy that allows a field to everyone, if there is one. */
type AllowingText = (coordinate: string) => string | undefined;

interface EvaluatedCheck {
  readonly check: CheckSpec;
  readonly verdict: EarlyVerdict;
  readonly request: RequestDecisions;
  /** The decision of each rule, as text. */
  readonly steps: readonly string[];
}

function explainCheck(
  number: number,
  { check, verdict, request, steps }: EvaluatedCheck,
): Omit<CheckExplanation, 'rule'> {
  const decided = [...new Set(steps)].join(', ');
  if (verdict === undefined) return { outcome: 'not asked for', why: skippedByDirective };
  if (verdict === 'later')
    return { outcome: 'with the data', why: decided, looksAt: check.parent.map(parentText) };
  const reason = request.reasonOf(number);
  // A directive is not among the evaluated rules.
  const why =
    reason.startsWith('@') || decided === '' ? [reason, decided].filter((text) => text !== '') : [decided];
  switch (verdict.is) {
    case 'allow':
      return { outcome: 'allowed', why: decided === '' ? 'its directives allow it' : decided };
    case 'mask':
      return { outcome: 'masked', why: why.join(', ') };
    case 'deny':
      return { outcome: 'denied', why: [...new Set(why)].join(', '), code: verdict.code };
  }
}

const skippedByDirective = '@skip or @include leaves it out';

function stepText(rule: string, { is }: Decision, check: CheckSpec | undefined): string {
  if (is === 'allow') return `${rule}: yes`;
  if (is === 'deny') return `${rule}: no`;
  if (is !== 'later') return `${rule}: failed`;
  const fields = (check?.parent ?? []).map(parentText).join(' ');
  return fields === '' ? `${rule}: decided for each object` : `${rule}: looks at ${fields} of each object`;
}

function parentText({ name, fields }: ParentField): string {
  return fields ? `${name} { ${fields.map(parentText).join(' ')} }` : name;
}

interface CheckedField {
  readonly coordinates: readonly string[];
  /** Number of its check. Undefined: it has none. */
  readonly check: number | undefined;
  readonly isNonNull: boolean;
}

interface Position {
  readonly path: readonly string[];
  /** The field above it that is denied. */
  readonly deniedAbove: string | undefined;
  /** What becomes null by null propagation from a non-null field here. */
  readonly nulled: string;
}

/** The fields of an operation in the order of the response, each with its explanation. */
class FieldList {
  readonly #prepared: Operation;
  readonly #checks: readonly CheckExplanation[];
  readonly #allowingText: AllowingText;
  readonly #fields: ExplainedField[] = [];

  constructor(prepared: Operation, checks: readonly CheckExplanation[], allowingText: AllowingText) {
    this.#prepared = prepared;
    this.#checks = checks;
    this.#allowingText = allowingText;
  }

  fields(): readonly ExplainedField[] {
    this.#shape(0, { path: [], deniedAbove: undefined, nulled: 'all of data' });
    return this.#fields;
  }

  #shape(index: number, position: Position): void {
    const shape = this.#prepared.operation.prepared.projection.shapes[index] as Shape;
    for (const shapeCase of shape.cases) this.#case(shapeCase, position);
  }

  #case({ check, types, fields }: ShapeCase, position: Position): void {
    const deniedAbove =
      check === undefined
        ? position.deniedAbove
        : this.#add(position, { coordinates: types, check, isNonNull: false });
    const keys = new Set<string>();
    for (const field of fields) {
      const isIncluded = isRequested(field, this.#prepared.variables);
      // A field may be selected several times: the first selection whose condition holds counts.
      const sameKey = fields.filter(({ key }) => key === field.key);
      const isListed = isIncluded || !sameKey.some((other) => isRequested(other, this.#prepared.variables));
      if (!isListed || keys.has(field.key)) continue;
      keys.add(field.key);
      this.#field(field, types, {
        ...position,
        path: [...position.path, field.key],
        deniedAbove,
        isIncluded,
      });
    }
  }

  #field(
    field: FieldSpec,
    types: readonly string[],
    position: Position & { readonly isIncluded: boolean },
  ): void {
    const { path, isIncluded } = position;
    const name = field.name.slice(field.name.indexOf('.') + 1);
    const coordinates = types.map((type) => `${type}.${name}`);
    if (!isIncluded) {
      const rule = field.check === undefined ? null : (this.#checks[field.check]?.rule ?? null);
      this.#push({
        field: path.join('.'),
        coordinates,
        outcome: 'not asked for',
        rule,
        why: skippedByDirective,
      });
      return;
    }
    const isNonNull = field.wrappers.startsWith('!');
    const deniedAbove = this.#add(position, { coordinates, check: field.check, isNonNull });
    if (field.value.is === 'object')
      this.#shape(field.value.shape, { path, deniedAbove, nulled: nulledByItems(field, position) });
  }

  /** @returns The field at or above this one that is denied. */
  #add(
    { path, deniedAbove, nulled }: Position,
    { coordinates, check, isNonNull }: CheckedField,
  ): string | undefined {
    const field = path.join('.');
    const explanation =
      (check === undefined ? undefined : this.#checks[check]) ?? this.#unchecked(coordinates);
    if (deniedAbove !== undefined) {
      const { rule } = explanation;
      this.#push({ field, coordinates, outcome: 'not reached', rule, why: `${deniedAbove} is denied` });
      return deniedAbove;
    }
    const propagation = isNonNull ? nullPropagationText(explanation.outcome, nulled) : '';
    this.#push({ field, coordinates, ...explanation, why: `${explanation.why}${propagation}` });
    return explanation.outcome === 'denied' ? field : undefined;
  }

  /** A field without a check: the policy allows it to everyone, or nothing guards it. */
  #unchecked(coordinates: readonly string[]): CheckExplanation {
    const sources = new Set(coordinates.flatMap((coordinate) => this.#allowingText(coordinate) ?? []));
    if (sources.size === 0) return unguarded;
    return { outcome: 'allowed', rule: 'allow', why: `allow: ${[...sources].join(', ')}` };
  }

  #push(field: ExplainedField): void {
    this.#fields.push(field);
  }
}

/** For a field of non-null type: null propagation as in the GraphQL specification. */
function nullPropagationText(outcome: FieldOutcome, nulled: string): string {
  if (outcome === 'denied') return `; it cannot be null, so ${nulled} becomes null`;
  return outcome === 'with the data'
    ? `; it cannot be null, so where it is denied ${nulled} becomes null`
    : '';
}

/** What becomes null by null propagation from an object of this field. */
function nulledByItems({ wrappers }: FieldSpec, { path, nulled }: Position): string {
  // From the field itself, through its lists, to its objects.
  const isNonNull = wrappers.split('[').map((level) => level === '!');
  const nullable = isNonNull.lastIndexOf(false);
  const field = path.join('.');
  if (nullable === -1) return nulled;
  if (nullable === 0) return field;
  return nullable === isNonNull.length - 1 ? `its object in ${field}` : `its list in ${field}`;
}

const unguarded: CheckExplanation = { outcome: 'allowed', rule: null, why: 'nothing guards it' };
