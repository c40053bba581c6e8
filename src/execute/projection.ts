/**
 * Projects the merged data to the client's answer: the selected fields in their order, with null propagation as in the
 * GraphQL specification.
 *
 * This is the reference implementation: it tracks paths and reports errors. `projection-code.ts` is the fast path for data
 * that matches the schema, and falls back to this one otherwise.
 *
 * @see https://spec.graphql.org/October2021/#sec-Handling-Field-Errors
 */

import type { AnswerError, CoercedVariables } from '../pipeline/answer.ts';
import { isIncluded } from '../pipeline/conditions.ts';
import type { FieldSpec, FieldValue, ProjectionSpec, Shape, ShapeCase } from '../pipeline/prepared.ts';
import { kindOf } from '../shared/kind-of.ts';
import { isRecord } from '../shared/records.ts';
import { completeScalar } from '../shared/scalars.ts';
import { noSuchObject, type Data } from './merge.ts';

export type ClientPath = ReadonlyArray<string | number>;

export interface ProjectionInput {
  readonly spec: ProjectionSpec;
  readonly data: Data;
  readonly variables: CoercedVariables;
  readonly introspection: Data | null;
  /** Paths of errors that are already reported: a null at, above or below such a path needs no further error. */
  readonly explained: readonly ClientPath[];
  /** The service that the value at this path comes from; undefined where several are possible. */
  readonly serviceOf?: (path: ClientPath) => string | undefined;
  /** Why the runtime types of these objects are not known. Default: all are. */
  readonly untyped?: ReadonlyMap<Data, Omit<AnswerError, 'path'>> | undefined;
}

export interface Projected {
  readonly data: Data | null;
  readonly errors: AnswerError[];
}

/** Becomes null; its error is already reported. */
const failed = Symbol('failed');
/** Null propagation: a non-null position is null, so its parent becomes null. */
const bubble = Symbol('bubble');

export function project(input: ProjectionInput): Projected {
  const projector = new Projector(input);
  const root = input.spec.shapes[0] as Shape;
  const data = projector.object(root, input.data);
  return { data: data === failed ? null : (data as Data), errors: projector.errors };
}

class Projector {
  readonly errors: AnswerError[] = [];
  readonly #input: ProjectionInput;
  /** The path of the value that is being completed. */
  readonly #path: Array<string | number> = [];
  /** The runtime type of the object that it belongs to. */
  #type = '';
  #explained: Set<string> | undefined;

  constructor(input: ProjectionInput) {
    this.#input = input;
  }

  object(shape: Shape, source: Data): Data | typeof failed {
    const type = typeOf(shape, source);
    const shapeCase = shape.cases.find((candidate) => candidate.types.includes(type));
    const isUnresolved = shape.unresolved?.some(
      (one) => one.type === type && isIncluded(one.when, this.#input.variables),
    );
    if (!shapeCase || isUnresolved) {
      this.#reportType(shape, source, shapeCase !== undefined);
      return failed;
    }
    const result: Data = {};
    for (const field of shapeCase.fields) {
      if (!isIncluded(field.when, this.#input.variables) || Object.hasOwn(result, field.key)) continue;
      this.#path.push(field.key);
      const value = this.#field(field, type, source);
      this.#path.pop();
      if (value === bubble) return failed;
      set(result, field.key, value === failed ? null : value);
    }
    return result;
  }

  #field(field: FieldSpec, type: string, source: Data): unknown {
    if (field.value.is === 'typename') return type;
    const from = field.value.is === 'introspection' ? (this.#input.introspection ?? {}) : source;
    const raw = Object.hasOwn(from, field.from) ? from[field.from] : undefined;
    const outer = this.#type;
    this.#type = type;
    const value = this.#value(field, 0, raw);
    this.#type = outer;
    return value;
  }

  #value(field: FieldSpec, depth: number, raw: unknown): unknown {
    const wrapper = field.wrappers[depth];
    if (wrapper === '!') {
      const value = this.#value(field, depth + 1, raw);
      if (value !== null) return value === failed ? bubble : value;
      this.#reportNull(field);
      return bubble;
    }
    if (raw === null || raw === undefined) return null;
    return wrapper === '[' ? this.#list(field, depth, raw) : this.#named(field, depth, raw);
  }

  #list(field: FieldSpec, depth: number, raw: unknown): unknown {
    if (!Array.isArray(raw)) return this.#mismatch(field, depth, kindOf(raw));
    const list: unknown[] = [];
    for (let i = 0; i < raw.length; i += 1) {
      this.#path.push(i);
      const value = this.#value(field, depth + 1, raw[i]);
      this.#path.pop();
      if (value === bubble) return failed;
      list.push(value === failed ? null : value);
    }
    return list;
  }

