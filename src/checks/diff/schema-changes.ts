/** What differs between two schemas, element by element. */

import { ChangeType, CriticalityLevel, diff, type Change } from '@graphql-inspector/core';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isScalarType,
  isUnionType,
  type GraphQLSchema,
} from 'graphql';

import { own } from '../../shared/records.ts';

export type ChangeLevel = 'breaking' | 'dangerous' | 'safe';

export interface SchemaChange {
  /** In the words of `ImpactReason.code`, where an operation can be concerned. */
  readonly rule: string;
  /** Null: the schema itself. */
  readonly coordinate: string | null;
  /** For an operation that uses the element; which ones do is found out by `impact/`. */
  readonly level: ChangeLevel;
  readonly message: string;
  /** What it was and what it is; part of the finding's fingerprint. */
  readonly details: readonly string[];
  /** The type that a union got or lost, or the interface that a type got or lost. Absent: no such change. */
  readonly member?: string | undefined;
}

/** Descriptions change nothing that a client could depend on. */
const ignored: ReadonlySet<string> = new Set(
  Object.values(ChangeType).filter(
    (type) => type.includes('DESCRIPTION') || type.startsWith('DIRECTIVE_USAGE'),
  ),
);

/** @returns Without changes of descriptions, and of directives that are applied: those are in the supergraph alone. */
export async function schemaChanges(base: GraphQLSchema, head: GraphQLSchema): Promise<SchemaChange[]> {
  const changes = await diff(base, head);
  return [
    ...changes
      .filter(({ type }) => !ignored.has(type))
      .map((change) => toSchemaChange(change, { base, head })),
    ...oneOfChanges(base, head),
  ];
}

interface Schemas {
  readonly base: GraphQLSchema;
  readonly head: GraphQLSchema;
}

/** Of input types in both: the library compares new ones only. */
function oneOfChanges(base: GraphQLSchema, head: GraphQLSchema): SchemaChange[] {
  return Object.values(base.getTypeMap()).flatMap((type): SchemaChange[] => {
    const after = head.getType(type.name);
    if (!isInputObjectType(type) || !isInputObjectType(after) || type.isOneOf === after.isOneOf) return [];
    const common = { coordinate: type.name, details: [] };
    return after.isOneOf
      ? [
          {
            ...common,
            rule: 'one-of-added',
            level: 'breaking',
            message: `${type.name} takes exactly one field now`,
          },
        ]
      : [
          {
            ...common,
            rule: 'one-of-removed',
            level: 'safe',
            message: `${type.name} takes several fields now`,
          },
        ];
  });
}

const levels: Readonly<Record<CriticalityLevel, ChangeLevel>> = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
};

function toSchemaChange(change: Change, schemas: Schemas): SchemaChange {
  const coordinate = coordinateOf(change);
  const [before, after] = beforeAndAfter(change, schemas);
  const rule = ruleOf(change, before, after);
  const details = [before, after].filter((detail) => detail !== null);
  const message = messageOf({ rule, change, coordinate, before, after });
  return { rule, coordinate, level: levelOf(change, schemas), message, details, member: memberOf(change) };
}

function levelOf(change: Change, { base, head }: Schemas): ChangeLevel {
  const { type, meta } = change;
  const values = meta as Readonly<Record<string, unknown>>;
  // Also for a type that is new: clients of the interface were not written for it.
  if (type === ChangeType.ObjectTypeInterfaceAdded)
    return base.getType(textOf(values, 'addedInterfaceName')) ? 'dangerous' : 'safe';
  if (type === ChangeType.DirectiveArgumentAdded) {
    const directive = head.getDirective(textOf(values, 'directiveName'));
    const argument = directive?.args.find(
      ({ name }) => name === textOf(values, 'addedDirectiveArgumentName'),
    );
    if (argument) return isRequiredArgument(argument) ? 'breaking' : 'safe';
  }
  return levels[change.criticality.level];
}

function memberOf({ meta }: Change): string | undefined {
  const values = meta as Readonly<Record<string, unknown>>;
  return memberKeys.map((key) => textOf(values, key)).find((text) => text !== '');
}

const memberKeys = [
  'addedUnionMemberTypeName',
  'removedUnionMemberTypeName',
  'addedInterfaceName',
  'removedInterfaceName',
];

/** Rules with a name that says more than the type of the change. */
const ruleNames: ReadonlyMap<string, string> = new Map([
  [ChangeType.FieldArgumentRemoved, 'argument-removed'],
  [ChangeType.FieldArgumentDefaultChanged, 'default-changed'],
  [ChangeType.InputFieldDefaultValueChanged, 'default-changed'],
  [ChangeType.FieldArgumentTypeChanged, 'argument-type-changed'],
  [ChangeType.UnionMemberAdded, 'possible-type-added'],
  [ChangeType.UnionMemberRemoved, 'possible-type-removed'],
  [ChangeType.ObjectTypeInterfaceAdded, 'interface-added'],
  [ChangeType.ObjectTypeInterfaceRemoved, 'interface-removed'],
]);

