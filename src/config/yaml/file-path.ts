/** File paths in a configuration file: relative to it as written, absolute once it has been read. */

import { resolve } from 'node:path';

import { z } from 'zod';

import { childSchema, schemaAt } from './schema-keys.ts';

/** The type of every value that names a file or a folder. */
export const filePath = z.string().min(1);

/** `value` with every file path of `schema` made absolute. */
export function withAbsolutePaths<Value>(schema: z.core.$ZodType, value: Value, folder: string): Value {
  const absolute = (type: z.core.$ZodType | undefined, inner: unknown): unknown => {
    if (!type) return inner;
    if (typeof inner === 'string') return schemaAt(type, inner) === filePath ? resolve(folder, inner) : inner;
    if (Array.isArray(inner)) return inner.map((entry, i) => absolute(childSchema(type, inner, i), entry));
    if (typeof inner !== 'object' || inner === null) return inner;
    const entries = Object.entries(inner).map(([key, member]) => [
      key,
      absolute(childSchema(type, inner, key), member),
    ]);
    return Object.fromEntries(entries);
  };
  return absolute(schema, value) as Value;
}
