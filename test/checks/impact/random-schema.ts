/** Random schemas: interfaces of several levels, unions, recursive input objects, defaults everywhere. */

import type { Random } from './random.ts';
import {
  emptyType,
  listOf,
  named,
  nameIn,
  typeIn,
  typesOf,
  withName,
  type FieldModel,
  type SchemaModel,
  type TypeModel,
  type TypeRef,
  type ValueModel,
} from './schema-model.ts';

const builtIn = ['Int', 'Float', 'String', 'Boolean', 'ID'];
const enums = ['Color', 'Size'];
const scalars = ['Date', 'Json'];
/** Values of one may contain those of a later one without end: only there may a field be required or have a default. */
const inputs = ['Filter', 'Range', 'Choice', 'Sort'];
const interfaces = ['Node', 'Named', 'Priced', 'Asset'];
const objects = ['User', 'Product', 'Order', 'Review', 'Shop'];
const unions = ['Result', 'Media'];

export const leafNames = [...builtIn, ...enums, ...scalars];
/** Also names that plain objects of JavaScript inherit. */
const inputFieldNames = ['a', 'b', 'limit', 'toString', 'inner'];
const argumentNames = ['x', 'y', 'where', 'constructor'];
export const fieldNames = ['title', 'items', 'first', 'other', 'constructor', 'tags', 'toString'];

export function randomSchema(random: Random): SchemaModel {
  const model: SchemaModel = { types: [], directiveArguments: [] };
  model.types.push(...scalars.map((name) => emptyType('scalar', name)));
  const values = [
    ['RED', 'GREEN', 'BLUE', 'constructor'],
    ['S', 'M', 'L'],
  ];
  enums.forEach((name, index) => {
    model.types.push({ ...emptyType('enum', name), values: values[index] ?? [] });
  });
  // The last first: defaults contain values of those that follow.
  for (const name of inputs.toReversed()) model.types.push(randomInput(random, model, name));
  for (const name of interfaces) addInterface(random, model, name);
  for (const name of objects) addObject(random, model, name);
  for (const name of unions) {
    const members = [...random.some(objects, 0.5), random.pick(objects)];
    model.types.push({ ...emptyType('union', name), members: [...new Set(members)] });
  }
  addRoot(random, model, 'Query');
  if (random.chance(0.4)) addRoot(random, model, 'Mutation');
  model.directiveArguments.push(randomValue(random, model, 'level'));
  return model;
}

function randomInput(random: Random, model: SchemaModel, name: string): TypeModel {
  const isOneOf = name === 'Choice' && random.chance(0.8);
  const type = { ...emptyType('input', name), isOneOf };
  for (const fieldName of random.shuffled(inputFieldNames).slice(0, 2 + random.below(3))) {
    type.inputFields.push(randomInputField(random, model, type, fieldName));
  }
  return type;
}

export function randomInputField(
  random: Random,
  model: SchemaModel,
  owner: TypeModel,
  name: string,
): ValueModel {
  if (owner.isOneOf) {
    const type = { ...randomInputRef(random), nonNull: false };
    return { name, type, defaultValue: null, description: null };
  }
  const value = randomValue(random, model, name);
  const inner = nameIn(value.type);
  if (!inputs.includes(inner) || inputs.indexOf(inner) > inputs.indexOf(owner.name)) return value;
  return { ...value, type: named(inner), defaultValue: null };
}

/** An argument or an input field. */
export function randomValue(random: Random, model: SchemaModel, name: string): ValueModel {
  const type = randomInputRef(random);
  const defaultValue = random.chance(0.35) ? randomLiteral(random, model, type) : null;
  return { name, type, defaultValue, description: null };
}

export function mayHaveDefault(owner: TypeModel, field: ValueModel): boolean {
  const inner = nameIn(field.type);
  return !owner.isOneOf && (!inputs.includes(inner) || inputs.indexOf(inner) > inputs.indexOf(owner.name));
}

export function randomInputRef(random: Random): TypeRef {
  return wrapped(random, random.pick(random.chance(0.3) ? inputs : leafNames), 0.25);
}

function wrapped(random: Random, name: string, nonNull: number): TypeRef {
  let type = named(name, random.chance(nonNull));
  while (random.chance(0.3)) type = listOf(type, random.chance(nonNull));
  return type;
}

const literals: ReadonlyMap<string, readonly string[]> = new Map([
  ['Int', ['0', '1', '2']],
  ['Float', ['1', '1.5', '2']],
  ['String', ['"1"', '"text"', '""']],
  ['Boolean', ['true', 'false']],
  ['ID', ['1', '"1"', '"id"']],
  ['Date', ['"2020"', '1', 'NOW']],
  ['Json', ['{a: 1, b: [2]}', '1', '[null]']],
]);

/** Of leaf types that are not enums. */
export function leafLiteral(random: Random, name: string): string {
  return random.pick(literals.get(name) ?? ['"new"', '2']);
}

const literalDepthMax = 8;