function ruleOf(change: Change, before: string | null, after: string | null): string {
  const isBreaking = change.criticality.level === CriticalityLevel.Breaking;
  if (change.type === ChangeType.FieldArgumentAdded)
    return isBreaking ? 'required-argument-added' : 'argument-added';
  if (change.type === ChangeType.InputFieldAdded)
    return isBreaking ? 'required-input-field-added' : 'input-field-added';
  if (change.type === ChangeType.FieldTypeChanged && before !== null && after !== null) {
    if (unwrapped(before) !== unwrapped(after)) return 'type-changed';
    return isMoreNullable(before, after) ? 'became-nullable' : 'became-non-null';
  }
  return ruleNames.get(change.type) ?? change.type.toLowerCase().replaceAll('_', '-');
}

/** A type without what says that there is no null. */
function unwrapped(type: string): string {
  return type.replaceAll('!', '');
}

/** Whether a level of `after` may be null that of `before` may not, where they differ in nothing else. */
function isMoreNullable(before: string, after: string): boolean {
  const levelsOf = (type: string): string[] => type.match(/(?:\w+|\])!?/g) ?? [];
  const later = levelsOf(after);
  return levelsOf(before).some((level, index) => level.endsWith('!') && !later[index]?.endsWith('!'));
}

/** Of the `meta` of a change: the value of a key that begins with `old` or `new`, or what was added or removed. */
function beforeAndAfter({ type, meta }: Change, { base, head }: Schemas): [string | null, string | null] {
  if (type === ChangeType.TypeKindChanged) {
    const name = textOf(meta as Readonly<Record<string, unknown>>, 'typeName');
    return [kindOf(base, name), kindOf(head, name)];
  }
  const entries = Object.entries<unknown>(meta);
  const valueOf = (prefix: string): string | null => {
    const [, value] = entries.find(([key]) => key.startsWith(prefix)) ?? [];
    return typeof value === 'string' || typeof value === 'boolean' ? String(value) : null;
  };
  return [valueOf('old') ?? removedPart(entries), valueOf('new') ?? valueOf('added')];
}

/** What is no longer part of an element that is still there. */
function removedPart(entries: ReadonlyArray<readonly [string, unknown]>): string | null {
  const [, value] = entries.find(([key]) => removedParts.has(key)) ?? [];
  return typeof value === 'string' ? value : null;
}

const removedParts: ReadonlySet<string> = new Set([
  'removedUnionMemberTypeName',
  'removedInterfaceName',
  'removedDirectiveLocation',
]);

function kindOf(schema: GraphQLSchema, name: string): string | null {
  const type = schema.getType(name);
  const kind = type && typeKinds.find(([is]) => is(type));
  return kind ? kind[1] : null;
}

const typeKinds = [
  [isScalarType, 'a scalar'],
  [isObjectType, 'an object type'],
  [isInterfaceType, 'an interface'],
  [isUnionType, 'a union'],
  [isEnumType, 'an enum'],
  [isInputObjectType, 'an input type'],
] as const;

/** `Type.field.argument` of the library is `Type.field(argument:)`. */
function coordinateOf({ type, path, meta }: Change): string | null {
  if (path === undefined) return null;
  if (!type.startsWith('FIELD_ARGUMENT_')) return path;
  const values = meta as Readonly<Record<string, unknown>>;
  const field = `${textOf(values, 'typeName')}.${textOf(values, 'fieldName')}`;
  const [, argument = ''] = path.split(`${field}.`);
  return argument === '' ? path : `${field}(${argument}:)`;
}

function textOf(values: Readonly<Record<string, unknown>>, key: string): string {
  const value = own(values, key);
  return typeof value === 'string' ? value : '';
}

interface Described {
  readonly rule: string;
  readonly change: Change;
  readonly coordinate: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

function messageOf({ rule, change, coordinate, before, after }: Described): string {
  const element = coordinate ?? 'The schema';
  // The element at the coordinate is still there.
  if (ofParts.has(rule)) return change.message;
  if (rule.endsWith('-removed') && !rule.includes('deprecation')) return `${element} was removed`;
  if (rule === 'required-argument-added' || rule === 'required-input-field-added')
    return `${element} was added and is required`;
  if (rule.endsWith('-added') && !rule.includes('deprecation')) return `${element} was added`;
  if (before !== null && after !== null) return `${element} changed from ${before} to ${after}`;
  return change.message;
}

const ofParts: ReadonlySet<string> = new Set([
  'possible-type-added',
  'possible-type-removed',
  'interface-added',
  'interface-removed',
  'directive-argument-added',
  'directive-location-added',
  'directive-location-removed',
]);
