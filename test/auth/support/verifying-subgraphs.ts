/**
 * A graph of subgraphs that believe nobody but the gateway: each checks its token with the gateway's own keys. Clients'
 * own tokens are forwarded to them, as far as the gateway lets that be.
 */

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';

interface Checked {
  /** What the token says, where it holds. */
  readonly payload?: JWTPayload;
  readonly error?: string;
}

export interface Heard extends Checked {
  readonly subgraph: string;
  readonly authorization: string | undefined;
  /** Of headers. */
  readonly names: readonly string[];
}

export interface VerifyingSubgraphs {
  readonly folder: string;
  readonly heard: Heard[];
  /** Where the gateway is, once that is known. */
  trust(gatewayUrl: string): void;
  close(): Promise<void>;
}

export const gatewayIssuer = 'https://gateway.example';

/** @param files In the folder of graph.yaml, besides it. */
export async function verifyingSubgraphs(
  files: Readonly<Record<string, string>>,
): Promise<VerifyingSubgraphs> {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    const subgraph = request.url?.slice(1) ?? '';
    const { authorization } = request.headers;
    await json(request);
    const checked: Checked = keys && authorization ? await check(authorization, subgraph, keys) : {};
    heard.push({ subgraph, authorization, names: Object.keys(request.headers), ...checked });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { [subgraph]: checked.payload?.sub ?? null } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const names = ['first', 'second', 'third'];
  const entries = names.map(
    (name) => `  ${name}:
    kind: graphql
    url: http://127.0.0.1:${port}/${name}
    schema: ${name}.graphql
    owner: us
    headers: { forward: [authorization] }
`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'tributary-signed-'));
  const all = { ...files, 'graph.yaml': `subgraphs:\n${entries.join('')}` };
  await Promise.all([
    ...Object.entries(all).map(([name, text]) => writeFile(join(folder, name), text)),
    ...names.map((name) => writeFile(join(folder, `${name}.graphql`), `type Query { ${name}: String }`)),
  ]);
  return {
    folder,
    heard,
    trust(gatewayUrl) {
      const url = new URL('/.well-known/jwks.json', gatewayUrl);
      keys = createRemoteJWKSet(url, { cooldownDuration: 0 });
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true });
    },
  };
}

async function check(
  authorization: string,
  audience: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
): Promise<Checked> {
  try {
    const { payload } = await jwtVerify(authorization.replace('Bearer ', ''), keys, {
      audience,
      issuer: gatewayIssuer,
      algorithms: ['ES256', 'EdDSA'],
      requiredClaims: ['exp', 'sub'],
    });
    return { payload };
  } catch (error) {
    return { error: String(error) };
  }
}

/** A gateway.yaml that takes the tokens of `issuer`. */
export function settingsWith(issuer: string, key: object, identity: string): string {
  const keys = JSON.stringify([key]);
  return `front: ${process.env.TEST_FRONT ?? 'direct'}
reload: { filePollMs: 50 }
headers: { forward: [authorization, x-user-id] }
auth:
  jwt: { issuers: [{ issuer: "${issuer}", audience: shop, algorithms: [ES256], keys: ${keys} }] }
  identity: { ${identity} }
`;
}

/** A private key as a file of keys has it. */
export function privateJwk(kid: string): Readonly<Record<string, unknown>> {
  return { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid };
}
