/** Which request headers can change a response, by the configuration. */

import { clientNameHeaders, clientVersionHeaders } from '../client/client-headers.ts';
import { credentialHeaders } from './credential-headers.ts';
import type { GatewayConfig } from './gateway-config.ts';

type HeaderConfig = Pick<GatewayConfig, 'headers' | 'sharing' | 'auth' | 'clients'>;

/** Distinct names in lower case: of headers that backends may get, with credentials, and that name the client. */
export function inputHeaders(config: HeaderConfig): readonly string[] {
  const { headers, auth, clients } = config;
  const clientHeaders = clients ? [...clientNameHeaders, ...clientVersionHeaders] : [];
  const ignored = new Set(ignoredHeaders(config));
  const names = [...credentialHeaders(auth), ...headers.forward, ...headers.perService, ...clientHeaders];
  return [...new Set(names)].filter((name) => !ignored.has(name));
}

/** Headers that are ignored when responses are shared or cached; never those that identify the user or the client. */
export function ignoredHeaders({
  sharing,
  auth,
  clients,
}: Pick<HeaderConfig, 'sharing' | 'auth' | 'clients'>): readonly string[] {
  const { userIdHeader, userRolesHeader, signed } = auth?.identity ?? {};
  const identityHeaders = new Set([
    ...(auth ? [...credentialHeaders(auth), userIdHeader, userRolesHeader, signed?.header] : []),
    ...(clients ? clientNameHeaders : []),
  ]);
  return sharing.ignoreHeaders.filter((header) => !identityHeaders.has(header));
}
