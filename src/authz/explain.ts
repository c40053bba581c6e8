/**
 * Says for each field of an operation what decides about it for one principal, and why: the decisions are those that a
 * request would get, made by the same code, and nothing is fetched, written down or kept back.
 */

import type { CheckSpec, ParentField } from '../pipeline/authorization.ts';
import type { FieldSpec, PreparedOperation, Shape, ShapeCase } from '../pipeline/prepared.ts';
import type { Prepared } from '../pipeline/stages.ts';
import type { Authorizer } from './authorizer.ts';
import type { Decision } from './policy/evaluate.ts';
import { isAsked, type Early, type RequestDecisions } from './request-decisions.ts';

export type Outcome = 'allowed' | 'denied' | 'masked' | 'with the data' | 'not asked for' | 'not reached';

export interface ExplainedField {
  /** Its path in the answer, without list positions. */
  readonly field: string;
  /** Type.field for each type that objects there may have; types alone where objects are guarded as such. */
  readonly coordinates: readonly string[];
  readonly outcome: Outcome;
  /** What decides. Null: nothing says anything about it. */
  readonly rule: string | null;
  readonly why: string;
  /** Of the error, where it is denied. */
  readonly code?: string;
  /** Fields of the parent that rules are shown, where it is decided with the data. */
  readonly looksAt?: readonly string[];
}

export interface Explanation {
  readonly fields: readonly ExplainedField[];
  /** Everything is decided, and nothing kept back. */
  readonly isDryRun: boolean;
}

type Operation = Prepared<{ readonly prepared: PreparedOperation }>;
type About = Pick<ExplainedField, 'outcome' | 'rule' | 'why' | 'code' | 'looksAt'>;

export async function explain(authorizer: Authorizer, prepared: Operation): Promise<Explanation> {
  const { checks = [] } = prepared.operation.prepared;
  const steps: string[] = [];
  let asked: CheckSpec | undefined;
  const request = authorizer.requestDecisions(prepared, checks, ({ name }, decision) => {
    steps.push(stepText(name, decision, asked));
  });
  const known: About[] = [];
  for (const [number, check] of checks.entries()) {
    asked = check;
    steps.length = 0;
    // One after another, so that it can be said which rules each of them asked.
    const verdict = await request.decideBefore(number);
    known.push({ rule: authorizer.textOf(check), ...about(number, { check, verdict, request, steps }) });
  }
  const allowing: Allowing = (coordinate) => authorizer.allowing(coordinate);
  return { fields: new FieldList(prepared, known, allowing).fields(), isDryRun: request.isDryRun };
}

/** What of the policy allows a field to everybody, if anything does. */
type Allowing = (coordinate: string) => string | undefined;

interface Decided {
  readonly check: CheckSpec;
  readonly verdict: Early;
  readonly request: RequestDecisions;
  /** What each rule said. */
  readonly steps: readonly string[];
}

function about(number: number, { check, verdict, request, steps }: Decided): Omit<About, 'rule'> {
  const said = [...new Set(steps)].join(', ');
  if (verdict === undefined) return { outcome: 'not asked for', why: notAsked };
  if (verdict === 'later')
    return { outcome: 'with the data', why: said, looksAt: check.parent.map(parentText) };
  const reason = request.reasonOf(number);
  // A directive is not among the rules that were asked.
  const why = reason.startsWith('@') || said === '' ? [reason, said].filter((text) => text !== '') : [said];
  switch (verdict.is) {
    case 'allow':
      return { outcome: 'allowed', why: said === '' ? 'its demands are met' : said };
    case 'mask':
      return { outcome: 'masked', why: why.join(', ') };
    case 'deny':
      return { outcome: 'denied', why: [...new Set(why)].join(', '), code: verdict.code };
  }
}

const notAsked = '@skip or @include leaves it out';

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

interface Place {
  readonly path: readonly string[];
  /** What is denied above it. */
  readonly above: string | undefined;
  /** What becomes null where something here is null and cannot be. */
  readonly nulled: string;
}

/** The fields of an operation in the order of the answer, each with what is known about it. */
class FieldList {
  readonly #prepared: Operation;
  readonly #known: readonly About[];
  readonly #allowing: Allowing;
  readonly #fields: ExplainedField[] = [];

