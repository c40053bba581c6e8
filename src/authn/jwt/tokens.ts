/**
 * Proves by a token: from the cache at once, or by checking it, each token once at a time. Signed ones are checked here,
 * their issuers are asked about others.
 */

import type { JwtConfig } from '../../config/gateway/auth-jwt.ts';
import { createTokenRoutes, type IntrospectionParts } from '../introspection/introspection.ts';
import { type IncomingRequest, type Proof, refusal } from '../proof.ts';
import { hasTokenForm } from './form.ts';
import { Keys } from './keys.ts';
import { keyLoader } from './load-keys.ts';
import { tokenFinder } from './token-places.ts';
import { tokenKey, VerifiedTokens } from './verified-tokens.ts';
import { type Issuer, verifyToken } from './verify.ts';

export interface Tokens {
  readonly prove: (request: IncomingRequest) => Proof | undefined | Promise<Proof>;
  /** Fetches the keys of every issuer. Never rejects. */
  warm(): Promise<void>;
}

export function createTokens(config: JwtConfig, parts: IntrospectionParts): Tokens {
  const { wallClock, networkOf } = parts;
  const { cachedTokensMax: entriesMax, cacheSeconds, tokenBytesMax } = config;
  const verified = new VerifiedTokens({ entriesMax, keptMs: cacheSeconds * 1000, wallClock });
  const issuers = issuersOf(config, parts, () => verified.clear());
  const find = tokenFinder(config.sources);
  const routeOf = createTokenRoutes(config.issuers, hasTokenForm, parts);
  const underWay = new Map<string, Promise<Proof>>();

  async function verify(token: string, key: string): Promise<Proof> {
    const { generation } = verified;
    const principal = await verifyToken(token, { issuers, wallClock });
    const proof = { principal, token };
    verified.set(key, proof, generation);
    return proof;
  }

  return {
    prove({ http, clientAddress }) {
      const token = find(http);
      if (token === undefined) return undefined;
      if (token.length > tokenBytesMax) throw refusal('the token is too large');
      const key = tokenKey(token);
      const known = verified.get(key);
      if (known) return known;
      const proveOpaque = routeOf?.(token);
      if (proveOpaque) return proveOpaque({ token, key, network: networkOf(clientAddress, http.headers) });
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

function issuersOf(config: JwtConfig, parts: IntrospectionParts, onChange: () => void): Map<string, Issuer> {
  const { cooldownMs, refreshMs, keptHours } = config;
  const options = { cooldownMs, refreshMs, keptMs: keptHours * 3_600_000 };
  const signing = config.issuers.filter(({ algorithms }) => algorithms.length > 0);
  return new Map(
    signing.map((one) => {
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
