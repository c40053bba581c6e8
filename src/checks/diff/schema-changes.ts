/** What differs between two schemas, element by element. */

import { ChangeType, CriticalityLevel, diff, type Change } from '@graphql-inspector/core';
import type { GraphQLSchema } from 'graphql';

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
  return changes.filter(({ type }) => !ignored.has(type)).map(toSchemaChange);
}

const levels: Readonly<Record<CriticalityLevel, ChangeLevel>> = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
};

function toSchemaChange(change: Change): SchemaChange {
  const coordinate = coordinateOf(change);
  const [before, after] = beforeAndAfter(change.meta);
  const rule = ruleOf(change, before, after);
  const details = [before, after].filter((detail) => detail !== null);
  const message = messageOf({ rule, change, coordinate, before, after });
  return { rule, coordinate, level: levels[change.criticality.level], message, details };
}

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
    return before.length > after.length ? 'became-nullable' : 'became-non-null';
  }
  return ruleNames.get(change.type) ?? change.type.toLowerCase().replaceAll('_', '-');
}

/** A type without what says that there is no null. */
function unwrapped(type: string): string {
  return type.replaceAll('!', '');
}

/** Of the `meta` of a change: the value of a key that begins with `old` or `new`. */
function beforeAndAfter(meta: unknown): [string | null, string | null] {
  const entries = typeof meta === 'object' && meta !== null ? Object.entries(meta) : [];
  const valueOf = (prefix: string): string | null => {
    const [, value] = entries.find(([key]) => key.startsWith(prefix)) ?? [];
    return value === undefined || value === null ? null : String(value);
  };
  return [valueOf('old'), valueOf('new') ?? valueOf('added')];
}

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
  if (rule.endsWith('-removed') && !rule.includes('deprecation')) return `${element} was removed`;
  if (rule === 'required-argument-added' || rule === 'required-input-field-added')
    return `${element} was added and is required`;
  if (rule === 'possible-type-added' || rule === 'interface-added') return change.message;
  if (rule.endsWith('-added') && !rule.includes('deprecation')) return `${element} was added`;
  if (before !== null && after !== null) return `${element} changed from ${before} to ${after}`;
  return change.message;
}
