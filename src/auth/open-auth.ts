/** Builds authentication as the configuration has it. */

import type { AuthConfig } from '../config/auth.ts';
import { createAuthenticate, type Authenticate } from './authenticate.ts';
import { createBackendIdentity } from './identity/backend-headers.ts';
import { createTrustedProxy } from './trusted-proxy.ts';

export interface Auth {
  readonly authenticate: Authenticate;
}

export function openAuth(config: AuthConfig): Auth {
  const ways = { trustedProxy: config.trustedProxy && createTrustedProxy(config.trustedProxy) };
  return { authenticate: createAuthenticate(ways, createBackendIdentity(config), config.onMissing) };
}
