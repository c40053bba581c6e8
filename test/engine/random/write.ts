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
  /** Whether one response name means different fields or arguments under different type conditions. */
  readonly isDiffering: boolean;
}

/** Most fields of an operation, fragments counted once per spread. */
const fieldsMax = 60;

export function writeOperation(schema: GraphQLSchema, sketch: OperationSketch): WrittenOperation {
  return new Writer(schema, sketch).write();
}

/** A field as the rules of merging see it, at the path of its response names below some selection set. */
interface Placed {
  readonly path: string;
  /** Its parent type, after those of the fields on its path. */
  readonly parents: readonly GraphQLCompositeType[];
  readonly call: string;
  readonly shape: string;
}

/** Where a selection set stands. */
interface Position {
  readonly path: string;
  /** Parent types of the fields on the path. */
  readonly parents: readonly GraphQLCompositeType[];
  /** Index of the innermost fragment; -1 outside of any. */
  readonly within: number;
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
  readonly #open: Array<{ readonly base: Position; readonly placed: Placed[] }> = [];
  #isDiffering = false;
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
    const body = this.#set(root, selections, { path: '', parents: [], within: -1 });
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
    return {
      query: [`${head} ${body}`, ...this.#fragmentTexts].join('\n'),
      variables,
      isDiffering: this.#isDiffering,
    };
  }

  #set(type: GraphQLCompositeType, selections: readonly SelectionSketch[], at: Position): string {
    const parts: string[] = [];
    for (const selection of selections) {
      if (this.#fieldsLeft <= 0) break;
      const text = this.#selection(type, selection, at);
      if (text !== undefined) parts.push(text);
    }
    if (parts.length === 0) parts.push(this.#typename(type, at));
    return `{ ${parts.join(' ')} }`;
  }

  #selection(type: GraphQLCompositeType, selection: SelectionSketch, at: Position): string | undefined {
    if (selection.kind === 'field') return this.#field(type, selection, at);
    if (selection.kind === 'inline') {
      const when = this.#conditions(selection.conditions);
      const inner = selection.on === null ? type : this.#composite(selection.on);
      const body = this.#set(inner, selection.selections, at);
      return `...${selection.on === null ? '' : ` on ${selection.on}`}${when} ${body}`;
    }
    return this.#spread(type, selection, at);
  }

  #field(
    type: GraphQLCompositeType,
    sketch: Extract<SelectionSketch, { kind: 'field' }>,
    at: Position,
  ): string {
    const field = this.#fieldOf(type, sketch.name);
    const args = this.#arguments(field, sketch);
    const call = `${sketch.name}${args}`;
    const name = this.#place(type, { call, type: field.type, wish: sketch.alias ?? sketch.name }, at);
    const alias = name === sketch.name ? '' : `${name}: `;
    const when = this.#conditions(sketch.conditions);
    const named = getNamedType(field.type);
    const body =
      sketch.selections === null || isLeafType(named)
        ? ''
        : ` ${this.#set(named as GraphQLCompositeType, sketch.selections, {
            ...at,
            path: `${at.path}/${name}`,
            parents: [...at.parents, type],
          })}`;
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

  #typename(type: GraphQLCompositeType, at: Position): string {
    const asked = { call: '__typename', type: TypeNameMetaFieldDef.type, wish: '__typename' };
    const name = this.#place(type, asked, at);
    return name === '__typename' ? name : `${name}: __typename`;
  }

  /** Takes the response name, or the first one like it that can be merged with what is there. */
  #place(
    parent: GraphQLCompositeType,
    { call, type, wish }: { call: string; type: GraphQLOutputType; wish: string },
    { path, parents }: Position,
  ): string {
    this.#fieldsLeft -= 1;
    const shape = shapeOf(type);
    for (let attempt = 0; ; attempt += 1) {
      const name = attempt === 0 ? wish : `${wish.replace(/^__/, 'x')}_${attempt}`;
      const placed = { path: `${path}/${name}`, parents: [...parents, parent], call, shape };
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
    this.#isDiffering ||= there?.some(({ call }) => call !== placed.call) ?? false;
    if (there) there.push(placed);
    else this.#byPath.set(placed.path, [placed]);
    for (const { base, placed: own } of this.#open) {
      const path = placed.path.slice(base.path.length);
      own.push({ ...placed, path, parents: placed.parents.slice(base.parents.length) });
    }
  }

  #spread(
    type: GraphQLCompositeType,
    { pick, conditions }: Extract<SelectionSketch, { kind: 'spread' }>,
    at: Position,
  ): string | undefined {
    const fitting = this.#sketch.fragments.flatMap(({ on }, index) =>
      index > at.within && this.#overlap(type, this.#composite(on)) ? [index] : [],
    );
    const index = fitting[pick % Math.max(1, fitting.length)];
    const sketch = index === undefined ? undefined : this.#sketch.fragments[index];
    if (index === undefined || !sketch) return undefined;
    const when = this.#conditions(conditions);
    const written = this.#fragments.get(index);
    if (!written) {
      const on = this.#composite(sketch.on);
      const placed: Placed[] = [];
      this.#open.push({ base: at, placed });
      const body = this.#set(on, sketch.selections, { ...at, within: index });
      this.#open.pop();
      this.#fragments.set(index, { placed, on });
      this.#fragmentTexts.push(`fragment F${index} on ${sketch.on} ${body}`);
      return `...F${index}${when}`;
    }
    const moved = written.placed.map((one) => ({
      ...one,
      path: `${at.path}${one.path}`,
      parents: [...at.parents, ...one.parents],
    }));
    if (!moved.every((one) => this.#fits(one))) {
      return `... on ${sketch.on}${when} ${this.#set(written.on, sketch.selections, { ...at, within: index })}`;
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

/** Fields that can never both be asked of one object need only look alike. */
function mergeable(one: Placed, other: Placed): boolean {
  if (one.shape !== other.shape) return false;
  if (one.call === other.call) return true;
  return one.parents.some((parent, depth) => {
    const opposite = other.parents[depth];
    return isObjectType(parent) && isObjectType(opposite) && parent !== opposite;
  });
}

function shapeOf(type: GraphQLOutputType): string {
  if (isNonNullType(type)) return `${shapeOf(type.ofType)}!`;
  if (isListType(type)) return `[${shapeOf(type.ofType)}]`;
  return isLeafType(type) ? type.name : '{}';
}
