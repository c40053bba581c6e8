/**
 * Coerces the variables of one request by the specification of a prepared operation: no schema needed.
 *
 * A body may hold a mistake in each of its bytes, so coercion stops at `mistakesMax`, and makes the text of a path only
 * for a mistake.
 *
 * @see https://spec.graphql.org/October2021/#sec-Coercing-Variable-Values
 */

import type { CoercedVariables } from '../pipeline/answer.ts';
import type {
  InputFieldSpec,
  InputTypeSpec,
  PreparedOperation,
  SourcePosition,
  TypeRef,
  VariableSpec,
} from '../pipeline/prepared.ts';
import type { RequestError } from '../shared/errors.ts';
import { ExactNumber, isTooLarge, tooLarge } from '../shared/exact-number.ts';
import { emptyRecord, isRecord, own } from '../shared/records.ts';
import { completeScalar } from '../shared/scalars.ts';
import { shownName } from '../shared/shown-name.ts';

export type Coercion =
  | { readonly variables: CoercedVariables }
  /** At most `mistakesMax`. */
  | { readonly mistakes: readonly RequestError[] };

export type CoerceVariables = (given: Readonly<Record<string, unknown>>) => Coercion;

const mistakesMax = 50;
/** Of one request, each value in them counted: a list of empty objects may ask for many more than it has bytes. */
const defaultValuesMax = 50_000;
/** Input objects within input objects. */
const inputDepthMax = 64;

/** What of the specification is looked up for each value. */
type InputType =
  { readonly kind: 'enum'; readonly values: ReadonlySet<string> } | { readonly kind: 'scalar' } | InputObject;

interface InputObject {
  readonly kind: 'input';
  readonly oneOf: boolean;
  readonly fields: ReadonlyMap<string, InputFieldSpec>;
  /** Fields that matter where they are not given. */
  readonly expected: readonly ExpectedField[];
}

interface ExpectedField {
  readonly field: InputFieldSpec;
  /** Values in its default; 0: it has none, and must be given. */
  readonly defaultValues: number;
}

/** Compiled once for an operation. */
export function variableCoercion(spec: Pick<PreparedOperation, 'variables' | 'inputTypes'>): CoerceVariables {
  if (spec.variables.length === 0) return () => noVariables;
  const types = new Map(spec.inputTypes.map((type) => [type.name, compiled(type)]));
  return (given) => {
    const coercer = new Coercer(types);
    const variables = new Map<string, unknown>();
    for (const variable of spec.variables) {
      const value = coercer.variable(variable, given);
      if (value !== undefined) variables.set(variable.name, value);
      if (coercer.isFull) break;
    }
    return coercer.mistakes.length > 0 ? { mistakes: coercer.mistakes } : { variables };
  };
}

const noVariables: Coercion = { variables: new Map() };

function compiled(type: InputTypeSpec): InputType {
  if (type.kind === 'scalar') return type;
  if (type.kind === 'enum') return { kind: 'enum', values: new Set(type.values) };
  const { oneOf, fields } = type;
  const expected = fields
    .map((field) => ({ field, defaultValues: valuesIn(field.defaultValue) }))
    .filter(({ field, defaultValues }) => defaultValues > 0 || isRequired(field.type));
  return { kind: 'input', oneOf, fields: new Map(fields.map((field) => [field.name, field])), expected };
}

function valuesIn(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((count: number, child) => count + valuesIn(child), 1);
}

function isRequired({ wrappers }: TypeRef): boolean {
  return wrappers.startsWith('!');
}

class Coercer {
  readonly mistakes: RequestError[] = [];
  readonly #types: ReadonlyMap<string, InputType>;
  #variable: VariableSpec | undefined;
  /** From the variable to the value being looked at. */
  readonly #path: Array<string | number> = [];
  /** Input objects around it. */
  #depth = 0;
  #defaultValues = 0;
  #isStopped = false;

  constructor(types: ReadonlyMap<string, InputType>) {
    this.#types = types;
  }

  /** What else there is would not be told. */
  get isFull(): boolean {
    return this.#isStopped || this.mistakes.length >= mistakesMax;
  }

