/** A request that is refused as a whole for what its principal may not see. */

import { GatewayError } from '../shared/errors.ts';

type RefusalCode = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'AUTHORIZATION_FAILED';

/** @param denied Codes of what is denied, at least one. It is our fault only where nothing else is amiss. */
export function refusalCode(denied: readonly string[]): RefusalCode {
  const own = denied.filter((code) => code !== 'AUTHORIZATION_FAILED');
  if (own.length === 0) return 'AUTHORIZATION_FAILED';
  return own[0] === 'UNAUTHENTICATED' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
}

/** @param messages Of what is denied, at least one. */
export function authorizationRefused(code: RefusalCode, messages: readonly string[]): GatewayError {
  const errors = messages.map((message) => ({ message }));
  return new GatewayError(code, messages[0] ?? 'This request is not allowed', { errors });
}
