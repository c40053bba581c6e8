/**
 * Messages of gRPC methods from plain values, as the JSON mapping of proto3 reads them: what does not fit its type is
 * refused here, where protobufjs would send another value. The well-known types are messages like others.
 */

import protobuf from 'protobufjs';

import { integer32, integer64, keyText, real } from './proto-numbers.ts';

/** What does not fit, and what would. */
export class UnfitValue extends Error {
  override readonly name = 'UnfitValue';

  readonly path: string;
  readonly expected: string;

  /** @param path Names and positions from the message on; empty for the message itself. */
  constructor(path: string, expected: string) {
    super(`${path}: expected ${expected}`);
    this.path = path;
    this.expected = expected;
  }
}

/** A value in the form that protobufjs takes as it is. */
type Read = (value: unknown, path: string, depth: number) => unknown;

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
  const message = messageOf(type, value, '', 0);
  return Buffer.from(type.encode(type.fromObject(message as Record<string, unknown>)).finish());
}

function messageOf(type: protobuf.Type, value: unknown, path: string, depth: number): object {
  if (!isObject(value)) throw new UnfitValue(path, `an object (${type.name})`);
  if (depth > depthMax) throw new UnfitValue(path, `at most ${depthMax} levels of messages`);
  if (type.fullName === '.google.protobuf.Any' && '@type' in value) return packed(type, value, path, depth);
  const fields = shapeOf(type);
  const message = Object.create(null) as Record<string, unknown>;
  const taken = new Set<string>();
  for (const [name, given] of Object.entries(value)) {
    // Null means what is not there.
    if (given === undefined || given === null) continue;
    const at = path === '' ? name : `${path}.${name}`;
    const field = fields.get(name) ?? fields.get(camelCase(name));
    if (!field) throw new UnfitValue(at, `only fields of ${type.name}`);
    if (taken.has(field.name)) throw new UnfitValue(at, 'one value for a field');
    if (field.oneof !== undefined && taken.has(field.oneof))
      throw new UnfitValue(at, `one field of "${field.oneof}"`);
    taken.add(field.name);
    if (field.oneof !== undefined) taken.add(field.oneof);
    message[field.name] = field.read(given, at, depth);
  }
  return message;
}

/** `{"@type": "type.googleapis.com/shop.v1.Item", ...}`: a message of any type. */
function packed(any: protobuf.Type, value: object, path: string, depth: number): object {
  const { '@type': url, ...rest } = value as { readonly '@type': unknown };
  const name = typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : '';
  const type = name === '' ? null : any.root.lookup(name, [protobuf.Type]);
  if (!(type instanceof protobuf.Type)) throw new UnfitValue(`${path}.@type`, 'the name of a message');
  const message = type.fromObject(messageOf(type, rest, path, depth + 1) as Record<string, unknown>);
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
  return (value, path, depth) => {
    if (!Array.isArray(value)) throw new UnfitValue(path, 'a list');
    return value.map((entry: unknown, index) => one(entry, `${path}[${index}]`, depth));
  };
}

function mapReader(keyType: string, one: Read): Read {
  return (value, path, depth) => {
    if (!isObject(value)) throw new UnfitValue(path, 'an object (a map)');
    const map = Object.create(null) as Record<string, unknown>;
    for (const [name, entry] of Object.entries(value)) {
      const key = keyText(keyType, name);
      if (key === undefined) throw new UnfitValue(path, `keys that are each ${keyType}`);
      if (key in map) throw new UnfitValue(path, 'each key once');
      map[key] = one(entry, `${path}.${name}`, depth);
    }
    return map;
  };
}

function valueReader({ resolvedType, type }: protobuf.Field): Read {
  if (resolvedType instanceof protobuf.Type) {
    return (value, path, depth) => messageOf(resolvedType, value, path, depth + 1);
  }
  const known = resolvedType instanceof protobuf.Enum ? enumReader(resolvedType) : scalars[type];
  if (!known) throw new TypeError(`there is no type ${type}`);
  const { read, expected } = known;
  return (value, path) => {
    const fit = read(value);
    if (fit === undefined) throw new UnfitValue(path, expected);
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

const scalars: Readonly<Record<string, Scalar>> = {
  ...Object.fromEntries(
    ofInteger32.map((type) => [
      type,
      { read: (value: unknown) => integer32(type, value), expected: `a whole number (${type})` },
    ]),
  ),
  ...Object.fromEntries(
    ofInteger64.map((type) => [
      type,
      {
        read: (value: unknown) => integer64(type, value),
        expected: `a whole number (${type}), above 2^53 as a string`,
      },
    ]),
  ),
  ...Object.fromEntries(
    ofReal.map((type) => [
      type,
      { read: (value: unknown) => real(type, value), expected: `a number (${type})` },
    ]),
  ),
  bool: { read: (value) => (typeof value === 'boolean' ? value : undefined), expected: 'true or false' },
  string: {
    read: (value) => (typeof value === 'string' && value.isWellFormed() ? value : undefined),
    expected: 'a string',
  },
  bytes: { read: bytes, expected: 'bytes, or a string of them in base64' },
};

const base64 = /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/;

function bytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'string' || !base64.test(value)) return undefined;
  // Without padding: a last character alone is no byte.
  return value.replace(/=+$/, '').length % 4 === 1 ? undefined : Buffer.from(value, 'base64');
}

function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

/** As proto files' names become those of messages here. */
function camelCase(name: string): string {
  return (
    name.slice(0, 1) +
    name.slice(1).replace(/_([a-z])(?=[a-z]|$)/g, (_match, letter: string) => letter.toUpperCase())
  );
}
