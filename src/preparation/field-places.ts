/** Where fields stand in the client's document. */

import type { FieldNode } from 'graphql';

import type { Clause, FieldPlace } from '../pipeline/prepared.ts';

/** One field node and the conditions on its way from the shape it belongs to. */
export interface CollectedField {
  readonly node: FieldNode;
  readonly clause: Clause;
}

/** @param same The nodes of one field, each with the condition under which it counts. */
export function placesOf(same: readonly CollectedField[]): FieldPlace[] {
  const places = new Map<string, FieldPlace>();
  // Under one condition for all of them, the field is there at all only where it holds.
  const isOneCondition = same.every(
    ({ clause }) => JSON.stringify(clause) === JSON.stringify(same[0]?.clause),
  );
  for (const { node, clause } of same) {
    const { line, column } = node.loc?.startToken ?? {};
    if (line === undefined || column === undefined) continue;
    const isAlways = isOneCondition || clause.yes.length + clause.no.length === 0;
    // A fragment that is spread twice has its fields only once.
    places.set(
      `${line}:${column}:${isAlways ? '' : JSON.stringify(clause)}`,
      isAlways ? [line, column] : [line, column, clause],
    );
  }
  return [...places.values()];
}
