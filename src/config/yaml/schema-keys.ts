/** Looks into zod schemas: the keys allowed at a path, for suggestions about unknown keys. */

import type { z } from 'zod';

import type { ConfigPath } from './position.ts';
import { own } from '../../shared/records.ts';

/** The parts of zod's schema definitions that contain other schemas. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly discriminator?: string;
}

/** The keys allowed in the object at `path`; none if the schema has no object there. */
export function knownKeys(schema: z.core.$ZodType, value: unknown, path: ConfigPath): string[] {
  let current: z.core.$ZodType | undefined = schema;
  let currentValue = value;
  for (const segment of path) {
    current = current && childSchema(current, currentValue, segment);
    currentValue = childOf(currentValue, segment);
  }
  const object = current && schemaAt(current, currentValue);
  return object ? Object.keys(definitionOf(object).shape ?? {}) : [];
}

/** The schema of one member of `value`; undefined where it has none of its own. */
export function childSchema(
  schema: z.core.$ZodType,
  value: unknown,
  segment: string | number,
): z.core.$ZodType | undefined {
  const here = schemaAt(schema, value);
  if (!here) return undefined;
  const { shape, valueType, element } = definitionOf(here);
  return (shape && own(shape, String(segment))) ?? valueType ?? element;
}

export function childOf(value: unknown, segment: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, segment) ? (value as Record<string | number, unknown>)[segment] : undefined;
}

/** Unwraps wrappers such as `optional`, and selects the member of a union by the value's discriminator. */
export function schemaAt(schema: z.core.$ZodType, value: unknown): z.core.$ZodType | undefined {
  let here: z.core.$ZodType | undefined = schema;
  while (here) {
    const definition: Definition = definitionOf(here);
    if (definition.innerType) here = definition.innerType;
    else if (definition.in) here = definition.in;
    else if (definition.options) return optionFor(definition, value);
    else return here;
  }
  return undefined;
}

function optionFor(definition: Definition, value: unknown): z.core.$ZodType | undefined {
  const { discriminator, options = [] } = definition;
  if (discriminator === undefined) {
    return options.find((option) => definitionOf(option).shape !== undefined);
  }
  const kind = childOf(value, discriminator);
  return options.find((option) => {
    const tag = definitionOf(option).shape?.[discriminator];
    return tag?._zod.values?.has(kind as string) ?? false;
  });
}

function definitionOf(schema: z.core.$ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}
