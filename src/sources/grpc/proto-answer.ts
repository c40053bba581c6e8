/** Answers of gRPC methods as plain values: camelCase, defaults for what is unset, 64-bit numbers as text. */

import { isUtf8 } from 'node:buffer';

import protobuf from 'protobufjs';

// 64-bit numbers as text: those of JavaScript are not exact.
const conversion = { longs: String, enums: String, defaults: true, arrays: true };

/** What an answer of `type` holds. @throws {Error} For bytes that are none. */
export function decoderOf(type: protobuf.Type): (bytes: Buffer) => unknown {
  const fix = keyFixerOf(type, new Map());
  return (bytes) => {
    const answer = type.toObject(type.decode(new StrictReader(bytes)), conversion);
    fix?.(answer);
    return answer;
  };
}

/** Text that is not UTF-8 is an error, as proto3 has it, and not other text. */
class StrictReader extends protobuf.BufferReader {
  override string(): string {
    const start = this.pos;
    const text = super.string();
    // What Node puts in the place of wrong bytes may also have been sent.
    if (!text.includes('\ufffd')) return text;
    this.pos = start;
    if (!isUtf8(this.bytes())) throw new RangeError('a string that is not UTF-8');
    return text;
  }
}

type Fixer = (message: Record<string, unknown>) => void;

const longTypes: ReadonlySet<string> = new Set(['int64', 'sint64', 'sfixed64', 'uint64', 'fixed64']);

/** By type: null where nothing is to be done; of one that is being made, the place where it will be. */
type Fixers = Map<protobuf.Type, { fix?: Fixer } | null>;

/**
 * protobufjs keys maps by the bits of a 64-bit number, not by its digits.
 *
 * @returns undefined where no map below the type has such keys.
 */
function keyFixerOf(type: protobuf.Type, known: Fixers): Fixer | undefined {
  const place: { fix?: Fixer } = {};
  known.set(type, place);
  const steps = type.fieldsArray.flatMap((field) => fieldFixer(field.resolve(), known) ?? []);
  if (steps.length > 0) place.fix = (message) => steps.forEach((step) => step(message));
  else known.set(type, null);
  return place.fix;
}

function fieldFixer(field: protobuf.Field, known: Fixers): Fixer | undefined {
  const { name, resolvedType } = field;
  const keyType = field instanceof protobuf.MapField ? field.keyType : undefined;
  const hasLongKeys = keyType !== undefined && longTypes.has(keyType);
  const place = resolvedType instanceof protobuf.Type ? placeOf(resolvedType, known) : null;
  if (!hasLongKeys && !place) return undefined;
  return (message) => {
    const value = message[name];
    if (typeof value !== 'object' || value === null) return;
    if (keyType === undefined && !field.repeated) place?.fix?.(value as Record<string, unknown>);
    else for (const one of Object.values(value)) place?.fix?.(one as Record<string, unknown>);
    if (hasLongKeys) message[name] = withDigits(value, keyType.startsWith('u') || keyType === 'fixed64');
  };
}

/** Null where the type needs none. */
function placeOf(type: protobuf.Type, known: Fixers): { readonly fix?: Fixer } | null {
  if (!known.has(type)) keyFixerOf(type, known);
  return known.get(type) ?? null;
}

function withDigits(map: object, isUnsigned: boolean): Record<string, unknown> {
  const keyed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(map)) {
    // A key that is not sent is zero, and comes as its digit.
    keyed[key === '0' ? key : digitsOf(key, isUnsigned)] = value;
  }
  return keyed;
}

function digitsOf(key: string, isUnsigned: boolean): string {
  const { low, high } = protobuf.util.longFromHash(key, true) as {
    readonly low: number;
    readonly high: number;
  };
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return String(isUnsigned ? bits : BigInt.asIntN(64, bits));
}
