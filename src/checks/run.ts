/** A schema check from its input to its report: the stages in their order. Deterministic, apart from durations. */

import { compose, type Composition, type SubgraphSchema } from '../preparation/composition/compose.ts';
import { anonymousClient } from '../config/client/client-folders.ts';
import type { ChecksPolicy } from '../config/checks/checks-file.ts';
import type { OverrideEntry } from '../config/checks/override-files.ts';
import { checkClient, type CheckedClientResult } from './check-client.ts';
import { clientsOf, Views } from './client-views.ts';
import { severityOfLevel } from './client-changes.ts';
import { directiveChanges } from './diff/directive-changes.ts';
import { lintSubgraphs } from './lint/lint.ts';
import { newFinding } from './new-finding.ts';
import { compositionFindings, openGraph, protectingTypes, type OpenGraph } from './open-graph.ts';
import { PlanChanges } from './plans/plan-changes.ts';
import { ChangedElements } from './plans/touched.ts';
import { ownerFindings, type OwnedPart } from './policy/owners.ts';
import { applyPolicy } from './policy/policy.ts';
import { stageNames, type CheckReport, type Finding } from './report.ts';
import { reportOf } from './report-of.ts';
import { Stages } from './stages.ts';
import type { SchemaState, StateClient } from './states/state.ts';

/** Plain data: it goes to a thread of its own. */
export interface CheckInput {
  readonly base: SchemaState;
  /** Its operations are those that are checked. */
  readonly head: SchemaState;
  readonly policy: ChecksPolicy;
  readonly overrides: readonly OverrideEntry[];
  /** ISO 8601. */
  readonly now: string;
}

/** Composes with every check; in another thread, where there is one. */
export type Compose = (subgraphs: readonly SubgraphSchema[]) => Promise<Composition>;

/** @param composeAll Default: in this thread. */
export async function runChecks(
  input: CheckInput,
  composeAll: Compose = async (subgraphs) => compose(subgraphs),
): Promise<CheckReport> {
  const { base, head } = input;
  const stages = new Stages();
  await stages.run('parse', null, () => fileFindings(head));
  await stages.run('lint', null, () => newLint(input));
  const whole = wholeComposition(input, composeAll);
  let opened: { readonly base: OpenedGraph; readonly head: OpenedGraph } | undefined;
  await stages.run('compose', null, () => {
    opened = { base: openGraph(base.graph), head: openGraph(head.graph) };
    return 'findings' in opened.head ? opened.head.findings : [];
  });
  let checked: readonly CheckedClientResult[] = [];
  if (!opened || 'findings' in opened.head) {
    await whole;
    stages.skip(stageNames.slice(stageNames.indexOf('contract'), stageNames.indexOf('policy')));
  } else {
    const { base: before, head: after } = opened;
    if ('findings' in before) {
      await stages.run('diff', null, () => [baseInvalid(base)]);
      // With itself, so that what is registered is validated at least.
      const same = { ...base, clients: head.clients, operations: [] };
      checked = await compared({ ...input, base: same }, { base: after, head: after }, stages);
    } else checked = await compared(input, { base: before, head: after }, stages);
    const hintsBefore = new Set(
      'findings' in before ? [] : before.hints.map(({ fingerprint }) => fingerprint),
    );
    await stages.run('compose', null, async () =>
      (await whole).filter(({ fingerprint }) => !hintsBefore.has(fingerprint)),
    );
  }
  const findings = await decided(input, stages, checked);
  return reportOf(input, { stages, findings, clients: checked.map(({ summary }) => summary) });
}

async function decided(
  { base, head, policy, overrides, now }: CheckInput,
  stages: Stages,
  checked: readonly CheckedClientResult[],
): Promise<readonly Finding[]> {
  let findings: readonly Finding[] = [];
  await stages.run('policy', null, () => {
    findings = applyPolicy(stages.findings, {
      policy,
      overrides,
      clients: checked.map(({ usage }) => usage),
      removedElements: checked.flatMap(({ removed }) => removed),
      owned: ownedParts(head),
      now: new Date(now),
    });
    return [];
  });
  const before = new Set(
    ownerFindings({ policy, owned: ownedParts(base) }).map(({ fingerprint }) => fingerprint),
  );
  return findings.filter(({ fingerprint }) => !before.has(fingerprint));
}

