/**
 * Coerces the variables of one request by the specification of a prepared operation: no schema needed.
 *
 * @see https://spec.graphql.org/October2021/#sec-Coercing-Variable-Values
 */

import type { CoercedVariables } from '../pipeline/answer.ts';
import type { InputFieldSpec, InputTypeSpec, PreparedOperation, VariableSpec } from '../pipeline/prepared.ts';

export type Coercion =
  | { readonly variables: CoercedVariables }
  /** One message per mistake, at most `mistakesMax`. */
  | { readonly mistakes: readonly string[] };

const mistakesMax = 50;

type Spec = Pick<PreparedOperation, 'variables' | 'inputTypes'>;

export function coerceVariables(spec: Spec, given: Readonly<Record<string, unknown>>): Coercion {
  if (spec.variables.length === 0) return noVariables;
  const coercer = new Coercer(spec.inputTypes);
  const variables: Record<string, unknown> = {};
  for (const variable of spec.variables) {
    const value = coercer.variable(variable, given);
    if (value !== undefined) variables[variable.name] = value;
  }
  return coercer.mistakes.length > 0 ? { mistakes: coercer.mistakes } : { variables };
}

const noVariables: Coercion = { variables: Object.freeze({}) };

class Coercer {
  readonly mistakes: string[] = [];
  readonly #types: Readonly<Record<string, InputTypeSpec>>;
  #variable = '';

  constructor(types: Readonly<Record<string, InputTypeSpec>>) {
    this.#types = types;
  }

  variable(spec: VariableSpec, given: Readonly<Record<string, unknown>>): unknown {
    this.#variable = spec.name;
    const value = Object.hasOwn(given, spec.name) ? given[spec.name] : undefined;
    const text = typeText(spec.type);
    if (value === undefined) {
      if (spec.defaultValue !== undefined) return spec.defaultValue;
      if (spec.type.wrappers.startsWith('!')) {
        this.#refuse(`Variable "$${spec.name}" of required type "${text}" was not provided.`);
      }
      return undefined;
    }
    if (value === null && spec.type.wrappers.startsWith('!')) {
      this.#refuse(`Variable "$${spec.name}" of non-null type "${text}" must not be null.`);
      return undefined;
    }
    return this.#value(value, spec.type.wrappers, 0, spec.type.name, '');
  }

  #value(value: unknown, wrappers: string, depth: number, name: string, path: string): unknown {
    const nonNull = wrappers[depth] === '!';
    const inner = nonNull ? depth + 1 : depth;
    if (value === null || value === undefined) {
      if (nonNull)
        this.#invalid(
          path,
          `Expected non-nullable type "${typeText({ wrappers: wrappers.slice(depth), name })}" not to be null.`,
        );
      return null;
    }
    if (wrappers[inner] !== '[') return this.#named(value, name, path);
    // A single value stands for a list of one.
    if (!Array.isArray(value)) return [this.#value(value, wrappers, inner + 1, name, path)];
    return value.map((element, i) => this.#value(element, wrappers, inner + 1, name, `${path}[${i}]`));
  }

  #named(value: unknown, name: string, path: string): unknown {
    const type = Object.hasOwn(this.#types, name) ? this.#types[name] : undefined;
    if (type?.kind === 'input') return this.#inputObject(value, name, type, path);
    if (type?.kind === 'scalar') {
      if (isDeeperThan(value, customScalarDepthMax)) {
        this.#invalid(path, `${name} may be nested at most ${customScalarDepthMax} levels deep.`);
      }
      return value;
    }
    if (type?.kind === 'enum') {
      if (typeof value === 'string' && type.values.includes(value)) return value;
      this.#invalid(path, `Value does not exist in "${name}" enum.`);
      return null;
    }
    const scalar = builtInScalar(name, value);
    if (scalar === undefined) this.#invalid(path, scalarExpectation(name));
    return scalar;
  }

  #inputObject(
    value: unknown,
    name: string,
    type: Extract<InputTypeSpec, { kind: 'input' }>,
    path: string,
  ): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#invalid(path, `Expected type "${name}" to be an object.`);
      return null;
    }
    const result: Record<string, unknown> = {};
    const given = value as Record<string, unknown>;
    for (const field of type.fields) this.#inputField(field, given, result, name, path);
    for (const key of Object.keys(given)) {
      if (!type.fields.some((field) => field.name === key)) {
        this.#invalid(path, `Field "${key}" is not defined by type "${name}".`);
      }
    }
    if (type.oneOf) this.#exactlyOne(result, name, path);
    return result;
  }

  #inputField(
    field: InputFieldSpec,
    given: Record<string, unknown>,
    result: Record<string, unknown>,
    owner: string,
    path: string,
  ): void {
    const value = Object.hasOwn(given, field.name) ? given[field.name] : undefined;
    if (value !== undefined) {
      result[field.name] = this.#value(
        value,
        field.type.wrappers,
        0,
        field.type.name,
        `${path}.${field.name}`,
      );
    } else if (field.defaultValue !== undefined) {
      result[field.name] = field.defaultValue;
    } else if (field.type.wrappers.startsWith('!')) {
      this.#invalid(
        path,
        `Field "${owner}.${field.name}" of required type "${typeText(field.type)}" was not provided.`,
      );
    }
  }

  #exactlyOne(result: Record<string, unknown>, name: string, path: string): void {
    const keys = Object.keys(result);
    if (keys.length !== 1 || result[keys[0] as string] === null) {
      this.#invalid(path, `Exactly one key of "${name}" must be given, and not null.`);
    }
  }

  /** The value itself is not repeated: it may be a secret, and it may be large. */
  #invalid(path: string, expectation: string): void {
    const at = path === '' ? '' : ` at "${this.#variable}${path}"`;
    this.#refuse(`Variable "$${this.#variable}" got an invalid value${at}; ${expectation}`);
  }

  #refuse(message: string): void {
    if (this.mistakes.length < mistakesMax) this.mistakes.push(message);
  }
}

/** Serialising a value takes stack for each of its levels. */
const customScalarDepthMax = 64;

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((child) => isDeeperThan(child, depth - 1));
}

const intMax = 2_147_483_647;
const intMin = -2_147_483_648;

/** @returns undefined where the value does not fit. */
function builtInScalar(name: string, value: unknown): unknown {
  switch (name) {
    case 'Int':
      return typeof value === 'number' && Number.isInteger(value) && value <= intMax && value >= intMin
        ? value
        : undefined;
    case 'Float':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'ID':
      if (typeof value === 'number' && Number.isInteger(value)) return String(value);
      return typeof value === 'string' ? value : undefined;
    case 'String':
      return typeof value === 'string' ? value : undefined;
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined;
    default:
      return value;
  }
}

function scalarExpectation(name: string): string {
  switch (name) {
    case 'Int':
      return 'Int cannot represent it: expected a whole number of at most 32 bits.';
    case 'Float':
      return 'Float cannot represent it: expected a number.';
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
