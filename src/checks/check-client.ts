/** The stages of one client: its contract, what changes in its schema, and what that does to its operations. */

import { anonymousClient } from '../config/client/client-folders.ts';
import { clientChanges, type ClientChanges } from './client-changes.ts';
import type { CheckedClient, Views } from './client-views.ts';
import type { OpenGraph } from './open-graph.ts';
import { operationImpacts, operationKey, type Impacts } from './operation-impacts.ts';
import type { PlanChanges } from './plans/plan-changes.ts';
import type { ChangedElements } from './plans/touched.ts';
import type { PolicyClient } from './policy/traffic.ts';
import type { ClientOperation, ClientSummary } from './report.ts';
import type { Stages } from './stages.ts';
import { anyClient, type SchemaState } from './states/state.ts';
import { unregisteredOperations } from './unregistered-operations.ts';

/** Of all clients. */
export interface Comparison {
  readonly base: SchemaState;
  readonly head: SchemaState;
  readonly graphs: { readonly base: OpenGraph; readonly head: OpenGraph };
  readonly views: Views;
  readonly changed: ChangedElements;
  readonly plans: PlanChanges;
  readonly stages: Stages;
}

export interface CheckedClientResult {
  readonly summary: ClientSummary;
  readonly removed: ClientChanges['removed'];
  /** For the policy. */
  readonly usage: PolicyClient;
}

/** @returns Null: there is nothing to compare. */
export async function checkClient(
  client: CheckedClient,
  comparison: Comparison,
): Promise<CheckedClientResult | null> {
  const { base, head, graphs, views, stages } = comparison;
  const { name, owner } = client;
  const opened = views.of(client);
  await stages.run('contract', name, () => opened.findings);
  const { schemas } = opened;
  if (schemas === null) return null;
  const unregistered = () =>
    unregisteredOperations({
      client: name,
      schemas,
      base: base.operations.filter((operation) => operation.client === name),
      // Recorded usage registers nothing.
      head: head.operations.filter(({ file }) => file !== null),
    });
  if (client.head === null && client.base !== null) {
    await stages.run('impact', name, unregistered);
    return null;
  }
  const states = { client: name, ...schemas, baseGraph: graphs.base, headGraph: graphs.head };
  let changes: ClientChanges | undefined;
  await stages.run('diff', name, async () => {
    changes = await clientChanges(states);
    // They are those of the impact, too, which says whom they concern.
    return [];
  });
  if (!changes) return null;
  const { findings, counts, removed } = changes;
  const operations = operationsOf(name, head);
  const registered = new Set(base.operations.map(operationKey));
  const locationOf = (coordinate: string) =>
    graphs.head.locationOf(coordinate) ?? graphs.base.locationOf(coordinate);
  let impacts: Impacts | undefined;
  await stages.run('impact', name, () => {
    const impacted = { client: name, ...schemas, locationOf, registered };
    impacts = operationImpacts(impacted, operations, findings);
    return [...impacts.findings, ...unregistered()];
  });
  await stages.run('plan', name, () => {
    const planned = {
      client: name,
      base: { contract: client.base?.contract, schema: schemas.answeredBy },
      head: { contract: client.head?.contract, schema: schemas.head },
    };
    const losesIntrospection =
      client.base?.contract.introspection !== false && client.head?.contract.introspection === false;
    const touched = (impacts?.compared ?? []).filter(
      ({ coordinates, operation: { document } }) =>
        comparison.changed.touches(coordinates) || (losesIntrospection && readsSchema.test(document)),
    );
    return comparison.plans.findings(
      planned,
      touched.map(({ operation }) => operation),
    );
  });
  const none = { broken: 0, affected: 0, safe: 0, invalidBefore: 0 };
  return {
    summary: { name, owner, changes: counts, operations: impacts?.counts ?? none },
    removed,
    usage: { name, owner, operations: knownBy(client, comparison), calls: callsOf(operations) },
  };
}

/** How many operations tell what is used. Of the whole graph, as long as everybody saw it, those of all clients do. */
function knownBy({ name, base: before, head: after }: CheckedClient, { base, head }: Comparison): number {
  const seesAll = before === null && after === null && base.clients.length === 0;
  return (seesAll ? head.operations : operationsOf(name, head)).length;
}

/** What a contract may forbid. */
const readsSchema = /__(schema|type)\b/;

function callsOf(operations: readonly ClientOperation[]): number {
  return operations.reduce((sum, { calls }) => sum + (calls ?? 0), 0);
}

/** Those of clients that are not configured are answered as those of the anonymous client, or of any where there is none. */
function operationsOf(name: string, { clients, operations }: SchemaState): readonly ClientOperation[] {
  const configured = new Set(clients.map((client) => client.name));
  const fallback = configured.has(anonymousClient) ? anonymousClient : anyClient;
  return operations.filter(({ client }) => (configured.has(client) ? client : fallback) === name);
}
