/**
 * Verifies access tokens: from the cache, or single-flight for each token. JSON Web Tokens are verified here; opaque
 * tokens by introspection at their issuer.
 */

import type { JwtConfig } from '../../config/gateway/auth-jwt.ts';
import { createTokenRoutes, type IntrospectionDependencies } from '../introspection/introspection.ts';
import { type IncomingRequest, type Proof, invalidCredentials } from '../proof.ts';
import { isJwt } from './parse-token.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { keyLoader } from './load-keys.ts';
import { tokenFinder } from './token-finder.ts';
import { tokenKey, VerifiedTokens } from './verified-tokens.ts';
import { type Issuer, verifyToken } from './verify.ts';

export interface Tokens {
  readonly prove: (request: IncomingRequest) => Proof | undefined | Promise<Proof>;
  /** Fetches the keys of every issuer. Never rejects. */
  warm(): Promise<void>;
}

export function createTokens(config: JwtConfig, dependencies: IntrospectionDependencies): Tokens {
  const { wallClock, networkOf } = dependencies;
  const { cachedTokensMax: entriesMax, cacheSeconds, tokenBytesMax } = config;
  const verified = new VerifiedTokens({ entriesMax, keptMs: cacheSeconds * 1000, wallClock });
  const issuers = issuersOf(config, dependencies, () => verified.clear());
  const find = tokenFinder(config.sources);
  const routeOf = createTokenRoutes(config.issuers, isJwt, dependencies);
  const inFlight = new Map<string, Promise<Proof>>();

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
      if (token.length > tokenBytesMax) throw invalidCredentials('the token is too large');
      const key = tokenKey(token);
      const cached = verified.get(key);
      if (cached) return cached;
      const proveOpaque = routeOf?.(token);
      if (proveOpaque) return proveOpaque({ token, key, network: networkOf(clientAddress, http.headers) });
      let proof = inFlight.get(key);
      if (!proof) {
        proof = verify(token, key).finally(() => inFlight.delete(key));
        inFlight.set(key, proof);
      }
      return proof;
    },
    async warm() {
      await Promise.all([...issuers.values()].map(({ keys }) => keys.warm()));
    },
  };
}

function issuersOf(
  config: JwtConfig,
  dependencies: IntrospectionDependencies,
  onChange: () => void,
): Map<string, Issuer> {
  const { cooldownMs, refreshMs, keptHours } = config;
  const options = { cooldownMs, refreshMs, keptMs: keptHours * 3_600_000 };
  const signing = config.issuers.filter(({ algorithms }) => algorithms.length > 0);
  return new Map(
    signing.map((issuerConfig) => {
      const { issuer } = issuerConfig;
      const keys = new IssuerKeys(options, {
        load: keyLoader(issuerConfig, dependencies.fetch, config),
        now: dependencies.now,
        onChange,
        onFailure: (reason) => dependencies.onFailure({ issuer, reason }),
      });
      return [issuer, { config: issuerConfig, keys }];
    }),
  );
}