  variable(spec: VariableSpec, given: Readonly<Record<string, unknown>>): unknown {
    this.#variable = spec;
    const { type, defaultValue, at, conditionAt } = spec;
    const value = own(given, spec.name);
    if (value === undefined) {
      if (defaultValue === undefined && isRequired(type)) {
        this.#refuse(
          `Variable "$${shownName(spec.name)}" of required type "${typeText(type)}" was not provided.`,
          at,
        );
      }
      return defaultValue;
    }
    if (value === null && isRequired(type)) {
      const of = `of non-null type "${typeText(type)}"`;
      this.#refuse(`Variable "$${shownName(spec.name)}" ${of} must not be null.`, at);
      return undefined;
    }
    if (value === null && conditionAt) {
      // One that has a default is allowed there, and null takes the place of the default.
      this.#refuse('Argument "if" of non-null type "Boolean!" must not be null.', conditionAt);
      return undefined;
    }
    return this.#value(value, type, 0);
  }

  /** @param wrapper Number of the wrapper of `type` that is next. */
  #value(value: unknown, type: TypeRef, wrapper: number): unknown {
    const { wrappers, name } = type;
    const nonNull = wrappers[wrapper] === '!';
    const inner = nonNull ? wrapper + 1 : wrapper;
    if (value === null || value === undefined) {
      if (nonNull) {
        const expected = typeText({ wrappers: wrappers.slice(wrapper), name });
        this.#invalid(`Expected non-nullable type "${expected}" not to be null.`);
      }
      return null;
    }
    if (wrappers[inner] !== '[') return this.#named(value, name);
    // A single value stands for a list of one.
    if (!Array.isArray(value)) return [this.#value(value, type, inner + 1)];
    if (isLast(wrappers, inner + 1) && builtIn.has(name)) return this.#builtInList(value, type, inner + 1);
    const list: unknown[] = [];
    for (let i = 0; i < value.length && !this.isFull; i += 1) {
      list.push(this.#below(i, value[i], type, inner + 1));
    }
    return list;
  }

  /** A list of scalars may have as many values as a body has bytes: nothing is looked up for each. */
  #builtInList(values: readonly unknown[], type: TypeRef, wrapper: number): unknown {
    const { name } = type;
    const list: unknown[] = [];
    for (let i = 0; i < values.length && !this.isFull; i += 1) {
      const value = values[i];
      const scalar = value === null ? undefined : completeScalar(name, value);
      list.push(scalar === undefined ? this.#below(i, value, type, wrapper) : scalar);
    }
    return list;
  }

  #below(key: string | number, value: unknown, type: TypeRef, wrapper: number): unknown {
    this.#path.push(key);
    const coerced = this.#value(value, type, wrapper);
    this.#path.pop();
    return coerced;
  }

  #named(value: unknown, name: string): unknown {
    const type = this.#types.get(name);
    if (type?.kind === 'input') return this.#inputObject(value, name, type);
    if (type?.kind === 'scalar') {
      const fault = faultIn(value, customScalarDepthMax);
      if (fault === 'too deep') {
        this.#invalid(`${name} may be nested at most ${customScalarDepthMax} levels deep.`);
      } else if (fault === 'number') {
        this.#refuseNumbers(value, name);
      }
      return value;
    }
    if (type?.kind === 'enum') {
      if (typeof value === 'string' && type.values.has(value)) return value;
      this.#invalid(`Value does not exist in "${name}" enum.`);
      return null;
    }
    const scalar = completeScalar(name, value);
    if (scalar === undefined) this.#invalid(scalarExpectation(name));
    return scalar;
  }

  /** Numbers that no service could read, wherever in a custom scalar that is not too deep. */
  #refuseNumbers(value: unknown, name: string): void {
    if (this.isFull || typeof value !== 'object' || value === null) return;
    if (value instanceof ExactNumber) {
      if (isTooLarge(String(value))) this.#invalid(`${name} cannot represent it: ${tooLarge}`);
      return;
    }
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i += 1) this.#refuseNumbersBelow(i, value[i], name);
    } else {
      for (const key in value) this.#refuseNumbersBelow(key, (value as Record<string, unknown>)[key], name);
    }
  }

  #refuseNumbersBelow(key: string | number, value: unknown, name: string): void {
    if (typeof value !== 'object' || value === null) return;
    this.#path.push(key);
    this.#refuseNumbers(value, name);
    this.#path.pop();
  }

  #inputObject(value: unknown, name: string, type: InputObject): unknown {
    if (!isRecord(value)) {
      this.#invalid(`Expected type "${name}" to be an object.`);
      return null;
    }
    if (this.#depth >= inputDepthMax) {
      this.#invalid(`Input objects may be nested at most ${inputDepthMax} levels deep.`);
      return null;
    }
    this.#depth += 1;
    const result = emptyRecord();
    for (const key of Object.keys(value)) {
      if (this.isFull) break;
      const field = type.fields.get(key);
      if (!field) this.#invalid(`Field "${shownName(key)}" is not defined by type "${name}".`);
      else if (value[key] !== undefined) result[key] = this.#below(key, value[key], field.type, 0);
    }
    for (const expected of type.expected) {
      if (!this.isFull && !(expected.field.name in result)) this.#absent(expected, result, name);
    }
    if (type.oneOf) this.#exactlyOne(result, name);
    this.#depth -= 1;
    return result;
  }

  #absent({ field, defaultValues }: ExpectedField, result: Record<string, unknown>, owner: string): void {
    const { name, type, defaultValue } = field;
    if (defaultValues === 0) {
      this.#invalid(`Field "${owner}.${name}" of required type "${typeText(type)}" was not provided.`);
      return;
    }
    this.#defaultValues += defaultValues;
    if (this.#defaultValues > defaultValuesMax) {
      this.#invalid(`More than ${defaultValuesMax} default values would be filled in: give fewer objects.`);
      this.#isStopped = true;
    }
    result[name] = defaultValue;
  }

  #exactlyOne(result: Readonly<Record<string, unknown>>, name: string): void {
    const values = Object.values(result);
    if (values.length !== 1 || values[0] === null) {
      this.#invalid(`Exactly one key of "${name}" must be given, and not null.`);
    }
  }

  /** The value itself is not repeated: it may be a secret, and it may be large. */
  #invalid(expectation: string): void {
    const { name = '', at } = this.#variable ?? {};
    const path = this.#path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    const where = path === '' ? '' : ` at "${shownName(name)}${path}"`;
    this.#refuse(`Variable "$${shownName(name)}" got an invalid value${where}; ${expectation}`, at);
  }

  #refuse(message: string, at: SourcePosition | undefined): void {
    if (!this.isFull) this.mistakes.push(at ? { message, locations: [at] } : { message });
  }
}

