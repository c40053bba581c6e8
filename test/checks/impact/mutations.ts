/** Changes of a schema, each by its name. Some leave an invalid schema: whoever applies one checks. */

import { Random } from './random.ts';
import {
  fieldNames,
  inherit,
  leafNames,
  mayHaveDefault,
  randomField,
  randomInputRef,
  randomLiteral,
  randomValue,
} from './random-schema.ts';
import {
  atLevel,
  emptyType,
  levelsOf,
  listOf,
  nameIn,
  typesOf,
  withName,
  type FieldModel,
  type SchemaModel,
  type TypeModel,
  type TypeRef,
  type ValueModel,
} from './schema-model.ts';

/** @returns Whether it changed anything. */
type Mutation = (random: Random, model: SchemaModel) => boolean;

export const mutations: ReadonlyMap<string, Mutation> = new Map<string, Mutation>([
  ['describe', describe],
  ['reorder', reorder],
  ['deprecate', (random, model) => changeFields(random, model, (field) => (field.isDeprecated = true))],
  ['add type', addType],
  ['add field', (random, model) => addField(random, model)],
  ['remove field', removeField],
  ['rename field', (random, model) => changeFields(random, model, (field) => (field.name += 'New'))],
  ['output nullable', (random, model) => changeOutput(random, model, nullable)],
  ['output non-null', (random, model) => changeOutput(random, model, nonNull)],
  ['output list', (random, model) => changeOutput(random, model, listChanged)],
  ['output type', (random, model) => changeOutput(random, model, outputNameChanged)],
  ['output to interface', outputToInterface],
  ['add argument', (random, model) => addArgument(random, model, 'optional')],
  ['add argument with default', (random, model) => addArgument(random, model, 'default')],
  ['add required argument', (random, model) => addArgument(random, model, 'required')],
  ['remove argument', removeArgument],
  ['argument nullable', (random, model) => changeArgument(random, model, relaxed)],
  ['argument non-null', (random, model) => changeArgument(random, model, restricted)],
  ['argument list', (random, model) => changeArgument(random, model, listed)],
  ['argument type', (random, model) => changeArgument(random, model, inputNameChanged)],
  ['argument default', (random, model) => changeArgument(random, model, defaultChanged)],
  ['add input field', (random, model) => addInputField(random, model, 'optional')],
  ['add input field with default', (random, model) => addInputField(random, model, 'default')],
  ['add required input field', (random, model) => addInputField(random, model, 'required')],
  ['remove input field', removeInputField],
  ['input field nullable', (random, model) => changeInputField(random, model, relaxed)],
  ['input field non-null', (random, model) => changeInputField(random, model, restricted)],
  ['input field list', (random, model) => changeInputField(random, model, listed)],
  ['input field type', (random, model) => changeInputField(random, model, inputNameChanged)],
  ['input field default', (random, model) => changeInputField(random, model, defaultChanged)],
  ['one of', toggleOneOf],
  ['add enum value', (random, model) => addTo(random, typesOf(model, 'enum'), 'values', ['NEW', 'NEWER'])],
  ['remove enum value', (random, model) => removeFrom(random, typesOf(model, 'enum'), 'values')],
  ['add member', addMember],
  ['remove member', (random, model) => removeFrom(random, typesOf(model, 'union'), 'members')],
  ['add implements', addImplements],
  ['remove implements', removeImplements],
  ['leaf kind', changeLeafKind],
  ['input kind', changeInputKind],
  ['directive arguments', changeDirective],
]);

function pickOne<Item>(random: Random, items: readonly Item[]): Item | null {
  return items.length > 0 ? random.pick(items) : null;
}

/** Of a field and, mostly, of the fields of the same name in implementations and interfaces. */
function relatedFields(random: Random, model: SchemaModel): FieldModel[] {
  const owner = random.pick(typesOf(model, 'object', 'interface'));
  const field = pickOne(random, owner.fields);
  if (!field) return [];
  if (random.chance(0.2)) return [field];
  const related = typesOf(model, 'object', 'interface').filter(
    ({ name, interfaces }) =>
      name === owner.name || interfaces.includes(owner.name) || owner.interfaces.includes(name),
  );
  return related.flatMap(({ fields }) => fields.filter(({ name }) => name === field.name));
}

function changeFields(random: Random, model: SchemaModel, change: (field: FieldModel) => unknown): boolean {
  const fields = relatedFields(random, model);
  for (const field of fields) change(field);
  return fields.length > 0;
}

function describe(random: Random, model: SchemaModel): boolean {
  const type = random.pick(model.types);
  type.description = 'Described';
  for (const element of [...type.fields, ...type.inputFields]) element.description = 'Described';
  return true;
}

function reorder(random: Random, model: SchemaModel): boolean {
  model.types = random.shuffled(model.types);
  for (const type of model.types) {
    type.fields = random.shuffled(type.fields);
    type.values = random.shuffled(type.values);
    type.members = random.shuffled(type.members);
    type.inputFields = random.shuffled(type.inputFields);
    for (const field of type.fields) field.arguments = random.shuffled(field.arguments);
  }
  return true;
}

