/**
 * OIDC discovery: what an issuer says of itself.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */

import { fetchJson, type Fetch, type FetchLimits } from './fetch-json.ts';

export interface Discovered {
  readonly jwksUrl: string | undefined;
  readonly introspectionUrl: string | undefined;
}

/** @throws {Error} With a reason for the log. */
export async function discover(issuer: string, fetch: Fetch, limits: FetchLimits): Promise<Discovered> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await fetchJson(fetch, url, {}, limits);
  // Else one issuer could speak for another.
  if (document.issuer !== issuer) throw new Error('the discovery document is of another issuer');
  const { jwks_uri: jwksUrl, introspection_endpoint: introspectionUrl } = document;
  return {
    jwksUrl: addressOf(jwksUrl, issuer),
    introspectionUrl: addressOf(introspectionUrl, issuer),
  };
}

function addressOf(value: unknown, issuer: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && URL.canParse(value)) {
    const { protocol } = new URL(value);
    // As safe as the issuer's own address, which the configuration was checked for.
    if (protocol === 'https:' || protocol === new URL(issuer).protocol) return value;
  }
  throw new Error('the discovery document has an address that cannot be used');
}
