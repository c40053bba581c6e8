/** `compileRepresentation` as object literals, for requirements without fragments below the type condition. */

import type { RequiredSelection } from '../pipeline/prepared.ts';
import { assertName, generate } from './generated-code.ts';
import type { BuildRepresentation } from './representation.ts';

type Field = Extract<RequiredSelection, { kind: 'field' }>;
type OnType = Extract<RequiredSelection, { kind: 'on' }>;

/** @returns null where the requirements are of another shape, or code generation is forbidden. */
export function generateRepresentation(requires: readonly RequiredSelection[]): BuildRepresentation | null {
  const conditions = requires.filter((selection) => selection.kind === 'on');
  const named = new Set(conditions.flatMap(({ types }) => types));
  const isDisjoint = named.size === conditions.reduce((count, { types }) => count + types.length, 0);
  if (conditions.length !== requires.length || !isDisjoint || !conditions.every(isPlain)) return null;
  const functions: string[] = [];
  const cases = conditions.map(({ types, selections }) => {
    const labels = types.map((type) => `case ${JSON.stringify(type)}:`).join(' ');
    return `${labels} {\n${literal(selections as readonly Field[], functions, 'null', 'JSON.stringify')}\n}`;
  });
  const body = [
    ...functions,
    `return (o) => { switch (o.__typename) {\n${cases.join('\n')}\n} return null; };`,
  ].join('\n');
  return generate<BuildRepresentation>({}, body);
}

function isPlain(condition: OnType): boolean {
  const names = condition.selections.map((selection) => (selection.kind === 'field' ? selection.name : ''));
  return names.includes('__typename') && condition.selections.every(isPlainField);
}

function isPlainField(selection: RequiredSelection): boolean {
  return selection.kind === 'field' && (selection.selections ?? []).every(isPlainField);
}

/** Statements that return the literal for `o`, or `missing` where a field is undefined. */
function literal(fields: readonly Field[], functions: string[], missing: string, wrap: string): string {
  const reads = fields.map(
    ({ name }, i) => `const f${i} = o.${assertName(name)}; if (f${i} === undefined) return ${missing};`,
  );
  const entries = fields.map(({ name, selections }, i) => {
    const value = selections ? `${nested(selections as readonly Field[], functions)}(f${i})` : `f${i}`;
    return `${JSON.stringify(name)}: ${value}`;
  });
  return `${reads.join('\n')}\nreturn ${wrap}({${entries.join(', ')}});`;
}

/** A function for an object, a list or null of them. */
function nested(fields: readonly Field[], functions: string[]): string {
  const body = literal(fields, functions, 'null', '');
  const name = `n${functions.length}`;
  functions.push(
    `function ${name}(o) {\nif (Array.isArray(o)) return o.map(${name});\nif (typeof o !== 'object' || o === null) return null;\n${body}\n}`,
  );
  return name;
}
