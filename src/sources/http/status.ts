/** What statuses from 400 of a JSON service over HTTP mean. */

import type { CallFailure, Outcome } from '../../resilience/outcome.ts';
import { utf8Text } from '../../shared/utf8.ts';
import { type ErrorWords, wordsOfError } from './error-messages.ts';
import { refused, unavailable } from '../failures.ts';
import type { HttpResponse } from './exchange.ts';
import { retryAfterOf } from './retry-after.ts';

/** Too many requests and proxies in front of a dead service: the same call may work later. */
export const unavailableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function statusFailure(service: string, response: HttpResponse): CallFailure {
  const { status } = response;
  const cause = new Error(`status ${status}`);
  const outcome = outcomeOfStatus(status);
  if (unavailableStatuses.has(status))
    return unavailable(service, cause, { outcome, ...retryAfterOf(response) });
  return refused(service, { ...wordsOf(response), cause, outcome });
}

/** Of a status from 400. */
export function outcomeOfStatus(status: number): Outcome {
  if (status >= 500) return 'server-error';
  return status === 429 ? 'busy' : 'answered';
}

function wordsOf(response: HttpResponse): ErrorWords {
  try {
    return wordsOfError(JSON.parse(utf8Text(response.body)));
  } catch {
    // Proxies answer with HTML, or in another encoding: the status says enough.
    return {};
  }
}
