/** Which request headers can change a response, by the configuration. */

import type { GatewayConfig } from './gateway-config.ts';

type HeaderConfig = Pick<GatewayConfig, 'headers' | 'sharing' | 'auth'>;

/** Distinct names in lower case: headers that backends may get, and headers with credentials. */
export function inputHeaders(config: HeaderConfig): readonly string[] {
  const { headers, auth } = config;
  const ignored = new Set(ignoredHeaders(config));
  const names = [...credentialHeaders(auth), ...headers.forward, ...headers.perService];
  return [...new Set(names)].filter((name) => !ignored.has(name));
}

/** Headers that may carry credentials. */
export function credentialHeaders(auth: GatewayConfig['auth']): readonly string[] {
  const { jwt, apiKeys, trustedProxy } = auth ?? {};
  return [
    'authorization',
    'cookie',
    ...(jwt?.sources.flatMap((source) => ('header' in source ? [source.header] : [])) ?? []),
    ...(apiKeys ? [apiKeys.header] : []),
    ...(trustedProxy ? [trustedProxy.subjectHeader, trustedProxy.rolesHeader] : []),
  ];
}

/** Headers that are ignored when responses are shared or cached; never those that identify the user. */
export function ignoredHeaders({ sharing, auth }: Pick<HeaderConfig, 'sharing' | 'auth'>): readonly string[] {
  const { userIdHeader, userRolesHeader, signed } = auth?.identity ?? {};
  const identityHeaders = new Set(
    auth && [...credentialHeaders(auth), userIdHeader, userRolesHeader, signed?.header],
  );
  return sharing.ignoreHeaders.filter((header) => !identityHeaders.has(header));
}
