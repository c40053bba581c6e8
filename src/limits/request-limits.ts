/**
 * The limits of one request.
 *
 *     gate 1 (network) ──► gate 2 (caller) ──► gate 3 (operation) ──► finish
 *
 * If another process has to be asked, a gate only looks whether this process knows that the request is refused, and the
 * question is put off until the last gate, or until something comes that costs more than the question: so a request
 * asks once.
 */

import type { LimitsConfig } from '../config/gateway/limits.ts';
import type { Answer, AnswerCost } from '../pipeline/answer.ts';
import type { Client } from '../pipeline/client.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { Answered, Identified, Prepared, Recognized, RequestLimits } from '../pipeline/stages.ts';
import { GatewayError, isOperationCode } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import type { Charge, CheckState, LimitCheck, LimitDecision, Limiter, LimitRule } from './check.ts';
import type { Brake } from './brake.ts';
import { costHeaders, type AddHeaders, type CheckedLimit } from './headers.ts';
import type { OperationsInFlight } from './in-flight.ts';
import { clientOf, type KeyInputs } from './keys.ts';
import { hidesWork } from './lost-work.ts';
import type { OperationFigures } from './operation-figures.ts';
import { isReturned, type Policy } from './policies.ts';
import type { UncountedRequests } from './uncounted-requests.ts';
import type { VerifiedCredentials } from './verified-credentials.ts';

/** What all requests share. */
export interface LimitTools {
  readonly limiter: Limiter;
  /** Another process has to be asked, so questions are put off. */
  readonly isShared: boolean;
  readonly verified: VerifiedCredentials;
  /** Identical requests share an answer, so they are counted before. */
  readonly sharesAnswers: boolean;
  readonly policies: Readonly<Record<1 | 2, readonly Policy[]>>;
  /** Of gate 3, with those of the graph in place. */
  readonly operationPolicies: () => readonly Policy[];
  readonly figures: OperationFigures;
  readonly apiKeyHeader: string | null;
  /** Null: off. */
  readonly brake: Brake | null;
  /** Null: none are limited. */
  readonly inFlight: OperationsInFlight | null;
  readonly uncounted: UncountedRequests;
  readonly addHeaders: AddHeaders | null;
  readonly statusOnLimit: 429 | 200;
  readonly showsCost: Pick<LimitsConfig['cost'], 'extensions' | 'headers'>;
  /** 0 to 1. */
  readonly random: () => number;
  readonly events: Events;
}

/** Checks that are not answered yet, and the policy of each. At least one: most gates have no more. */
class PendingChecks {
  readonly checks: LimitCheck[];
  readonly policies: Policy[];

  constructor(policy: Policy, check: LimitCheck) {
    this.checks = [check];
    this.policies = [policy];
  }

  add(policy: Policy, check: LimitCheck): void {
    const same = policy.field === null ? -1 : this.checks.findIndex((one) => isSame(one, check));
    const previous = this.checks[same];
    if (previous) {
      this.checks[same] = { ...check, cost: Math.min(unitsMax, previous.cost + check.cost) };
      return;
    }
    this.checks.push(check);
    this.policies.push(policy);
  }
}

function isSame(one: LimitCheck, other: LimitCheck): boolean {
  return one.rule === other.rule && one.key === other.key;
}

type Executable = Prepared<{ readonly prepared: PreparedOperation }>;
type Checked = Promise<void> | undefined;

export class CheckedRequest implements RequestLimits {
  readonly #tools: LimitTools;
  readonly #identified: Identified;
  /** Completed from gate to gate. */
  readonly #inputs: { -readonly [Name in keyof KeyInputs]: KeyInputs[Name] };
  /** Null: none. */
  #pending: PendingChecks | null = null;
  /** What a client is told of. */
  readonly #checked: CheckedLimit[] = [];
  /** To be given back if a later gate refuses. */
  #returned: Charge[] = [];
  /** Points that were counted by the estimate. */
  readonly #points: Charge[] = [];
  #cost: AnswerCost | null = null;
  /** The header of a refusal. Undefined: it is not refused. */
  #retryAfter: Record<string, string> | undefined;
  /** Digest of credentials that have to be verified first. Null: none. */
  #unverified: string | null = null;
  /** Key of the caller whose operations in flight this one is among. Null: none. */
  #inFlight: string | null = null;

