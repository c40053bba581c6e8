/** Refuses a request as a whole because its principal may not see some of its fields. */

import { GatewayError } from '../shared/errors.ts';

type RefusalCode = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'AUTHORIZATION_FAILED';

/** @param denied Codes of the denials, at least one. A failure of the gateway counts only if there is no other code. */
export function refusalCode(denied: readonly string[]): RefusalCode {
  const decided = denied.filter((code) => code !== 'AUTHORIZATION_FAILED');
  if (decided.length === 0) return 'AUTHORIZATION_FAILED';
  return decided[0] === 'UNAUTHENTICATED' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
}

/** @param messages Of the denials, at least one. */
export function authorizationRefused(code: RefusalCode, messages: readonly string[]): GatewayError {
  const errors = messages.map((message) => ({ message }));
  return new GatewayError(code, messages[0] ?? 'This request is not allowed', { errors });
}
