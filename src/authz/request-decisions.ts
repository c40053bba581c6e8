/** The decisions about one operation of one request: made once each, applied, and written down. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { CoercedVariables } from '../pipeline/answer.ts';
import type { CheckSpec, Decisions, Denial, Verdict } from '../pipeline/authorization.ts';
import { isIncluded } from '../pipeline/conditions.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { Prepared } from '../pipeline/stages.ts';
import type { Events } from '../shared/events.ts';
import { withPlainNumbers } from '../shared/plain-numbers.ts';
import { recordOf } from '../shared/records.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { decideDemand } from './directives/decide-demand.ts';
import { argumentValues } from './policy/argument-values.ts';
import {
  after,
  all,
  asError,
  RuleEvaluation,
  strictest,
  type Decision,
  type OnDecided,
} from './policy/evaluate.ts';
import type { LoadedPolicy } from './policy/load-policy.ts';
import type { PolicyContext } from './policy/policy-module.ts';
import type { LeafRule } from './policy/rule-tree.ts';

export interface RequestDecisionsOptions {
  readonly prepared: Prepared<{ readonly prepared: PreparedOperation }>;
  readonly checks: readonly CheckSpec[];
  readonly principal: Principal;
  readonly policy: LoadedPolicy | null;
  readonly config: GatewayConfig['authorization'];
  readonly events: Events;
  readonly audit: AuditLog;
  readonly onDecided?: OnDecided | undefined;
}

export type Early = Verdict | 'later' | undefined;

/** How often each outcome of a check was applied to an object. */
interface Applied {
  allow: number;
  deny: number;
  mask: number;
  /** Of what was not allowed. */
  reason: string;
}

export const dryRunHeader = 'x-authorization-dry-run';
const noArguments: Readonly<Record<string, unknown>> = Object.freeze({});

export class RequestDecisions {
  readonly isDryRun: boolean;
  readonly #is: RequestDecisionsOptions;
  readonly #evaluation: RuleEvaluation;
  readonly #context: PolicyContext;
  readonly #named = new Map<string, LeafRule>();
  #variableValues: Readonly<Record<string, unknown>> | undefined;
  readonly #reasons: string[] = [];
  readonly #applied = new Map<number, Applied>();

