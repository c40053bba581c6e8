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
    const bytes = this.bytes();
    if (!isUtf8(bytes)) throw new RangeError('a string that is not UTF-8');
    return (bytes as Buffer).toString('utf8');
  }
}

type Fixer = (message: Record<string, unknown>) => void;

const longTypes: ReadonlySet<string> = new Set(['int64', 'sint64', 'sfixed64', 'uint64', 'fixed64']);

/**
 * protobufjs keys maps by the bits of a 64-bit number, not by its digits.
 *
 * @param known Fixers by type; of one that is being made, the place where it will be.
 * @returns undefined where no map below the type has such keys.
 */
function keyFixerOf(type: protobuf.Type, known: Map<protobuf.Type, { fix?: Fixer }>): Fixer | undefined {
  const place: { fix?: Fixer } = {};
  known.set(type, place);
  const steps = type.fieldsArray.flatMap((field) => fieldFixer(field.resolve(), known) ?? []);
  if (steps.length > 0) place.fix = (message) => steps.forEach((step) => step(message));
  return place.fix;
}

function fieldFixer(field: protobuf.Field, known: Map<protobuf.Type, { fix?: Fixer }>): Fixer | undefined {
  const { name, resolvedType } = field;
  const keyType = field instanceof protobuf.MapField ? field.keyType : undefined;
  const hasLongKeys = keyType !== undefined && longTypes.has(keyType);
  const place = resolvedType instanceof protobuf.Type ? placeOf(resolvedType, known) : undefined;
  if (!hasLongKeys && !place) return undefined;
  return (message) => {
    const value = message[name];
    if (typeof value !== 'object' || value === null) return;
    if (keyType === undefined && !field.repeated) place?.fix?.(value as Record<string, unknown>);
    else for (const one of Object.values(value)) place?.fix?.(one as Record<string, unknown>);
    if (hasLongKeys) message[name] = withDigits(value, keyType.startsWith('u') || keyType === 'fixed64');
  };
}

/** Of a type that is being looked at, what will be its fixer; undefined where it needs none. */
function placeOf(
  type: protobuf.Type,
  known: Map<protobuf.Type, { fix?: Fixer }>,
): { readonly fix?: Fixer } | undefined {
  const place = known.get(type);
  if (place) return place;
  return keyFixerOf(type, known) && known.get(type);
}

function withDigits(map: object, isUnsigned: boolean): Record<string, unknown> {
  const keyed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(map)) {
    // A key that is not sent is zero, and comes as its digit.
    keyed[key === '0' ? key : String(protobuf.util.longFromHash(key, isUnsigned))] = value;
  }
  return keyed;
}
