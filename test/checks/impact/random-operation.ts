/** Random documents over a schema, with values for their variables. They are mostly valid. */

import {
  doTypesOverlap,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

import type { Random } from './random.ts';
import { leafLiteral } from './random-schema.ts';

interface RandomDocument {
  readonly text: string;
  /** Names of its operations. */
  readonly operations: readonly string[];
  /** By the name of the operation, types by the name of the variable. */
  readonly variables: ReadonlyMap<string, ReadonlyMap<string, VariableModel>>;
}

export interface VariableModel {
  readonly type: GraphQLInputType;
  readonly mayBeOmitted: boolean;
}

const depthMax = 4;
const valueDepthMax = 8;

/** @param preferred Types, and fields as `Type.field`, that are selected more often than others. */
export function randomDocument(
  random: Random,
  schema: GraphQLSchema,
  preferred: ReadonlySet<string>,
): RandomDocument {
  const count = random.chance(0.2) ? 2 : 1;
  const writers = Array.from(
    { length: count },
    (_, index) => new OperationWriter(random, schema, preferred, `Op${index}`),
  );
  return {
    text: writers.map((writer) => writer.text).join('\n'),
    operations: writers.map(({ name }) => name),
    variables: new Map(writers.map(({ name, variables }) => [name, variables])),
  };
}

class OperationWriter {
  readonly name: string;
  readonly variables = new Map<string, VariableModel>();
  readonly text: string;
  readonly #random: Random;
  readonly #schema: GraphQLSchema;
  readonly #preferred: ReadonlySet<string>;
  readonly #definitions: string[] = [];
  readonly #fragments = new Map<string, { readonly type: GraphQLCompositeType; readonly text: string }>();
  #aliases = 0;

  constructor(random: Random, schema: GraphQLSchema, preferred: ReadonlySet<string>, name: string) {
    this.#random = random;
    this.#schema = schema;
    this.#preferred = preferred;
    this.name = name;
    const mutation = random.chance(0.2) ? schema.getMutationType() : undefined;
    const root = mutation ?? schema.getQueryType();
    if (!root) throw new Error('The schema has no query type');
    const selections = this.#selections(root, 0);
    const definitions = this.#definitions.length > 0 ? `(${this.#definitions.join(', ')})` : '';
    const operation = `${mutation ? 'mutation' : 'query'} ${name}${definitions} ${selections}`;
    this.text = [operation, ...[...this.#fragments.values()].map(({ text }) => text)].join('\n');
  }

  #selections(type: GraphQLCompositeType, depth: number): string {
    const random = this.#random;
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const open =
      depth < depthMax ? fields : fields.filter(({ type: of }) => !isCompositeType(getNamedType(of)));
    const ordered = this.#preferredFirst(type, random.shuffled(open));
    const selected = ordered.slice(0, depth === 0 ? 1 + random.below(2) : 1 + random.below(3));
    const selections = selected.map((field) => this.#field(field, depth));
    if (random.chance(0.2) || selections.length === 0) selections.push('__typename');
    if (depth > 0 && depth < depthMax) {
      const fragments = random.below(isObjectType(type) ? 2 : 4);
      for (let index = 0; index < fragments; index += 1) selections.push(this.#fragment(type, depth));
    }
    if (type === this.#schema.getQueryType() && random.chance(0.04)) selections.push(this.#introspection());
    return `{ ${random.shuffled(selections).join(' ')} }`;
  }

  /** Mostly: those that are preferred, then those that lead to types that are. */
  #preferredFirst(
    owner: GraphQLCompositeType,
    fields: ReadonlyArray<GraphQLField<unknown, unknown>>,
  ): ReadonlyArray<GraphQLField<unknown, unknown>> {
    if (this.#random.chance(0.3)) return fields;
    const rank = ({ name, type }: GraphQLField<unknown, unknown>): number => {
      if (this.#preferred.has(`${owner.name}.${name}`)) return 0;
      return this.#preferred.has(getNamedType(type).name) ? 1 : 2;
    };
    return fields.toSorted((one, other) => rank(one) - rank(other));
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const random = this.#random;
    const args = field.args.filter((argument) => isRequiredArgument(argument) || random.chance(0.5));
    const passed = args.map((argument) => `${argument.name}: ${this.#value(argument.type, argument, 0)}`);
    // Most have an alias of their own, or fields with different arguments would conflict.
    const alias = passed.length > 0 || random.chance(0.75) ? `a${(this.#aliases += 1)}: ` : '';
    const type = getNamedType(field.type);
    const inner = isCompositeType(type) ? ` ${this.#selections(type, depth + 1)}` : '';
    const list = passed.length > 0 ? `(${passed.join(', ')})` : '';
    return `${alias}${field.name}${list}${this.#directives()}${inner}`;
  }

  #directives(): string {
    const random = this.#random;
    if (random.chance(0.92)) return '';
    if (random.chance(0.3)) return this.#live();
    const type = this.#schema.getDirective('skip')?.args[0]?.type;
    if (!type) return '';
    const value = random.chance(0.6) ? this.#variable(type, false) : String(random.chance(0.5));
    return ` @${random.chance(0.5) ? 'skip' : 'include'}(if: ${value})`;
  }

  #live(): string {
    const args = (this.#schema.getDirective('live')?.args ?? []).filter(
      (argument) => isRequiredArgument(argument) || this.#random.chance(0.5),
    );
    const passed = args.map((argument) => `${argument.name}: ${this.#value(argument.type, argument, 0)}`);
    return ` @live${passed.length > 0 ? `(${passed.join(', ')})` : ''}`;
  }

  #fragment(type: GraphQLCompositeType, depth: number): string {
    const random = this.#random;
    const conditions = Object.values(this.#schema.getTypeMap()).filter(
      (other): other is GraphQLCompositeType =>
        isCompositeType(other) && !other.name.startsWith('__') && doTypesOverlap(this.#schema, type, other),
    );
    const reusable = [...this.#fragments].filter(([, fragment]) => conditions.includes(fragment.type));
    if (reusable.length > 0 && random.chance(0.2)) return `...${random.pick(reusable)[0]}`;
    const condition = random.pick(conditions);
    if (random.chance(0.1)) return `... ${this.#selections(type, depth + 1)}`;
    const selections = this.#selections(condition, depth + 1);
    if (random.chance(0.6)) return `... on ${condition.name} ${selections}`;
    const name = `${this.name}F${this.#fragments.size}`;
    this.#fragments.set(name, {
      type: condition,
      text: `fragment ${name} on ${condition.name} ${selections}`,
    });
    return `...${name}`;
  }

  #introspection(): string {
    const names = Object.keys(this.#schema.getTypeMap());
    const fields = 'name fields { name } inputFields { name defaultValue } enumValues { name }';
    return `__type(name: "${this.#random.pick(names)}") { ${fields} possibleTypes { name } }`;
  }

  #value(type: GraphQLInputType, at: GraphQLArgument | GraphQLInputField | null, depth: number): string {
    const random = this.#random;
    if (random.chance(0.3)) return this.#variable(type, at?.defaultValue !== undefined);
    if (!isNonNullType(type) && random.chance(0.1)) return 'null';
    const nullable: GraphQLInputType = isNonNullType(type) ? type.ofType : type;
    if (isListType(nullable)) {
      const item: GraphQLInputType = nullable.ofType;
      if (random.chance(0.3)) return this.#singleValue(item, depth);
      return `[${Array.from({ length: random.below(3) }, () => this.#value(item, null, depth)).join(', ')}]`;
    }
    return this.#singleValue(nullable, depth);
  }

  /** Never null nor a variable, which would have to be a list. */
  #singleValue(type: GraphQLInputType, depth: number): string {
    const random = this.#random;
    if (isNonNullType(type) || isListType(type)) return this.#singleValue(type.ofType, depth);
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    if (!isInputObjectType(type)) return leafLiteral(random, type.name);
    if (depth > valueDepthMax) return '{}';
    const fields = Object.values(type.getFields());
    if (type.isOneOf) {
      const field = random.pick(fields);
      return `{${field.name}: ${this.#singleValue(field.type, depth + 1)}}`;
    }
    const passed = fields.filter((field) => isRequiredInputField(field) || (depth < 3 && random.chance(0.4)));
    const texts = passed.map((field) => `${field.name}: ${this.#value(field.type, field, depth + 1)}`);
    return `{${texts.join(', ')}}`;
  }

  #variable(type: GraphQLInputType, hasLocationDefault: boolean): string {
    const random = this.#random;
    const same = [...this.variables].filter(([, variable]) => String(variable.type) === String(type));
    if (same.length > 0 && random.chance(0.3)) return `$${random.pick(same)[0]}`;
    // A nullable one fits a non-null place that has a default, or if it has one itself.
    const nullable: GraphQLInputType = isNonNullType(type) ? type.ofType : type;
    const becomesNullable = isNonNullType(type) && random.chance(0.3);
    const needsDefault = becomesNullable && !hasLocationDefault;
    const declared = becomesNullable ? nullable : type;
    const hasDefault = needsDefault || random.chance(0.2);
    const name = `v${this.variables.size}`;
    const text = hasDefault ? ` = ${this.#constant(declared, needsDefault)}` : '';
    this.#definitions.push(`$${name}: ${String(declared)}${text}`);
    this.variables.set(name, { type: declared, mayBeOmitted: hasDefault || !isNonNullType(declared) });
    return `$${name}`;
  }

  #constant(type: GraphQLInputType, isPresent: boolean): string {
    const random = this.#random;
    const value = isPresent ? presentValue(random, type, 0) : randomValueOf(random, type, 0);
    return literalText(value, type);
  }
}

