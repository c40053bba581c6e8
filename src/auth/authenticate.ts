/**
 * The stage: who a request is really from, before anything of it is read.
 *
 * A token says who the user is, an API key which client calls; both together must both hold. A trusted proxy's word, and
 * then a client certificate, count only where neither is there.
 */

import type { RequestContext } from '../pipeline/request.ts';
import type { ClientCertificates } from './certificates/client-certificates.ts';
import type { BackendIdentity } from './identity/backend-headers.ts';
import type { Tokens } from './jwt/tokens.ts';
import { anonymous, missing, type IncomingRequest, type Proof, type ProveNow } from './proof.ts';

/** @throws {GatewayError} `UNAUTHENTICATED` or `AUTHENTICATION_UNAVAILABLE`, at once or through the promise. */
export type Authenticate = (
  context: RequestContext,
  http: IncomingRequest['http'],
) => RequestContext | Promise<RequestContext>;

export interface Ways {
  readonly token?: Tokens['prove'] | undefined;
  readonly trustedProxy?: ProveNow | undefined;
  readonly certificate?: ClientCertificates | undefined;
}

const nobody: Proof = { principal: anonymous };

export function createAuthenticate(
  ways: Ways,
  identity: BackendIdentity,
  onMissing: 'anonymous' | 'reject',
): Authenticate {
  function conclude(context: RequestContext, proof: Proof | undefined): RequestContext {
    if (!proof && onMissing === 'reject') throw missing();
    return identity.tell(context, proof ?? nobody);
  }

  return (context, http) => {
    const request = { http, clientAddress: context.clientAddress };
    ways.certificate?.demand?.(request);
    const byToken = ways.token?.(request);
    if (byToken instanceof Promise) return byToken.then((proof) => conclude(context, proof));
    return conclude(context, byToken ?? ways.trustedProxy?.(request) ?? ways.certificate?.prove(request));
  };
}
