/** What changes in the schema that a client sees, in the words of its owner. */

import type { GraphQLSchema } from 'graphql';

import { newFinding } from './new-finding.ts';
import { schemaChanges, type ChangeLevel, type SchemaChange } from './diff/schema-changes.ts';
import type { OpenGraph } from './open-graph.ts';
import type { RemovedElement } from './policy/deprecation.ts';
import type { Finding, Severity } from './report.ts';
import { elementAt } from './schema-element.ts';

export interface ClientStates {
  readonly client: string;
  /** As the client sees it. */
  readonly base: GraphQLSchema;
  readonly head: GraphQLSchema;
  /** Whole graphs. */
  readonly baseGraph: OpenGraph;
  readonly headGraph: OpenGraph;
}

export interface ChangeFinding {
  readonly finding: Finding;
  /** As of the `SchemaChange`. */
  readonly member?: string | undefined;
}

export interface ClientChanges {
  readonly findings: readonly ChangeFinding[];
  readonly counts: Readonly<Record<ChangeLevel, number>>;
  /** From the graph, and not only from what the client sees. */
  readonly removed: readonly RemovedElement[];
}

/** Before a policy: by its level, as if it concerned somebody. */
export const severityOfLevel: Readonly<Record<ChangeLevel, Severity>> = {
  breaking: 'error',
  dangerous: 'warning',
  safe: 'notice',
};

export async function clientChanges(states: ClientStates): Promise<ClientChanges> {
  const counts = { breaking: 0, dangerous: 0, safe: 0 };
  const findings: ChangeFinding[] = [];
  const removed: RemovedElement[] = [];
  for (const change of await schemaChanges(states.base, states.head)) {
    const seen = asSeenBy(states, change);
    counts[seen.level] += 1;
    const { rule, coordinate, level, message, details } = seen;
    const { client, baseGraph, headGraph } = states;
    const location =
      coordinate === null ? null : (headGraph.locationOf(coordinate) ?? baseGraph.locationOf(coordinate));
    const severity = severityOfLevel[level];
    if (coordinate !== null && removals.has(rule)) {
      const deprecationReason = elementAt(states.base, coordinate)?.deprecationReason ?? null;
      removed.push({ coordinate, deprecationReason, client, location: baseGraph.locationOf(coordinate) });
    }
    const text = { rule, stage: 'diff', severity, client, coordinate, message, details, location } as const;
    findings.push({ finding: newFinding(text), member: seen.member });
  }
  return { findings, counts, removed };
}

const kinds = ['type', 'field', 'argument', 'input-field', 'enum-value'];
const removals: ReadonlySet<string> = new Set(kinds.map((kind) => `${kind}-removed`));
/** What is required breaks callers, whether it is new or only shown. */
const additions: ReadonlySet<string> = new Set(kinds.map((kind) => `${kind}-added`));

/** An element that is still in the graph, or was before, is hidden or shown by tags. */
function asSeenBy({ client, baseGraph, headGraph }: ClientStates, change: SchemaChange): SchemaChange {
  const { rule, coordinate } = change;
  if (coordinate === null) return change;
  if (removals.has(rule) && elementAt(headGraph.schema, coordinate))
    return {
      ...change,
      rule: 'hidden-from-client',
      message: `${client} loses ${coordinate}: its contract hides it now`,
    };
  if (additions.has(rule) && elementAt(baseGraph.schema, coordinate))
    return { ...change, rule: 'shown-to-client', message: `${coordinate} becomes visible to ${client}` };
  return change;
}
