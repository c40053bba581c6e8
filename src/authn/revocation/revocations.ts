/** Whether a token that holds was revoked: asked for each request, also for tokens that were verified before. */

import type { RevocationConfig } from '../../config/gateway/auth-revocation.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Events } from '../../shared/events.ts';
import type { Store } from '../../store/store.ts';
import { type Proof, refusal, unavailable } from '../proof.ts';
import { openFileRevocations } from './file-revocations.ts';
import { RedisRevocations } from './redis-revocations.ts';
import type { Revocations } from './revocation-book.ts';

export interface RevocationCheck {
  /** @throws {GatewayError} `UNAUTHENTICATED`, or `AUTHENTICATION_UNAVAILABLE` while nobody knows. */
  readonly check: (byToken: Proof) => void;
  close(): Promise<void>;
}

/** @throws {GatewayError} `CONFIG_INVALID` */
export async function openRevocations(
  config: RevocationConfig,
  events: Events,
  store: Store | undefined,
): Promise<RevocationCheck> {
  const revocations = await openPlace(config, events, store);
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
    if (list?.revokes(principal, wallClock())) throw refusal('the token is revoked');
    if (!list && untilLoaded === 'refuse') throw unavailable('revocations could not be read yet');
  };
}

async function openPlace(
  config: RevocationConfig,
  events: Events,
  store: Store | undefined,
): Promise<Revocations> {
  const { file, pollMs, entriesMax } = config;
  const onFailure = (reason: string): void =>
    events.emit('authDataFailed', { what: 'revocations', place: file ?? 'redis', reason });
  // Several commands at once may go past the limit that each of them keeps to: no reason to refuse what they wrote.
  const options = { pollMs, entriesMax: 2 * entriesMax, wallClock: Date.now, onFailure };
  if (file !== undefined) return openFileRevocations({ ...options, path: file });
  if (store) return RedisRevocations.open({ ...options, store });
  throw new GatewayError(
    'CONFIG_INVALID',
    'auth.revocation: say where revocations are: "file", or "redis" for all of them',
  );
}
