/** Authorization decisions for one operation of one request: each is made once, applied and recorded. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { CoercedVariables } from '../pipeline/answer.ts';
import type { CheckSpec, Decisions, Denial, Verdict } from '../pipeline/authorization.ts';
import { isIncluded } from '../pipeline/conditions.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { OperationLimited } from '../pipeline/stages.ts';
import type { Events } from '../shared/events.ts';
import { withPlainNumbers } from '../shared/plain-numbers.ts';
import { recordOf } from '../shared/records.ts';
import type { AuditEntry, AuditLog } from './audit/audit-log.ts';
import { decideDemand } from './directives/decide-demand.ts';
import { argumentValues } from '../pipeline/argument-values.ts';
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
  readonly prepared: OperationLimited<{ readonly prepared: PreparedOperation }>;
  readonly checks: readonly CheckSpec[];
  readonly principal: Principal;
  readonly policy: LoadedPolicy | null;
  readonly config: GatewayConfig['authorization'];
  readonly events: Events;
  readonly audit: AuditLog;
  readonly onDecided?: OnDecided | undefined;
}

/** Before execution. `later`: the check needs the parent object. Undefined: this request does not select the field. */
export type EarlyVerdict = Verdict | 'later' | undefined;

/** How often each outcome of a check was applied to an object. */
interface Applied {
  readonly objects: Record<Verdict['is'], number>;
  /** By outcome, that of the last object. */
  readonly reasons: Record<Verdict['is'], string>;
}

export const dryRunHeader = 'x-authorization-dry-run';
const noArguments: Readonly<Record<string, unknown>> = Object.freeze({});

export class RequestDecisions {
  readonly isDryRun: boolean;
  readonly #options: RequestDecisionsOptions;
  readonly #evaluation: RuleEvaluation;
  readonly #context: PolicyContext;
  readonly #policyLeaves = new Map<string, LeafRule>();
  #variableValues: Readonly<Record<string, unknown>> | undefined;
  readonly #reasons: string[] = [];
  readonly #reasonsOfVerdicts = new WeakMap<Verdict, string>();
  readonly #applied = new Map<number, Applied>();

  constructor(options: RequestDecisionsOptions) {
    const { prepared, principal, config, events } = options;
    const { context, name } = prepared;
    const { kind } = prepared.operation.prepared;
    this.#options = options;
    this.#context = {
      principal,
      client: context.client,
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
    const mayRequestDryRun = config.dryRunRole !== undefined && principal.roles.includes(config.dryRunRole);
    this.isDryRun = config.dryRun || (mayRequestDryRun && context.headers[dryRunHeader] !== undefined);
  }

