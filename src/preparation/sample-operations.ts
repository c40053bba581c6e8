/** Operations as clients might ask them of a graph: none of them is ever executed. */

import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

const depthMax = 3;
const leavesMax = 5;
const childrenMax = 2;
const inputDepthMax = 3;

type Field = GraphQLField<unknown, unknown>;

/** The first of them are small. Some are equal where the graph is small; none where it has no objects. */
export function* sampleOperations(schema: GraphQLSchema, count: number): Generator<string> {
  const roots = childrenOf(schema.getQueryType() ?? undefined);
  for (let number = 0; roots.length > 0 && number < count; number += 1) {
    const root = roots[number % roots.length] as Field;
    const depth = Math.min(depthMax, 1 + Math.floor(number / 2));
    yield new Sample(schema, number).write(root, depth);
  }
}

class Sample {
  readonly #schema: GraphQLSchema;
  readonly #number: number;
  readonly #fragments = new Map<string, string>();

  /** @param number Another one for each sample: it decides which fields are selected. */
  constructor(schema: GraphQLSchema, number: number) {
    this.#schema = schema;
    this.#number = number;
  }

  write(root: Field, depth: number): string {
    const selection = `query Sample { ${this.#child(root, depth)} }`;
    return [selection, ...this.#fragments.values()].join('\n');
  }

  #child(field: Field, depth: number): string {
    const args = field.args.filter(isRequiredArgument).map(({ name, type }) => `${name}: ${valueOf(type)}`);
    const type = getNamedType(field.type) as GraphQLCompositeType;
    return `${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''} ${this.#selection(type, depth)}`;
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const children = depth > 1 ? this.#some(childrenOf(type), childrenMax) : [];
    const parts = [this.#leaves(type), ...children.map((field) => this.#child(field, depth - 1))];
    if (isAbstractType(type)) {
      const members = this.#some(this.#schema.getPossibleTypes(type), childrenMax);
      parts.push(...members.map((member) => `... on ${member.name} { ${this.#leaves(member)} }`));
    }
    return `{ ${parts.join(' ')} }`;
  }

  /** The leaves of one type are a fragment, as clients have them. */
  #leaves(type: GraphQLCompositeType): string {
    const leaves = this.#some(leavesOf(type), leavesMax).map(({ name }) => name);
    if (leaves.length === 0) return '__typename';
    const name = `${type.name}Sample`;
    this.#fragments.set(name, `fragment ${name} on ${type.name} { ${leaves.join(' ')} }`);
    return `...${name}`;
  }

  /** Others for each sample. */
  #some<Item>(items: readonly Item[], max: number): Item[] {
    const count = Math.min(max, items.length);
    return Array.from(
      { length: count },
      (_, index) => items[(this.#number * max + index) % items.length] as Item,
    );
  }
}

function fieldsOf(type: GraphQLCompositeType | undefined): Field[] {
  if (!type || isUnionType(type)) return [];
  return Object.values(type.getFields()).filter(({ args }) =>
    args.every((argument) => !isRequiredArgument(argument) || valueOf(argument.type) !== undefined),
  );
}

function leavesOf(type: GraphQLCompositeType): Field[] {
  return fieldsOf(type).filter(
    ({ type: returned, args }) => isLeafType(getNamedType(returned)) && !args.some(isRequiredArgument),
  );
}

function childrenOf(type: GraphQLCompositeType | undefined): Field[] {
  return fieldsOf(type).filter(({ type: returned }) => isCompositeType(getNamedType(returned)));
}

const scalars = new Map([
  ['Int', '1'],
  ['Float', '1'],
  ['ID', '"1"'],
  ['String', '"1"'],
  ['Boolean', 'true'],
]);

/** Undefined: none is known. */
function valueOf(type: GraphQLInputType, depth = inputDepthMax): string | undefined {
  if (isNonNullType(type)) return valueOf(type.ofType, depth);
  if (isListType(type)) return valueOf(type.ofType, depth);
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) return isSpecifiedScalarType(type) ? scalars.get(type.name) : undefined;
  if (depth === 0 || type.isOneOf) return undefined;
  const fields: string[] = [];
  for (const field of Object.values(type.getFields()).filter(isRequiredInputField)) {
    const value = valueOf(field.type, depth - 1);
    if (value === undefined) return undefined;
    fields.push(`${field.name}: ${value}`);
  }
  return `{${fields.join(', ')}}`;
}
