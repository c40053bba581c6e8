/**
 * Debug tokens: who presents one is told what the gateway did for this request. Signed with the secret of the
 * configuration, for one audience, until they expire, and for a counted number of uses by their id (nonce).
 */

import { randomUUID } from 'node:crypto';

import { errors, jwtVerify, SignJWT } from 'jose';

import { debugHeader, type DebugConfig } from '../../config/gateway/debug.ts';
import { GatewayError } from '../../shared/errors.ts';

const algorithm = 'HS256';
const tokenCharsMax = 2048;
export const debugUsesMax = 1000;

export interface DebugTokenOptions {
  readonly lifetimeSeconds: number;
  /** How many requests may present it, from 1. */
  readonly uses: number;
}

export function signDebugToken(
  { secret, audience }: DebugConfig,
  { lifetimeSeconds, uses }: DebugTokenOptions,
  nowMs: number,
): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1000);
  return new SignJWT({ uses })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .setJti(randomUUID())
    .sign(new TextEncoder().encode(secret));
}

interface CountedToken {
  uses: number;
  readonly expiresAtMs: number;
}

export class DebugTokens {
  readonly #config: DebugConfig;
  readonly #key: Uint8Array;
  readonly #now: () => number;
  /** By id. In the order of their first use. */
  readonly #counted = new Map<string, CountedToken>();

  /** @param now Wall clock, in ms since the epoch. */
  constructor(config: DebugConfig, now: () => number) {
    this.#config = config;
    this.#key = new TextEncoder().encode(config.secret);
    this.#now = now;
  }

  /**
   * Counts one use.
   *
   * @throws {GatewayError} `DEBUG_TOKEN_REFUSED`
   */
  async use(token: string): Promise<void> {
    if (token.length > tokenCharsMax) throw refused('it is too long');
    const { jti, exp = 0, uses } = await this.#verified(token);
    const isCounted = typeof uses === 'number' && uses >= 1 && uses <= debugUsesMax;
    if (!jti || !isCounted) throw refused('it has no id or no number of uses');
    const secondsLeft = exp - this.#now() / 1000;
    if (secondsLeft > this.#config.lifetimeSecondsMax)
      throw refused('it expires later than debug.lifetimeSecondsMax allows');
    this.#count(jti, uses, exp * 1000);
  }

  async #verified(token: string) {
    const { audience } = this.#config;
    const options = {
      audience,
      algorithms: [algorithm],
      requiredClaims: ['exp', 'jti'],
      currentDate: new Date(this.#now()),
    };
    try {
      return (await jwtVerify(token, this.#key, options)).payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refused('it has expired');
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
        throw refused('it is for another audience');
      throw refused('it is not signed with the secret of this gateway, or malformed');
    }
  }

  #count(id: string, usesMax: number, expiresAtMs: number): void {
    const counted = this.#counted.get(id) ?? { uses: 0, expiresAtMs };
    if (counted.uses >= usesMax) throw refused('it was used before, as often as it may be');
    if (counted.uses === 0) this.#makeRoom();
    counted.uses += 1;
    this.#counted.set(id, counted);
  }

  #makeRoom(): void {
    const { tokensMax } = this.#config;
    if (this.#counted.size < tokensMax) return;
    const nowMs = this.#now();
    for (const [id, { expiresAtMs }] of this.#counted) if (expiresAtMs <= nowMs) this.#counted.delete(id);
    // To forget one that is still valid would let it be used again.
    if (this.#counted.size >= tokensMax) throw refused('too many of them are in use; try again later');
  }
}

function refused(reason: string): GatewayError {
  return new GatewayError(
    'DEBUG_TOKEN_REFUSED',
    `The debug token is refused: ${reason}. Make a new one with \`tributary debug-token\`, or leave out ${debugHeader}`,
  );
}
