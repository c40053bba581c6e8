/** Token checking with a clock moved by hand, before a provider on a real socket. */

import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

import { jwtSchema } from '../../../src/config/gateway/auth-jwt.ts';
import { createTokens } from '../../../src/authn/jwt/tokens.ts';
import type { Principal } from '../../../src/pipeline/principal.ts';
import { clientNetworks } from '../../../src/shared/addresses.ts';
import { isGatewayError } from '../../../src/shared/errors.ts';

export interface Checked {
  readonly principal?: Principal;
  readonly code?: string;
  readonly message?: string;
  /** What the log gets. */
  readonly reason?: string;
}

export interface Checker {
  /** Sends it as `Authorization: Bearer`. */
  check(token: string, clientAddress?: string): Promise<Checked>;
  with(headers: IncomingMessage['headers']): Promise<Checked>;
  forward(ms: number): void;
  readonly nowMs: number;
  readonly failures: readonly string[];
}

/** @param settings Of `auth.jwt`, as gateway.yaml has it. */
export function checker(settings: unknown): Checker {
  let passedMs = 0;
  const startMs = Date.now();
  const failures: string[] = [];
  const tokens = createTokens(jwtSchema.parse(settings), {
    fetch: (url, request) => fetch(url, request),
    networkOf: clientNetworks({ trustedProxies: [], ipv6PrefixBits: 64 }),
    now: () => passedMs,
    wallClock: () => startMs + passedMs,
    onFailure: ({ reason }) => failures.push(reason),
  });
  async function withHeaders(
    headers: IncomingMessage['headers'],
    clientAddress = '127.0.0.1',
  ): Promise<Checked> {
    try {
      const http = { headers, rawHeaders: [], socket: new Socket() };
      const proof = await tokens.prove({ http, clientAddress });
      return proof ? { principal: proof.principal } : {};
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      const { code, message, cause } = error;
      return { code, message, reason: cause instanceof Error ? cause.message : '' };
    }
  }
  return {
    check: (token, clientAddress) => withHeaders({ authorization: `Bearer ${token}` }, clientAddress),
    with: withHeaders,
    forward(ms) {
      passedMs += ms;
    },
    get nowMs() {
      return startMs + passedMs;
    },
    failures,
  };
}
