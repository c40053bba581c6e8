/** Compares plans and costs of operations in two states of the graph. */

import type { GraphQLSchema } from 'graphql';

import { estimateCost } from '../../operation/cost/estimate.ts';
import type { Contract } from '../../pipeline/contract.ts';
import { prepare } from '../../preparation/prepare.ts';
import type { LoadedSupergraph } from '../../preparation/supergraph/supergraph.ts';
import { monotonicClock } from '../../shared/clock.ts';
import { newFinding } from '../new-finding.ts';
import { tokensMax } from '../operations/documents.ts';
import type { OpenGraph } from '../open-graph.ts';
import type { ClientOperation, Finding } from '../report.ts';
import { planShape, worse, type PlanShape } from './plan-shape.ts';

export interface PlanThresholds {
  /** More calls to services, from which on it is a finding. */
  readonly callsIncrease: number;
  /** More calls that wait for one another. */
  readonly wavesIncrease: number;
  readonly costIncreasePercent: number;
}

export interface PlannedClient {
  readonly client: string;
  /** Undefined: it sees the whole graph. */
  readonly contract: Contract | undefined;
  readonly base: GraphQLSchema;
  readonly head: GraphQLSchema;
}

/** Of a whole check: operations beyond are not compared, which is said. */
const planningMsMax = 30_000;

interface Planned {
  readonly shape: PlanShape;
  readonly cost: number;
}

export class PlanChanges {
  readonly #graphs: { readonly base: OpenGraph; readonly head: OpenGraph };
  readonly #thresholds: PlanThresholds;
  #spentMs = 0;

  constructor(graphs: { readonly base: OpenGraph; readonly head: OpenGraph }, thresholds: PlanThresholds) {
    this.#graphs = graphs;
    this.#thresholds = thresholds;
  }

  /** @param operations Valid in both states. Those called most are compared first. */
  findings(client: PlannedClient, operations: readonly ClientOperation[]): Finding[] {
    if (operations.length === 0) return [];
    const findings: Finding[] = [];
    let compared = 0;
    for (const operation of operations.toSorted((one, other) => (other.calls ?? 0) - (one.calls ?? 0))) {
      if (this.#spentMs > planningMsMax) break;
      compared += 1;
      const finding = this.#timed(() => this.#finding(client, operation));
      if (finding) findings.push(finding);
    }
    const left = operations.length - compared;
    if (left > 0) {
      const message = `The plans of ${left} operations were not compared: planning took its ${planningMsMax / 1000} s`;
      const { client: name } = client;
      findings.push(
        newFinding({ rule: 'plans-not-compared', stage: 'plan', severity: 'notice', client: name, message }),
      );
    }
    return findings;
  }

  #timed<Result>(work: () => Result): Result {
    const startedAtMs = monotonicClock();
    const result = work();
    this.#spentMs += monotonicClock() - startedAtMs;
    return result;
  }

  #finding(client: PlannedClient, operation: ClientOperation): Finding | null {
    const { base, head } = this.#graphs;
    const before = planned(base.loaded, { operation, contract: client.contract, schema: client.base });
    const after = planned(head.loaded, { operation, contract: client.contract, schema: client.head });
    if (!before || !after) return null;
    const rule = this.#exceeded(before, after);
    if (rule === null) return null;
    const { document: _, ...named } = operation;
    const message = messageOf(operation, before, after);
    const reason = { code: rule, level: 'affected', coordinate: null, message } as const;
    return newFinding({
      rule,
      stage: 'plan',
      severity: 'warning',
      client: client.client,
      message,
      details: [operation.version ?? '', operation.id, figures(before), figures(after)],
      operations: [{ operation: named, level: 'affected', reasons: [reason] }],
    });
  }

  #exceeded(before: Planned, after: Planned): string | null {
    const { callsIncrease, wavesIncrease, costIncreasePercent } = this.#thresholds;
    if (after.shape.waves - before.shape.waves >= wavesIncrease) return 'plan-waves-increased';
    if (after.shape.calls - before.shape.calls >= callsIncrease) return 'plan-calls-increased';
    const percent = ((after.cost - before.cost) / Math.max(1, before.cost)) * 100;
    return after.cost > before.cost && percent >= costIncreasePercent ? 'cost-increased' : null;
  }
}

interface PlannedOperation {
  readonly operation: ClientOperation;
  readonly contract: Contract | undefined;
  readonly schema: GraphQLSchema;
}

/** @returns Null: there is no plan for it. */
function planned(
  supergraph: LoadedSupergraph,
  { operation, contract, schema }: PlannedOperation,
): Planned | null {
  const request = {
    query: operation.document,
    operationName: operation.name,
    ...(contract ? { contract } : {}),
  };
  const options = { tokensMax, suggestions: false, clientSchema: schema };
  const result = prepare(supergraph, request, options);
  if (!('conditional' in result)) return 'prepared' in result ? measured(result.prepared) : null;
  // Its plan depends on conditions: the worse of all and none of them.
  const { conditionVariables } = result.conditional;
  const variants = [[], conditionVariables].map((conditions) =>
    prepare(supergraph, { ...request, conditions }, options),
  );
  const [one, other] = variants.map((variant) => ('prepared' in variant ? measured(variant.prepared) : null));
  if (!one || !other) return one ?? other ?? null;
  return { shape: worse(one.shape, other.shape), cost: Math.max(one.cost, other.cost) };
}

type Prepared = Extract<ReturnType<typeof prepare>, { prepared: unknown }>['prepared'];

/** Sizes that depend on variables are as without them. */
function measured({ plan, cost }: Prepared): Planned {
  return { shape: planShape(plan), cost: estimateCost(cost, new Map()) };
}

function messageOf({ name, version }: ClientOperation, before: Planned, after: Planned): string {
  const operation = `${name ?? 'An operation'}${version === null ? '' : ` of version ${version}`}`;
  return `${operation}: ${figures(before)} before, ${figures(after)} after (${after.shape.services.join(', ')})`;
}

function figures({ shape: { calls, waves }, cost }: Planned): string {
  return `${calls} calls in ${waves} waves at a cost of ${cost}`;
}
