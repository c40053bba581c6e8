/** The distinct entities at the objects of a fetch. */

import type { Data } from './merge.ts';
import type { BuildRepresentation, Identify } from './representation-code.ts';

export interface Entities {
  /** Their representations in JSON, each once. */
  readonly texts: readonly string[];
  /** By the same index: the object that the entity is merged into, or all of them. */
  readonly targets: ReadonlyArray<Targets>;
}

export type Targets = Data | readonly Data[];

/** @param incomplete Receives the objects that lack a required field. */
export type GroupByEntity = (objects: readonly Data[], incomplete: Data[] | undefined) => Entities;

/** @param identify Null: only the whole representation identifies an entity. */
export function compileGrouping(represent: BuildRepresentation, identify: Identify | null): GroupByEntity {
  return (objects, incomplete) => {
    if (objects.length === 1) return entityAt(objects[0] as Data, represent, incomplete);
    const texts: string[] = [];
    const targets: Array<Data | Data[]> = [];
    // Hashing a key costs less than hashing the whole representation.
    const indexByIdentity = new Map<unknown, number>();
    let indexByText: Map<string, number> | undefined;
    for (const object of objects) {
      const identity = identify?.(object);
      // Equal numbers that keep their digits are different objects.
      const isIdentity = identity !== undefined && (typeof identity !== 'object' || identity === null);
      let index = isIdentity ? indexByIdentity.get(identity) : undefined;
      if (index === undefined) {
        const text = represent(object);
        if (text === null) {
          incomplete?.push(object);
          continue;
        }
        if (isIdentity) indexByIdentity.set(identity, texts.length);
        else index = (indexByText ??= new Map()).get(text);
        if (index === undefined) {
          indexByText?.set(text, texts.length);
          texts.push(text);
          targets.push(object);
          continue;
        }
      }
      addTarget(targets, index, object);
    }
    return { texts, targets };
  };
}

/** Most fetches have one object, which needs no look-up. */
function entityAt(object: Data, represent: BuildRepresentation, incomplete: Data[] | undefined): Entities {
  const text = represent(object);
  if (text !== null) return { texts: [text], targets: [object] };
  incomplete?.push(object);
  return { texts: [], targets: [] };
}

function addTarget(targets: Array<Data | Data[]>, index: number, object: Data): void {
  const known = targets[index];
  if (Array.isArray(known)) known.push(object);
  else targets[index] = [known as Data, object];
}

export function isList(targets: Targets): targets is readonly Data[] {
  return Array.isArray(targets);
}