function addType(random: Random, model: SchemaModel): boolean {
  const type = emptyType('object', 'Added');
  type.fields.push({ ...randomField(random, model, 'title') });
  model.types.push(type);
  return true;
}

function addField(random: Random, model: SchemaModel): boolean {
  const type = random.pick(typesOf(model, 'object'));
  const name = random.pick([...fieldNames, 'newField']);
  if (type.fields.some((field) => field.name === name)) return false;
  type.fields.push(randomField(random, model, name));
  return true;
}

function removeField(random: Random, model: SchemaModel): boolean {
  const removed = new Set(relatedFields(random, model));
  for (const type of model.types) type.fields = type.fields.filter((field) => !removed.has(field));
  return removed.size > 0;
}

type RefChange = (type: TypeRef, random: Random, model: SchemaModel) => TypeRef;

function changeOutput(random: Random, model: SchemaModel, change: RefChange): boolean {
  const fields = relatedFields(random, model);
  // The same change everywhere, so that implementations go on to fit their interfaces.
  const seed = random.below(2 ** 31);
  let changed = false;
  for (const field of fields) {
    const type = change(field.type, new Random(seed), model);
    changed ||= type !== field.type;
    field.type = type;
  }
  return changed;
}

function setNonNull(type: TypeRef, random: Random, value: boolean): TypeRef {
  const level = random.below(levelsOf(type));
  return atLevel(type, level, (at) => ({ ...at, nonNull: value }));
}

function nullable(type: TypeRef, random: Random): TypeRef {
  return setNonNull(type, random, false);
}

function nonNull(type: TypeRef, random: Random): TypeRef {
  return setNonNull(type, random, true);
}

function listChanged(type: TypeRef, random: Random): TypeRef {
  return type.of && random.chance(0.5) ? type.of : listOf(type, random.chance(0.3));
}

function outputNameChanged(type: TypeRef, random: Random, model: SchemaModel): TypeRef {
  const isLeaf = leafNames.includes(nameIn(type));
  const composite = typesOf(model, 'object', 'interface', 'union').map(({ name }) => name);
  return withName(type, random.pick(isLeaf === random.chance(0.9) ? leafNames : composite));
}

function outputToInterface(random: Random, model: SchemaModel): boolean {
  const objects = typesOf(model, 'object');
  const candidates = objects
    .flatMap(({ fields }) => fields)
    .flatMap((field) => {
      const target = objects.find(({ name }) => name === nameIn(field.type));
      return (target?.interfaces ?? []).map((parent) => [field, parent] as const);
    });
  const candidate = pickOne(random, candidates);
  if (!candidate) return false;
  const [field, parent] = candidate;
  field.type = withName(field.type, parent);
  return true;
}

type Addition = 'optional' | 'default' | 'required';

function addition(random: Random, model: SchemaModel, name: string, how: Addition): ValueModel {
  const value = randomValue(random, model, name);
  if (how === 'required') return { ...value, type: { ...value.type, nonNull: true }, defaultValue: null };
  if (how === 'optional') return { ...value, type: { ...value.type, nonNull: false }, defaultValue: null };
  return { ...value, defaultValue: randomLiteral(random, model, { ...value.type, nonNull: true }) };
}

function addArgument(random: Random, model: SchemaModel, how: Addition): boolean {
  const added = addition(random, model, 'added', how);
  return changeFields(random, model, (field) => field.arguments.push(structuredClone(added)));
}

/** Of the arguments called so of a field and its relatives. */
function relatedArguments(random: Random, model: SchemaModel): { fields: FieldModel[]; name: string } | null {
  const withArguments = relatedFields(random, model).filter((field) => field.arguments.length > 0);
  const [first] = withArguments;
  if (!first) return null;
  return { fields: withArguments, name: random.pick(first.arguments).name };
}

function removeArgument(random: Random, model: SchemaModel): boolean {
  const related = relatedArguments(random, model);
  for (const field of related?.fields ?? []) {
    field.arguments = field.arguments.filter(({ name }) => name !== related?.name);
  }
  return related !== null;
}

type ValueChange = (value: ValueModel, random: Random, model: SchemaModel) => boolean;

function changeArgument(random: Random, model: SchemaModel, change: ValueChange): boolean {
  const related = relatedArguments(random, model);
  if (!related) return false;
  const seed = random.below(2 ** 31);
  const values = related.fields.flatMap((field) =>
    field.arguments.filter(({ name }) => name === related.name),
  );
  const changed = values.map((value) => change(value, new Random(seed), model));
  return changed.includes(true);
}

function relaxed(value: ValueModel, random: Random): boolean {
  const before = value.type;
  value.type = setNonNull(value.type, random, false);
  return levelsText(before) !== levelsText(value.type);
}

function restricted(value: ValueModel, random: Random, model: SchemaModel): boolean {
  const before = value.type;
  value.type = setNonNull(value.type, random, true);
  const isChanged = levelsText(before) !== levelsText(value.type);
  if (isChanged && value.defaultValue !== null) value.defaultValue = randomLiteral(random, model, value.type);
  return isChanged;
}

