/** How long the lists of a selection are assumed to be, by the arguments that slice them. */

import type { ArgumentSpec, ArgumentValue } from '../../pipeline/authorization.ts';
import type { KnownSize, SliceVariable } from '../../pipeline/cost.ts';
import { isRecord, own } from '../../shared/records.ts';
import type { ListSizeRule } from './cost-directives.ts';

/** What `@listSize` of a field says of itself and of the fields below it. */
export interface FieldSizes {
  /** Of the field itself. */
  readonly own: readonly KnownSize[];
  readonly below: readonly SizedField[];
}

/** A list below a field whose `@listSize` names it. */
export interface SizedField {
  /** From the selection set at hand to the list. */
  readonly path: readonly string[];
  readonly size: KnownSize;
}

const nothing: FieldSizes = { own: [], below: [] };

export function fieldSizes(rules: readonly ListSizeRule[], values: readonly ArgumentSpec[]): FieldSizes {
  if (rules.length === 0) return nothing;
  const own: KnownSize[] = [];
  const below: SizedField[] = [];
  for (const rule of rules) {
    const size = knownSize(rule, values);
    if (rule.sizedFields.length === 0) own.push(size);
    for (const path of rule.sizedFields) below.push({ path, size });
  }
  return { own, below };
}

/** The sizes that hold for this field of a selection set. */
export function sizesAt(sized: readonly SizedField[], field: string): FieldSizes {
  if (sized.length === 0) return nothing;
  const own: KnownSize[] = [];
  const below: SizedField[] = [];
  for (const { path, size } of sized) {
    if (path[0] !== field) continue;
    if (path.length === 1) own.push(size);
    else below.push({ path: path.slice(1), size });
  }
  return { own, below };
}

function knownSize(
  { slicingArguments, assumedSize }: ListSizeRule,
  values: readonly ArgumentSpec[],
): KnownSize {
  const slices = slicingArguments.flatMap(([name = '', ...path]) => {
    const slice = sliceIn(values.find((one) => one.name === name)?.value, path);
    return slice === undefined ? [] : [slice];
  });
  return { slices, ...(assumedSize === null ? {} : { assumed: assumedSize }) };
}

/** @returns undefined where the argument is not given. */
export function sliceIn(
  value: ArgumentValue | undefined,
  path: readonly string[],
): number | SliceVariable | undefined {
  switch (value?.is) {
    case undefined:
      return undefined;
    case 'constant':
      return sizeOf(valueAt(value.value, path));
    case 'variable': {
      const otherwise = sizeOf(valueAt(value.otherwise, path));
      return { variable: value.name, path, ...(otherwise === undefined ? {} : { otherwise }) };
    }
    case 'list':
      return path.length === 0 ? value.items.length : undefined;
    case 'object': {
      const [name = '', ...rest] = path;
      return sliceIn(value.fields.find((field) => field.name === name)?.value, rest);
    }
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let inner = value;
  for (const name of path) inner = isRecord(inner) ? own(inner, name) : undefined;
  return inner;
}

function sizeOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' ? value : undefined;
}
