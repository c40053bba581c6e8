/** Compares plans and costs of operations in two states of the graph. */

import type { GraphQLSchema } from 'graphql';

import { estimateCost } from '../../operation/cost/estimate.ts';
import type { Contract } from '../../pipeline/contract.ts';
import type { PreparationResult, PreparedOperation } from '../../pipeline/prepared.ts';
import { Interrupted, Interrupter } from '../../preparation/interruptible.ts';
import { prepare } from '../../preparation/prepare.ts';
import type { LoadedSupergraph } from '../../preparation/supergraph/supergraph.ts';
import { monotonicClock } from '../../shared/clock.ts';
import { newFinding } from '../new-finding.ts';
import { tokensMax } from '../operations/documents.ts';
import type { OpenGraph } from '../open-graph.ts';
import type { ClientOperation, Finding, ImpactReason } from '../report.ts';
import { planShape, worse, type PlanShape } from './plan-shape.ts';

export interface PlanThresholds {
  /** More calls to services, from which on it is a finding. */
  readonly callsIncrease: number;
  /** More calls that wait for one another. */
  readonly wavesIncrease: number;
  readonly costIncreasePercent: number;
}

/** One state of a client. */
export interface PlannedState {
  /** Undefined: it sees the whole graph. */
  readonly contract: Contract | undefined;
  readonly schema: GraphQLSchema;
}

export interface PlannedClient {
  readonly client: string;
  readonly base: PlannedState;
  readonly head: PlannedState;
}

/** Of a whole check: operations beyond are not compared, which is said. */
const planningMsMax = 30_000;
/** Of one plan: the planner does not end for some operations. */
const planBudget = { cpuMs: 5000, wallMs: 20_000 };

interface Refused {
  /** Why the gateway refuses the operation. */
  readonly refusal: string;
}

interface Planned {
  readonly shape: PlanShape;
  readonly cost: number;
}

export class PlanChanges {
  readonly #graphs: { readonly base: OpenGraph; readonly head: OpenGraph };
  readonly #thresholds: PlanThresholds;
  readonly #interrupter = new Interrupter();
  #spentMs = 0;

  constructor(graphs: { readonly base: OpenGraph; readonly head: OpenGraph }, thresholds: PlanThresholds) {
    this.#graphs = graphs;
    this.#thresholds = thresholds;
  }

  /** @param operations Valid in both states. Those called most are compared first. */
  findings(client: PlannedClient, operations: readonly ClientOperation[]): Finding[] {
    if (operations.length === 0) return [];
    // Made once, outside of the time that an operation has.
    void this.#graphs.base.loaded.planner;
    void this.#graphs.head.loaded.planner;
    const findings: Finding[] = [];
    const slow: string[] = [];
    let compared = 0;
    for (const operation of operations.toSorted((one, other) => (other.calls ?? 0) - (one.calls ?? 0))) {
      if (this.#spentMs > planningMsMax) break;
      compared += 1;
      try {
        const finding = this.#timed(() => this.#finding(client, operation));
        if (finding) findings.push(finding);
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        slow.push(nameOf(operation));
      }
    }
    const left = operations.length - compared;
    if (left > 0)
      findings.push(
        notCompared(
          client,
          `The plans of ${left} operations were not compared: planning took its ${planningMsMax / 1000} s`,
        ),
      );
    if (slow.length > 0)
      findings.push(
        notCompared(
          client,
          `The plans of some operations were not compared: planning one of them takes over ${planBudget.cpuMs / 1000} s: ${slow.join(', ')}`,
        ),
      );
    return findings;
  }

  #timed<Result>(work: () => Result): Result {
    const startedAtMs = monotonicClock();
    try {
      return work();
    } finally {
      this.#spentMs += monotonicClock() - startedAtMs;
    }
  }

  #finding(client: PlannedClient, operation: ClientOperation): Finding | null {
    const { base, head } = this.#graphs;
    const plan = (graph: OpenGraph, state: PlannedState): Planned | Refused =>
      this.#interrupter.run(planBudget, () => planned(graph.loaded, operation, state));
    const before = plan(base, client.base);
    if ('refusal' in before) return null;
    const after = plan(head, client.head);
    if ('refusal' in after) return refused(client, operation, after);
    const rule = this.#exceeded(before, after);
    if (rule === null) return null;
    const message = messageOf(operation, before, after);
    return planFinding(client, operation, {
      rule,
      severity: 'warning',
      level: 'affected',
      message,
      details: [figures(before), figures(after)],
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

interface PlanFinding {
  readonly rule: string;
  readonly severity: Finding['severity'];
  readonly level: ImpactReason['level'];
  readonly message: string;
  readonly details: readonly string[];
}

function planFinding(
  { client }: PlannedClient,
  operation: ClientOperation,
  { rule, severity, level, message, details }: PlanFinding,
): Finding {
  const { document: _, ...named } = operation;
  const reason = { code: rule, level, coordinate: null, message };
  return newFinding({
    rule,
    stage: 'plan',
    severity,
    client,
    message,
    details: [operation.version ?? '', operation.id, ...details],
    operations: [{ operation: named, level, reasons: [reason] }],
  });
}

/** By rules of the gateway that graphql-js does not have, or by the planner. */
function refused(client: PlannedClient, operation: ClientOperation, { refusal }: Refused): Finding {
  const message = `${nameOf(operation)}: the gateway refuses it after the change: ${refusal}`;
  return planFinding(client, operation, {
    rule: 'operation-refused',
    severity: 'error',
    level: 'broken',
    message,
    details: [],
  });
}

function notCompared({ client }: PlannedClient, message: string): Finding {
  return newFinding({ rule: 'plans-not-compared', stage: 'plan', severity: 'notice', client, message });
}

function planned(
  supergraph: LoadedSupergraph,
  operation: ClientOperation,
  { contract, schema }: PlannedState,
): Planned | Refused {
  const request = {
    query: operation.document,
    operationName: operation.name,
    ...(contract ? { contract } : {}),
  };
  const options = { tokensMax, suggestions: false, clientSchema: schema };
  const outcomeOf = (result: PreparationResult): Planned | Refused => {
    if ('prepared' in result) return measured(result.prepared);
    const [error] = 'refused' in result ? result.refused.errors : [];
    return { refusal: error?.message ?? 'it cannot be planned' };
  };
  const result = prepare(supergraph, request, options);
  if (!('conditional' in result)) return outcomeOf(result);
  // Its plan depends on conditions: the worse of all and none of them.
  const { conditionVariables } = result.conditional;
  const [one, other] = ([[], conditionVariables] as const).map((conditions) =>
    outcomeOf(prepare(supergraph, { ...request, conditions }, options)),
  ) as [Planned | Refused, Planned | Refused];
  if ('refusal' in one || 'refusal' in other) return 'refusal' in one ? one : other;
  return { shape: worse(one.shape, other.shape), cost: Math.max(one.cost, other.cost) };
}

/** Sizes that depend on variables are as without them. */
function measured({ plan, cost }: PreparedOperation): Planned {
  return { shape: planShape(plan), cost: estimateCost(cost, new Map()) };
}

function nameOf({ name, version }: ClientOperation): string {
  return `${name ?? 'An operation'}${version === null ? '' : ` of version ${version}`}`;
}

function messageOf(operation: ClientOperation, before: Planned, after: Planned): string {
  return `${nameOf(operation)}: ${figures(before)} before, ${figures(after)} after (${after.shape.services.join(', ')})`;
}

function figures({ shape: { calls, waves }, cost }: Planned): string {
  return `${calls} calls in ${waves} waves at a cost of ${cost}`;
}
