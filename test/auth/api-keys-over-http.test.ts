/** API keys as clients send them, through both fronts: what they are answered, and that no backend ever sees one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fileKeyRepository } from '../../src/authn/api-keys/file-keys.ts';
import type { CreatedKey } from '../../src/authn/api-keys/manage.ts';
import { managed, type Managed } from '../credentials/support.ts';
import { onlyCall } from '../support/intervals.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { type Provider, type SigningKey, signed, signingKey, startProvider } from './support/provider.ts';

let folder: string;
let keys: Managed;
let key: CreatedKey;
let signing: SigningKey;
let provider: Provider;
let shop: Shop;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-keys-'));
  const path = join(folder, 'keys.json');
  keys = managed(fileKeyRepository(path));
  key = await keys.create();
  signing = await signingKey('ES256', 'one');
  provider = await startProvider([signing]);
  shop = await openShop({
    settings: `auth:
  onMissing: reject
  apiKeys: { file: "${path}", pollMs: 100 }
  jwt:
    issuers: [{ issuer: "${provider.issuer}", jwksUrl: "${provider.jwksUrl}", audience: shop, algorithms: [ES256] }]
headers: { forward: [x-api-key, x-user-id], perService: [x-api-key, authorization, cookie] }
`,
  });
});

afterAll(async () => {
  await shop.close();
  provider.close();
  await rm(folder, { recursive: true });
});

const query = '{ products(first: 1) { name } }';
const ask = (headers: Record<string, string>) => shop.query(query, { headers });

describe('an API key', () => {
  it('lets its client in, and reaches no backend, whatever is forwarded', async () => {
    shop.mocks.reset();
    expect((await ask({ 'x-api-key': key.text })).status).toBe(200);
    const { headerNames } = onlyCall(shop.mocks, 'products');
    expect(headerNames).not.toContain('x-api-key');
    expect(headerNames).not.toContain('x-user-id');
  });

  it('beside a token leaves the user as the token says', async () => {
    shop.mocks.reset();
    const token = await signed(signing, provider.issuer);
    const both = { 'x-api-key': key.text, authorization: `Bearer ${token}` };
    expect((await ask(both)).status).toBe(200);
    expect(onlyCall(shop.mocks, 'products').headers).toMatchObject({ 'x-user-id': 'ada' });
    // Both are known by now, and combined before.
    expect((await ask(both)).status).toBe(200);
  });

  it('is refused with a token that does not hold, or that was given to another client', async () => {
    const foreign = await signed(signing, provider.issuer, { claims: { azp: 'partner' } });
    for (const authorization of ['Bearer a.b.c', `Bearer ${foreign}`]) {
      const { status, text } = await ask({ 'x-api-key': key.text, authorization });
      expect(status).toBe(401);
      expect(text).not.toContain('partner');
    }
    expect((await ask({ authorization: `Bearer ${foreign}` })).status).toBe(200);
  });

  it('that does not hold is refused though the token does, and the answer does not say why', async () => {
    const authorization = `Bearer ${await signed(signing, provider.issuer)}`;
    const wrong = `${key.text.slice(0, -1)}${key.text.endsWith('x') ? 'y' : 'x'}`;
    const { status, errors } = await ask({ 'x-api-key': wrong, authorization });
    expect(status).toBe(401);
    expect(errors?.[0]?.message).toBe('The credentials are not valid: get new ones');
  });

  it('is required where nothing else is shown', async () => {
    const { status, errors } = await ask({});
    expect(status).toBe(401);
    expect(errors?.[0]?.message).toBe('Credentials are required');
  });

  it('that was revoked is refused within the time of a look at the file', async () => {
    const other = await keys.create();
    await expect.poll(async () => (await ask({ 'x-api-key': other.text })).status).toBe(200);
    await keys.manager.revoke(other.record.id);
    await expect.poll(async () => (await ask({ 'x-api-key': other.text })).status).toBe(401);
  });
});
