/**
 * Proves by the certificate that a client showed when it connected: the server has checked it against the authorities
 * of the configuration, and this says who it is of. Once for each connection; until when it holds, for each request.
 */

import { TLSSocket } from 'node:tls';

import type { CertificatesConfig } from '../../config/gateway/auth-certificates.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { type IncomingRequest, type Proof, type ProveNow, refusal } from '../proof.ts';
import { alternativeNames } from './alternative-names.ts';
import { createMatchNames, type MatchNames } from './name-rules.ts';

export interface ClientCertificates {
  readonly prove: ProveNow;
  /** Undefined: a request need not have one. Throws where it has none that holds. */
  readonly demand?: (request: IncomingRequest) => void;
}

type Shown = { readonly proof: Proof; readonly untilMs: number } | { readonly refused: GatewayError };

/** @param wallClock ms since 1970. */
export function createClientCertificates(
  { names, required }: CertificatesConfig,
  wallClock: () => number,
): ClientCertificates {
  const match = createMatchNames(names);
  const byConnection = new WeakMap<object, Shown | 'none'>();

  const prove: ProveNow = ({ http: { socket } }) => {
    let shown = byConnection.get(socket);
    if (!shown) {
      shown = socket instanceof TLSSocket ? shownOn(socket, match) : 'none';
      byConnection.set(socket, shown);
    }
    if (shown === 'none') return undefined;
    if ('refused' in shown) throw shown.refused;
    if (wallClock() >= shown.untilMs) throw refusal('the client certificate has expired');
    return shown.proof;
  };
  if (!required) return { prove };
  return {
    prove,
    demand(request) {
      if (!prove(request)) throw refusal('there is no client certificate');
    },
  };
}

function shownOn(socket: TLSSocket, match: MatchNames): Shown | 'none' {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return 'none';
  if (!socket.authorized)
    return { refused: refusal(`the client certificate is not good: ${String(socket.authorizationError)}`) };
  const named = match(alternativeNames(certificate.subjectAltName));
  if (!named) return { refused: refusal('no rule is for any name of the client certificate') };
  if (named === 'ambiguous')
    return { refused: refusal('several names of the client certificate fit one rule') };
  const { rule, name, subject, client } = named;
  const untilMs = certificate.validToDate.getTime();
  const principal = {
    subject,
    client,
    tier: rule.tier ?? null,
    roles: rule.roles,
    scopes: rule.scopes,
    claims: { name, fingerprint: certificate.fingerprint256 },
    provenBy: 'certificate',
    issuer: certificate.issuer,
    validUntilMs: untilMs,
  } as const;
  return { proof: { principal }, untilMs };
}
