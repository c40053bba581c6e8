/** Identity that the gateway signs for backends, which check it with the keys that the gateway publishes. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type RunningGateway, start } from '../../src/assembly/start.ts';
import { ask, type GraphqlReply } from '../support/ask.ts';
import { signed, signingKey, type SigningKey } from './support/provider.ts';
import {
  gatewayIssuer,
  type Heard,
  privateJwk,
  settingsWith,
  verifyingSubgraphs,
  type VerifyingSubgraphs,
} from './support/verifying-subgraphs.ts';

const issuer = 'https://idp.example';
const [one, two] = [privateJwk('one'), privateJwk('two')];
const claims = { sub: 'ada', azp: 'web', tier: 'premium', roles: ['admin', 'a b'], scope: 'read write' };

let key: SigningKey;
let backends: VerifyingSubgraphs;
let gateway: RunningGateway;

beforeAll(async () => {
  key = await signingKey('ES256', 'idp');
  const identity = `rule: signed, subgraphs: { third: headers }, signed: { issuer: "${gatewayIssuer}", keyFile: keys.json }`;
  backends = await verifyingSubgraphs({
    'gateway.yaml': settingsWith(issuer, key.jwk, identity),
    'keys.json': JSON.stringify({ keys: [one] }),
  });
  const [graphPath, configPath] = ['graph.yaml', 'gateway.yaml'].map((name) => join(backends.folder, name));
  if (!graphPath || !configPath) throw new Error('unreachable');
  gateway = await start({ graphPath, configPath, port: 0, logLevel: 'silent' });
  backends.trust(gateway.url);
});
beforeEach(() => void (backends.heard.length = 0));
afterAll(async () => {
  await gateway.close();
  await backends.close();
});

const token = (more: object = {}): Promise<string> => signed(key, issuer, { claims: { ...claims, ...more } });

function query(
  text: string,
  shown?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<GraphqlReply> {
  const headers = { ...(shown === undefined ? {} : { authorization: `Bearer ${shown}` }), ...more };
  return ask(gateway.url, text, { headers });
}

function heardBy(name: string): Heard {
  const heard = backends.heard.find(({ subgraph }) => subgraph === name);
  if (!heard) throw new Error(`${name} was not asked`);
  return heard;
}

describe('a subgraph that checks', () => {
  it('learns who the user is from a token for it alone, which says nothing of the one the client sent', async () => {
    const own = await token();
    expect((await query('{ first second }', own)).data).toEqual({ first: 'ada', second: 'ada' });
    const { payload } = heardBy('first');
    expect(payload).toEqual({
      iss: gatewayIssuer,
      aud: 'first',
      sub: 'ada',
      client_id: 'web',
      tier: 'premium',
      roles: ['admin', 'a b'],
      scope: 'read write',
      idp: issuer,
      proven_by: 'jwt',
      iat: expect.any(Number) as number,
      exp: (payload?.iat ?? 0) + 60,
    });
    expect(heardBy('second').payload?.aud).toBe('second');
    for (const { authorization = '' } of backends.heard) expect(authorization).not.toContain(own);
    await query('{ first second }', own);
    expect(new Set(backends.heard.map(({ authorization }) => authorization)).size).toBe(2);
  });

  it('gets no token that lasts longer than what the client showed', async () => {
    const exp = Math.floor(Date.now() / 1000) + 20;
    await query('{ first }', await token({ exp }));
    expect(heardBy('first').payload?.exp).toBe(exp);
  });

  it('hears nothing of anonymous clients, whatever they say of themselves', async () => {
    await query('{ first third }', undefined, { authorization: 'Basic Zm9yZ2Vk', 'x-user-id': 'root' });
    for (const { names, authorization } of backends.heard) {
      expect(authorization).toBeUndefined();
      expect(names).not.toContain('x-user-id');
    }
  });

  it('hears it also where a client lists the header as one of its own connection', async () => {
    await query('{ first }', await token(), { connection: 'close, authorization' });
    expect(heardBy('first').payload?.sub).toBe('ada');
  });

  it('may be beside one that learns it by another rule', async () => {
    await query('{ first third }', await token(), { 'x-user-id': 'root' });
    expect(heardBy('first').payload?.sub).toBe('ada');
    expect(heardBy('first').names).not.toContain('x-user-id');
    expect(heardBy('third').names).toContain('x-user-id');
    expect(heardBy('third').authorization).toBeUndefined();
  });
});

describe('the keys', () => {
  const published = async (): Promise<unknown[]> => {
    const response = await fetch(new URL('/.well-known/jwks.json', gateway.url));
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(response.headers.get('content-type')).toContain('application/jwk-set+json');
    return ((await response.json()) as { keys: unknown[] }).keys;
  };

  it('are published without what is secret', async () => {
    const { x } = one;
    const published1 = { kty: 'OKP', crv: 'Ed25519', x, kid: 'one', alg: 'EdDSA', use: 'sig' };
    expect(await published()).toEqual([published1]);
  });

  it('may change in their file without a request failing, and stay where it is broken', async () => {
    const put = (...keys: object[]): Promise<void> =>
      writeFile(join(backends.folder, 'keys.json'), JSON.stringify({ keys }));
    const own = await token();
    const signedBy = async (): Promise<unknown> => {
      expect((await query('{ first }', own)).data).toEqual({ first: 'ada' });
      return decodeProtectedHeader(backends.heard.at(-1)?.authorization?.slice(7) ?? '').kid;
    };
    expect(await signedBy()).toBe('one');
    await put(one, two);
    await expect.poll(published).toHaveLength(2);
    expect(await signedBy()).toBe('one');
    await put(two, one);
    await expect.poll(signedBy).toBe('two');
    await put(two);
    await expect.poll(published).toHaveLength(1);
    expect(await signedBy()).toBe('two');
    await writeFile(join(backends.folder, 'keys.json'), '{"keys":');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await signedBy()).toBe('two');
  });
});
