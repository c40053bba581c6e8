/** `compileRepresentation` as generated object literals, for requirements without nested fragments. */

import type { RequiredSelection } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { generate, readCode } from './generated-code.ts';
import type { Data } from './merge.ts';

/** @returns null where the object has none of the fetch's types, or lacks a required field. */
export type BuildRepresentation = (object: Data) => string | null;

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
    return `${labels} {\n${literal(selections as readonly Field[], functions, 'JSON.stringify')}\n}`;
  });
  const body = [
    ...functions,
    `return (o) => { switch (o.__typename) {\n${cases.join('\n')}\n} return null; };`,
  ].join('\n');
  return generate<BuildRepresentation>('representation', { ExactNumber }, body);
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

/** Statements that return the literal for `o` in a call of `wrap`, or null where a field is undefined. */
function literal(fields: readonly Field[], functions: string[], wrap: string): string {
  const reads = fields.map(
    ({ name }, i) => `const f${i} = ${readCode('o', name)}; if (f${i} === undefined) return null;`,
  );
  const entries = fields.map(({ name, selections }, i) => {
    const value = selections ? `${nested(selections as readonly Field[], functions)}(f${i})` : `f${i}`;
    return `${JSON.stringify(name)}: ${value}`;
  });
  return `${reads.join('\n')}\nreturn ${wrap}({${entries.join(', ')}});`;
}

/** Adds a function for a nested object, list or null, and returns its name. */
function nested(fields: readonly Field[], functions: string[]): string {
  const body = literal(fields, functions, '');
  const name = `n${functions.length}`;
  functions.push(
    `function ${name}(o) {\nif (Array.isArray(o)) return o.map(${name});\nif (typeof o !== 'object' || o === null || o instanceof ExactNumber) return null;\n${body}\n}`,
  );
  return name;
}
