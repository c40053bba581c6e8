/** Picks from a JSON body what an allow-list of paths names, such as `variables.id` and `data.order.id`. */

import { ExactNumber } from '../../shared/exact-number.ts';
import type { FieldOutline, ShapeOutline } from '../../shared/operation-events.ts';
import { emptyRecord, isRecord, own } from '../../shared/records.ts';

/** The allow-list as a tree of names. */
export interface AllowedFields {
  /** A path ends here: a scalar is allowed. */
  isListed: boolean;
  readonly below: Map<string, AllowedFields>;
}

/** Of each list. */
const elementsMax = 50;
/** Lists in one another. A client may nest thousands. */
const listsMax = 5;

/** @param paths Names with dots between them. */
export function allowedFields(paths: readonly string[]): AllowedFields {
  const root: AllowedFields = { isListed: false, below: new Map() };
  for (const path of paths) {
    let node = root;
    for (const name of path.split('.')) {
      let next = node.below.get(name);
      if (!next) node.below.set(name, (next = { isListed: false, below: new Map() }));
      node = next;
    }
    node.isListed = true;
  }
  return root;
}

/** The shapes that an object of the answer may have. */
export interface ObjectShapes {
  readonly all: readonly ShapeOutline[];
  readonly numbers: readonly number[];
}

/**
 * Lists are passed through. Objects are never allowed as a whole, only their fields.
 *
 * @param shapes Of an object in the data of an answer, whose clients choose the names: an alias is not the field whose
 *   name it has. Null: other JSON, where names are what they seem.
 * @returns Undefined: nothing of it is allowed.
 */
export function allowedPart(value: unknown, allowed: AllowedFields, shapes: ObjectShapes | null): unknown {
  return partOf(value, 0);

  function partOf(one: unknown, listsAround: number): unknown {
    if (!Array.isArray(one)) return allowedElement(one, allowed, shapes);
    if (listsAround === listsMax) return undefined;
    const part = one.slice(0, elementsMax).map((element) => partOf(element, listsAround + 1));
    return one.length > elementsMax ? [...part, `${one.length - elementsMax} more`] : part;
  }
}

function allowedElement(value: unknown, allowed: AllowedFields, shapes: ObjectShapes | null): unknown {
  if (isRecord(value)) return allowed.below.size === 0 ? undefined : fieldsOf(value, allowed, shapes);
  if (value === null) return null;
  if (!allowed.isListed) return undefined;
  return value instanceof ExactNumber ? value.toString() : value;
}

function fieldsOf(
  object: Record<string, unknown>,
  { below }: AllowedFields,
  shapes: ObjectShapes | null,
): Record<string, unknown> {
  const part = emptyRecord();
  for (const [name, allowed] of below) {
    const value = own(object, name);
    const valueShapes = shapes && shapesOfField(shapes, name);
    if (value === undefined || valueShapes === undefined) continue;
    const allowedValue = allowedPart(value, allowed, valueShapes);
    if (allowedValue !== undefined) part[name] = allowedValue;
  }
  return part;
}

/** @returns Undefined: the response name may be an alias of another field, in one of the shapes. */
function shapesOfField({ all, numbers }: ObjectShapes, name: string): ObjectShapes | undefined {
  const below: number[] = [];
  let isSelected = false;
  for (const field of fieldsIn(all, numbers)) {
    if (field.key !== name) continue;
    if (field.name.slice(field.name.indexOf('.') + 1) !== name) return undefined;
    isSelected = true;
    if (field.value.shape !== undefined && !below.includes(field.value.shape)) below.push(field.value.shape);
  }
  return isSelected ? { all, numbers: below } : undefined;
}

function fieldsIn(all: readonly ShapeOutline[], numbers: readonly number[]): FieldOutline[] {
  return numbers.flatMap((number) => all[number]?.cases.flatMap(({ fields }) => fields) ?? []);
}
