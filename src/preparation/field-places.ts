/** Locations of fields in the client's document. */

import type { FieldNode } from 'graphql';

import type { Clause } from '../pipeline/clause.ts';
import type { FieldLocation } from '../pipeline/prepared.ts';

/** A field node and the conditions under which it is selected in its shape. */
export interface CollectedField {
  readonly node: FieldNode;
  readonly clause: Clause;
}

/** @param nodes The nodes of one field, each with the condition under which it counts. */
export function fieldLocationsOf(nodes: readonly CollectedField[]): FieldLocation[] {
  if (nodes.length === 1) {
    const { line, column } = nodes[0]?.node.loc?.startToken ?? {};
    return line === undefined || column === undefined ? [] : [[line, column]];
  }
  const locations = new Map<string, FieldLocation>();
  // If all nodes share one condition, the field itself is selected only where it holds.
  const isOneCondition = nodes.every(
    ({ clause }) => JSON.stringify(clause) === JSON.stringify(nodes[0]?.clause),
  );
  for (const { node, clause } of nodes) {
    const { line, column } = node.loc?.startToken ?? {};
    if (line === undefined || column === undefined) continue;
    const isAlways = isOneCondition || clause.yes.length + clause.no.length === 0;
    // A fragment that is spread twice lists the location of a field only once.
    locations.set(
      `${line}:${column}:${isAlways ? '' : JSON.stringify(clause)}`,
      isAlways ? [line, column] : [line, column, clause],
    );
  }
  return [...locations.values()];
}
