/** An identity provider on a real socket: publishes keys, signs tokens, and can be down, slow or wrong. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, type CryptoKey, type JWK, type JWTPayload, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}

export interface Provider {
  /** Its `iss`, and where it listens. */
  readonly issuer: string;
  readonly jwksUrl: string;
  /** The issuer that its discovery document is of. */
  says: string;
  /** What it publishes. */
  keys: JWK[];
  /** `hang`: takes the request and says nothing. */
  mode: 'ok' | 'fails' | 'hang' | 'redirects' | 'floods';
  /** Requests so far. */
  asked: number;
  close(): void;
}

export async function startProvider(keys: readonly SigningKey[]): Promise<Provider> {
  const server = createServer((request, response) => {
    provider.asked += 1;
    const { mode } = provider;
    if (mode === 'hang') return;
    if (mode === 'fails') response.writeHead(500).end('broken');
    else if (mode === 'redirects') response.writeHead(302, { location: `${provider.issuer}/other` }).end();
    else if (mode === 'floods') response.end('x'.repeat(1_000_000));
    else if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: provider.says, jwks_uri: provider.jwksUrl }));
    } else response.end(JSON.stringify({ keys: provider.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider: Provider = {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    says: issuer,
    keys: keys.map(({ jwk }) => jwk),
    mode: 'ok',
    asked: 0,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return provider;
}

/** For one test. */
export async function provider(keys: readonly SigningKey[]): Promise<Provider> {
  const started = await startProvider(keys);
  onTestFinished(() => started.close());
  return started;
}

export async function signingKey(
  alg: string,
  kid: string,
  published: Partial<JWK> = {},
): Promise<SigningKey> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig', ...published };
  return { alg, kid, jwk, privateKey: pair.privateKey };
}

export interface TokenOptions {
  readonly header?: Readonly<Record<string, unknown>>;
  /** Over the usual claims; undefined takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly nowMs?: number;
}

/** One that holds, for an hour, unless `options` spoils it. */
export function signed(key: SigningKey, issuer: string, options: TokenOptions = {}): Promise<string> {
  const { header, claims, nowMs = Date.now() } = options;
  const iat = Math.floor(nowMs / 1000);
  const all = { iss: issuer, aud: 'shop', sub: 'ada', iat, exp: iat + 3600, ...claims };
  return new SignJWT(all as JWTPayload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}
