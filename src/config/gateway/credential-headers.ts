/** Request headers that may carry credentials or an identity. */

import type { AuthConfig } from './auth.ts';
import { debugHeader } from './debug.ts';

/** By the configuration: the gateway reads credentials or the identity of the user there. */
export function credentialHeaders(auth: AuthConfig | undefined): readonly string[] {
  const { jwt, apiKeys, trustedProxy } = auth ?? {};
  return [
    'authorization',
    'cookie',
    ...(jwt?.sources.flatMap((source) => ('header' in source ? [source.header] : [])) ?? []),
    ...(apiKeys ? [apiKeys.header] : []),
    ...(trustedProxy ? [trustedProxy.subjectHeader, trustedProxy.rolesHeader] : []),
  ];
}

/** Whether its value is a secret by the configuration, or by what the header is commonly used for. */
export function isCredentialHeader(name: string, auth: AuthConfig | undefined): boolean {
  return commonlyCredentials.has(name) || credentialHeaders(auth).includes(name);
}

const commonlyCredentials: ReadonlySet<string> = new Set([
  'proxy-authorization',
  'set-cookie',
  'x-api-key',
  'x-forwarded-client-cert',
  debugHeader,
]);
