/** A request that is refused as a whole for what its principal may not see. */

import { GatewayError } from '../shared/errors.ts';

type RefusalCode = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'AUTHORIZATION_FAILED';

/** @param denied Codes of what is denied, at least one. It is our fault only where nothing else is amiss. */
export function refusalCode(denied: readonly string[]): RefusalCode {
  const own = denied.filter((code) => code !== 'AUTHORIZATION_FAILED');
  if (own.length === 0) return 'AUTHORIZATION_FAILED';
  return own[0] === 'UNAUTHENTICATED' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
}

export class AuthorizationRefused extends GatewayError {
  readonly errors: ReadonlyArray<{ readonly message: string }>;

  constructor(code: RefusalCode, messages: readonly string[]) {
    super(code, messages[0] ?? 'This request is not allowed');
    this.errors = messages.map((message) => ({ message }));
  }
}
