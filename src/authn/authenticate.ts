/**
 * The stage: who a request is really from, before anything of it is read.
 *
 * A token says who the user is, an API key which client calls; both together must both hold. A trusted proxy's word, and
 * then a client certificate, count only where neither is there.
 *
 *     token ──> revoked? ──┐
 *                          ├──> both? combined ──> or a proxy's word ──> or a certificate ──> or nobody: go on, or 401
 *     API key ─────────────┘
 */

import type { RequestContext, RequestHead } from '../pipeline/request.ts';
import type { ProveByKey } from './api-keys/api-keys.ts';
import type { ClientCertificates } from './certificates/client-certificates.ts';
import { createCombine } from './combine.ts';
import type { BackendIdentity } from './identity/backend-headers.ts';
import type { Tokens } from './jwt/tokens.ts';
import { missing, type IncomingRequest, type Proof, type ProveNow } from './proof.ts';
import { anonymous } from '../pipeline/principal.ts';

/** @throws {GatewayError} `UNAUTHENTICATED` or `AUTHENTICATION_UNAVAILABLE`, at once or through the promise. */
export type Authenticate = (
  head: RequestHead,
  http: IncomingRequest['http'],
) => RequestContext | Promise<RequestContext>;

export interface Ways {
  readonly token?: Tokens['prove'] | undefined;
  readonly apiKey?: ProveByKey | undefined;
  /** Throws for a token that was revoked. */
  readonly checkRevoked?: ((byToken: Proof) => void) | undefined;
  readonly trustedProxy?: ProveNow | undefined;
  readonly certificate?: ClientCertificates | undefined;
}

const nobody: Proof = { principal: anonymous };

export function createAuthenticate(
  ways: Ways,
  identity: BackendIdentity,
  onMissing: 'anonymous' | 'reject',
): Authenticate {
  function conclude(head: RequestHead, { http }: IncomingRequest, proof: Proof | undefined): RequestContext {
    if (!proof && onMissing === 'reject') throw missing(http.headers.authorization !== undefined);
    return identity.tell(head, proof ?? nobody);
  }

  const combine = createCombine();

  function settle(
    head: RequestHead,
    request: IncomingRequest,
    byToken: Proof | undefined,
    byKey: Proof | undefined,
  ): RequestContext {
    if (byToken) ways.checkRevoked?.(byToken);
    if (byToken && byKey) return conclude(head, request, combine(byToken, byKey));
    return conclude(
      head,
      request,
      byToken ?? byKey ?? ways.trustedProxy?.(request) ?? ways.certificate?.prove(request),
    );
  }

  return (head, http) => {
    const request = { http, clientAddress: head.clientAddress };
    ways.certificate?.demand?.(request);
    const byToken = ways.token?.(request);
    const byKey = ways.apiKey && proveBeside(byToken, ways.apiKey, request);
    if (byToken instanceof Promise || byKey instanceof Promise)
      return Promise.all([byToken, byKey]).then(([token, key]) => settle(head, request, token, key));
    return settle(head, request, byToken, byKey);
  };
}

/** A key that is refused at once ends the request while its token is still being checked: nobody waits for that one. */
function proveBeside(other: unknown, prove: ProveByKey, request: IncomingRequest): ReturnType<ProveByKey> {
  try {
    return prove(request);
  } catch (error) {
    if (other instanceof Promise) other.catch(() => {});
    throw error;
  }
}
