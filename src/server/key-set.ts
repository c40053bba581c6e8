/** Publishes the keys that identity for backends is signed with, for the backends to check it. */

import type { FastifyInstance } from 'fastify';

import { publicKeySet } from '../authn/identity/signing-keys.ts';
import type { Credentials, CredentialTexts } from './credentials.ts';

const path = '/.well-known/jwks.json';
/** Far less than a turn of a key: backends know the next one long before it signs. */
const keptSeconds = 300;

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
      .header('cache-control', `public, max-age=${keptSeconds}`)
      .send(text),
  );
}
