/** `compileRepresentation` as generated object literals, for requirements without nested fragments. */

import type { RequiredSelection } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { hasFailed } from './failed-fields.ts';
import { generate, readCode } from './generated-code.ts';
import type { Data } from './merge.ts';

/**
 * @returns null where the object has none of the fetch's types or lacks a required field; undefined where a required field
 *   failed, of the object or below it.
 */
export type BuildRepresentation = (object: Data) => string | null | undefined;

type Field = Extract<RequiredSelection, { kind: 'field' }>;
type OnType = Extract<RequiredSelection, { kind: 'on' }>;

/** @returns null where the requirements have nested fragments, or code generation is forbidden. */
export function generateRepresentation(requires: readonly RequiredSelection[]): BuildRepresentation | null {
  const conditions = requires.filter((selection) => selection.kind === 'on');
  const named = new Set(conditions.flatMap(({ types }) => types));
  const isDisjoint = named.size === conditions.reduce((count, { types }) => count + types.length, 0);
  if (conditions.length !== requires.length || !isDisjoint || !conditions.every(isPlain)) return null;
  const functions: string[] = [];
  const cases = conditions.map(({ types, selections }) => {
    const labels = types.map((type) => `case ${JSON.stringify(type)}:`).join(' ');
    return `${labels} {\n${jsonText(types, selections as readonly Field[], functions)}\n}`;
  });
  const body = [
    ...functions,
    `return (o) => { switch (o.__typename) {\n${cases.join('\n')}\n} return null; };`,
  ].join('\n');
  return generate<BuildRepresentation>('representation', { ExactNumber, hasFailed, mapAll }, body);
}

/** A value that identifies an entity within a fetch without building its representation. */
export type Identify = (object: Data) => unknown;

/**
 * For the common case of one type with one scalar key: the key itself. Many positions usually have few distinct entities,
 * so this avoids building duplicate representations.
 *
 * @returns null where the whole representation is needed. The function returns undefined for an object without the key.
 */
export function generateIdentity(requires: readonly RequiredSelection[]): Identify | null {
  const [condition] = requires;
  if (requires.length !== 1 || condition?.kind !== 'on' || condition.types.length !== 1) return null;
  const keys = condition.selections.filter((selection) => nameOf(selection) !== '__typename');
  const [key] = keys;
  if (keys.length !== 1 || key?.kind !== 'field' || key.selections || !isPlain(condition)) return null;
  const type = JSON.stringify(condition.types[0]);
  const body = `return (o) => (o.__typename === ${type} ? ${readCode('o', key.name)} : undefined);`;
  return generate<Identify>('identity', {}, body);
}

function nameOf(selection: RequiredSelection): string {
  return selection.kind === 'field' ? selection.name : '';
}

function isPlain(condition: OnType): boolean {
  const names = condition.selections.map(nameOf);
  return names.includes('__typename') && condition.selections.every(isPlainField);
}

function isPlainField(selection: RequiredSelection): boolean {
  return selection.kind === 'field' && (selection.selections ?? []).every(isPlainField);
}

/**
 * Statements that return the JSON text of `o`, which has one of `types`, or null where a field is undefined. To put the
 * text together takes less time and memory than an object that exists only to be serialized.
 */
function jsonText(types: readonly string[], fields: readonly Field[], functions: string[]): string {
  const { reads, values } = fieldCode(fields, functions);
  let text = '{';
  const parts: string[] = [];
  for (const [name, value] of values) {
    text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:`;
    if (name === '__typename' && types.length === 1) text += JSON.stringify(types[0]);
    else {
      parts.push(JSON.stringify(text), `JSON.stringify(${value})`);
      text = '';
    }
  }
  parts.push(JSON.stringify(`${text}}`));
  return `${reads}\nreturn ${parts.join(' + ')};`;
}

/** Statements that return the literal for `o`, null where a field is undefined, and undefined where it failed. */
function literal(fields: readonly Field[], functions: string[]): string {
  const { reads, values } = fieldCode(fields, functions);
  const entries = [...values].map(([name, value]) => `${JSON.stringify(name)}: ${value}`);
  return `${reads}\nreturn {${entries.join(', ')}};`;
}

interface FieldCode {
  /** Statements that read all fields. */
  readonly reads: string;
  /** The expression of each field's value, by name. */
  readonly values: ReadonlyMap<string, string>;
}

function fieldCode(fields: readonly Field[], functions: string[]): FieldCode {
  const reads = fields.map(({ name, selections }, i) => {
    const missing = `hasFailed(o, ${JSON.stringify(name)}) ? undefined : null`;
    const read = `const f${i} = ${readCode('o', name)}; if (f${i} === undefined) return ${missing};`;
    if (!selections) return read;
    const inner = nested(selections as readonly Field[], functions);
    return `${read}\nconst v${i} = ${inner}(f${i}); if (v${i} === undefined) return undefined;`;
  });
  const values = fields.map(({ name, selections }, i): [string, string] => [
    name,
    selections ? `v${i}` : `f${i}`,
  ]);
  return { reads: reads.join('\n'), values: new Map(values) };
}

/** @returns undefined where one element is. */
export function mapAll<Value>(
  list: readonly unknown[],
  map: (element: unknown) => Value,
): Value[] | undefined {
  const values: Value[] = [];
  for (const element of list) {
    const value = map(element);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** Adds a function for a nested object, list or null, and returns its name. */
function nested(fields: readonly Field[], functions: string[]): string {
  const body = literal(fields, functions);
  const name = `n${functions.length}`;
  functions.push(
    `function ${name}(o) {\nif (Array.isArray(o)) return mapAll(o, ${name});\nif (typeof o !== 'object' || o === null || o instanceof ExactNumber) return null;\n${body}\n}`,
  );
  return name;
}
