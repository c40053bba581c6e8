/**
 * OpenID Connect discovery: the endpoints that an issuer publishes.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */

import { fetchJson, type Fetch, type FetchLimits } from './fetch-json.ts';

export interface ProviderMetadata {
  readonly jwksUrl: string | undefined;
  readonly introspectionUrl: string | undefined;
}

/** @throws {Error} With a reason for the log. */
export async function discover(issuer: string, fetch: Fetch, limits: FetchLimits): Promise<ProviderMetadata> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await fetchJson(fetch, url, { limits });
  // Otherwise one issuer could impersonate another.
  if (document.issuer !== issuer) throw new Error('the discovery document belongs to another issuer');
  const { jwks_uri: jwksUrl, introspection_endpoint: introspectionUrl } = document;
  return {
    jwksUrl: endpointOf(jwksUrl, issuer),
    introspectionUrl: endpointOf(introspectionUrl, issuer),
  };
}

function endpointOf(value: unknown, issuer: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && URL.canParse(value)) {
    const { protocol } = new URL(value);
    // At least as safe as the issuer's own URL, which was checked with the configuration.
    if (protocol === 'https:' || protocol === new URL(issuer).protocol) return value;
  }
  throw new Error('the discovery document has an endpoint URL that is invalid or not https');
}