  #named(field: FieldSpec, depth: number, raw: unknown): unknown {
    const { value } = field;
    if (value.is === 'introspection') return raw;
    if (value.is === 'object') {
      const shape = this.#input.spec.shapes[value.shape] as Shape;
      if (!isRecord(raw)) return this.#mismatch(field, depth, kindOf(raw));
      return raw.__typename === noSuchObject && !shape.isObject ? null : this.object(shape, raw);
    }
    if (value.is === 'enum') {
      if (typeof raw !== 'string') return this.#mismatch(field, depth, kindOf(raw));
      if (this.#input.spec.enums[value.type]?.includes(raw)) return raw;
      return this.#mismatch(field, depth, 'a value that is not part of the schema');
    }
    const scalar = value.is === 'scalar' ? completeScalar(value.type, raw) : undefined;
    if (scalar !== undefined) return scalar;
    const actual = kindOf(raw) === 'a number' ? 'a number that this type does not have' : kindOf(raw);
    return this.#mismatch(field, depth, actual);
  }

  #reportType(shape: Shape, source: Data, isUnresolved: boolean): void {
    const reason = this.#input.untyped?.get(source);
    // Also where the fetch of the type was not sent because another one failed.
    if ((reason || isUnresolved) && this.#isExplained()) return;
    if (reason) this.errors.push({ ...reason, path: [...this.#path] });
    else {
      const problem = isUnresolved ? 'whose runtime type its service did not say' : unfitType(source);
      this.#report(`Expected ${shape.type}, got an object ${problem}`);
    }
  }

  #mismatch(field: FieldSpec, depth: number, actual: string): typeof failed {
    const expected = typeText(field.wrappers.slice(depth), this.#nameOf(field.value));
    this.#report(`Expected ${expected} for field ${this.#coordinateOf(field)}, got ${actual}`);
    return failed;
  }

  #reportNull(field: FieldSpec): void {
    if (this.#isExplained()) return;
    const expected = typeText(field.wrappers, this.#nameOf(field.value));
    this.#report(`Cannot return null for non-nullable field ${this.#coordinateOf(field)} (${expected})`);
  }

  /** Types with the same fields share a case, which is named by one of them. */
  #coordinateOf({ name }: FieldSpec): string {
    return `${this.#type}${name.slice(name.indexOf('.'))}`;
  }

  #nameOf(value: FieldValue): string {
    if (value.is === 'object') return (this.#input.spec.shapes[value.shape] as Shape).type;
    return value.is === 'scalar' || value.is === 'enum' ? value.type : '';
  }

  /** Whether an error is reported at, above or below the current path. */
  #isExplained(): boolean {
    if (this.#input.explained.length === 0) return false;
    if (!this.#explained) {
      this.#explained = new Set();
      for (const explainedPath of this.#input.explained) {
        this.#explained.add(`at ${JSON.stringify(explainedPath)}`);
        for (let end = 0; end < explainedPath.length; end += 1) {
          this.#explained.add(`below ${JSON.stringify(explainedPath.slice(0, end))}`);
        }
      }
    }
    const path = this.#path;
    if (this.#explained.has(`below ${JSON.stringify(path)}`)) return true;
    for (let end = path.length; end > 0; end -= 1) {
      if (this.#explained.has(`at ${JSON.stringify(path.slice(0, end))}`)) return true;
    }
    return false;
  }

  #report(message: string): void {
    const path = [...this.#path];
    const service = this.#input.serviceOf?.(path);
    const origin = service === undefined ? {} : { service };
    this.errors.push({ message, code: 'FIELD_VALUE_INVALID', path, fromBackend: false, ...origin });
  }
}

function unfitType({ __typename }: Data): string {
  return __typename === null ? 'without a type name' : 'of a type that is not part of the schema';
}

/** Always sets an own property: a client may alias a field `__proto__`. */
function set(object: Data, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** The case of `shape` that `source` belongs to. */
export function caseOf(shape: Shape, source: unknown): ShapeCase | undefined {
  if (!isRecord(source)) return undefined;
  const type = typeOf(shape, source);
  return shape.cases.find((candidate) => candidate.types.includes(type));
}

/**
 * `__typename` is selected wherever it matters, so an object without it has the declared type. An object whose
 * `__typename` is not a string has no type.
 */
function typeOf(shape: Shape, source: Data): string {
  if (shape.isObject || source.__typename === undefined) return shape.type;
  return typeof source.__typename === 'string' ? source.__typename : '';
}

/** Of `![!` and `ID`: `[ID!]!`. */
function typeText(wrappers: string, name: string): string {
  if (wrappers === '') return name;
  const inner = typeText(wrappers.slice(1), name);
  return wrappers.startsWith('!') ? `${inner}!` : `[${inner}]`;
}
