/**
 * The projection as generated code: object literals of stable shape, no path tracking, no error handling.
 *
 * Returns undefined at the first value that does not match the schema; `projection.ts` then projects again and reports
 * errors. Client text reaches the code only as JSON string literals.
 */

import type { CoercedVariables } from '../pipeline/answer.ts';
import type { Clause } from '../pipeline/clause.ts';
import type { FieldSpec, ProjectionSpec, Shape, ShapeCase } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { completeScalar, usualScalarCode } from '../shared/scalars.ts';
import { assertName, generate } from './generated-code.ts';
import type { Data } from './merge.ts';

/** @returns undefined where the data does not match the schema: use `project` of projection.ts. */
export type CompiledProjection = (
  data: Data,
  variables: CoercedVariables,
  introspection: Data | null,
) => Data | undefined;

/** @returns null where code generation is forbidden (`--disallow-code-generation-from-strings`). */
export function compileProjection(spec: ProjectionSpec): CompiledProjection | null {
  const { source, sets } = new Generator(spec).generate();
  return generate<CompiledProjection>('projection', { sets, completeScalar, ExactNumber }, source);
}

class Generator {
  readonly #spec: ProjectionSpec;
  readonly #functions: string[] = [];
  readonly #sets: Array<ReadonlySet<string>> = [];
  readonly #enumIndexes = new Map<string, number>();
  readonly #conditions = new Map<string, string>();
  #lists = 0;

  constructor(spec: ProjectionSpec) {
    this.#spec = spec;
  }

