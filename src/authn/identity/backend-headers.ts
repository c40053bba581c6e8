/**
 * How backends learn who a request is from: by rule, and never from the client itself.
 *
 * Headers with the same names that come from outside are taken away first, whether or not anything is proven.
 */

import type { AuthConfig, IdentityRule } from '../../config/gateway/auth.ts';
import type { Principal } from '../../pipeline/principal.ts';
import type { RequestContext, RequestHead } from '../../pipeline/request.ts';
import type { Proof } from '../proof.ts';
import type { Signer } from './signer.ts';
import { emptyRecord } from '../../shared/records.ts';

type Headers = Record<string, string>;
/** Adds what a rule says of a principal. */
type Write = (headers: Headers, proof: Proof) => void;

/** Names that only the gateway, or a proxy it trusts, may give a meaning to. */
const ownPrefixes = ['x-user-', 'x-gateway-', 'x-forwarded-'];

export interface BackendIdentity {
  /** @returns The context as every later stage sees it. */
  readonly tell: (head: RequestHead, proof: Proof) => RequestContext;
}

/** @param signer There is one where any rule is `signed`. */
export function createBackendIdentity(
  { identity, trustedProxy, apiKeys }: AuthConfig,
  signer?: Signer,
): BackendIdentity {
  const { userIdHeader, userRolesHeader } = identity;
  const signedHeader = identity.signed?.header ?? 'authorization';
  const ownNames = new Set([userIdHeader, userRolesHeader]);
  if (signer) ownNames.add(signedHeader);
  // A backend that gets the token that was verified gets no other one.
  if ([identity.rule, ...Object.values(identity.subgraphs)].includes('token')) ownNames.add('authorization');
  if (trustedProxy) ownNames.add(trustedProxy.subjectHeader).add(trustedProxy.rolesHeader);
  if (apiKeys) ownNames.add(apiKeys.header);
  const isOwn = (name: string): boolean =>
    ownNames.has(name) || ownPrefixes.some((prefix) => name.startsWith(prefix));
  const writers: Readonly<Record<IdentityRule, Write>> = {
    none: () => {},
    // For each subgraph by itself, once it is asked.
    signed: () => {},
    token: (headers, { token }) => {
      if (token !== undefined) headers.authorization = `Bearer ${token}`;
    },
    headers: (headers, { principal }) => {
      if (principal.subject !== null) headers[userIdHeader] = headerText(principal.subject);
      if (principal.roles.length > 0) headers[userRolesHeader] = principal.roles.map(listText).join(',');
    },
  };
  const others = [...new Set(Object.values(identity.subgraphs))].filter((rule) => rule !== identity.rule);

  return {
    tell(head, proof) {
      const listed = listedIn(head.headers.connection);
      const isGone = listed ? (name: string) => isOwn(name) || listed.has(name) : isOwn;
      const forwardHeaders = without(head.forwardHeaders, isGone);
      const forwardByRule: Partial<Record<IdentityRule, Headers>> = {};
      for (const rule of others) writers[rule]((forwardByRule[rule] = { ...forwardHeaders }), proof);
      const unsigned = forwardByRule.signed ?? forwardHeaders;
      writers[identity.rule](forwardHeaders, proof);
      return {
        ...head,
        headers: without(head.headers, isGone),
        forwardHeaders,
        principal: proof.principal,
        ...(others.length > 0 ? { forwardByRule } : {}),
        ...(signer && proof.principal.provenBy !== 'none'
          ? { signedFor: signedBy(signer, proof.principal, signedHeader, unsigned) }
          : {}),
      };
    },
  };
}

function signedBy(
  signer: Signer,
  principal: Principal,
  header: string,
  unsigned: Readonly<Headers>,
): RequestContext['signedFor'] & {} {
  const { text, tokenFor } = signer.identityOf(principal);
  const scheme = header === 'authorization' ? 'Bearer ' : '';
  const told = new Map<string, Pick<RequestContext, 'forwardHeaders' | 'signedAs'>>();
  return (subgraph) => {
    let known = told.get(subgraph);
    if (!known) {
      const forwardHeaders = { ...unsigned, [header]: scheme + tokenFor(subgraph) };
      told.set(subgraph, (known = { forwardHeaders, signedAs: { header, who: text } }));
    }
    return known;
  };
}

/**
 * What the client's `connection` header lists is for its own connection, as that header itself is: dealt with here, so
 * that it takes nothing away of what is added afterwards.
 *
 * @returns undefined for the usual ones, which list nothing.
 */
function listedIn(connection: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  const names = String(connection).split(',');
  return new Set(['connection', ...names.map((name) => name.trim().toLowerCase())]);
}

function without<Value>(
  headers: Readonly<Record<string, Value>>,
  isOwn: (name: string) => boolean,
): Record<string, Value> {
  const rest = emptyRecord<Value>();
  for (const name in headers) if (!isOwn(name)) rest[name] = headers[name] as Value;
  return rest;
}

/** Percent-encoded where a header could not carry it, or where it could be read as something else. */
function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]/gu, encodeURIComponent);
}

/** As an entry of a list: a comma within it would be one entry more. */
function listText(text: string): string {
  return headerText(text).replaceAll(',', '%2C');
}
