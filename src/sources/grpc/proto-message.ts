/**
 * Messages of gRPC methods from plain values, as the JSON mapping of proto3 reads them: what does not fit its type is
 * refused here, where protobufjs would send another value. The well-known types are messages like others.
 */

import protobuf from 'protobufjs';

import { isRecord } from '../../shared/records.ts';
import { integer32, integer64, keyText, real } from './proto-numbers.ts';

/** What does not fit, and what would. */
export class UnfitValue extends Error {
  override readonly name = 'UnfitValue';

  /** From the message on, outermost first; none for the message itself. Written by whoever passes it on. */
  readonly steps: Array<string | number> = [];
  readonly expected: string;

  constructor(expected: string) {
    super(`expected ${expected}`);
    this.expected = expected;
  }

  /** `order.items[2].id` */
  get path(): string {
    return this.steps.reduce<string>(
      (path, step) =>
        typeof step === 'number' ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`,
      '',
    );
  }
}

/** A value in the form that protobufjs takes as it is. */
type Read = (value: unknown, depth: number) => unknown;

interface FieldShape {
  readonly name: string;
  /** Of which only one may be set. */
  readonly oneof: string | undefined;
  readonly read: Read;
}

/** As deep as protobufjs reads them. */
const depthMax = 100;

const shapes = new WeakMap<protobuf.Type, ReadonlyMap<string, FieldShape>>();

/** @throws {UnfitValue} Or what protobufjs throws, such as for a required field that is missing. */
export function encoded(type: protobuf.Type, value: unknown): Buffer {
  // What was read needs none of the conversions of protobufjs, which are not exact.
  return type.encode(messageOf(type, value, 0)).finish() as Buffer;
}

function messageOf(type: protobuf.Type, value: unknown, depth: number): object {
  if (!isObject(value)) throw new UnfitValue(`an object (${type.name})`);
  if (depth > depthMax) throw new UnfitValue(`at most ${depthMax} levels of messages`);
  if (type.fullName === '.google.protobuf.Any' && '@type' in value) return packed(type, value, depth);
  const fields = shapeOf(type);
  const message = Object.create(null) as Record<string, unknown>;
  const taken = new Set<string>();
  for (const [name, given] of Object.entries(value)) {
    // Null means what is not there.
    if (given === undefined || given === null) continue;
    try {
      const field = fields.get(name) ?? fields.get(camelCase(name));
      if (!field) throw new UnfitValue(`only fields of ${type.name}`);
      take(field, taken);
      message[field.name] = field.read(given, depth);
    } catch (error) {
      throw below(name, error);
    }
  }
  return message;
}

function take({ name, oneof }: FieldShape, taken: Set<string>): void {
  if (taken.has(name)) throw new UnfitValue('one value for a field');
  taken.add(name);
  if (oneof === undefined) return;
  if (taken.has(oneof)) throw new UnfitValue(`one field of "${oneof}"`);
  taken.add(oneof);
}

/** Says where it was: no text is made of a place before there is a mistake. */
function below(step: string | number, error: unknown): unknown {
  if (error instanceof UnfitValue) error.steps.unshift(step);
  return error;
}

/** `{"@type": "type.googleapis.com/shop.v1.Item", ...}`: a message of any type. */
function packed(any: protobuf.Type, value: object, depth: number): object {
  const { '@type': url, ...rest } = value as { readonly '@type': unknown };
  const name = typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : '';
  const type = name === '' ? null : any.root.lookup(name, [protobuf.Type]);
  if (!(type instanceof protobuf.Type)) throw below('@type', new UnfitValue('the name of a message'));
  const message = messageOf(type, rest, depth + 1);
  return { type_url: `type.googleapis.com/${name}`, value: type.encode(message).finish() };
}

/** Fields by the names they may have in JSON: that of their option `json_name`, else in camelCase. */
function shapeOf(type: protobuf.Type): ReadonlyMap<string, FieldShape> {
  const known = shapes.get(type);
  if (known) return known;
  const fields = new Map<string, FieldShape>();
  // Before the fields are read: a message may hold itself.
  shapes.set(type, fields);
  for (const field of type.fieldsArray) {
    field.resolve();
    const isChoice = (field.partOf?.fieldsArray.length ?? 0) > 1;
    const shape = {
      name: field.name,
      oneof: isChoice ? field.partOf?.name : undefined,
      read: readerOf(field),
    };
    // Files that protobufjs brings keep their names.
    fields.set(field.name, shape).set(camelCase(field.name), shape);
    const jsonName: unknown = field.options?.['json_name'];
    if (typeof jsonName === 'string') fields.set(jsonName, shape);
  }
  return fields;
}

function readerOf(field: protobuf.Field): Read {
  const one = valueReader(field);
  if (field instanceof protobuf.MapField) return mapReader(field.keyType, one);
  if (!field.repeated) return one;
  return (value, depth) => {
    if (!Array.isArray(value)) throw new UnfitValue('a list');
    const entries = value as readonly unknown[];
    let index = 0;
    try {
      const list: unknown[] = [];
      for (; index < entries.length; index += 1) list.push(one(entries[index], depth));
      return list;
    } catch (error) {
      throw below(index, error);
    }
  };
}

function mapReader(keyType: string, one: Read): Read {
  return (value, depth) => {
    if (!isObject(value)) throw new UnfitValue('an object (a map)');
    const map = Object.create(null) as Record<string, unknown>;
    for (const [name, entry] of Object.entries(value)) {
      const key = keyText(keyType, name);
      if (key === undefined) throw new UnfitValue(`keys that are each ${keyType}`);
      if (key in map) throw new UnfitValue('each key once');
      try {
        map[key] = one(entry, depth);
      } catch (error) {
        throw below(name, error);
      }
    }
    return map;
  };
}

function valueReader({ resolvedType, type }: protobuf.Field): Read {
  if (resolvedType instanceof protobuf.Type) {
    return (value, depth) => messageOf(resolvedType, value, depth + 1);
  }
  const known = resolvedType instanceof protobuf.Enum ? enumReader(resolvedType) : scalars.get(type);
  if (!known) throw new TypeError(`there is no type ${type}`);
  const { read, expected } = known;
  return (value) => {
    const fit = read(value);
    if (fit === undefined) throw new UnfitValue(expected);
    return fit;
  };
}

interface Scalar {
  /** Undefined for what does not fit. */
  readonly read: (value: unknown) => unknown;
  readonly expected: string;
}

/** Enums are open: a number without a name is one that another version knows. */
function enumReader({ name, values }: protobuf.Enum): Scalar {
  return {
    read: (value) => {
      if (typeof value === 'string') return Object.hasOwn(values, value) ? values[value] : undefined;
      return typeof value === 'number' ? integer32('int32', value) : undefined;
    },
    expected: `a value of ${name}`,
  };
}

const ofInteger32 = ['int32', 'sint32', 'sfixed32', 'uint32', 'fixed32'] as const;
const ofInteger64 = ['int64', 'sint64', 'sfixed64', 'uint64', 'fixed64'] as const;
const ofReal = ['float', 'double'] as const;

const scalars: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...ofInteger32.map((type): [string, Scalar] => [
    type,
    { read: (value) => integer32(type, value), expected: `a whole number (${type})` },
  ]),
  ...ofInteger64.map((type): [string, Scalar] => [
    type,
    {
      read: (value) => integer64(type, value),
      expected: `a whole number (${type}), above 2^53 as a string`,
    },
  ]),
  ...ofReal.map((type): [string, Scalar] => [
    type,
    { read: (value) => real(type, value), expected: `a number (${type})` },
  ]),
  ['bool', { read: (value) => (typeof value === 'boolean' ? value : undefined), expected: 'true or false' }],
  [
    'string',
    {
      read: (value) => (typeof value === 'string' && value.isWellFormed() ? value : undefined),
      expected: 'a string',
    },
  ],
  ['bytes', { read: bytes, expected: 'bytes, or a string of them in base64' }],
]);

const base64 = /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/;

function bytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'string' || !base64.test(value)) return undefined;
  // Without padding: a last character alone is no byte.
  return value.replace(/=+$/, '').length % 4 === 1 ? undefined : Buffer.from(value, 'base64');
}

function isObject(value: unknown): value is object {
  return isRecord(value) && !(value instanceof Uint8Array);
}

/** As proto files' names become those of messages here. */
function camelCase(name: string): string {
  return (
    name.slice(0, 1) +
    name.slice(1).replace(/_([a-z])(?=[a-z]|$)/g, (_match, letter: string) => letter.toUpperCase())
  );
}
