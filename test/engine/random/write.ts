/**
 * Writes a sketch as a valid operation: fields get another name where theirs is taken by something they cannot be merged
 * with, fragments are spread where they fit and written out where they do not, and a budget bounds the whole.
 */
import {
  getNamedType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  TypeNameMetaFieldDef,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

import type { Condition, ConditionVariable, OperationSketch, SelectionSketch } from './sketch.ts';
import { VariableWriter } from './variables.ts';

export interface WrittenOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Most fields of an operation, fragments counted once per spread. */
const fieldsMax = 60;

export function writeOperation(schema: GraphQLSchema, sketch: OperationSketch): WrittenOperation {
  return new Writer(schema, sketch).write();
}

/** A field as the rules of merging see it, at the path of its response names below some selection set. */
interface Placed {
  readonly path: string;
  readonly parent: GraphQLCompositeType;
  readonly call: string;
  readonly shape: string;
}

interface WrittenFragment {
  readonly placed: readonly Placed[];
  readonly on: GraphQLCompositeType;
}

class Writer {
  readonly #schema: GraphQLSchema;
  readonly #sketch: OperationSketch;
  readonly #variables: VariableWriter;
  readonly #usedConditions = new Map<number, ConditionVariable>();
  readonly #fragments = new Map<number, WrittenFragment>();
  readonly #fragmentTexts: string[] = [];
  readonly #byPath = new Map<string, Placed[]>();
  /** Open fragments: what is placed now belongs to each, relative to where it began. */
  readonly #open: Array<{ readonly base: string; readonly placed: Placed[] }> = [];
  #fieldsLeft = fieldsMax;

  constructor(schema: GraphQLSchema, sketch: OperationSketch) {
    this.#schema = schema;
    this.#sketch = sketch;
    this.#variables = new VariableWriter();
  }

  write(): WrittenOperation {
    const { kind, selections } = this.#sketch;
    const root = kind === 'query' ? this.#schema.getQueryType() : this.#schema.getMutationType();
    if (!root) throw new Error(`The schema has no ${kind} type`);
    const body = this.#set(root, selections, '', -1);
    const definitions = [...this.#variables.definitions()];
    const variables: Record<string, unknown> = { ...this.#variables.values() };
    for (const [index, { value, form }] of [...this.#usedConditions].sort(([a], [b]) => a - b)) {
      const defaults = {
        required: `Boolean!`,
        default: `Boolean! = ${value}`,
        'other default': `Boolean! = ${!value}`,
        'nullable default': `Boolean = ${value}`,
      };
      definitions.push(`$c${index}: ${defaults[form]}`);
      if (form === 'required' || form === 'other default') variables[`c${index}`] = value;
    }
    const head = definitions.length > 0 ? `${kind} Generated(${definitions.join(', ')})` : kind;
    return { query: [`${head} ${body}`, ...this.#fragmentTexts].join('\n'), variables };
  }

  #set(
    type: GraphQLCompositeType,
    selections: readonly SelectionSketch[],
    path: string,
    within: number,
  ): string {
    const parts: string[] = [];
    for (const selection of selections) {
      if (this.#fieldsLeft <= 0) break;
      const text = this.#selection(type, selection, path, within);
      if (text !== undefined) parts.push(text);
    }
    if (parts.length === 0) parts.push(this.#typename(type, path));
    return `{ ${parts.join(' ')} }`;
  }

  #selection(
    type: GraphQLCompositeType,
    selection: SelectionSketch,
    path: string,
    within: number,
  ): string | undefined {
    if (selection.kind === 'field') return this.#field(type, selection, path, within);
    if (selection.kind === 'inline') {
      const when = this.#conditions(selection.conditions);
      const inner = selection.on === null ? type : this.#composite(selection.on);
      const body = this.#set(inner, selection.selections, path, within);
      return `...${selection.on === null ? '' : ` on ${selection.on}`}${when} ${body}`;
    }
    return this.#spread(type, selection, path, within);
  }

  #field(
    type: GraphQLCompositeType,
    sketch: Extract<SelectionSketch, { kind: 'field' }>,
    path: string,
    within: number,
  ): string {
    const field = this.#fieldOf(type, sketch.name);
    const args = this.#arguments(field, sketch);
    const call = `${sketch.name}${args}`;
    const name = this.#place(type, call, field.type, path, sketch.alias ?? sketch.name);
    const alias = name === sketch.name ? '' : `${name}: `;
    const when = this.#conditions(sketch.conditions);
    const named = getNamedType(field.type);
    const body =
      sketch.selections === null || isLeafType(named)
        ? ''
        : ` ${this.#set(named as GraphQLCompositeType, sketch.selections, `${path}/${name}`, within)}`;
    return `${alias}${call}${when}${body}`;
  }

  #fieldOf(type: GraphQLCompositeType, name: string): Pick<GraphQLField<unknown, unknown>, 'type' | 'args'> {
    const field = name === '__typename' || !('getFields' in type) ? undefined : type.getFields()[name];
    return field ?? TypeNameMetaFieldDef;
  }

  #arguments(
    field: { readonly args: readonly GraphQLArgument[] },
    { args }: Extract<SelectionSketch, { kind: 'field' }>,
  ): string {
    const parts = field.args.flatMap((argument) => {
      const value = args[argument.name];
      const text = value && this.#variables.value(argument, value);
      return text === undefined ? [] : [`${argument.name}: ${text}`];
    });
    return parts.length > 0 ? `(${parts.join(', ')})` : '';
  }

  #conditions(conditions: readonly Condition[]): string {
    return conditions
      .map(({ directive, by }) => {
        if (typeof by === 'boolean') return ` @${directive}(if: ${by})`;
        const variable = this.#sketch.conditions[by];
        if (!variable) return '';
        this.#usedConditions.set(by, variable);
        return ` @${directive}(if: $c${by})`;
      })
      .join('');
  }

  #typename(type: GraphQLCompositeType, path: string): string {
    const name = this.#place(type, '__typename', TypeNameMetaFieldDef.type, path, '__typename');
    return name === '__typename' ? name : `${name}: __typename`;
  }

  /** Takes the response name, or the first one like it that can be merged with what is there. */
  #place(
    parent: GraphQLCompositeType,
    call: string,
    type: GraphQLOutputType,
    path: string,
    wish: string,
  ): string {
    this.#fieldsLeft -= 1;
    const shape = shapeOf(type);
    for (let attempt = 0; ; attempt += 1) {
      const name = attempt === 0 ? wish : `${wish.replace(/^__/, 'x')}_${attempt}`;
      const placed = { path: `${path}/${name}`, parent, call, shape };
      if (!this.#fits(placed)) continue;
      this.#register(placed);
      return name;
    }
  }

  #fits(placed: Placed): boolean {
    return (this.#byPath.get(placed.path) ?? []).every((other) => mergeable(placed, other));
  }

  #register(placed: Placed): void {
    const there = this.#byPath.get(placed.path);
    if (there) there.push(placed);
    else this.#byPath.set(placed.path, [placed]);
    for (const { base, placed: own } of this.#open) {
      own.push({ ...placed, path: placed.path.slice(base.length) });
    }
  }

  #spread(
    type: GraphQLCompositeType,
    { pick, conditions }: Extract<SelectionSketch, { kind: 'spread' }>,
    path: string,
    within: number,
  ): string | undefined {
    const fitting = this.#sketch.fragments.flatMap(({ on }, index) =>
      index > within && this.#overlap(type, this.#composite(on)) ? [index] : [],
    );
    const index = fitting[pick % Math.max(1, fitting.length)];
    const sketch = index === undefined ? undefined : this.#sketch.fragments[index];
    if (index === undefined || !sketch) return undefined;
    const when = this.#conditions(conditions);
    const written = this.#fragments.get(index);
    if (!written) {
      const on = this.#composite(sketch.on);
      const placed: Placed[] = [];
      this.#open.push({ base: path, placed });
      const body = this.#set(on, sketch.selections, path, index);
      this.#open.pop();
      this.#fragments.set(index, { placed, on });
      this.#fragmentTexts.push(`fragment F${index} on ${sketch.on} ${body}`);
      return `...F${index}${when}`;
    }
    const moved = written.placed.map((one) => ({ ...one, path: `${path}${one.path}` }));
    if (!moved.every((one) => this.#fits(one))) {
      return `... on ${sketch.on}${when} ${this.#set(written.on, sketch.selections, path, index)}`;
    }
    this.#fieldsLeft -= moved.length;
    for (const one of moved) this.#register(one);
    return `...F${index}${when}`;
  }

  #overlap(one: GraphQLCompositeType, other: GraphQLCompositeType): boolean {
    const members = this.#members(other);
    return this.#members(one).some((member) => members.includes(member));
  }

  #members(type: GraphQLCompositeType): readonly GraphQLCompositeType[] {
    return isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type];
  }

  #composite(name: string): GraphQLCompositeType {
    return this.#schema.getType(name) as GraphQLCompositeType;
  }
}

/** Stricter than the specification: it does not ask what lies above the two parents. */
function mergeable(one: Placed, other: Placed): boolean {
  if (one.shape !== other.shape) return false;
  if (one.call === other.call) return true;
  return isObjectType(one.parent) && isObjectType(other.parent) && one.parent !== other.parent;
}

function shapeOf(type: GraphQLOutputType): string {
  if (isNonNullType(type)) return `${shapeOf(type.ofType)}!`;
  if (isListType(type)) return `[${shapeOf(type.ofType)}]`;
  return isLeafType(type) ? type.name : '{}';
}
