/**
 * The real `oidc-provider` on a real socket, with clients that get tokens without a browser: signed ones for some
 * resources, opaque ones for another.
 */

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Provider } from 'oidc-provider';
import { vi } from 'vitest';

export interface OidcProvider {
  readonly issuer: string;
  /** What this gateway is to it: for introspection. */
  readonly gateway: { readonly clientId: string; readonly clientSecret: string };
  /** By client credentials, for `urn:shop:<what>`. */
  token(what: 'RS256' | 'ES256' | 'EdDSA' | 'opaque' | 'elsewhere', scope?: string): Promise<string>;
  /** Of a user, opaque: as a browser would have got them. */
  tokensOf(user: string): Promise<{ readonly access: string; readonly refresh: string }>;
  revoke(token: string): Promise<void>;
  /** Publishes and signs with new keys. */
  rotateKeys(): Promise<void>;
  /** Answers nothing but 503. */
  isDown: boolean;
  /** Paths that were asked for. */
  readonly asked: string[];
  close(): void;
}

const secretOf = { app: 'of the app', gateway: 'of: the gateway & more' } as const;
const algorithms = ['RS256', 'ES256', 'EdDSA'] as const;

export async function startOidcProvider(): Promise<OidcProvider> {
  let answer: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => {
    provider.asked.push(request.url ?? '');
    if (provider.isDown) response.writeHead(503).end();
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let current = await createProvider(issuer);
  answer = current.callback();

  const post = async (path: string, form: Record<string, string>): Promise<Response> => {
    const authorization = `Basic ${Buffer.from(`app:${secretOf.app.replaceAll(' ', '+')}`).toString('base64')}`;
    return fetch(issuer + path, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(form),
    });
  };
  const provider: OidcProvider = {
    issuer,
    gateway: { clientId: 'gateway', clientSecret: secretOf.gateway },
    async token(what, scope = 'read') {
      const form = { grant_type: 'client_credentials', resource: `urn:shop:${what}`, scope };
      const response = await post('/token', form);
      const answered = (await response.json()) as { access_token?: string };
      if (answered.access_token === undefined) throw new Error(JSON.stringify(answered));
      return answered.access_token;
    },
    async tokensOf(accountId) {
      const client = await current.Client.find('app');
      const grant = new current.Grant({ accountId, clientId: 'app' });
      grant.addResourceScope('urn:shop:opaque', 'read');
      const grantId = await grant.save();
      const about = { accountId, client, grantId, gty: 'authorization_code', scope: 'read' };
      const access = new current.AccessToken(about);
      access.resourceServer = new current.ResourceServer(
        'urn:shop:opaque',
        resourceServer('urn:shop:opaque'),
      );
      return { access: await access.save(), refresh: await new current.RefreshToken(about).save() };
    },
    async revoke(token) {
      const { status } = await post('/token/revocation', { token });
      if (status !== 200) throw new Error(`revocation answered ${status}`);
    },
    async rotateKeys() {
      current = await createProvider(issuer);
      answer = current.callback();
    },
    isDown: false,
    asked: [],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return provider;
}

async function createProvider(issuer: string): Promise<Provider> {
  // It says on the console that this is not how to run it in production.
  const silenced = [vi.spyOn(console, 'info'), vi.spyOn(console, 'warn')];
  for (const spy of silenced) spy.mockImplementation(() => {});
  try {
    const { Provider } = await import('oidc-provider');
    const keys = await Promise.all(algorithms.map(privateKey));
    return new Provider(issuer, configuration(keys));
  } finally {
    for (const spy of silenced) spy.mockRestore();
  }
}

async function privateKey(alg: string): Promise<JWK> {
  const { privateKey: key } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(key)), alg, use: 'sig' };
}

function configuration(keys: readonly JWK[]): object {
  const app = {
    client_id: 'app',
    client_secret: secretOf.app,
    grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
    redirect_uris: ['https://app.example/back'],
  };
  const gateway = {
    client_id: 'gateway',
    client_secret: secretOf.gateway,
    grant_types: [],
    redirect_uris: [],
    response_types: [],
  };
  return {
    clients: [app, gateway],
    jwks: { keys },
    ttl: { AccessToken: 3600, ClientCredentials: 3600, Grant: 3600, RefreshToken: 86_400 },
    scopes: ['read', 'write', 'offline_access'],
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId }),
    }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => resourceServer(resource),
      },
    },
  };
}

function resourceServer(resource: string): object {
  const what = resource.slice('urn:shop:'.length);
  const isSigned = algorithms.some((alg) => alg === what);
  return {
    scope: 'read write',
    audience: what === 'elsewhere' ? 'another' : 'shop',
    accessTokenFormat: isSigned ? 'jwt' : 'opaque',
    accessTokenTTL: 3600,
    ...(isSigned ? { jwt: { sign: { alg: what } } } : {}),
  };
}