  constructor(prepared: Operation, known: readonly About[], allowing: Allowing) {
    this.#prepared = prepared;
    this.#known = known;
    this.#allowing = allowing;
  }

  fields(): readonly ExplainedField[] {
    this.#shape(0, { path: [], above: undefined, nulled: 'all of data' });
    return this.#fields;
  }

  #shape(index: number, place: Place): void {
    const shape = this.#prepared.operation.prepared.projection.shapes[index] as Shape;
    for (const found of shape.cases) this.#case(found, place);
  }

  #case({ check, types, fields }: ShapeCase, place: Place): void {
    const denied = check === undefined ? place.above : this.#add(place, types, check);
    const keys = new Set<string>();
    for (const field of fields) {
      const isIncluded = isAsked(field, this.#prepared.variables);
      // It may stand at several places, of which the first whose condition holds counts.
      const others = fields.filter(({ key }) => key === field.key);
      const isHere = isIncluded || !others.some((other) => isAsked(other, this.#prepared.variables));
      if (!isHere || keys.has(field.key)) continue;
      keys.add(field.key);
      this.#field(field, types, { ...place, path: [...place.path, field.key], above: denied, isIncluded });
    }
  }

  #field(field: FieldSpec, types: readonly string[], place: Place & { readonly isIncluded: boolean }): void {
    const { path, isIncluded } = place;
    const name = field.name.slice(field.name.indexOf('.') + 1);
    const coordinates = types.map((type) => `${type}.${name}`);
    if (!isIncluded) {
      const rule = field.check === undefined ? null : (this.#known[field.check]?.rule ?? null);
      this.#push({ field: path.join('.'), coordinates, outcome: 'not asked for', rule, why: notAsked });
      return;
    }
    const denied = this.#add(place, coordinates, field.check, field.wrappers.startsWith('!'));
    if (field.value.is === 'object')
      this.#shape(field.value.shape, { path, above: denied, nulled: nulledBelow(field, place) });
  }

  /** @returns What is denied at or above it. */
  #add(
    { path, above, nulled }: Place,
    coordinates: readonly string[],
    check: number | undefined,
    isNonNull = false,
  ): string | undefined {
    const field = path.join('.');
    const about = (check === undefined ? undefined : this.#known[check]) ?? this.#unchecked(coordinates);
    if (above !== undefined) {
      const { rule } = about;
      this.#push({ field, coordinates, outcome: 'not reached', rule, why: `${above} is denied` });
      return above;
    }
    const taken = isNonNull ? takenAlong(about.outcome, nulled) : '';
    this.#push({ field, coordinates, ...about, why: `${about.why}${taken}` });
    return about.outcome === 'denied' ? field : undefined;
  }

  /** Who allows a field to everybody leaves nothing to check. */
  #unchecked(coordinates: readonly string[]): About {
    const allowing = new Set(coordinates.flatMap((coordinate) => this.#allowing(coordinate) ?? []));
    if (allowing.size === 0) return unguarded;
    return { outcome: 'allowed', rule: 'allow', why: `allow: ${[...allowing].join(', ')}` };
  }

  #push(field: ExplainedField): void {
    this.#fields.push(field);
  }
}

/** Of a field whose type is non-null, by the specification of GraphQL. */
function takenAlong(outcome: Outcome, nulled: string): string {
  if (outcome === 'denied') return `; it cannot be null, so ${nulled} becomes null`;
  return outcome === 'with the data'
    ? `; it cannot be null, so where it is denied ${nulled} becomes null`
    : '';
}

/** What becomes null where an object of this field has a null that it cannot have. */
function nulledBelow({ wrappers }: FieldSpec, { path, nulled }: Place): string {
  // From the field itself to its objects, by way of the lists between them.
  const isNonNull = wrappers.split('[').map((level) => level === '!');
  const nullable = isNonNull.lastIndexOf(false);
  const field = path.join('.');
  if (nullable === -1) return nulled;
  if (nullable === 0) return field;
  return nullable === isNonNull.length - 1 ? `its object in ${field}` : `its list in ${field}`;
}

const unguarded: About = { outcome: 'allowed', rule: null, why: 'nothing guards it' };
