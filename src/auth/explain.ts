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
  /** What decides. Null: nothing guards it. */
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
  return { fields: new FieldList(prepared, known).fields(), isDryRun: request.isDryRun };
}

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

/** The fields of an operation in the order of the answer, each with what is known about it. */
class FieldList {
  readonly #prepared: Operation;
  readonly #known: readonly About[];
  readonly #fields: ExplainedField[] = [];

  constructor(prepared: Operation, known: readonly About[]) {
    this.#prepared = prepared;
    this.#known = known;
  }

  fields(): readonly ExplainedField[] {
    this.#shape(0, [], undefined);
    return this.#fields;
  }

  /** @param above What is denied above it. */
  #shape(index: number, path: readonly string[], above: string | undefined): void {
    const shape = this.#prepared.operation.prepared.projection.shapes[index] as Shape;
    for (const found of shape.cases) this.#case(found, path, above);
  }

  #case({ check, types, fields }: ShapeCase, path: readonly string[], above: string | undefined): void {
    const denied = check === undefined ? above : this.#add(path, types, check, above);
    const keys = new Set<string>();
    for (const field of fields) {
      const isIncluded = isAsked(field, this.#prepared.variables);
      // It may stand at several places, of which the first whose condition holds counts.
      const others = fields.filter(({ key }) => key === field.key);
      const isHere = isIncluded || !others.some((other) => isAsked(other, this.#prepared.variables));
      if (!isHere || keys.has(field.key)) continue;
      keys.add(field.key);
      this.#field(field, types, { path: [...path, field.key], above: denied, isIncluded });
    }
  }

  #field(
    field: FieldSpec,
    types: readonly string[],
    at: {
      readonly path: readonly string[];
      readonly above: string | undefined;
      readonly isIncluded: boolean;
    },
  ): void {
    const { path, above, isIncluded } = at;
    const name = field.name.slice(field.name.indexOf('.') + 1);
    const coordinates = types.map((type) => `${type}.${name}`);
    if (!isIncluded) {
      const rule = field.check === undefined ? null : (this.#known[field.check]?.rule ?? null);
      this.#push({ field: path.join('.'), coordinates, outcome: 'not asked for', rule, why: notAsked });
      return;
    }
    const denied = this.#add(path, coordinates, field.check, above, field.wrappers.startsWith('!'));
    if (field.value.is === 'object') this.#shape(field.value.shape, path, denied);
  }

  /** @returns What is denied at or above it. */
  #add(
    path: readonly string[],
    coordinates: readonly string[],
    check: number | undefined,
    above: string | undefined,
    isNonNull = false,
  ): string | undefined {
    const field = path.join('.');
    const about = (check === undefined ? undefined : this.#known[check]) ?? unguarded;
    if (above !== undefined) {
      const { rule } = about;
      this.#push({ field, coordinates, outcome: 'not reached', rule, why: `${above} is denied` });
      return above;
    }
    const bubbles = isNonNull && about.outcome === 'denied' && path.length > 1;
    const why = bubbles ? `${about.why}; it cannot be null, so what it is in becomes null` : about.why;
    this.#push({ field, coordinates, ...about, why });
    return about.outcome === 'denied' ? field : undefined;
  }

  #push(field: ExplainedField): void {
    this.#fields.push(field);
  }
}

const unguarded: About = { outcome: 'allowed', rule: null, why: 'nothing guards it' };
