/** Publishes the public signing keys of identity propagation as a JWK set, with which services verify the tokens. */

import type { FastifyInstance } from 'fastify';

import { publicKeySet } from '../authn/identity/signing-keys.ts';
import type { Credentials, CredentialTexts } from './credentials.ts';

const path = '/.well-known/jwks.json';
/** Far less than the rotation period: services know the next key long before it signs. */
const maxAgeSeconds = 300;

export function registerKeySet(app: FastifyInstance, credentials: Credentials): void {
  const { signing } = credentials.current;
  if (!signing) return;
  let text = publicKeySet(signing);
  credentials.onChange(({ signing: keys }: CredentialTexts) => {
    if (keys) text = publicKeySet(keys);
  });
  app.get(path, (_request, reply) =>
    reply
      .header('content-type', 'application/jwk-set+json')
      .header('cache-control', `public, max-age=${maxAgeSeconds}`)
      .send(text),
  );
}