  decideBefore(check: number): EarlyVerdict | Promise<EarlyVerdict> {
    const spec = this.#options.checks[check] as CheckSpec;
    if (!isRequested(spec, this.#options.prepared.variables)) return undefined;
    const decision = this.#evaluate(spec, spec.isRoot ? {} : undefined);
    return after(decision, (early) => (early.is === 'later' ? 'later' : this.#toVerdict(check, early)));
  }

  decideWith(check: number, parent: Readonly<Record<string, unknown>>): Verdict | Promise<Verdict> {
    const spec = this.#options.checks[check] as CheckSpec;
    if (spec.isParentUnknown)
      return this.#because(check, 'the type of the object is not known', { ...undecided });
    return after(this.#evaluate(spec, withPlainNumbers(parent)), (decision) =>
      this.#toVerdict(check, decision),
    );
  }

  /** Why the check was decided this way; empty before it is decided. */
  reasonOf(check: number): string {
    return this.#reasons[check] ?? '';
  }

  decisions(before: readonly EarlyVerdict[]): Decisions {
    return {
      before,
      decide: (check, parent) => this.decideWith(check, parent),
      concealFailed: (check, error) => this.#concealFailed(check, error),
      applied: (check, verdict) => this.#count(check, verdict),
      reviewed: () => this.#recordApplied(),
    };
  }

  /** Decides and counts every check, but withholds nothing. */
  asDryRun(before: readonly EarlyVerdict[]): Decisions {
    const unenforced = before.map((verdict): EarlyVerdict =>
      verdict === 'later' ? 'later' : verdict && allowed,
    );
    return {
      ...this.decisions(unenforced),
      decide: (check, parent) =>
        after(this.decideWith(check, parent), (verdict) => {
          this.#count(check, verdict);
          return allowed;
        }),
      applied: () => {},
    };
  }

  /** Records the checks that are decided before execution. */
  record(before: readonly EarlyVerdict[]): void {
    before.forEach((verdict, check) => {
      if (verdict === undefined || verdict === 'later') return;
      this.#audit(check, { outcome: verdict.is, reason: this.reasonOf(check) });
    });
  }

  #evaluate(
    spec: CheckSpec,
    parent: Readonly<Record<string, unknown>> | undefined,
  ): Decision | Promise<Decision> {
    const { policy, principal, prepared } = this.#options;
    const byDirectives =
      spec.demand && decideDemand(spec.demand, principal, (name) => this.#decideNamedPolicy(name));
    if (spec.rules.length === 0) return byDirectives ?? { is: 'allow' };
    const args = spec.arguments
      ? withPlainNumbers(argumentValues(spec.arguments, prepared.variables))
      : noArguments;
    const input = { parent, args, info: this.#infoOf(spec) };
    const byRules = spec.rules.map((number) => {
      const rule = policy?.rules[number];
      if (!rule) throw new Error(`The operation refers to rule ${number}, which the policy does not have`);
      return this.#evaluation.decide(rule, input);
    });
    if (!byDirectives && byRules.length === 1) return byRules[0] as Decision | Promise<Decision>;
    return all(byDirectives ? [byDirectives, ...byRules] : byRules, strictest);
  }

  /** A named `@policy` is evaluated as a rule that depends on the principal alone. */
  #decideNamedPolicy(name: string): Decision | Promise<Decision> {
    let leaf = this.#policyLeaves.get(name);
    if (!leaf) {
      const decide = this.#options.policy?.named.get(name);
      leaf = {
        is: 'leaf',
        name: `@policy ${name}`,
        decide: () => (decide ? decide(this.#context) : false),
        cache: 'contextual',
        isInput: false,
        fragment: undefined,
      };
      this.#policyLeaves.set(name, leaf);
    }
    return this.#evaluation.decide(leaf, { parent: undefined, args: noArguments, info: null });
  }

  /** The part of graphql-js's `info` that is available without a schema. */
  #infoOf({ coordinates, arguments: args }: CheckSpec): unknown {
    if (!args) return null;
    const [type = '', fieldName = ''] = (coordinates[0] ?? '').split('.');
    return {
      fieldName,
      parentType: { name: type },
      variableValues: (this.#variableValues ??= withPlainNumbers(clientVariables(this.#options.prepared))),
    };
  }

  #toVerdict(check: number, decision: Decision): Verdict {
    switch (decision.is) {
      case 'allow':
        this.#reasons[check] = 'allowed';
        return allowed;
      case 'mask': {
        const conceal = (value: unknown): unknown => decision.conceal(withPlainNumbers(value));
        return this.#because(check, `masked: ${decision.by} denies`, { is: 'mask', conceal });
      }
      case 'deny':
        return this.#because(check, `${decision.by} denies`, this.#denial(decision.error));
      case 'failed':
        return this.#because(check, `${decision.by} failed`, { ...undecided });
      case 'later':
        throw new Error('A rule was deferred although its parent object is available');
    }
  }

  /** @param verdict Of one object alone: others have other reasons. */
  #because<Made extends Exclude<Verdict, { is: 'allow' }>>(
    check: number,
    reason: string,
    verdict: Made,
  ): Made {
    this.#reasons[check] = reason;
    this.#reasonsOfVerdicts.set(verdict, reason);
    return verdict;
  }

  #denial(error: Error | null): Denial {
    const isAnonymous = this.#options.principal.provenBy === 'none';
    const ruleCode =
      error && 'extensions' in error ? (error.extensions as { code?: unknown }).code : undefined;
    const code = typeof ruleCode === 'string' ? ruleCode : isAnonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
    const defaultMessage = isAnonymous ? 'Sign in to see this field' : 'You may not see this field';
    return { is: 'deny', code, message: error?.message || defaultMessage };
  }

  #concealFailed(check: number, error: unknown): Denial {
    const { events, prepared, checks } = this.#options;
    const where = `mask of ${checks[check]?.coordinates[0]}`;
    events.emit('defect', { where, requestId: prepared.context.requestId, error: asError(error) });
    return this.#because(check, 'masking failed', { ...undecided });
  }

  #count(check: number, verdict: Verdict): void {
    let applied = this.#applied.get(check);
    if (!applied) {
      applied = {
        objects: { allow: 0, deny: 0, mask: 0 },
        reasons: { allow: 'allowed', deny: '', mask: '' },
      };
      this.#applied.set(check, applied);
    }
    applied.objects[verdict.is] += 1;
    if (verdict.is !== 'allow')
      applied.reasons[verdict.is] = this.#reasonsOfVerdicts.get(verdict) ?? this.reasonOf(check);
  }

  #recordApplied(): void {
    for (const [check, { objects, reasons }] of this.#applied) {
      const outcome = objects.deny > 0 ? 'deny' : objects.mask > 0 ? 'mask' : 'allow';
      this.#audit(check, { outcome, reason: reasons[outcome], objects });
    }
  }

  #audit(
    check: number,
    { outcome, reason, objects }: Pick<AuditEntry, 'outcome' | 'reason' | 'objects'>,
  ): void {
    const { audit, prepared, checks, principal, policy } = this.#options;
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

/** Without the literals of the document. */
function clientVariables({
  operation,
  variables,
}: RequestDecisionsOptions['prepared']): Readonly<Record<string, unknown>> {
  const literals = operation.prepared.variables.filter(({ literal }) => literal !== undefined);
  if (literals.length === 0) return recordOf(variables);
  const names = new Set(literals.map(({ name }) => name));
  return recordOf([...variables].filter(([name]) => !names.has(name)));
}

const undecided: Denial = {
  is: 'deny',
  code: 'AUTHORIZATION_FAILED',
  message: 'Access to this field could not be decided',
};

export function isRequested({ when }: Pick<CheckSpec, 'when'>, variables: CoercedVariables): boolean {
  return isIncluded(when, variables);
}