  generate(): { source: string; sets: ReadonlyArray<ReadonlySet<string>> } {
    this.#spec.shapes.forEach((shape, index) => this.#shape(shape, index));
    const conditions = [...this.#conditions].map(
      ([variable, name]) => `${name} = variables.get(${JSON.stringify(variable)}) === true;`,
    );
    const source = [
      `let introspection, ${['unused', ...this.#conditions.values()].join(', ')};`,
      ...this.#functions,
      'return (data, variables, schemaData) => {',
      '  introspection = schemaData;',
      ...conditions,
      '  return o0(data);',
      '};',
    ].join('\n');
    return { source, sets: this.#sets };
  }

  /** `oN(d)`: the object of shape N, by its runtime type. */
  #shape(shape: Shape, index: number): void {
    shape.cases.forEach((shapeCase, at) => this.#case(shapeCase, shape, `o${index}_${at}`));
    if (shape.isObject) {
      this.#functions.push(
        `const o${index} = (d) => ${shape.cases.length > 0 ? `o${index}_0(d)` : 'undefined'};`,
      );
      return;
    }
    const labelOf = (type: string): string =>
      `${type === shape.type ? 'case undefined: ' : ''}case ${JSON.stringify(type)}:`;
    const branches = shape.cases.flatMap(({ types }, at) => {
      const unresolved = (shape.unresolved ?? []).filter(({ type }) => types.includes(type));
      const resolved = types.filter((type) => !unresolved.some((one) => one.type === type));
      return [
        ...unresolved.map(({ type, when }) => {
          const condition = when ? this.#condition(when) : 'true';
          return `    ${labelOf(type)} if (${condition}) return; return o${index}_${at}(d);`;
        }),
        ...(resolved.length > 0 ? [`    ${resolved.map(labelOf).join(' ')} return o${index}_${at}(d);`] : []),
      ];
    });
    this.#functions.push(
      `function o${index}(d) {\n  switch (d.__typename) {\n${branches.join('\n')}\n  }\n}`,
    );
  }

  #case(shapeCase: ShapeCase, shape: Shape, name: string): void {
    const typename = shape.isObject ? JSON.stringify(shape.type) : 'd.__typename';
    const conditional = shapeCase.fields.some((field) => field.when);
    const values = shapeCase.fields.map((field, at) => ({
      field,
      ...this.#field(field, `v${at}`, typename),
    }));
    const lines = conditional
      ? ['const r = {};', ...values.map((value) => this.#assignment(value)), 'return r;']
      : [
          ...values.map(({ code }) => code),
          `return {${values.map(({ field, result }) => `${propertyName(field.key)}: ${result}`).join(', ')}};`,
        ];
    this.#functions.push(`function ${name}(d) {\n${lines.join('\n')}\n}`);
  }

  #assignment({ field, code, result }: { field: FieldSpec; code: string; result: string }): string {
    const key = JSON.stringify(field.key);
    const store =
      field.key === '__proto__'
        ? `Object.defineProperty(r, ${key}, { value: ${result}, enumerable: true, configurable: true, writable: true });`
        : `r[${key}] = ${result};`;
    const when = field.when ? `(${this.#condition(field.when)}) && ` : '';
    return `if (${when}!Object.hasOwn(r, ${key})) {\n${code}\n${store}\n}`;
  }

  #condition(when: readonly Clause[]): string {
    const clauses = when.map(({ yes, no }) => {
      const literals = [
        ...yes.map((variable) => this.#conditionName(variable)),
        ...no.map((variable) => `!${this.#conditionName(variable)}`),
      ];
      return `(${literals.join(' && ')})`;
    });
    return clauses.join(' || ');
  }

  #conditionName(variable: string): string {
    let name = this.#conditions.get(variable);
    if (!name) this.#conditions.set(variable, (name = `c${this.#conditions.size}`));
    return name;
  }

  #field(field: FieldSpec, variable: string, typename: string): { code: string; result: string } {
    if (field.value.is === 'typename') return { code: '', result: typename };
    const source = field.value.is === 'introspection' ? 'introspection?' : 'd';
    const code = `let ${variable} = ${source}.${assertName(field.from)};\n${this.#complete(field, 0, variable)}`;
    return { code, result: variable };
  }

  /** Code that completes the raw value in `variable`, or returns undefined. */
  #complete(field: FieldSpec, depth: number, variable: string): string {
    const nonNull = field.wrappers[depth] === '!';
    const inner = nonNull ? depth + 1 : depth;
    const check =
      field.wrappers[inner] === '[' ? this.#list(field, inner + 1, variable) : this.#named(field, variable);
    return nonNull
      ? `if (${variable} === null || ${variable} === undefined) return;\n${check}`
      : `if (${variable} === null || ${variable} === undefined) ${variable} = null; else {\n${check}\n}`;
  }

  #list(field: FieldSpec, depth: number, variable: string): string {
    const name = `l${(this.#lists += 1)}`;
    this.#functions.push(
      [
        `function ${name}(a) {`,
        'const n = a.length, r = new Array(n);',
        'for (let i = 0; i < n; i += 1) {',
        'let e = a[i];',
        this.#complete(field, depth, 'e'),
        'r[i] = e;',
        '}',
        'return r;',
        '}',
      ].join('\n'),
    );
    return `if (!Array.isArray(${variable}) || (${variable} = ${name}(${variable})) === undefined) return;`;
  }

  #named(field: FieldSpec, variable: string): string {
    const { value } = field;
    switch (value.is) {
      case 'object':
        return [
          `if (typeof ${variable} !== 'object' || Array.isArray(${variable}) || ${variable} instanceof ExactNumber) return;`,
          `if ((${variable} = o${value.shape}(${variable})) === undefined) return;`,
        ].join('\n');
      case 'enum':
        return `if (!sets[${this.#enumIndex(value.type)}].has(${variable})) return;`;
      case 'scalar':
        return scalarCheck(value.type, variable);
      default:
        return '';
    }
  }

  #enumIndex(type: string): number {
    let index = this.#enumIndexes.get(type);
    if (index === undefined) {
      index = this.#sets.push(new Set(this.#spec.enums[type])) - 1;
      this.#enumIndexes.set(type, index);
    }
    return index;
  }
}

/** The usual values are checked inline; `completeScalar` handles the others. */
function scalarCheck(type: string, variable: string): string {
  const usual = usualScalarCode(type, variable);
  const name = JSON.stringify(type);
  return `if (!(${usual}) && (${variable} = completeScalar(${name}, ${variable})) === undefined) return;`;
}

/** `"__proto__": x` in a literal would set the prototype. */
function propertyName(key: string): string {
  return key === '__proto__' ? '["__proto__"]' : JSON.stringify(key);
}
