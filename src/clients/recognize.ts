/**
 * The recognition stage: which client sent a request. Credentials prove it; the path, the host and headers only state it.
 *
 *     credentials name a client ──► that client; a path, host or header that names another one is refused
 *     else path or host names one ──► that client if it is public; otherwise refused
 *     else a header names one ──► that client if it is public
 *     else ──► the anonymous client, or refused
 */

import { clientNameHeaders, clientVersionHeaders } from '../config/client/client-headers.ts';
import type { Client } from '../pipeline/client.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { Authenticated } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { own } from '../shared/records.ts';
import type { ClientDirectory, ClientProfile } from './client-directory.ts';

/** @throws {GatewayError} `CLIENT_MISMATCH`, `NOT_FOUND`, or `UNAUTHENTICATED`. */
export type Recognize = (authenticated: Authenticated) => Client;

const versionPattern = /^[\w.+-]{1,64}$/;

/** Whether a request says which client sent it. */
type StatedBy = 'credentials' | 'path' | 'host' | 'header';

interface Statement {
  readonly by: StatedBy;
  readonly profile: ClientProfile;
}

/** @param directory Of the clients that are configured now. */
export function createRecognize(directory: () => ClientDirectory, events: Events): Recognize {
  return (authenticated) => {
    const statements = statementsOf(directory(), authenticated);
    const profile = clientOf(statements, directory(), authenticated.request.principal);
    if (profile) {
      const isProven = statements[0]?.by === 'credentials';
      return withVersion(isProven ? profile.proven : profile.stated, versionOf(authenticated));
    }
    const { requestId, principal } = authenticated.request;
    events.emit('clientMismatched', {
      requestId,
      principal,
      statements: statements.map(({ by, profile: { name } }) => ({ by, client: name })),
    });
    throw mismatch(statements);
  };
}

/** Strongest first. */
function statementsOf(
  directory: ClientDirectory,
  { request: { principal }, arrived: { clientInPath, http } }: Authenticated,
): Statement[] {
  const { headers } = http;
  const statements: Statement[] = [];
  const state = (by: StatedBy, profile: ClientProfile | undefined): void => {
    if (profile) statements.push({ by, profile });
  };
  if (principal.client !== null) state('credentials', directory.byCredential(principal.client));
  if (clientInPath !== null) {
    const profile = directory.named(clientInPath);
    if (!profile) throw new GatewayError('NOT_FOUND', 'Not found: no client has this path');
    state('path', profile);
  }
  state('host', directory.byHost(headers.host));
  for (const header of clientNameHeaders) {
    const name = own(headers, header);
    if (typeof name === 'string') state('header', directory.byHeader(name));
  }
  return statements;
}

/** @returns undefined if the statements disagree, or if one of them is not proven. */
function clientOf(
  statements: readonly Statement[],
  { anonymous }: ClientDirectory,
  principal: Principal,
): ClientProfile | undefined {
  const isProven = statements[0]?.by === 'credentials';
  // Unproven, a header is only a name; it states nothing about a client that is not public.
  const counted = isProven
    ? statements
    : statements.filter(({ by, profile }) => by !== 'header' || profile.isPublic);
  const [first] = counted;
  if (!first) return anonymous ?? refuseUnknown(principal);
  if (!isProven && !first.profile.isPublic) return undefined;
  return counted.every(({ profile }) => profile === first.profile) ? first.profile : undefined;
}

function refuseUnknown({ provenBy }: Principal): never {
  if (provenBy === 'none')
    throw new GatewayError('UNAUTHENTICATED', 'Send the credentials of a client, such as an API key', {
      credentialsMissing: true,
    });
  throw new GatewayError('CLIENT_MISMATCH', 'The credentials belong to no client of this graph');
}

/** Names only what the request itself said. */
function mismatch(statements: readonly Statement[]): GatewayError {
  const texts = new Map<StatedBy, string>([
    ['credentials', 'the credentials'],
    ['path', 'the path'],
    ['host', 'the host'],
    ['header', 'a header'],
  ]);
  const [first] = statements;
  if (first && statements.every(({ profile }) => profile === first.profile))
    return new GatewayError(
      'CLIENT_MISMATCH',
      `The client that ${texts.get(first.by)} names must prove its identity: send its credentials`,
    );
  const sources = [...new Set(statements.map(({ by }) => texts.get(by)))].join(' and ');
  return new GatewayError('CLIENT_MISMATCH', `Different clients are named by ${sources}: name the same one`);
}

function withVersion(client: Client, version: string | null): Client {
  return version === null ? client : { ...client, version };
}

function versionOf({ arrived: { http } }: Authenticated): string | null {
  for (const header of clientVersionHeaders) {
    const version = own(http.headers, header);
    if (typeof version === 'string' && versionPattern.test(version)) return version;
  }
  return null;
}
