/**
 * Identity propagation: adds headers about the principal to requests for backends, by configured rules.
 *
 * Client headers of the same names are always removed first, so that a client cannot forge them.
 */

import type { AuthConfig, IdentityRule } from '../../config/gateway/auth.ts';
import type { AuthenticatedRequest, RequestContext, RequestHead } from '../../pipeline/request.ts';
import type { Proof } from '../proof.ts';
import type { Signer } from './signer.ts';
import { emptyRecord } from '../../shared/records.ts';

type Headers = Record<string, string>;
/** Adds the headers of one rule. */
type Write = (headers: Headers, proof: Proof) => void;

/** Only the gateway or a trusted proxy may set headers with these prefixes. */
const reservedPrefixes = ['x-user-', 'x-gateway-', 'x-forwarded-'];

export interface BackendIdentity {
  /** @returns The request context for all later stages. */
  readonly apply: (head: RequestHead, proof: Proof) => AuthenticatedRequest;
}

/** @param signer Required if any rule is `signed`. */
export function createBackendIdentity(
  { identity, trustedProxy, apiKeys }: AuthConfig,
  signer?: Signer,
): BackendIdentity {
  const { userIdHeader, userRolesHeader } = identity;
  const signedHeader = identity.signed?.header ?? 'authorization';
  const reservedNames = new Set([userIdHeader, userRolesHeader]);
  if (signer) reservedNames.add(signedHeader);
  // With the rule `token`, backends must receive the verified token and no other.
  if ([identity.rule, ...Object.values(identity.subgraphs)].includes('token'))
    reservedNames.add('authorization');
  if (trustedProxy) reservedNames.add(trustedProxy.subjectHeader).add(trustedProxy.rolesHeader);
  if (apiKeys) reservedNames.add(apiKeys.header);
  const isReserved = (name: string): boolean =>
    reservedNames.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix));
  const writers: Readonly<Record<IdentityRule, Write>> = {
    none: () => {},
    // Added per subgraph, because the token's audience is the subgraph: see `signedBy`.
    signed: () => {},
    token: (headers, { token }) => {
      if (token !== undefined) headers.authorization = `Bearer ${token}`;
    },
    headers: (headers, { principal }) => {
      if (principal.subject !== null) headers[userIdHeader] = headerText(principal.subject);
      if (principal.roles.length > 0) headers[userRolesHeader] = principal.roles.map(listText).join(',');
    },
  };
  const otherRules = [...new Set(Object.values(identity.subgraphs))].filter((rule) => rule !== identity.rule);

  return {
    apply(head, proof) {
      const forwardHeaders = without(head.forwardHeaders, isReserved);
      const forwardByRule: Partial<Record<IdentityRule, Headers>> = {};
      for (const rule of otherRules) writers[rule]((forwardByRule[rule] = { ...forwardHeaders }), proof);
      const unsigned = forwardByRule.signed ?? forwardHeaders;
      writers[identity.rule](forwardHeaders, proof);
      return {
        ...head,
        headers: without(head.headers, isReserved),
        forwardHeaders,
        principal: proof.principal,
        ...(otherRules.length > 0 ? { forwardByRule } : {}),
        ...(signer && proof.principal.provenBy !== 'none'
          ? { signedFor: signedBy(signer.identityOf(proof.principal), signedHeader, unsigned) }
          : {}),
      };
    },
  };
}

function signedBy(
  { text, tokenFor }: ReturnType<Signer['identityOf']>,
  header: string,
  unsigned: Readonly<Headers>,
): RequestContext['signedFor'] & {} {
  const scheme = header === 'authorization' ? 'Bearer ' : '';
  const bySubgraph = new Map<string, Pick<RequestContext, 'forwardHeaders' | 'signedAs'>>();
  return (subgraph) => {
    let signed = bySubgraph.get(subgraph);
    if (!signed) {
      const forwardHeaders = { ...unsigned, [header]: scheme + tokenFor(subgraph) };
      bySubgraph.set(subgraph, (signed = { forwardHeaders, signedAs: { header, who: text } }));
    }
    return signed;
  };
}

function without<Value>(
  headers: Readonly<Record<string, Value>>,
  isRemoved: (name: string) => boolean,
): Record<string, Value> {
  const remaining = emptyRecord<Value>();
  for (const name in headers) if (!isRemoved(name)) remaining[name] = headers[name] as Value;
  return remaining;
}

/** Percent-encodes characters that a header cannot carry or that would be ambiguous. */
function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]/gu, encodeURIComponent);
}

/** An entry of a comma-separated list: commas within it are encoded too. */
function listText(text: string): string {
  return headerText(text).replaceAll(',', '%2C');
}
