/** Looks into zod schemas: which keys one knows at a path, so that an unknown key can be answered with the right one. */

import type { z } from 'zod';

import type { ConfigPath } from './position.ts';
import { own } from '../../shared/records.ts';

/** The parts of zod's schema definitions that lead further down; the rest is of no interest here. */
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

/** The keys allowed in the object at `path`; none where the schema has no object. */
export function knownKeys(schema: z.core.$ZodType, value: unknown, path: ConfigPath): string[] {
  let here: z.core.$ZodType | undefined = schema;
  let valueHere = value;
  for (const segment of path) {
    here = here && childSchema(here, valueHere, segment);
    valueHere = childOf(valueHere, segment);
  }
  const object = here && schemaAt(here, valueHere);
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

/** Looks through wrappers such as `optional`, and picks the member of a union that the value chose by its kind. */
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
  const chosen = childOf(value, discriminator);
  return options.find((option) => {
    const tag = definitionOf(option).shape?.[discriminator];
    return tag?._zod.values?.has(chosen as string) ?? false;
  });
}

function definitionOf(schema: z.core.$ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}