function levelsText(type: TypeRef): string {
  return `${String(type.nonNull)}${type.of ? levelsText(type.of) : ''}`;
}

function listed(value: ValueModel, random: Random): boolean {
  value.type = listChanged(value.type, random);
  value.defaultValue = null;
  return true;
}

const kindred: ReadonlyMap<string, readonly string[]> = new Map([
  ['Int', ['Float', 'ID', 'Json', 'Date']],
  ['String', ['ID', 'Json', 'Date']],
  ['ID', ['Int', 'String', 'Json']],
  ['Float', ['Int', 'Json']],
  ['Color', ['Size', 'Json']],
]);

function inputNameChanged(value: ValueModel, random: Random): boolean {
  const name = nameIn(value.type);
  const others = random.chance(0.8) ? kindred.get(name) : undefined;
  const other = others ? random.pick(others) : nameIn(randomInputRef(random));
  if (other === name) return false;
  value.type = withName(value.type, other);
  if (value.defaultValue !== null && random.chance(0.5)) value.defaultValue = null;
  return true;
}

function defaultChanged(value: ValueModel, random: Random, model: SchemaModel): boolean {
  const before = value.defaultValue;
  value.defaultValue =
    before !== null && random.chance(0.3) ? null : randomLiteral(random, model, value.type);
  return value.defaultValue !== before;
}

function addInputField(random: Random, model: SchemaModel, how: Addition): boolean {
  const type = pickOne(random, typesOf(model, 'input'));
  if (!type) return false;
  const added = addition(random, model, 'added', how);
  if (how === 'default' && !mayHaveDefault(type, added)) return false;
  if (how === 'required' && !mayHaveDefault(type, added)) return false;
  type.inputFields.push(added);
  return true;
}

function removeInputField(random: Random, model: SchemaModel): boolean {
  const type = pickOne(random, typesOf(model, 'input'));
  if (!type || type.inputFields.length < 2) return false;
  const removed = random.pick(type.inputFields);
  type.inputFields = type.inputFields.filter((field) => field !== removed);
  return true;
}

function changeInputField(random: Random, model: SchemaModel, change: ValueChange): boolean {
  const type = pickOne(random, typesOf(model, 'input'));
  if (!type) return false;
  const field = random.pick(type.inputFields);
  const changed = change(field, random, model);
  if (mayHaveDefault(type, field)) return changed;
  field.defaultValue = null;
  field.type = { ...field.type, nonNull: false };
  return changed;
}

function toggleOneOf(random: Random, model: SchemaModel): boolean {
  const type = pickOne(random, typesOf(model, 'input'));
  if (!type) return false;
  type.isOneOf = !type.isOneOf;
  if (!type.isOneOf) return true;
  for (const field of type.inputFields) {
    field.defaultValue = null;
    field.type = { ...field.type, nonNull: false };
  }
  return true;
}

function addTo(
  random: Random,
  types: readonly TypeModel[],
  list: 'values' | 'members',
  names: readonly string[],
): boolean {
  const type = pickOne(random, types);
  const name = random.pick(names);
  if (!type || type[list].includes(name)) return false;
  type[list].push(name);
  return true;
}

function removeFrom(random: Random, types: readonly TypeModel[], list: 'values' | 'members'): boolean {
  const type = pickOne(random, types);
  if (!type || type[list].length < 2) return false;
  const removed = random.pick(type[list]);
  type[list] = type[list].filter((name) => name !== removed);
  return true;
}

function addMember(random: Random, model: SchemaModel): boolean {
  const names = typesOf(model, 'object').map(({ name }) => name);
  return addTo(random, typesOf(model, 'union'), 'members', names);
}

function addImplements(random: Random, model: SchemaModel): boolean {
  const type = random.pick(typesOf(model, 'object'));
  const others = typesOf(model, 'interface').filter(({ name }) => !type.interfaces.includes(name));
  const parent = pickOne(random, others);
  if (!parent) return false;
  inherit(random, model, type, [parent]);
  return true;
}

function removeImplements(random: Random, model: SchemaModel): boolean {
  const type = pickOne(
    random,
    typesOf(model, 'object', 'interface').filter(({ interfaces }) => interfaces.length > 0),
  );
  if (!type) return false;
  const removed = random.pick(type.interfaces);
  type.interfaces = type.interfaces.filter((name) => name !== removed);
  return true;
}

function changeLeafKind(random: Random, model: SchemaModel): boolean {
  const type = random.pick(typesOf(model, 'enum', 'scalar'));
  type.kind = type.kind === 'enum' ? 'scalar' : 'enum';
  type.values = ['RED', 'GREEN', 'NOW', 'NEW'];
  return true;
}

function changeInputKind(random: Random, model: SchemaModel): boolean {
  const type = pickOne(random, typesOf(model, 'input'));
  if (type) type.kind = 'scalar';
  return type !== null;
}

function changeDirective(random: Random, model: SchemaModel): boolean {
  const [argument] = model.directiveArguments;
  if (!argument) return false;
  if (random.chance(0.5)) return defaultChanged(argument, random, model);
  return inputNameChanged(argument, random);
}
