/** The labels of `@override(label:)` in a supergraph. */

import { Kind, type DocumentNode } from 'graphql';

import { eachDirective } from './applied-directives.ts';

/** In the order of their names. */
export function labelsIn(supergraph: DocumentNode): string[] {
  const labels = new Set<string>();
  eachDirective(supergraph, (directive) => {
    for (const { name, value } of directive.arguments ?? [])
      if (name.value === 'overrideLabel' && value.kind === Kind.STRING) labels.add(value.value);
  });
  return [...labels].sort();
}
