/** Finds which keys a zod schema knows at a path, so that an unknown one can be answered with the right one. */

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
  let here: z.core.$ZodType | undefined = narrowed(schema, value);
  let valueHere = value;
  for (const segment of path) {
    if (!here) return [];
    const definition: Definition = definitionOf(here);
    valueHere = childOf(valueHere, segment);
    const { shape, valueType, element } = definition;
    const next = (shape && own(shape, String(segment))) ?? valueType ?? element;
    here = next && narrowed(next, valueHere);
  }
  return here ? Object.keys(definitionOf(here).shape ?? {}) : [];
}

export function childOf(value: unknown, segment: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, segment) ? (value as Record<string | number, unknown>)[segment] : undefined;
}

/** Looks through wrappers such as `optional`, and picks the member of a union that the value chose by its kind. */
function narrowed(schema: z.core.$ZodType, value: unknown): z.core.$ZodType | undefined {
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