  constructor(options: RequestDecisionsOptions) {
    const { prepared, principal, config, events } = options;
    const { context } = prepared;
    const { name, kind } = prepared.operation.prepared;
    this.#is = options;
    this.#context = {
      principal,
      requestId: context.requestId,
      clientAddress: context.clientAddress,
      operation: { name, kind },
    };
    this.#evaluation = new RuleEvaluation(this.#context, {
      timeoutMs: config.ruleTimeoutMs,
      onFailure: (rule, error) =>
        events.emit('defect', { where: `policy rule ${rule}`, requestId: context.requestId, error }),
      onDecided: options.onDecided,
    });
    const asked = config.dryRunRole !== undefined && principal.roles.includes(config.dryRunRole);
    this.isDryRun = config.dryRun || (asked && context.headers[dryRunHeader] !== undefined);
  }

  /** Undefined: it is not asked for in this request. */
  decideBefore(check: number): Early | Promise<Early> {
    const spec = this.#is.checks[check] as CheckSpec;
    if (!isAsked(spec, this.#is.prepared.variables)) return undefined;
    const decision = this.#decide(spec, spec.isRoot ? {} : undefined);
    return after(decision, (known) => (known.is === 'later' ? 'later' : this.#toVerdict(check, known)));
  }

  decideWith(check: number, parent: Readonly<Record<string, unknown>>): Verdict | Promise<Verdict> {
    const spec = this.#is.checks[check] as CheckSpec;
    return after(this.#decide(spec, withPlainNumbers(parent)), (decision) =>
      this.#toVerdict(check, decision),
    );
  }

  /** Why a check was decided as it was, once it is. */
  reasonOf(check: number): string {
    return this.#reasons[check] ?? '';
  }

  decisions(before: readonly Early[]): Decisions {
    return {
      before,
      decide: (check, parent) => this.decideWith(check, parent),
      concealFailed: (check, error) => this.#concealFailed(check, error),
      applied: (check, verdict) => this.#count(check, verdict),
      reviewed: () => this.#recordApplied(),
    };
  }

  /** Decides everything and keeps nothing back. */
  asDryRun(before: readonly Early[]): Decisions {
    const open = before.map((verdict): Early => (verdict === 'later' ? 'later' : verdict && allowed));
    return {
      ...this.decisions(open),
      decide: (check, parent) =>
        after(this.decideWith(check, parent), (verdict) => {
          this.#count(check, verdict);
          return allowed;
        }),
      applied: () => {},
    };
  }

  /** Writes down what is decided by now. */
  record(before: readonly Early[]): void {
    before.forEach((verdict, check) => {
      if (verdict === undefined || verdict === 'later') return;
      this.#write(check, verdict.is, this.reasonOf(check));
    });
  }

  #decide(
    spec: CheckSpec,
    parent: Readonly<Record<string, unknown>> | undefined,
  ): Decision | Promise<Decision> {
    const { policy, principal, prepared } = this.#is;
    const demanded = spec.demand && decideDemand(spec.demand, principal, (name) => this.#policy(name));
    if (spec.rules.length === 0) return demanded ?? { is: 'allow' };
    const args = spec.arguments
      ? withPlainNumbers(argumentValues(spec.arguments, prepared.variables))
      : noArguments;
    const input = { parent, args, info: this.#infoOf(spec) };
    const ruled = spec.rules.map((number) => {
      const rule = policy?.rules[number];
      if (!rule) throw new Error('An operation names a rule that its policy lacks');
      return this.#evaluation.decide(rule, input);
    });
    if (!demanded && ruled.length === 1) return ruled[0] as Decision | Promise<Decision>;
    return all(demanded ? [demanded, ...ruled] : ruled, strictest);
  }

  /** A name of `@policy` is a rule that looks at nobody but the principal. */
  #policy(name: string): Decision | Promise<Decision> {
    let leaf = this.#named.get(name);
    if (!leaf) {
      const decide = this.#is.policy?.named.get(name);
      leaf = {
        is: 'leaf',
        name: `@policy ${name}`,
        decide: () => (decide ? decide(this.#context) : false),
        cache: 'contextual',
        isInput: false,
        fragment: undefined,
      };
      this.#named.set(name, leaf);
    }
    return this.#evaluation.decide(leaf, { parent: undefined, args: noArguments, info: null });
  }

  /** So much of graphql-js's `info` as there is without a schema. */
  #infoOf({ coordinates, arguments: args }: CheckSpec): unknown {
    if (!args) return null;
    const [type = '', fieldName = ''] = (coordinates[0] ?? '').split('.');
    return {
      fieldName,
      parentType: { name: type },
      variableValues: (this.#variableValues ??= withPlainNumbers(recordOf(this.#is.prepared.variables))),
    };
  }

  #toVerdict(check: number, decision: Decision): Verdict {
    switch (decision.is) {
      case 'allow':
        this.#reasons[check] = 'allowed';
        return allowed;
      case 'mask':
        this.#reasons[check] = `masked: ${decision.by} denies`;
        return { is: 'mask', conceal: (value) => decision.conceal(withPlainNumbers(value)) };
      case 'deny':
        this.#reasons[check] = `${decision.by} denies`;
        return this.#denial(decision.error);
      case 'failed':
        this.#reasons[check] = `${decision.by} failed`;
        return undecided;
      case 'later':
        // With the parent there everything can be decided.
        throw new Error('A rule was put off although nothing is missing');
    }
  }

  #denial(error: Error | null): Denial {
    const isAnonymous = this.#is.principal.provenBy === 'none';
    const own = error && 'extensions' in error ? (error.extensions as { code?: unknown }).code : undefined;
    const code = typeof own === 'string' ? own : isAnonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
    const usual = isAnonymous ? 'Sign in to see this field' : 'You may not see this field';
    return { is: 'deny', code, message: error?.message || usual };
  }

  #concealFailed(check: number, error: unknown): Denial {
    const { events, prepared, checks } = this.#is;
    const where = `mask of ${checks[check]?.coordinates[0]}`;
    events.emit('defect', { where, requestId: prepared.context.requestId, error: asError(error) });
    this.#reasons[check] = 'masking failed';
    return undecided;
  }

  #count(check: number, verdict: Verdict): void {
    // What was decided before is written down already.
    let applied = this.#applied.get(check);
    if (!applied) this.#applied.set(check, (applied = { allow: 0, deny: 0, mask: 0, reason: '' }));
    applied[verdict.is] += 1;
    if (verdict.is !== 'allow') applied.reason = this.reasonOf(check);
  }

  #recordApplied(): void {
    for (const [check, { reason, ...objects }] of this.#applied) {
      const outcome = objects.deny > 0 ? 'deny' : objects.mask > 0 ? 'mask' : 'allow';
      this.#write(check, outcome, reason || 'allowed', objects);
    }
  }

  #write(
    check: number,
    outcome: Verdict['is'],
    reason: string,
    objects?: { readonly allow: number; readonly deny: number; readonly mask: number },
  ): void {
    const { audit, prepared, checks, principal, policy } = this.#is;
    audit.write({
      prepared,
      principal,
      check: checks[check] as CheckSpec,
      policy,
      outcome,
      reason,
      enforced: !this.isDryRun,
      ...(objects ? { objects } : {}),
    });
  }
}

const allowed: Verdict = { is: 'allow' };

const undecided: Denial = {
  is: 'deny',
  code: 'AUTHORIZATION_FAILED',
  message: 'Whether you may see this field could not be decided',
};

export function isAsked({ when }: Pick<CheckSpec, 'when'>, variables: CoercedVariables): boolean {
  return isIncluded(when, variables);
}
