/**
 * Coerces the variables of one request by the specification in a prepared operation; needs no schema.
 *
 * A body may contain an error in each of its bytes, so coercion stops at `errorsMax`, and formats the path of a value
 * only for an error.
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
import { displayName } from '../shared/display-name.ts';

export type Coercion =
  | { readonly variables: CoercedVariables }
  /** At most `errorsMax`. */
  | { readonly errors: readonly RequestError[] };

/** @param literals Of the document, by number. */
export type CoerceVariables = (
  values: Readonly<Record<string, unknown>>,
  literals?: ReadonlyArray<{ readonly value: unknown }>,
) => Coercion;

const errorsMax = 50;
/** Values in the defaults of one request: a list of empty objects may need many more defaults than it has bytes. */
const defaultValuesMax = 50_000;
/** Levels of nested input objects. */
const inputDepthMax = 64;

/** An `InputTypeSpec` with fast look-ups. */
type InputType =
  { readonly kind: 'enum'; readonly values: ReadonlySet<string> } | { readonly kind: 'scalar' } | InputObject;

interface InputObject {
  readonly kind: 'input';
  readonly oneOf: boolean;
  readonly fields: ReadonlyMap<string, InputFieldSpec>;
  /** Fields that need a default or an error where they are absent. */
  readonly fieldsToComplete: readonly FieldToComplete[];
}

interface FieldToComplete {
  readonly field: InputFieldSpec;
  /** Number of values in its default; 0: it has none, and is required. */
  readonly defaultValues: number;
}

/** Called once per operation. */
export function variableCoercion(spec: Pick<PreparedOperation, 'variables' | 'inputTypes'>): CoerceVariables {
  if (spec.variables.length === 0) return () => noVariables;
  const types = new Map(spec.inputTypes.map((type) => [type.name, compiled(type)]));
  return (values, literals = []) => {
    const coercer = new VariableCoercer(types);
    const variables = new Map<string, unknown>();
    for (const variable of spec.variables) {
      const { name, literal } = variable;
      const given = literal === undefined ? own(values, name) : literals[literal]?.value;
      const value = coercer.variable(variable, given);
      if (value !== undefined) variables.set(variable.name, value);
      if (coercer.isFull) break;
    }
    return coercer.errors.length > 0 ? { errors: coercer.errors } : { variables };
  };
}

const noVariables: Coercion = { variables: new Map() };

function compiled(type: InputTypeSpec): InputType {
  if (type.kind === 'scalar') return type;
  if (type.kind === 'enum') return { kind: 'enum', values: new Set(type.values) };
  const { oneOf, fields } = type;
  const fieldsToComplete = fields
    .map((field) => ({ field, defaultValues: valueCount(field.defaultValue) }))
    .filter(({ field, defaultValues }) => defaultValues > 0 || isRequired(field.type));
  return {
    kind: 'input',
    oneOf,
    fields: new Map(fields.map((field) => [field.name, field])),
    fieldsToComplete,
  };
}

function valueCount(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((count: number, child) => count + valueCount(child), 1);
}

function isRequired({ wrappers }: TypeRef): boolean {
  return wrappers.startsWith('!');
}

class VariableCoercer {
  readonly errors: RequestError[] = [];
  readonly #types: ReadonlyMap<string, InputType>;
  #variable: VariableSpec | undefined;
  /** From the variable to the current value. */
  readonly #path: Array<string | number> = [];
  /** Input objects around the current value. */
  #depth = 0;
  #defaultValues = 0;
  #isStopped = false;

  constructor(types: ReadonlyMap<string, InputType>) {
    this.#types = types;
  }

  /** No further error would be reported. */
  get isFull(): boolean {
    return this.#isStopped || this.errors.length >= errorsMax;
  }

