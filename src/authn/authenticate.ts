/**
 * The authentication stage: verifies the credentials of a request before its body is read.
 *
 * An access token identifies the user, an API key the client; if both are sent, both must be valid. A trusted proxy, and
 * then a client certificate, count only for a request with neither.
 *
 *     token ──> revoked? ──┐
 *                          ├──> combined ──> else trusted proxy ──> else certificate ──> else anonymous, or 401
 *     API key ─────────────┘
 */

import type { AuthenticatedRequest, RequestHead } from '../pipeline/request.ts';
import type { ProveByKey } from './api-keys/api-keys.ts';
import type { ClientCertificates } from './certificates/client-certificates.ts';
import { createCombine } from './combine.ts';
import type { BackendIdentity } from './identity/backend-headers.ts';
import type { Tokens } from './jwt/tokens.ts';
import { missingCredentials, type IncomingRequest, type Proof, type ProveSync } from './proof.ts';
import { anonymous } from '../pipeline/principal.ts';

/** @throws {GatewayError} `UNAUTHENTICATED` or `AUTHENTICATION_UNAVAILABLE`, at once or through the promise. */
export type Authenticate = (
  head: RequestHead,
  http: IncomingRequest['http'],
) => AuthenticatedRequest | Promise<AuthenticatedRequest>;

export interface Provers {
  readonly token?: Tokens['prove'] | undefined;
  readonly apiKey?: ProveByKey | undefined;
  /** Throws for a revoked token. */
  readonly checkRevoked?: ((byToken: Proof) => void) | undefined;
  readonly trustedProxy?: ProveSync | undefined;
  readonly certificate?: ClientCertificates | undefined;
}

const anonymousProof: Proof = { principal: anonymous };

export function createAuthenticate(
  provers: Provers,
  identity: BackendIdentity,
  onMissing: 'anonymous' | 'reject',
): Authenticate {
  function conclude(
    head: RequestHead,
    { http }: IncomingRequest,
    proof: Proof | undefined,
  ): AuthenticatedRequest {
    if (!proof && onMissing === 'reject') throw missingCredentials(http.headers.authorization !== undefined);
    return identity.apply(head, proof ?? anonymousProof);
  }

  const combine = createCombine();

  function settle(
    head: RequestHead,
    request: IncomingRequest,
    [byToken, byKey]: readonly [token: Proof | undefined, key: Proof | undefined],
  ): AuthenticatedRequest {
    if (byToken) provers.checkRevoked?.(byToken);
    if (byToken && byKey) return conclude(head, request, combine(byToken, byKey));
    return conclude(
      head,
      request,
      byToken ?? byKey ?? provers.trustedProxy?.(request) ?? provers.certificate?.prove(request),
    );
  }

  return (head, http) => {
    const request = { http, clientAddress: head.clientAddress };
    provers.certificate?.require?.(request);
    const byToken = provers.token?.(request);
    const byKey = provers.apiKey && proveKey(byToken, provers.apiKey, request);
    if (byToken instanceof Promise || byKey instanceof Promise)
      return Promise.all([byToken, byKey]).then((proofs) => settle(head, request, proofs));
    return settle(head, request, [byToken, byKey]);
  };
}

/** If the API key is refused at once, the token check still under way must not become an unhandled rejection. */
function proveKey(byToken: unknown, prove: ProveByKey, request: IncomingRequest): ReturnType<ProveByKey> {
  try {
    return prove(request);
  } catch (error) {
    if (byToken instanceof Promise) byToken.catch(() => {});
    throw error;
  }
}
