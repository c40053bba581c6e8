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

/**
 * @param identify Null: only the whole representation identifies an entity.
 * @param onFailed Called with an object that is not asked for because what it requires failed.
 */
export function compileGrouping(
  represent: BuildRepresentation,
  identify: Identify | null,
  onFailed: (object: Data) => void,
): GroupByEntity {
  const textOf = (object: Data, incomplete: Data[] | undefined): string | null => {
    const text = represent(object);
    if (text === undefined) onFailed(object);
    if (typeof text === 'string') return text;
    incomplete?.push(object);
    return null;
  };
  return (objects, incomplete) => {
    // Most fetches have one object, which needs no look-up.
    if (objects.length === 1) {
      const [object] = objects as [Data];
      const text = textOf(object, incomplete);
      return text === null ? { texts: [], targets: [] } : { texts: [text], targets: [object] };
    }
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
        const text = textOf(object, incomplete);
        if (text === null) continue;
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

function addTarget(targets: Array<Data | Data[]>, index: number, object: Data): void {
  const known = targets[index];
  if (Array.isArray(known)) known.push(object);
  else targets[index] = [known as Data, object];
}

export function isList(targets: Targets): targets is readonly Data[] {
  return Array.isArray(targets);
}
