/** Checks for each request whether its token is revoked, also if the verified token is cached. */

import type { RevocationConfig } from '../../config/gateway/auth-revocation.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Events } from '../../shared/events.ts';
import type { Store } from '../../store/store.ts';
import { type Proof, invalidCredentials, authenticationUnavailable } from '../proof.ts';
import { openFileRevocations } from './file-revocations.ts';
import { RedisRevocations } from './redis-revocations.ts';
import type { Revocations } from './revocation-repository.ts';

export interface RevocationCheck {
  /** @throws {GatewayError} `UNAUTHENTICATED`, or `AUTHENTICATION_UNAVAILABLE` until revocations are loaded. */
  readonly check: (byToken: Proof) => void;
  close(): Promise<void>;
}

/** @throws {GatewayError} `CONFIG_INVALID` */
export async function openRevocations(
  config: RevocationConfig,
  events: Events,
  store: Store | undefined,
): Promise<RevocationCheck> {
  const revocations = await openSource(config, events, store);
  return {
    check: revocationCheck(revocations, config.untilLoaded, Date.now),
    close: () => revocations.close(),
  };
}

export function revocationCheck(
  revocations: Pick<Revocations, 'list'>,
  untilLoaded: RevocationConfig['untilLoaded'],
  wallClock: () => number,
): RevocationCheck['check'] {
  return ({ principal }) => {
    const list = revocations.list();
    if (list?.revokes(principal, wallClock())) throw invalidCredentials('the token is revoked');
    if (!list && untilLoaded === 'refuse') throw authenticationUnavailable('revocations are not loaded yet');
  };
}

async function openSource(
  config: RevocationConfig,
  events: Events,
  store: Store | undefined,
): Promise<Revocations> {
  const { file, pollMs, entriesMax } = config;
  const onFailure = (reason: string): void =>
    events.emit('authDataFailed', { what: 'revocations', place: file ?? 'redis', reason });
  // Concurrent commands may exceed the limit that each of them checks: gateways must still accept their entries.
  const options = { pollMs, entriesMax: 2 * entriesMax, wallClock: Date.now, onFailure };
  if (file !== undefined) return openFileRevocations({ ...options, path: file });
  if (store) return RedisRevocations.open({ ...options, store });
  throw new GatewayError(
    'CONFIG_INVALID',
    'auth.revocation: say where revocations are stored: set "file", or "redis" to share them between gateways',
  );
}
