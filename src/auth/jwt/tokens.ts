/** Proves by a signed token: from the cache at once, or by checking it, each token once at a time. */

import type { JwtConfig } from '../../config/auth-jwt.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Fetch } from '../fetch-json.ts';
import { type IncomingRequest, type Proof, refusal } from '../proof.ts';
import { Keys } from './keys.ts';
import { keyLoader } from './load-keys.ts';
import { tokenFinder } from './token-places.ts';
import { tokenKey, VerifiedTokens } from './verified-tokens.ts';
import { type Issuer, verifyToken } from './verify.ts';

export interface TokenParts {
  readonly fetch: Fetch;
  /** Monotonic, in ms. */
  readonly now: Clock;
  /** ms since 1970. */
  readonly wallClock: () => number;
  readonly onFailure: (failure: { readonly issuer: string; readonly reason: string }) => void;
}

export interface Tokens {
  readonly prove: (request: IncomingRequest) => Proof | undefined | Promise<Proof>;
  /** Fetches the keys of every issuer. Never rejects. */
  warm(): Promise<void>;
}

export function createTokens(config: JwtConfig, parts: TokenParts): Tokens {
  const { wallClock } = parts;
  const { cachedTokensMax: entriesMax, cacheSeconds, tokenBytesMax } = config;
  const verified = new VerifiedTokens({ entriesMax, keptMs: cacheSeconds * 1000, wallClock });
  const issuers = issuersOf(config, parts, () => verified.clear());
  const find = tokenFinder(config.sources);
  const underWay = new Map<string, Promise<Proof>>();

  async function verify(token: string, key: string): Promise<Proof> {
    const { generation } = verified;
    const principal = await verifyToken(token, { issuers, wallClock });
    const proof = { principal, token };
    verified.set(key, proof, generation);
    return proof;
  }

  return {
    prove({ http }) {
      const token = find(http);
      if (token === undefined) return undefined;
      if (token.length > tokenBytesMax) throw refusal('the token is too large');
      const key = tokenKey(token);
      const known = verified.get(key);
      if (known) return known;
      let proof = underWay.get(key);
      if (!proof) {
        proof = verify(token, key).finally(() => underWay.delete(key));
        underWay.set(key, proof);
      }
      return proof;
    },
    async warm() {
      await Promise.all([...issuers.values()].map(({ keys }) => keys.warm()));
    },
  };
}

function issuersOf(config: JwtConfig, parts: TokenParts, onChange: () => void): Map<string, Issuer> {
  const { cooldownMs, refreshMs, keptHours } = config;
  const options = { cooldownMs, refreshMs, keptMs: keptHours * 3_600_000 };
  return new Map(
    config.issuers.map((one) => {
      const { issuer } = one;
      const keys = new Keys(options, {
        load: keyLoader(one, parts.fetch, config),
        now: parts.now,
        onChange,
        onFailure: (reason) => parts.onFailure({ issuer, reason }),
      });
      return [issuer, { config: one, keys }];
    }),
  );
}
