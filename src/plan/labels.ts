/**
 * Labels of `@override(label:)`: which a supergraph has, and which hold for a request. A label that holds moves its
 * fields to the new subgraph; one that nobody speaks for does not.
 */

import { createHash } from 'node:crypto';

import { Kind, visit, type DocumentNode } from 'graphql';

import type { RequestContext } from '../pipeline/request.ts';

/** What gateway.yaml says of a label: yes, no, or for this percentage of requests. */
export type LabelSettings = Readonly<Record<string, boolean | number>>;

export interface OverrideLabels {
  /** All labels of the supergraph. */
  readonly names: readonly string[];
  /** Those that hold for a request, in the order of `names`. The same request id always gets the same answer. */
  readonly activeFor: (request: Pick<RequestContext, 'requestId'>) => readonly string[];
}

/** @returns undefined where the supergraph has none: nothing is spent on labels then. */
export function overrideLabels(
  names: readonly string[],
  settings: LabelSettings,
): OverrideLabels | undefined {
  if (names.length === 0) return undefined;
  const shares = names.map((label) => ({ label, percent: percentOf(label, settings) }));
  return {
    names,
    activeFor: ({ requestId }) =>
      shares.flatMap(({ label, percent }) => (holds(label, percent, requestId) ? [label] : [])),
  };
}

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

/** The configuration speaks first, also for `percent(n)`. */
function percentOf(label: string, settings: LabelSettings): number {
  const setting = Object.hasOwn(settings, label) ? settings[label] : undefined;
  if (typeof setting === 'number') return setting;
  if (setting !== undefined) return setting ? 100 : 0;
  return Number(/^percent\(([\d.]+)\)$/.exec(label)?.[1] ?? 0);
}

function holds(label: string, percent: number, requestId: string): boolean {
  if (percent <= 0 || percent >= 100) return percent > 0;
  // With the label: two labels of 50 percent must not always hold together.
  const hash = createHash('sha1').update(`${label}\0${requestId}`).digest().readUInt32BE(0);
  return (hash / 2 ** 32) * 100 < percent;
}