export function randomLiteral(random: Random, model: SchemaModel, type: TypeRef, depth = 0): string {
  // Of input objects that contain themselves without end, which are invalid.
  if (depth > literalDepthMax) return '{}';
  if (!type.nonNull && random.chance(0.15)) return 'null';
  if (type.of) {
    const { of } = type;
    // One value stands for a list of one.
    if (random.chance(0.3)) return randomLiteral(random, model, { ...of, nonNull: true }, depth);
    return `[${Array.from({ length: random.below(3) }, () => randomLiteral(random, model, of, depth)).join(', ')}]`;
  }
  const definition = typeIn(model, type.name);
  if (definition?.kind === 'enum') return random.pick(definition.values);
  if (definition?.kind !== 'input') return leafLiteral(random, type.name);
  if (definition.isOneOf) {
    const field = random.pick(definition.inputFields);
    return `{${field.name}: ${randomLiteral(random, model, { ...field.type, nonNull: true }, depth + 1)}}`;
  }
  const fields = definition.inputFields.filter(
    (field) => (field.type.nonNull && field.defaultValue === null) || random.chance(0.3),
  );
  return `{${fields.map((field) => `${field.name}: ${randomLiteral(random, model, field.type, depth + 1)}`).join(', ')}}`;
}

export function randomField(random: Random, model: SchemaModel, name: string): FieldModel {
  const composite = [...objects, ...interfaces, ...unions];
  const type = wrapped(random, random.pick(random.chance(0.45) ? composite : leafNames), 0.4);
  const count = random.chance(0.5) ? 0 : 1 + random.below(2);
  const args = random.shuffled(argumentNames).slice(0, count);
  return {
    name,
    type,
    arguments: args.map((argument) => randomValue(random, model, argument)),
    description: null,
    isDeprecated: false,
  };
}

const interfaceFields: ReadonlyMap<string, readonly string[]> = new Map([
  ['Node', ['id', 'node']],
  ['Named', ['name', 'label']],
  ['Priced', ['price', 'owner']],
  ['Asset', ['size', 'media']],
]);

function addInterface(random: Random, model: SchemaModel, name: string): void {
  const type = emptyType('interface', name);
  inherit(random, model, type, random.some(typesOf(model, 'interface'), 0.35));
  for (const fieldName of interfaceFields.get(name) ?? []) {
    type.fields.push(randomField(random, model, fieldName));
  }
  model.types.push(type);
}

function addObject(random: Random, model: SchemaModel, name: string): void {
  const type = emptyType('object', name);
  inherit(random, model, type, random.some(typesOf(model, 'interface'), 0.45));
  for (const fieldName of random.shuffled(fieldNames).slice(0, 2 + random.below(3))) {
    type.fields.push(randomField(random, model, fieldName));
  }
  model.types.push(type);
}

/** Makes a type implement interfaces and theirs, with the fields that it lacks. */
export function inherit(
  random: Random,
  model: SchemaModel,
  type: TypeModel,
  parents: readonly TypeModel[],
): void {
  // The most special first: their fields fit those of what they implement.
  const special = parents.toSorted((a, b) => b.interfaces.length - a.interfaces.length);
  for (const parent of special) {
    const all = [parent, ...parent.interfaces.flatMap((name) => typeIn(model, name) ?? [])];
    for (const ancestor of all) {
      if (type.interfaces.includes(ancestor.name)) continue;
      type.interfaces.push(ancestor.name);
      for (const field of ancestor.fields) {
        if (type.fields.some(({ name }) => name === field.name)) continue;
        type.fields.push(implemented(random, model, type.name, field));
      }
    }
  }
}

/** The same field, or one that fits it: non-null, with another default, with one more argument. */
function implemented(random: Random, model: SchemaModel, owner: string, field: FieldModel): FieldModel {
  const copy = structuredClone(field);
  if (random.chance(0.2)) copy.type = { ...copy.type, nonNull: true };
  const members = typeIn(model, nameIn(copy.type))?.members ?? [];
  if (members.length > 0 && random.chance(0.3)) copy.type = withName(copy.type, random.pick(members));
  for (const argument of copy.arguments) {
    if (!argument.type.nonNull && random.chance(0.2)) {
      argument.defaultValue = randomLiteral(random, model, argument.type);
    }
  }
  if (random.chance(0.15)) {
    const extra = randomValue(random, model, `extra${owner}`);
    copy.arguments.push({ ...extra, type: { ...extra.type, nonNull: false } });
  }
  return copy;
}

function addRoot(random: Random, model: SchemaModel, name: string): void {
  const type = emptyType('object', name);
  const targets = name === 'Query' ? [...interfaces, ...objects, ...unions] : objects.slice(0, 2);
  targets.forEach((target, index) => {
    const field = randomField(random, model, `${name === 'Query' ? 'q' : 'm'}${index}`);
    type.fields.push({ ...field, type: withName(field.type, target) });
  });
  type.fields.push(randomField(random, model, 'scalarOrNot'));
  model.types.push(type);
}
