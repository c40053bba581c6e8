/**
 * Values for arguments and variables: those that a fixture's own operations use, so that they find something, and
 * some that find nothing. Values are JSON; `literalOf` writes one as GraphQL text.
 */
import fc from 'fast-check';
import {
  coerceInputValue,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  Kind,
  parse,
  print,
  valueFromASTUntyped,
  visit,
  type GraphQLInputType,
  type ValueNode,
} from 'graphql';

import type { Fixture } from '../fixtures/fixture.ts';

/** By the name of the argument or input field. */
export type KnownValues = ReadonlyMap<string, readonly unknown[]>;

export function knownValues(fixture: Fixture): KnownValues {
  const found = new Map<string, unknown[]>();
  for (const { query, variables = {} } of fixture.operations) {
    const keep = (name: string, value: ValueNode): void => {
      if (value.kind === Kind.VARIABLE) addLeaves(name, variables[value.name.value], found);
      else addLeaves(name, valueFromASTUntyped(value, variables), found);
    };
    visit(parse(query), {
      Argument: (argument) => keep(argument.name.value, argument.value),
      ObjectField: (field) => keep(field.name.value, field.value),
    });
  }
  return found;
}

function addLeaves(name: string, value: unknown, found: Map<string, unknown[]>): void {
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) for (const element of value) addLeaves(name, element, found);
  else if (typeof value === 'object')
    for (const [key, inner] of Object.entries(value)) addLeaves(key, inner, found);
  else if (!found.get(name)?.includes(value)) found.set(name, [...(found.get(name) ?? []), value]);
}

/** How many input objects within input objects. */
const inputDepthMax = 3;

/** JSON values of an input type; never null where it must not be. */
export function jsonOf(
  type: GraphQLInputType,
  name: string,
  known: KnownValues,
  depth = inputDepthMax,
): fc.Arbitrary<unknown> {
  if (!isNonNullType(type)) {
    const present = presentOf(type, name, known, depth);
    return fc.oneof({ weight: 7, arbitrary: present }, { weight: 1, arbitrary: fc.constant(null) });
  }
  return presentOf(type.ofType, name, known, depth);
}

function presentOf(
  type: GraphQLInputType,
  name: string,
  known: KnownValues,
  depth: number,
): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return presentOf(type.ofType, name, known, depth);
  if (isListType(type)) return fc.array(jsonOf(type.ofType, name, known, depth), { maxLength: 3 });
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(
      (field) => depth > 0 || isRequiredInputField(field),
    );
    const arbitraries = fields.map(
      (field) => [field.name, jsonOf(field.type, field.name, known, depth - 1)] as const,
    );
    if (type.isOneOf) {
      return fc.oneof(...arbitraries.map(([key, value]) => value.map((json) => ({ [key]: json ?? 1 }))));
    }
    const requiredKeys = fields.filter(isRequiredInputField).map((field) => field.name);
    return fc.record(Object.fromEntries(arbitraries), { requiredKeys });
  }
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name));
  const fitting = (known.get(name) ?? []).filter((value) => fits(type, value));
  return fc.constantFrom(...fitting, ...(fallbacks[type.name] ?? ['any', 7, true]));
}

const fallbacks: Readonly<Record<string, readonly unknown[]>> = {
  Int: [0, 1, 2, 3],
  Float: [0, 1.5],
  Boolean: [true, false],
  ID: ['nowhere'],
  String: ['', 'text "quoted"'],
};

function fits(type: GraphQLInputType, value: unknown): boolean {
  let fitting = true;
  coerceInputValue(value, type, () => {
    fitting = false;
  });
  return fitting;
}

export function literalOf(type: GraphQLInputType, value: unknown): string {
  if (isNonNullType(type)) return literalOf(type.ofType, value);
  if (value === null || value === undefined) return 'null';
  if (isListType(type)) {
    if (!Array.isArray(value)) return literalOf(type.ofType, value);
    return `[${value.map((element) => literalOf(type.ofType, element)).join(', ')}]`;
  }
  if (isInputObjectType(type)) {
    const fields = type.getFields();
    const parts = Object.entries(value).flatMap(([key, inner]) => {
      const field = fields[key];
      return field ? [`${key}: ${literalOf(field.type, inner)}`] : [];
    });
    return `{${parts.join(', ')}}`;
  }
  if (typeof value === 'string' && isEnumType(type)) return value;
  if (typeof value === 'string') return print({ kind: Kind.STRING, value });
  return JSON.stringify(value);
}
