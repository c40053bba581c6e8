/** What the steps of a plan run for each fetch, plain or generated for it. Both do the same. */

import type { DataRewrite, PathStep, RequiredSelection } from '../pipeline/prepared.ts';
import { compileMerge, type Merge } from './merge-code.ts';
import { mergeOnly } from './merge.ts';
import { compilePositions, type FindObjects } from './positions-code.ts';
import { objectsAt } from './positions.ts';
import { generateIdentity, type BuildRepresentation, type Identify } from './representation-code.ts';
import { compileRepresentation, referenceRepresentation } from './representation.ts';

export interface StepCode {
  readonly positions: (path: readonly PathStep[]) => FindObjects;
  /** @param names Response names that the fetch may write. */
  readonly merge: (names: readonly string[]) => Merge;
  readonly representation: (
    requires: readonly RequiredSelection[],
    rewrites: readonly DataRewrite[],
  ) => BuildRepresentation;
  /** Null: entities are told apart by their representations. */
  readonly identity: (requires: readonly RequiredSelection[]) => Identify | null;
}

export const plainCode: StepCode = {
  positions: (path) => (root) => objectsAt(root, path),
  merge: mergeOnly,
  representation: referenceRepresentation,
  identity: () => null,
};

export const generatedCode: StepCode = {
  positions: compilePositions,
  merge: compileMerge,
  representation: compileRepresentation,
  identity: generateIdentity,
};