  variable(spec: VariableSpec, value: unknown): unknown {
    this.#variable = spec;
    const { type, defaultValue, at, conditionAt } = spec;
    if (value === undefined) {
      if (defaultValue === undefined && isRequired(type)) {
        this.#refuse(
          `Variable "$${displayName(spec.name)}" of required type "${typeText(type)}" was not provided.`,
          at,
        );
      }
      return defaultValue;
    }
    if (value === null && isRequired(type)) {
      const of = `of non-null type "${typeText(type)}"`;
      this.#refuse(`Variable "$${displayName(spec.name)}" ${of} must not be null.`, at);
      return undefined;
    }
    if (value === null && conditionAt) {
      // A nullable variable with a default is valid in this place, and an explicit null overrides the default.
      this.#refuse('Argument "if" of non-null type "Boolean!" must not be null.', conditionAt);
      return undefined;
    }
    return this.#value(value, type, 0);
  }

  /** @param wrapper Index of the next wrapper of `type`. */
  #value(value: unknown, type: TypeRef, wrapper: number): unknown {
    const { wrappers, name } = type;
    const nonNull = wrappers[wrapper] === '!';
    const innerWrapper = nonNull ? wrapper + 1 : wrapper;
    if (value === null || value === undefined) {
      if (nonNull) {
        const fieldsToComplete = typeText({ wrappers: wrappers.slice(wrapper), name });
        this.#invalid(`Expected non-nullable type "${fieldsToComplete}" not to be null.`);
      }
      return null;
    }
    if (wrappers[innerWrapper] !== '[') return this.#named(value, name);
    // A single value stands for a list of one.
    if (!Array.isArray(value)) return [this.#value(value, type, innerWrapper + 1)];
    if (isLast(wrappers, innerWrapper + 1) && builtInScalars.has(name))
      return this.#builtInList(value, type, innerWrapper + 1);
    const list: unknown[] = [];
    for (let i = 0; i < value.length && !this.isFull; i += 1) {
      this.#path.push(i);
      list.push(this.#value(value[i], type, innerWrapper + 1));
      this.#path.pop();
    }
    return list;
  }

  /** A list of scalars may have as many values as a body has bytes: no look-up for each of them. */
  #builtInList(values: readonly unknown[], type: TypeRef, wrapper: number): unknown {
    const { name } = type;
    const list: unknown[] = [];
    for (let i = 0; i < values.length && !this.isFull; i += 1) {
      const value = values[i];
      const scalar = value === null ? undefined : completeScalar(name, value);
      if (scalar !== undefined) list.push(scalar);
      else {
        // It says what is wrong.
        this.#path.push(i);
        list.push(this.#value(value, type, wrapper));
        this.#path.pop();
      }
    }
    return list;
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

  /** Refuses numbers that no service could read, anywhere in a custom scalar. */
  #refuseNumbers(value: unknown, name: string): void {
    if (this.isFull || typeof value !== 'object' || value === null) return;
    if (value instanceof ExactNumber) {
      if (isTooLarge(String(value))) this.#invalid(`${name} cannot represent it: ${tooLarge}`);
      return;
    }
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i += 1) this.#refuseNumbersInChild(i, value[i], name);
    } else {
      for (const key in value) this.#refuseNumbersInChild(key, (value as Record<string, unknown>)[key], name);
    }
  }

  #refuseNumbersInChild(key: string | number, value: unknown, name: string): void {
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
      if (!field) this.#invalid(`Field "${displayName(key)}" is not defined by type "${name}".`);
      else if (value[key] !== undefined) {
        this.#path.push(key);
        result[key] = this.#value(value[key], field.type, 0);
        this.#path.pop();
      }
    }
    for (const fieldsToComplete of type.fieldsToComplete) {
      if (!this.isFull && !(fieldsToComplete.field.name in result))
        this.#missingField(fieldsToComplete, result, name);
    }
    if (type.oneOf) this.#exactlyOne(result, name);
    this.#depth -= 1;
    return result;
  }

  #missingField(
    { field, defaultValues }: FieldToComplete,
    result: Record<string, unknown>,
    owner: string,
  ): void {
    const { name, type, defaultValue } = field;
    if (defaultValues === 0) {
      this.#invalid(`Field "${owner}.${name}" of required type "${typeText(type)}" was not provided.`);
      return;
    }
    this.#defaultValues += defaultValues;
    if (this.#defaultValues > defaultValuesMax) {
      this.#invalid(`More than ${defaultValuesMax} default values would be added: send fewer input objects.`);
      this.#isStopped = true;
    }
    result[name] = defaultValue;
  }

  #exactlyOne(result: Readonly<Record<string, unknown>>, name: string): void {
    const values = Object.values(result);
    if (values.length !== 1 || values[0] === null) {
      this.#invalid(`Exactly one key of "${name}" must be provided and non-null.`);
    }
  }

  /** The message does not contain the value, which may be secret or large. */
  #invalid(expectation: string): void {
    const { name = '', at } = this.#variable ?? {};
    const path = this.#path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    const where = path === '' ? '' : ` at "${displayName(name)}${path}"`;
    this.#refuse(`Variable "$${displayName(name)}" got an invalid value${where}; ${expectation}`, at);
  }

  #refuse(message: string, at: SourcePosition | undefined): void {
    if (!this.isFull) this.errors.push(at ? { message, locations: [at] } : { message });
  }
}

const builtInScalars: ReadonlySet<string> = new Set(['String', 'ID', 'Int', 'Float', 'Boolean']);

/** Whether no list follows this wrapper. */
function isLast(wrappers: string, wrapper: number): boolean {
  return !wrappers.includes('[', wrapper);
}

/** Serialising a value needs stack for each of its levels. */
const customScalarDepthMax = 64;

/** Validates the value of a custom scalar in one pass: it may have as many values as a body has bytes. */
function faultIn(value: unknown, levels: number): 'too deep' | 'number' | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof ExactNumber) return isTooLarge(String(value)) ? 'number' : undefined;
  if (levels === 0) return 'too deep';
  let fault: 'number' | undefined;
  // Without a list or a closure per value: a body may consist of brackets only.
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const childFault = faultIn(value[i], levels - 1);
      if (childFault === 'too deep') return childFault;
      fault ??= childFault;
    }
    return fault;
  }
  for (const key in value) {
    const childFault = faultIn((value as Record<string, unknown>)[key], levels - 1);
    if (childFault === 'too deep') return childFault;
    fault ??= childFault;
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