function ownedParts({ graph, clients }: SchemaState): OwnedPart[] {
  const subgraphs = graph.kind === 'subgraphs' ? graph.subgraphs : [];
  return [
    ...subgraphs.map(({ name, owner }): OwnedPart => ({ kind: 'subgraph', name, owner, file: graph.file })),
    ...clients.map(({ name, owner, file }): OwnedPart => ({ kind: 'client', name, owner, file })),
  ];
}

/** What is wrong with the base already is no fault of the change. */
function newLint({ base, head, policy }: CheckInput): readonly Finding[] {
  const before = new Set(lint(base, policy).map(({ fingerprint }) => fingerprint));
  return lint(head, policy).filter(({ fingerprint }) => !before.has(fingerprint));
}

function lint({ graph }: SchemaState, policy: ChecksPolicy): readonly Finding[] {
  return graph.kind === 'subgraphs' ? lintSubgraphs(graph.subgraphs, policy.lint) : [];
}

function baseInvalid({ label }: SchemaState): Finding {
  const message = `${label} has no graph that composes, so there is nothing to compare with: operations are only validated`;
  return newFinding({ rule: 'base-invalid', stage: 'diff', severity: 'warning', message });
}

type OpenedGraph = ReturnType<typeof openGraph>;

/** Errors, and hints that are new; none where nothing is composed, or nothing of it changed. */
async function wholeComposition(
  { base, head }: CheckInput,
  composeAll: Compose,
): Promise<readonly Finding[]> {
  if (head.graph.kind !== 'subgraphs') return [];
  const before = base.graph.kind === 'subgraphs' ? base.graph.subgraphs : [];
  const { subgraphs } = head.graph;
  const isSame =
    before.length === subgraphs.length &&
    subgraphs.every(({ name, sdl }, index) => before[index]?.name === name && before[index].sdl === sdl);
  return isSame ? [] : compositionFindings(await composeAll(subgraphs));
}

async function compared(
  input: CheckInput,
  graphs: { readonly base: OpenGraph; readonly head: OpenGraph },
  stages: Stages,
): Promise<CheckedClientResult[]> {
  await stages.run('diff', null, () => directiveFindings(graphs.base, graphs.head));
  const changed = new ChangedElements(graphs.base.supergraph, graphs.head.supergraph);
  const plans = new PlanChanges(graphs, input.policy.plans);
  const { base, head } = input;
  const anonymousOf = ({ clients }: SchemaState): StateClient | null =>
    clients.find(({ name }) => name === anonymousClient) ?? null;
  const views = new Views(graphs, { base: anonymousOf(base), head: anonymousOf(head) });
  const results: CheckedClientResult[] = [];
  for (const client of clientsOf(base, head)) {
    const result = await checkClient(client, { base, head, graphs, views, changed, plans, stages });
    if (result) results.push(result);
  }
  return results;
}

function fileFindings({ problems }: SchemaState): Finding[] {
  return problems.map(({ file, client, message }) =>
    newFinding({
      rule: 'file-invalid',
      stage: 'parse',
      severity: 'error',
      client,
      message: `${file}: ${message}`,
      location: { file, line: 1, column: 1 },
    }),
  );
}

function directiveFindings(base: OpenGraph, head: OpenGraph): Finding[] {
  const stateOf = ({ supergraph, schema }: OpenGraph) => ({
    supergraph,
    typesOf: (coordinate: string) => protectingTypes(schema, coordinate),
  });
  return directiveChanges(stateOf(base), stateOf(head)).map(({ rule, coordinate, level, message, details }) =>
    newFinding({
      rule,
      stage: 'diff',
      severity: severityOfLevel[level],
      coordinate,
      message,
      details,
      location: coordinate === null ? null : head.locationOf(coordinate),
    }),
  );
}
