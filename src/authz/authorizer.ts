/**
 * Decides which fields of an operation its principal may see. Whatever can be decided before execution is, so that no
 * mutation runs before it is authorized; the rest is decided with the data (see `execute/apply-decisions.ts`).
 */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { CheckSpec, Denial } from '../pipeline/authorization.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import { authorized, type Authorized, type OperationLimited } from '../pipeline/stages.ts';
import type { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { authorizationRefused, refusalCode } from './authorization-refused.ts';
import { allowingText, checkText } from './check-text.ts';
import type { LoadedPolicy } from './policy/load-policy.ts';
import { all, type OnDecided } from './policy/evaluate.ts';
import { RequestDecisions, type EarlyVerdict } from './request-decisions.ts';

export interface AuthorizerOptions {
  readonly policy: LoadedPolicy | null;
  readonly config: GatewayConfig['authorization'];
  readonly events: Events;
  readonly audit: AuditLog;
}

/** What authorization needs of a compiled operation. */
interface Executable {
  readonly prepared: PreparedOperation;
}

/** Variants of an operation without the fields that the denied checks guard. */
export interface Variants<Operation extends Executable> {
  /** @returns Undefined if there is none, such as where the operation already has its maximum number of variants. */
  without(
    prepared: OperationLimited<Operation>,
    denied: readonly number[],
  ): Promise<Operation | undefined> | Operation | undefined;
}

export class Authorizer {
  readonly #options: AuthorizerOptions;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** @throws {GatewayError} If a denied field refuses the request as a whole. */
  authorize<Operation extends Executable>(
    prepared: OperationLimited<Operation>,
    variants: Variants<Operation>,
  ): Authorized<Operation> | Promise<Authorized<Operation>> {
    const { operation } = prepared;
    const { checks } = operation.prepared;
    if (!checks) return authorized(prepared, operation, null);
    return this.#authorize(prepared, checks, variants);
  }

  async #authorize<Operation extends Executable>(
    prepared: OperationLimited<Operation>,
    checks: readonly CheckSpec[],
    variants: Variants<Operation>,
  ): Promise<Authorized<Operation>> {
    const { operation } = prepared;
    const request = this.requestDecisions(prepared, checks);
    const before = checks.map((_, check) => request.decideBefore(check));
    const verdicts = await all<EarlyVerdict, readonly EarlyVerdict[]>(before, (settled) => settled);
    request.record(verdicts);
    if (request.isDryRun) return authorized(prepared, operation, request.asDryRun(verdicts));
    const denied = verdicts.flatMap((verdict, check) =>
      verdict !== undefined && verdict !== 'later' && verdict.is === 'deny' ? [check] : [],
    );
    const decisions = request.decisions(verdicts);
    if (denied.length === 0) return authorized(prepared, operation, decisions);
    if (this.#options.config.unauthorized === 'reject') throw refusal(verdicts, denied);
    const pruned = await variants.without(prepared, denied);
    // Without a variant, denied fields are fetched and removed from the response; but a denied mutation must not run.
    if (!pruned && denied.some((check) => checks[check]?.isRoot) && operation.prepared.kind === 'mutation') {
      throw refusal(verdicts, denied);
    }
    return authorized(prepared, pruned ?? operation, decisions);
  }

  /** The decisions of one request, check by check: for `authorize` and for explanations. */
  requestDecisions(
    prepared: OperationLimited<Executable>,
    checks: readonly CheckSpec[],
    onDecided?: OnDecided,
  ): RequestDecisions {
    const { policy, config, events, audit } = this.#options;
    const { principal } = prepared.context;
    return new RequestDecisions({ prepared, checks, principal, policy, config, events, audit, onDecided });
  }

  /** The part of the policy that allows a field (`Type.field`) to everyone, if there is one. */
  allowing(coordinate: string): string | undefined {
    const { policy } = this.#options;
    return policy ? allowingText(policy.outline, coordinate) : undefined;
  }

  /** The check as text. */
  textOf(check: CheckSpec): string {
    return checkText(check, this.#options.policy);
  }
}

function refusal(verdicts: readonly EarlyVerdict[], denied: readonly number[]): GatewayError {
  const denials = denied.map((check) => verdicts[check] as Denial);
  const code = refusalCode(denials.map((denial) => denial.code));
  return authorizationRefused(code, [...new Set(denials.map(({ message }) => message))]);
}
