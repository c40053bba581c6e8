/** A schema as plain data that can be changed and printed. */

export interface TypeRef {
  /** Of a list: what it contains. */
  readonly of: TypeRef | null;
  /** Of a named type; empty for a list. */
  readonly name: string;
  readonly nonNull: boolean;
}

export interface ValueModel {
  name: string;
  type: TypeRef;
  /** Text of a literal. */
  defaultValue: string | null;
  description: string | null;
}

export interface FieldModel {
  name: string;
  type: TypeRef;
  arguments: ValueModel[];
  description: string | null;
  isDeprecated: boolean;
}

export type Kind = 'object' | 'interface' | 'union' | 'enum' | 'input' | 'scalar';

export interface TypeModel {
  kind: Kind;
  name: string;
  description: string | null;
  /** Of objects and interfaces. */
  interfaces: string[];
  fields: FieldModel[];
  /** Of unions. */
  members: string[];
  /** Of enums. */
  values: string[];
  /** Of input objects. */
  inputFields: ValueModel[];
  isOneOf: boolean;
}

export interface SchemaModel {
  types: TypeModel[];
  /** Of `@live`, which operations may use on fields. */
  directiveArguments: ValueModel[];
}

export function named(name: string, nonNull = false): TypeRef {
  return { of: null, name, nonNull };
}

export function listOf(of: TypeRef, nonNull = false): TypeRef {
  return { of, name: '', nonNull };
}

export function nameIn(type: TypeRef): string {
  return type.of ? nameIn(type.of) : type.name;
}

export function withName(type: TypeRef, name: string): TypeRef {
  return type.of ? { ...type, of: withName(type.of, name) } : { ...type, name };
}

/** One for the named type and one for each list around it. */
export function levelsOf(type: TypeRef): number {
  return type.of ? 1 + levelsOf(type.of) : 1;
}

/** Level 0 is the outermost. */
export function atLevel(type: TypeRef, level: number, change: (at: TypeRef) => TypeRef): TypeRef {
  if (level === 0 || !type.of) return change(type);
  return { ...type, of: atLevel(type.of, level - 1, change) };
}

export function refText(type: TypeRef): string {
  return `${type.of ? `[${refText(type.of)}]` : type.name}${type.nonNull ? '!' : ''}`;
}

export function emptyType(kind: Kind, name: string): TypeModel {
  return {
    kind,
    name,
    description: null,
    interfaces: [],
    fields: [],
    members: [],
    values: [],
    inputFields: [],
    isOneOf: false,
  };
}

export function typeIn(model: SchemaModel, name: string): TypeModel | undefined {
  return model.types.find((type) => type.name === name);
}

export function typesOf(model: SchemaModel, ...kinds: readonly Kind[]): TypeModel[] {
  return model.types.filter(({ kind }) => kinds.includes(kind));
}

export function sdlOf(model: SchemaModel): string {
  const directive = `directive @live${argumentsText(model.directiveArguments)} repeatable on FIELD`;
  return [directive, ...model.types.map(typeText)].join('\n\n');
}

function typeText(type: TypeModel): string {
  const description = descriptionText(type.description);
  const implementing = type.interfaces.length > 0 ? ` implements ${type.interfaces.join(' & ')}` : '';
  switch (type.kind) {
    case 'scalar':
      return `${description}scalar ${type.name}`;
    case 'enum':
      return `${description}enum ${type.name} { ${type.values.join(' ')} }`;
    case 'union':
      return `${description}union ${type.name} = ${type.members.join(' | ')}`;
    case 'input': {
      const head = `${description}input ${type.name}${type.isOneOf ? ' @oneOf' : ''}`;
      return `${head} {\n${type.inputFields.map((field) => `  ${valueText(field)}`).join('\n')}\n}`;
    }
    case 'object':
    case 'interface': {
      const keyword = type.kind === 'object' ? 'type' : 'interface';
      const fields = type.fields.map((field) => `  ${fieldText(field)}`).join('\n');
      return `${description}${keyword} ${type.name}${implementing} {\n${fields}\n}`;
    }
  }
}

function fieldText(field: FieldModel): string {
  const deprecated = field.isDeprecated ? ' @deprecated' : '';
  const head = `${descriptionText(field.description)}${field.name}${argumentsText(field.arguments)}`;
  return `${head}: ${refText(field.type)}${deprecated}`;
}

function argumentsText(models: readonly ValueModel[]): string {
  return models.length > 0 ? `(${models.map(valueText).join(', ')})` : '';
}

function valueText({ name, type, defaultValue, description }: ValueModel): string {
  const text = `${descriptionText(description)}${name}: ${refText(type)}`;
  return defaultValue === null ? text : `${text} = ${defaultValue}`;
}

function descriptionText(description: string | null): string {
  return description === null ? '' : `${JSON.stringify(description)} `;
}
