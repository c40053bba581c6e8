/** Writes argument values, and gathers the variables they use with their definitions and values. */
import {
  getNullableType,
  GraphQLNonNull,
  isInputObjectType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
} from 'graphql';

import type { ValueSketch } from './sketch.ts';
import { literalOf } from './values.ts';

type NullableInput = NonNullable<ReturnType<typeof getNullableType<GraphQLInputType>>>;

type VariableSketch = Extract<ValueSketch, { is: 'variable' }>;

interface Variable {
  readonly name: string;
  readonly type: GraphQLInputType;
  /** As text; null is no default that a non-null position could rely on. */
  readonly defaultText: string | null;
  readonly given: { readonly json: unknown } | null;
}

export class VariableWriter {
  readonly #variables = new Map<string, Variable>();

  /** @returns undefined where the input should be left out. */
  value(input: GraphQLArgument | GraphQLInputField, sketch: ValueSketch): string {
    switch (sketch.is) {
      case 'json':
        return literalOf(input.type, sketch.json);
      case 'object':
        return this.#object(input.type, sketch.fields);
      case 'variable':
        return `$${this.#variable(input, sketch).name}`;
    }
  }

  definitions(): string[] {
    return [...this.#variables.values()].map(
      ({ name, type, defaultText }) =>
        `$${name}: ${String(type)}${defaultText === null ? '' : ` = ${defaultText}`}`,
    );
  }

  values(): Record<string, unknown> {
    const given: Record<string, unknown> = {};
    for (const variable of this.#variables.values()) {
      if (variable.given) given[variable.name] = variable.given.json;
    }
    return given;
  }

  #object(type: GraphQLInputType, fields: Readonly<Record<string, ValueSketch>>): string {
    const named = getNullableType(type);
    if (!isInputObjectType(named)) throw new Error(`No input object: ${String(type)}`);
    const parts = Object.values(named.getFields()).flatMap((field) => {
      const value = fields[field.name];
      return value ? [`${field.name}: ${this.value(field, value)}`] : [];
    });
    return `{${parts.join(', ')}}`;
  }

  #variable(input: GraphQLArgument | GraphQLInputField, sketch: VariableSketch): Variable {
    const inner = getNullableType(input.type);
    const base = sketch.slot === 2 ? 'representations' : `v${sketch.slot}`;
    for (let attempt = 0; ; attempt += 1) {
      const name = attempt === 0 ? base : `${base}_${attempt}`;
      const there = this.#variables.get(name);
      if (there) {
        if (mayStandAt(there, input.type)) return there;
        continue;
      }
      const variable = define(name, inner, input.type, sketch);
      this.#variables.set(name, variable);
      return variable;
    }
  }
}

function define(
  name: string,
  inner: NullableInput,
  position: GraphQLInputType,
  { json, given, defaultJson }: VariableSketch,
): Variable {
  const defaultText = defaultJson ? literalOf(inner, defaultJson.json) : null;
  if (!isNonNullType(position)) {
    // Now and then stricter than the position asks for.
    const strict = given && json !== null && defaultText === null;
    return {
      name,
      type: strict ? new GraphQLNonNull(inner) : inner,
      defaultText,
      given: given ? { json } : null,
    };
  }
  const leftOut = !given && defaultText !== null;
  return {
    name,
    type: leftOut ? inner : new GraphQLNonNull(inner),
    defaultText,
    given: leftOut ? null : { json },
  };
}

function mayStandAt(variable: Variable, position: GraphQLInputType): boolean {
  if (String(getNullableType(variable.type)) !== String(getNullableType(position))) return false;
  if (!isNonNullType(position) || isNonNullType(variable.type)) return true;
  // A default makes up for null in the type, but null itself would still fail at run time.
  return variable.defaultText !== null && variable.defaultText !== 'null' && variable.given === null;
}
