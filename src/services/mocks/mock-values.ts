/** Made-up values of scalars and enums: the same for the same field with the same arguments of the same object. */

import type { GraphQLEnumType, GraphQLScalarType } from 'graphql';

/** Numbers in ids and texts are below it. */
const numbersMax = 10_000;
const dayMs = 86_400_000;
const firstDayMs = Date.UTC(2026, 0, 1);
const daysMax = 365;

/** A number from which values are made. */
export type Seed = number;

export interface ScalarPlace {
  /** That has the field. */
  readonly typeName: string;
  readonly fieldName: string;
  readonly seed: Seed;
}

/** 32 bits: FNV-1a, which is the same in every process. */
export function seedOf(...inputs: readonly unknown[]): Seed {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(JSON.stringify(inputs))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** Custom scalars are texts; those with a well-known name for dates and times have their format. */
export function scalarValue({ name }: GraphQLScalarType, place: ScalarPlace): unknown {
  const { seed, fieldName } = place;
  const number = seed % numbersMax;
  const date = new Date(firstDayMs + (seed % daysMax) * dayMs).toISOString();
  switch (name) {
    case 'ID':
      return `${idPrefix(place)}-${number}`;
    case 'Int':
      return number % 100;
    case 'Float':
      return number / 100;
    case 'Boolean':
      return seed % 2 === 0;
    case 'DateTime':
    case 'Timestamp':
      return date;
    case 'Date':
      return date.slice(0, 10);
    case 'Time':
      return date.slice(11);
    default:
      return `${fieldName} ${number}`;
  }
}

/** The first value. Null: the enum has none. */
export function enumValue(type: GraphQLEnumType): unknown {
  return type.getValues()[0]?.value ?? null;
}

/** `product` for `Product.id`, `author` for `Book.authorId`. */
function idPrefix({ typeName, fieldName }: ScalarPlace): string {
  const named = fieldName.replace(/_?[iI][dD]$/, '');
  const prefix = named === '' ? typeName : named;
  return prefix.charAt(0).toLowerCase() + prefix.slice(1);
}
