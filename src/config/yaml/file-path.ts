/** Names of files in a configuration file: relative to it where they are written, absolute once it has been read. */

import { resolve } from 'node:path';

import { z } from 'zod';

import { childSchema, schemaAt } from './schema-keys.ts';

/** The type of every value that names a file or a folder. */
export const filePath = z.string().min(1);

/** `value` with each file's path absolute, wherever `schema` has one. */
export function withAbsolutePaths<Value>(schema: z.core.$ZodType, value: Value, folder: string): Value {
  const absolute = (type: z.core.$ZodType | undefined, inner: unknown): unknown => {
    if (!type) return inner;
    if (typeof inner === 'string') return schemaAt(type, inner) === filePath ? resolve(folder, inner) : inner;
    if (Array.isArray(inner)) return inner.map((one, i) => absolute(childSchema(type, inner, i), one));
    if (typeof inner !== 'object' || inner === null) return inner;
    const entries = Object.entries(inner).map(([key, one]) => [
      key,
      absolute(childSchema(type, inner, key), one),
    ]);
    return Object.fromEntries(entries);
  };
  return absolute(schema, value) as Value;
}
