/** Builds authentication from the configuration. */

import type { AuthConfig } from '../config/gateway/auth.ts';
import type { NetworkOf } from '../shared/addresses.ts';
import { monotonicClock } from '../shared/clock.ts';
import type { Events } from '../shared/events.ts';
import type { Store } from '../store/store.ts';
import { openApiKeys } from './api-keys/open-api-keys.ts';
import { createAuthenticate, type Authenticate } from './authenticate.ts';
import { createClientCertificates } from './certificates/client-certificates.ts';
import { createBackendIdentity } from './identity/backend-headers.ts';
import { Signer } from './identity/signer.ts';
import type { SigningJwk } from './identity/signing-keys.ts';
import { checkKeyFiles } from './jwt/load-keys.ts';
import { createTokens } from './jwt/tokens.ts';
import { openRevocations } from './revocation/revocations.ts';
import { createTrustedProxy } from './trusted-proxy.ts';
import { withReport } from './report-authentication.ts';

export interface Auth {
  readonly authenticate: Authenticate;
  /** From now on signs identity for backends with the first of these keys. */
  replaceSigningKeys(keys: readonly SigningJwk[]): void;
  close(): Promise<void>;
}

export interface AuthDependencies {
  readonly events: Events;
  readonly networkOf: NetworkOf;
  /** Absent: Redis is not configured. */
  readonly store?: Store | undefined;
  /** Required if any identity rule is `signed`. */
  readonly signingKeys?: readonly SigningJwk[] | undefined;
}

/** @throws {GatewayError} `CONFIG_INVALID` if a file or store that is needed from the start is missing or invalid. */
export async function openAuth(
  config: AuthConfig,
  { events, networkOf, store, signingKeys }: AuthDependencies,
): Promise<Auth> {
  const { jwt, trustedProxy, certificates, identity, onMissing } = config;
  const signer = signingKeys && identity.signed && new Signer(signingKeys, identity.signed, Date.now);
  if (jwt) await checkKeyFiles(jwt.issuers);
  const apiKeys = config.apiKeys && (await openApiKeys(config.apiKeys, events, store));
  const revocations =
    config.revocation &&
    (await openRevocations(config.revocation, events, store).catch(async (error: unknown) => {
      await apiKeys?.close();
      throw error;
    }));
  const tokens =
    jwt &&
    createTokens(jwt, {
      fetch: (url, request) => fetch(url, request),
      networkOf,
      now: monotonicClock,
      wallClock: Date.now,
      onFailure: (failure) => events.emit('identityProviderFailed', failure),
    });
  void tokens?.warm();
  const provers = {
    token: tokens?.prove,
    checkRevoked: revocations?.check,
    apiKey: apiKeys?.prove,
    trustedProxy: trustedProxy && createTrustedProxy(trustedProxy),
    certificate: certificates && createClientCertificates(certificates, Date.now),
  };
  return {
    authenticate: withReport(
      createAuthenticate(provers, createBackendIdentity(config, signer), onMissing),
      events,
    ),
    replaceSigningKeys: (keys) => signer?.replaceKeys(keys),
    async close() {
      await Promise.all([apiKeys?.close(), revocations?.close()]);
    },
  };
}
