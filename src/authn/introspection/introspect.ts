/**
 * Token introspection: asks the issuer whether an opaque token is active.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */

import type { IntrospectionConfig } from '../../config/gateway/auth-introspection.ts';
import type { Clock } from '../../shared/clock.ts';
import { discover } from '../discovery.ts';
import { fetchJson, type Fetch } from '../fetch-json.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * @returns The claims of the token; undefined if it is not active.
 * @throws {Error} With a reason for the log, if the introspection fails.
 */
export type Introspect = (token: string) => Promise<Claims | undefined>;

export interface IntrospectDependencies {
  readonly fetch: Fetch;
  readonly now: Clock;
}

export function createIntrospect(
  issuer: string,
  config: IntrospectionConfig,
  { fetch, now }: IntrospectDependencies,
): Introspect {
  const { clientId, clientSecret, authMethod } = config;
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  const form = new URLSearchParams({ token_type_hint: 'access_token' });
  if (authMethod === 'post') {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
  } else headers.authorization = basic(clientId, clientSecret);
  const findUrl = createUrlFinder(issuer, config, { fetch, now });

  return async (token) => {
    const url = await findUrl();
    const body = new URLSearchParams(form);
    body.set('token', token);
    const request = { method: 'POST', headers, body: body.toString() };
    const claims = await fetchJson(fetch, url, { request, limits: config });
    if (claims.active === true) return claims;
    if (claims.active === false) return undefined;
    throw new Error('the introspection response does not say whether the token is active');
  };
}

/** Both parts are form-encoded first, because a colon would end the client id. RFC 6749, 2.3.1. */
function basic(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((part) => new URLSearchParams({ part }).toString().slice(5));
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

/** How long a discovered URL is used before it is discovered again. */
const urlMaxAgeMs = 600_000;

/** If discovery fails, the last discovered URL stays in use. */
function createUrlFinder(
  issuer: string,
  { url, ...limits }: IntrospectionConfig,
  { fetch, now }: IntrospectDependencies,
): () => Promise<string> {
  if (url !== undefined) return () => Promise.resolve(url);
  let cachedUrl: string | undefined;
  let cachedAtMs = 0;
  let pending: Promise<string> | undefined;

  async function discoverUrl(): Promise<string> {
    const { introspectionUrl } = await discover(issuer, fetch, limits);
    if (introspectionUrl === undefined)
      throw new Error('the discovery document has no introspection_endpoint');
    cachedAtMs = now();
    return (cachedUrl = introspectionUrl);
  }

  return async () => {
    if (cachedUrl !== undefined && now() - cachedAtMs < urlMaxAgeMs) return cachedUrl;
    pending ??= discoverUrl().finally(() => (pending = undefined));
    if (cachedUrl === undefined) return pending;
    // In the background: after a failure the cached URL is used for another `urlMaxAgeMs`.
    pending.catch(() => (cachedAtMs = now()));
    return cachedUrl;
  };
}