const builtIn: ReadonlySet<string> = new Set(['String', 'ID', 'Int', 'Float', 'Boolean']);

/** Whether no list is below this wrapper. */
function isLast(wrappers: string, wrapper: number): boolean {
  return !wrappers.includes('[', wrapper);
}

/** Serialising a value takes stack for each of its levels. */
const customScalarDepthMax = 64;

/** What is wrong with the value of a custom scalar, found in one pass, for it may have as many values as a body has bytes. */
function faultIn(value: unknown, levels: number): 'too deep' | 'number' | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof ExactNumber) return isTooLarge(String(value)) ? 'number' : undefined;
  if (levels === 0) return 'too deep';
  let fault: 'number' | undefined;
  // Without a list of the values or a function for each: a body may be nothing but brackets.
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const found = faultIn(value[i], levels - 1);
      if (found === 'too deep') return found;
      fault ??= found;
    }
    return fault;
  }
  for (const key in value) {
    const found = faultIn((value as Record<string, unknown>)[key], levels - 1);
    if (found === 'too deep') return found;
    fault ??= found;
  }
  return fault;
}

function scalarExpectation(name: string): string {
  switch (name) {
    case 'Int':
      return 'Int cannot represent it: expected a whole number of at most 32 bits.';
    case 'Float':
      return `Float cannot represent it: expected a number below 1.8e308.`;
    case 'ID':
      return 'ID cannot represent it: expected a string or a whole number.';
    case 'Boolean':
      return 'Boolean cannot represent it: expected true or false.';
    default:
      return `${name} cannot represent it: expected a string.`;
  }
}

/** `![!` and `ID` is `[ID!]!`. */
function typeText(type: { readonly wrappers: string; readonly name: string }): string {
  let text = type.name;
  for (const wrapper of type.wrappers.split('').reverse()) text = wrapper === '!' ? `${text}!` : `[${text}]`;
  return text;
}
