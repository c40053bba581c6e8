/** Which headers of a client can change its answer, as the configuration has it. */

import type { GatewayConfig } from './gateway-config.ts';

type HeaderConfig = Pick<GatewayConfig, 'headers' | 'sharing' | 'auth'>;

/** In lower case, each once: those that backends may get, and those that say who the client is. */
export function inputHeaders(config: HeaderConfig): readonly string[] {
  const { headers, auth } = config;
  const ignored = new Set(ignoredHeaders(config));
  const names = [...credentialHeaders(auth), ...headers.forward, ...headers.perService];
  return [...new Set(names)].filter((name) => !ignored.has(name));
}

/** Those by which clients prove who they are. */
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

/** Headers that may differ where answers are shared or kept: what says who the user is never may. */
export function ignoredHeaders({ sharing, auth }: Pick<HeaderConfig, 'sharing' | 'auth'>): readonly string[] {
  const { userIdHeader, userRolesHeader, signed } = auth?.identity ?? {};
  const told = new Set(auth && [...credentialHeaders(auth), userIdHeader, userRolesHeader, signed?.header]);
  return sharing.ignoreHeaders.filter((header) => !told.has(header));
}
