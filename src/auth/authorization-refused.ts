/** A request that is refused as a whole for what its principal may not see. */

import { GatewayError } from '../shared/errors.ts';

export class AuthorizationRefused extends GatewayError {
  readonly errors: ReadonlyArray<{ readonly message: string }>;

  constructor(code: 'UNAUTHENTICATED' | 'FORBIDDEN', messages: readonly string[]) {
    super(code, messages[0] ?? 'This request is not allowed');
    this.errors = messages.map((message) => ({ message }));
  }
}
