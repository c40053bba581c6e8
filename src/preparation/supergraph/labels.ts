/** The labels of `@override(label:)` in a supergraph. */

import { Kind, visit, type DocumentNode } from 'graphql';

/** In the order of their names. */
export function labelsIn(supergraph: DocumentNode): string[] {
  const labels = new Set<string>();
  visit(supergraph, {
    Argument({ name, value }) {
      if (name.value === 'overrideLabel' && value.kind === Kind.STRING) labels.add(value.value);
    },
  });
  return [...labels].sort();
}
