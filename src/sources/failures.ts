/** The errors of a backend call, worded once: they name the service and nothing else; details go into the cause. */

import { CallFailure, type CallFailureDetails, type Outcome } from '../resilience/outcome.ts';
import { GatewayError, type CauseNote } from '../shared/errors.ts';

/** What policies have to know besides the code; each kind of failure has an outcome of its own. */
type Known = Partial<Pick<CallFailureDetails, 'outcome' | 'nothingSent' | 'retryAfterMs'>>;

/** Worded by what happened: that it "could not be reached" only where nothing was sent. */
export function unavailable(service: string, cause?: unknown, known: Known = {}): CallFailure {
  const details = { outcome: 'connect', ...known, public: { service }, cause } as const;
  return new CallFailure('SERVICE_UNAVAILABLE', `${service} ${wordsFor(details)}; try again later`, details);
}

function wordsFor({ outcome, nothingSent = false }: Known): string {
  if (outcome === 'busy') return 'has too much to do';
  // A limit of ours, or no address.
  if (outcome === 'refused') return 'cannot be asked now';
  return outcome === 'connect' && nothingSent ? 'could not be reached' : 'is not available';
}

/** It was there: whether it got the request, nobody knows. */
export function connectionLost(service: string, cause?: unknown): CallFailure {
  const message = `the connection to ${service} broke before it answered; try again later`;
  return new CallFailure('SERVICE_UNAVAILABLE', message, { outcome: 'connect', public: { service }, cause });
}

export function timedOut(service: string, cause?: unknown, known: Known = {}): CallFailure {
  const message = `${service} did not answer in time; try again later`;
  const details = { outcome: 'timeout', ...known, public: { service }, cause } as const;
  return new CallFailure('SERVICE_TIMEOUT', message, details);
}

export function badResponse(service: string, cause?: unknown, known: Known = {}): CallFailure {
  const message = `${service} sent an answer that cannot be used`;
  const details = { outcome: 'bad-response', ...known, public: { service }, cause } as const;
  return new CallFailure('SERVICE_BAD_RESPONSE', message, details);
}

/** The answers to one request are too much together: that says nothing of the service. */
export function budgetSpent(service: string, bytesMax: number): CallFailure {
  const cause = new BudgetSpent(`all answers to one request are larger than ${bytesMax} bytes`);
  const details = { outcome: 'refused', retryable: false, public: { service }, cause } as const;
  return new CallFailure('SERVICE_BAD_RESPONSE', `${service} sent an answer that cannot be used`, details);
}

class BudgetSpent extends Error {}

/** Whether `error` is about the request that made the call: another one may have room for the answer. */
export function isBudgetSpent(error: unknown): boolean {
  return error instanceof CallFailure && error.cause instanceof BudgetSpent;
}

/**
 * What a service said when it refused a call. The words are a backend's: `local-source.ts` puts them into the
 * subgraph's error, where the policy for such messages decides whether clients see them.
 */
export class ServiceRefusal extends Error implements CauseNote {
  readonly isServiceText = true;
  override readonly name = 'ServiceRefusal';
}

export interface Refusal {
  /** In the service's words, if it gave any. */
  readonly message?: unknown;
  /** The service's own name for what went wrong; shown only when it looks like one. */
  readonly code?: unknown;
  readonly cause?: unknown;
  /** Default `answered`: it said no, and is well. */
  readonly outcome?: Outcome;
}

const refusalCharsMax = 1000;

export function refused(service: string, refusal: Refusal): CallFailure {
  const { message, code, cause, outcome = 'answered' } = refusal;
  const general = `${service} answered with an error`;
  const words = typeof message === 'string' && message !== '' ? message.slice(0, refusalCharsMax) : general;
  const serviceCode = safeServiceCode(code);
  return new CallFailure('SERVICE_ERROR', general, {
    outcome,
    public: serviceCode === undefined ? { service } : { service, serviceCode },
    cause: new ServiceRefusal(words, { cause }),
  });
}

/** What the client sent cannot be put into a call of this service. */
export function badInput(service: string, message: string, cause?: unknown): GatewayError {
  return new GatewayError('BAD_USER_INPUT', message, { public: { service }, cause });
}

/**
 * A value that the protocol of the service cannot carry, or that would mean something else there.
 *
 * @param reason Such as `it is empty`.
 */
export function unusable(service: string, name: string, reason?: string): GatewayError {
  const why = reason === undefined ? '' : `: ${reason}`;
  return badInput(service, `the value given for "${name}" cannot be sent to ${service}${why}`);
}

/** A code such as `OUT_OF_STOCK`, or nothing when the text is anything else. */
function safeServiceCode(code: unknown): string | undefined {
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : undefined;
}
