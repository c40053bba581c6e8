/**
 * Asks an issuer about one token.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */

import type { IntrospectionConfig } from '../../config/gateway/auth-introspection.ts';
import type { Clock } from '../../shared/clock.ts';
import { discover } from '../discovery.ts';
import { fetchJson, type Fetch } from '../fetch-json.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * @returns What the issuer says of the token; undefined where it is not active.
 * @throws {Error} With a reason for the log, where the issuer does not say.
 */
export type Introspect = (token: string) => Promise<Claims | undefined>;

export interface IntrospectParts {
  readonly fetch: Fetch;
  readonly now: Clock;
}

export function createIntrospect(
  issuer: string,
  config: IntrospectionConfig,
  { fetch, now }: IntrospectParts,
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
  const address = addressFinder(issuer, config, { fetch, now });

  return async (token) => {
    const url = await address();
    const body = new URLSearchParams(form);
    body.set('token', token);
    const answer = await fetchJson(fetch, url, { method: 'POST', headers, body: body.toString() }, config);
    if (answer.active === true) return answer;
    if (answer.active === false) return undefined;
    throw new Error('the answer to introspection does not say whether the token is active');
  };
}

/** Each part is encoded as in a form first: a colon in the name would end it. RFC 6749, 2.3.1. */
function basic(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((part) => new URLSearchParams({ part }).toString().slice(5));
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

/** As old as an address may be before the issuer is asked for it again. */
const addressKeptMs = 600_000;

/** The last good address stays while the issuer does not say another one. */
function addressFinder(
  issuer: string,
  { url, ...limits }: IntrospectionConfig,
  { fetch, now }: IntrospectParts,
): () => Promise<string> {
  if (url !== undefined) return () => Promise.resolve(url);
  let known: string | undefined;
  let knownAtMs = 0;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const { introspectionUrl } = await discover(issuer, fetch, limits);
    if (introspectionUrl === undefined)
      throw new Error('the discovery document does not say where to ask about tokens');
    knownAtMs = now();
    return (known = introspectionUrl);
  }

  return async () => {
    if (known !== undefined && now() - knownAtMs < addressKeptMs) return known;
    asking ??= ask().finally(() => (asking = undefined));
    if (known === undefined) return asking;
    // Nobody waits for it, and a failure only means that the address stays for as long again.
    asking.catch(() => (knownAtMs = now()));
    return known;
  };
}
