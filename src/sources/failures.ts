/** The errors of a backend call, worded once: they name the service and nothing else; details go into the cause. */

import { GatewayError } from '../shared/errors.ts';

export function unavailable(service: string, cause?: unknown): GatewayError {
  const message = `${service} could not be reached; try again later`;
  return new GatewayError('SERVICE_UNAVAILABLE', message, { public: { service }, cause });
}

export function timedOut(service: string, cause?: unknown): GatewayError {
  const message = `${service} did not answer in time; try again later`;
  return new GatewayError('SERVICE_TIMEOUT', message, { public: { service }, cause });
}

export function badResponse(service: string, cause?: unknown): GatewayError {
  const message = `${service} sent an answer that cannot be used`;
  return new GatewayError('SERVICE_BAD_RESPONSE', message, { public: { service }, cause });
}

/**
 * What a service said when it refused a call. The words are a backend's: `local-source.ts` puts them into the
 * subgraph's error, where the policy for such messages decides whether clients see them.
 */
export class ServiceRefusal extends Error {
  override readonly name = 'ServiceRefusal';
}

export interface Refusal {
  /** In the service's words, if it gave any. */
  readonly message?: unknown;
  /** The service's own name for what went wrong; shown only when it looks like one. */
  readonly code?: unknown;
  readonly cause?: unknown;
}

const refusalCharsMax = 1000;

export function refused(service: string, { message, code, cause }: Refusal): GatewayError {
  const general = `${service} answered with an error`;
  const words = typeof message === 'string' && message !== '' ? message.slice(0, refusalCharsMax) : general;
  const serviceCode = safeServiceCode(code);
  return new GatewayError('SERVICE_ERROR', general, {
    public: serviceCode === undefined ? { service } : { service, serviceCode },
    cause: new ServiceRefusal(words, { cause }),
  });
}

/** What the client sent cannot be put into a call of this service. */
export function badInput(service: string, message: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', message, { public: { service } });
}

/** A code such as `OUT_OF_STOCK`, or nothing when the text is anything else. */
function safeServiceCode(code: unknown): string | undefined {
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : undefined;
}
