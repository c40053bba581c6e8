/** Which mutations of a GraphQL service may be sent again, because the service answers a key once however often it comes. */

import { randomUUID } from 'node:crypto';

import { Kind, parse } from 'graphql';

import type { SubgraphOperation, SubgraphRequest } from '../source.ts';

/** The key that every try of one call sends; null: it has none, and is sent once. */
export type KeyOf = (request: SubgraphRequest) => string | null;

/** @param fields Coordinates such as `Mutation.pay`; an operation needs all of its fields among them. */
export function idempotencyKeys(fields: readonly string[]): KeyOf {
  if (fields.length === 0) return () => null;
  const names = new Set(fields.map((field) => field.slice(field.indexOf('.') + 1)));
  const known = new WeakMap<SubgraphOperation, boolean>();
  return ({ operation, context }) => {
    if (operation.kind !== 'mutation') return null;
    const { planned = operation } = operation;
    let isCovered = known.get(planned);
    if (isCovered === undefined) known.set(planned, (isCovered = isCoveredBy(names, planned.query)));
    if (!isCovered) return null;
    // The client's own holds over its tries as well.
    return context.forwardHeaders[headerName] ?? randomUUID();
  };
}

const headerName = 'idempotency-key';

function isCoveredBy(names: ReadonlySet<string>, query: string): boolean {
  return parse(query, { noLocation: true }).definitions.every(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.selectionSet.selections.every(
        (selection) => selection.kind === Kind.FIELD && names.has(selection.name.value),
      ),
  );
}