  constructor(tools: LimitTools, identified: Identified) {
    this.#tools = tools;
    this.#identified = identified;
    const { arrived, network } = identified;
    this.#inputs = {
      network,
      headers: arrived.http.headers,
      apiKeyHeader: tools.apiKeyHeader,
      caller: null,
      operationName: null,
      fieldArguments: null,
    };
  }

  checkNetwork(): Checked {
    const { policies, brake, isShared } = this.#tools;
    if (policies[1].length === 0) return undefined;
    const cost = brake ? brake.costOf(this.#identified.network()) : 1;
    for (const policy of policies[1]) {
      const rule = policy.rules.base;
      if (rule) this.#add(policy, rule, cost);
    }
    if (!isShared) return this.checkDeferred();
    this.#refuseBlocked();
    return this.#authenticatesAtOnce() ? undefined : this.checkDeferred();
  }

  checkCaller({ context: { principal, client } }: Recognized): Checked {
    const { policies, operationPolicies, inFlight, isShared, sharesAnswers } = this.#tools;
    const caller = { principal, client };
    this.#inputs.caller = caller;
    if (this.#unverified !== null) this.#tools.verified.add(this.#unverified);
    if (inFlight) this.#enter(inFlight, caller);
    for (const policy of policies[2]) {
      if (!appliesTo(policy, caller)) continue;
      for (const rule of policy.rules.of(client, principal.tier)) this.#add(policy, rule, 1);
    }
    if (!isShared) return this.checkDeferred();
    this.#refuseBlocked();
    return sharesAnswers || operationPolicies().length === 0 ? this.checkDeferred() : undefined;
  }

  checkOperation(prepared: Executable): Checked {
    const { operationPolicies, figures } = this.#tools;
    figures.assertCost(prepared);
    const { caller } = this.#inputs;
    this.#inputs.operationName = prepared.name;
    for (const policy of operationPolicies()) {
      if (!caller || !appliesTo(policy, caller) || !isAbout(policy, prepared)) continue;
      for (const rule of policy.rules.of(caller.client, caller.principal.tier))
        this.#addOperation(policy, rule, prepared);
    }
    return this.checkDeferred();
  }

  #addOperation(policy: Policy, rule: LimitRule, prepared: Executable): void {
    const { figures } = this.#tools;
    const cost = policy.countsField ? 1 : costBy(policy, figures, prepared);
    if (cost === 0) return;
    if (policy.field === null) {
      this.#add(policy, rule, cost);
      return;
    }
    for (const values of figures.selections(prepared, policy.field)) {
      this.#inputs.fieldArguments = values;
      this.#add(policy, rule, cost);
    }
    this.#inputs.fieldArguments = null;
  }

  checkDeferred(): Checked {
    if (this.#tools.isShared) this.#refuseBlocked();
    const pending = this.#pending;
    if (!pending) return undefined;
    this.#pending = null;
    const decision = this.#tools.limiter.take(pending.checks);
    if (decision instanceof Promise) return decision.then((settled) => this.#apply(pending, settled));
    this.#apply(pending, decision);
    return undefined;
  }

  settle(prepared: Executable, answer: Answer): Answer {
    const { limiter, figures, showsCost } = this.#tools;
    if (this.#points.length === 0 && !showsCost.extensions && !showsCost.headers) return answer;
    let actual = figures.actual(prepared, answer.data);
    if (prepared.context.cancellation.reason !== undefined || hidesWork(answer))
      actual = Math.max(actual, figures.points(prepared));
    const changes: Array<{ charge: Charge; units: number }> = [];
    for (const charge of this.#points) {
      const units = actual - charge.check.cost;
      if (units !== 0) changes.push({ charge, units });
    }
    if (changes.length > 0) limiter.settle(changes);
    if (!showsCost.extensions && !showsCost.headers) return answer;
    this.#cost = { estimated: figures.points(prepared), actual, max: figures.maximumOf(prepared) };
    if (!showsCost.extensions) return answer;
    return { ...answer, extensions: { ...answer.extensions, cost: this.#cost } };
  }

  finish(answered: Answered): Answered {
    const { brake, inFlight, policies, uncounted, addHeaders, statusOnLimit, showsCost } = this.#tools;
    if (this.#inFlight !== null) inFlight?.leave(this.#inFlight);
    if (brake && policies[1].length > 0) brake.answered(this.#identified.network(), statusForBrake(answered));
    for (const check of this.#pending?.checks ?? [])
      if (check.gate < 3 || check.isMeasured) uncounted.add(check);
    let { headers } = answered;
    if (addHeaders && this.#checked.length > 0) headers = addHeaders(headers, this.#checked);
    if (showsCost.headers && this.#cost) headers = { ...headers, ...costHeaders(this.#cost) };
    if (this.#retryAfter) headers = { ...headers, ...this.#retryAfter };
    const [first] = answered.errorCounts;
    // A service may have limits of its own, which are errors of fields.
    const isOver = first?.code === 'RATE_LIMITED' && first.service === null;
    if (headers === answered.headers && !isOver) return answered;
    return { ...answered, status: isOver ? statusOnLimit : answered.status, headers };
  }

  /** Whether authentication only looks up what it knows, which costs less than a question. */
  #authenticatesAtOnce(): boolean {
    const { verified } = this.#tools;
    const digest = verified.digestOf(this.#identified.arrived.http.headers);
    if (digest === null || verified.has(digest)) return true;
    this.#unverified = digest;
    return false;
  }

  #add(policy: Policy, rule: LimitRule, cost: number): void {
    const check = {
      rule,
      key: policy.keys.of(this.#inputs),
      owner: policy.keys.ownerOf(this.#inputs),
      cost,
      gate: policy.gate,
      isReturned: isReturned(policy, rule),
      isMeasured: policy.isMeasured,
    };
    this.#putOff(policy, check);
  }

  #putOff(policy: Policy, check: LimitCheck): void {
    if (this.#pending) this.#pending.add(policy, check);
    else this.#pending = new PendingChecks(policy, check);
  }

  #enter(inFlight: OperationsInFlight, caller: { principal: Principal; client: Client }): void {
    const name = caller.client.isProven || caller.client.name === null ? clientOf(caller) : null;
    const key = name === null ? `network ${this.#identified.network()}` : `client ${name}`;
    if (inFlight.enter(key, caller.client, caller.principal.tier)) this.#inFlight = key;
  }

  /** Refuses without asking what this process knows to be used up. */
  #refuseBlocked(): void {
    const pending = this.#pending;
    const decision = pending && this.#tools.limiter.refusal(pending.checks);
    if (!decision) return;
    const refusedGate = decision.isAllowed ? 0 : decision.refusedBy.gate;
    this.#pending = null;
    for (const [index, policy] of pending.policies.entries()) {
      const check = pending.checks[index];
      // As a store that is asked would count them.
      if (check && (check.isMeasured || (check.gate < refusedGate && !check.isReturned)))
        this.#putOff(policy, check);
    }
    this.#apply(pending, decision);
  }

  /** @throws {GatewayError} */
  #apply({ checks, policies }: PendingChecks, decision: LimitDecision): void {
    for (let index = 0; index < checks.length; index += 1) {
      const policy = policies[index];
      const check = checks[index];
      const state = decision.states[index];
      if (policy && check && state) this.#report(policy, check, state);
    }
    if (decision.isAllowed) {
      for (const charge of decision.charges) {
        if (!charge.check.isReturned) continue;
        this.#returned.push(charge);
        // They are counted at gate 3 alone.
        if (policies[checks.indexOf(charge.check)]?.unit === 'points') this.#points.push(charge);
      }
      return;
    }
    this.#giveBack();
    const error = refusal(decision, unitOf(policies[checks.indexOf(decision.refusedBy)]), this.#tools.random);
    const { retryAfter } = error.public;
    if (typeof retryAfter === 'number') this.#retryAfter = { 'retry-after': String(retryAfter) };
    throw error;
  }

  #giveBack(): void {
    const changes = this.#returned.map((charge) => ({ charge, units: -charge.check.cost }));
    this.#returned = [];
    if (changes.length > 0) this.#tools.limiter.settle(changes);
  }

  #report(policy: Policy, { rule, isMeasured }: LimitCheck, state: CheckState): void {
    const { events } = this.#tools;
    if (!isMeasured && !rule.isGlobal) this.#checked.push({ policy, rule, state });
    const { remaining, isExceeded } = state;
    const isOver = isExceeded && isMeasured;
    if (!isOver && !events.hasListeners('limitChecked')) return;
    const { requestId } = this.#identified.arrived.head;
    const { caller } = this.#inputs;
    const client = caller && clientOf(caller);
    const { limit } = rule;
    const event = { requestId, client, policy: policy.name, limit };
    events.emit('limitChecked', { ...event, remaining, isExceeded, isEnforced: !isMeasured });
    if (isOver)
      events.emit('limitMeasured', { requestId, client, limit: policy.name, max: limit, actual: null });
  }
}

/** An operation that is refused has the status 200 where it is answered with `application/json`. */
function statusForBrake({ status, errorCounts: [first], operationKind }: Answered): number {
  const isRefused = operationKind === null && first !== undefined && isOperationCode(first.code);
  return isRefused ? 400 : status;
}

function costBy({ unit }: Policy, figures: OperationFigures, prepared: Executable): number {
  if (unit === 'requests') return 1;
  return unit === 'points' ? figures.points(prepared) : figures.calls(prepared);
}

function appliesTo({ when }: Policy, { principal, client }: NonNullable<KeyInputs['caller']>): boolean {
  const { clients, versions, anonymous } = when;
  if (clients && !clients.includes(clientOf({ principal, client }) ?? '')) return false;
  if (versions && !versions.includes(client.version ?? '')) return false;
  return anonymous === undefined || anonymous === (principal.provenBy === 'none');
}

function isAbout({ when }: Policy, { operation, name }: Executable): boolean {
  const { kind } = operation.prepared;
  if (when.kinds && !(when.kinds as readonly string[]).includes(kind)) return false;
  return !when.operations || when.operations.includes(name ?? '');
}

/** Of one check. */
const unitsMax = 4_294_967_295;

/** Waits are longer by up to this share, so that clients do not all come back at once. */
const jitterShare = 0.1;
/** Enough for that; a tenth of a day would keep a client away for hours. */
const jitterMaxMs = 10_000;

/** What a policy counts, in words. */
function unitOf(policy: Policy | undefined): string {
  if (policy?.countsField) return 'selections';
  return policy?.unit ?? 'requests';
}

function refusal(
  decision: LimitDecision & { isAllowed: false },
  unit: string,
  random: () => number,
): GatewayError {
  const { refusedBy, reason, retryAfterMs } = decision;
  const { policy, limit, windowMs, isGlobal } = refusedBy.rule;
  const jitterMs = Math.min(retryAfterMs * jitterShare, jitterMaxMs) * random();
  const retryAfter = Math.max(1, Math.ceil((retryAfterMs + jitterMs) / 1000));
  if (reason === 'store')
    return new GatewayError(
      'LIMITS_UNAVAILABLE',
      `The limit "${policy}" cannot be checked at the moment; try again in ${retryAfter} s`,
      { public: { retryAfter } },
    );
  if (isGlobal)
    return new GatewayError(
      'OVERLOADED',
      `The limit "${policy}" of all clients together is used up; try again in ${retryAfter} s`,
      { public: { retryAfter } },
    );
  const most = refusedBy.rule.algorithm === 'gcra' ? refusedBy.rule.burst : limit;
  if (refusedBy.cost > most) {
    const counted = `The request counts as ${refusedBy.cost} ${unit}`;
    const message = `${counted}, and the limit "${policy}" admits at most ${most} at once: ask for less`;
    return new GatewayError('RATE_LIMITED', message, { public: { policy }, retryable: false });
  }
  const message = `The limit "${policy}" of ${limit} ${unit} in ${windowMs / 1000} s is used up; try again in ${retryAfter} s`;
  return new GatewayError('RATE_LIMITED', message, { public: { retryAfter, policy } });
}
