/** What a call rejects with when a policy did not let it through, worded once. */

import { CallFailure } from './outcome.ts';

function refusal(service: string, why: string, retryAfter: number): CallFailure {
  return new CallFailure('SERVICE_UNAVAILABLE', `${service} ${why}; try again in ${retryAfter} s`, {
    public: { service, retryAfter },
    outcome: 'refused',
    nothingSent: true,
  });
}

/** @param retryAfter In seconds. */
export function breakerOpen(service: string, retryAfter: number): CallFailure {
  return refusal(service, 'is not answering', retryAfter);
}

export function queueFull(service: string): CallFailure {
  return refusal(service, 'has as many calls as it can take', 1);
}

/** No address of the service was ever found. */
export function withoutReplica(service: string): CallFailure {
  return refusal(service, 'has no address', 1);
}

export function deadlinePassed(service: string): CallFailure {
  return new CallFailure('SERVICE_TIMEOUT', `${service} did not answer in time; try again later`, {
    public: { service },
    cause: new Error('the deadline has passed'),
    outcome: 'refused',
    nothingSent: true,
  });
}