/** A value of JSON that a type accepts. */
export function randomValueOf(random: Random, type: GraphQLInputType, depth: number): unknown {
  if (isNonNullType(type)) return presentValue(random, type.ofType, depth);
  return random.chance(0.15) ? null : presentValue(random, type, depth);
}

function presentValue(random: Random, type: GraphQLInputType, depth: number): unknown {
  if (isNonNullType(type)) return presentValue(random, type.ofType, depth);
  if (isListType(type)) {
    const item: GraphQLInputType = type.ofType;
    if (random.chance(0.2)) return presentValue(random, item, depth);
    return Array.from({ length: random.below(3) }, () => randomValueOf(random, item, depth));
  }
  if (isEnumType(type)) return random.pick(type.getValues()).name;
  if (!isInputObjectType(type)) return random.pick(leafValues.get(type.name) ?? ['text', 1]);
  if (depth > valueDepthMax) return {};
  const fields = Object.values(type.getFields());
  if (type.isOneOf) {
    const field = random.pick(fields);
    return Object.fromEntries([[field.name, presentValue(random, field.type, depth + 1)]]);
  }
  const passed = fields.filter((field) => isRequiredInputField(field) || (depth < 3 && random.chance(0.5)));
  return Object.fromEntries(
    passed.map((field) => [field.name, randomValueOf(random, field.type, depth + 1)]),
  );
}

const leafValues: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['Int', [0, 1, 2]],
  ['Float', [1, 1.5, 2]],
  ['String', ['1', 'text', '']],
  ['Boolean', [true, false]],
  ['ID', [1, '1', 'id']],
]);

function literalText(value: unknown, type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalText(value, type.ofType);
  if (value === null) return 'null';
  if (isListType(type)) {
    const item: GraphQLInputType = type.ofType;
    if (!Array.isArray(value)) return literalText(value, item);
    return `[${value.map((inner) => literalText(inner, item)).join(', ')}]`;
  }
  if (isInputObjectType(type)) {
    const fields = type.getFields();
    const texts = Object.entries(value as object).map(([name, inner]) => {
      const field = fields[name];
      return field ? `${name}: ${literalText(inner, field.type)}` : '';
    });
    return `{${texts.join(', ')}}`;
  }
  return isEnumType(type) && typeof value === 'string' ? value : JSON.stringify(value);
}
