/**
 * Authenticates by TLS client certificate: the server has verified it against the configured authorities, and the rules
 * here map its names to a principal. Once for each connection; its expiry is checked for each request.
 */

import { TLSSocket } from 'node:tls';

import type { CertificatesConfig } from '../../config/gateway/auth-certificates.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { type IncomingRequest, type Proof, type ProveSync, invalidCredentials } from '../proof.ts';
import { alternativeNames } from './alternative-names.ts';
import { createMatchNames, type MatchNames } from './name-rules.ts';

export interface ClientCertificates {
  readonly prove: ProveSync;
  /** Throws without a valid certificate. Undefined: certificates are optional. */
  readonly require?: (request: IncomingRequest) => void;
}

type ConnectionProof = { readonly proof: Proof; readonly untilMs: number } | { readonly error: GatewayError };

/** @param wallClock ms since 1970. */
export function createClientCertificates(
  { names, required }: CertificatesConfig,
  wallClock: () => number,
): ClientCertificates {
  const match = createMatchNames(names);
  const byConnection = new WeakMap<object, ConnectionProof | 'none'>();

  const prove: ProveSync = ({ http: { socket } }) => {
    let result = byConnection.get(socket);
    if (!result) {
      result = socket instanceof TLSSocket ? verifyPeer(socket, match) : 'none';
      byConnection.set(socket, result);
    }
    if (result === 'none') return undefined;
    if ('error' in result) throw result.error;
    if (wallClock() >= result.untilMs) throw invalidCredentials('the client certificate has expired');
    return result.proof;
  };
  if (!required) return { prove };
  return {
    prove,
    require(request) {
      if (!prove(request)) throw invalidCredentials('the client sent no certificate');
    },
  };
}

function verifyPeer(socket: TLSSocket, match: MatchNames): ConnectionProof | 'none' {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return 'none';
  if (!socket.authorized)
    return {
      error: invalidCredentials(`the client certificate is not valid: ${String(socket.authorizationError)}`),
    };
  const matched = match(alternativeNames(certificate.subjectAltName));
  if (!matched)
    return {
      error: invalidCredentials(
        'no rule of auth.certificates.names matches a name of the client certificate',
      ),
    };
  if (matched === 'ambiguous')
    return { error: invalidCredentials('several names of the client certificate match the same rule') };
  const { rule, name, subject, client } = matched;
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
