/** Certificates of clients, through both fronts: whose count, who they are of, and until when. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { createClientCertificates } from '../../src/authn/certificates/client-certificates.ts';
import { certificatesSchema } from '../../src/config/gateway/auth-certificates.ts';
import { type TlsClient, tlsClient, type TlsClientOptions } from '../support/ask-tls.ts';
import { type Asked, type Authority, makeAuthority } from '../support/certificates.ts';
import { onlyCall } from '../support/intervals.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { signed, signingKey, type SigningKey } from './support/provider.ts';

const query = '{ products(first: 1) { name } }';
const issuer = 'https://idp.example';
const workload = 'URI:spiffe://shop.example/ns/web/sa/cart';
const ours = makeAuthority('Clients');
const servers = makeAuthority('Servers');

let key: SigningKey;
let folder: string;
let shop: Shop;

const settings = (
  certificates: string,
): string => `server: { tls: { cert: ${folder}/server.pem, key: ${folder}/server.key } }
reload: { filePollMs: 50 }
auth:
  onMissing: reject
  jwt: { issuers: [{ issuer: ${issuer}, audience: shop, algorithms: [ES256], keys: [${JSON.stringify(key.jwk)}] }] }
  certificates:
    ca: ${folder}/clients.pem
${certificates}`;

const names = `    names:
      - { uri: "spiffe://shop.example/ns/{namespace}/sa/{account}", client: "{namespace}/{account}", roles: [service] }
      - { dns: "{host}.partner.example", subject: "{host}", tier: premium, scopes: [read] }
      - { email: "{user}@shop.example", subject: "mail|{user}" }
      - { dns: exact.example }
`;

beforeAll(async () => {
  key = await signingKey('ES256', 'one');
  folder = await mkdtemp(join(tmpdir(), 'tributary-certificates-'));
  const server = servers.issue({ names: ['DNS:localhost', 'IP:127.0.0.1'], usage: 'serverAuth' });
  await Promise.all([
    // With its authority behind it, which makes that no authority for clients.
    writeFile(join(folder, 'server.pem'), server.cert + servers.ca),
    writeFile(join(folder, 'server.key'), server.key),
    writeFile(join(folder, 'clients.pem'), ours.ca),
  ]);
  shop = await openShop({ settings: settings(names) });
});
beforeEach(() => shop.mocks.reset());
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true });
});

const client = (
  asked: Asked | undefined,
  options: Partial<TlsClientOptions> = {},
  by: Authority = ours,
): TlsClient =>
  tlsClient(shop.url, {
    ca: servers.ca,
    ...(asked ? by.issue({ usage: 'clientAuth', ...asked }) : {}),
    ...options,
  });

describe('a certificate that holds', () => {
  it.each([
    [workload, 'spiffe://shop.example/ns/web/sa/cart', 'service'],
    ['DNS:API.Partner.Example', 'api', undefined],
    ['email:ada@Shop.Example', 'mail|ada', undefined],
    ['DNS:exact.example', 'exact.example', undefined],
  ])('says by the rule for its name who it is of: %s', async (name, subject, roles) => {
    const { status, protocol } = await client({ names: ['DNS:other.example', name] }).ask(query, {
      'x-user-id': 'root',
      'x-user-roles': 'admin',
    });
    expect({ status, protocol }).toEqual({ status: 200, protocol: 'TLSv1.3' });
    const { headers } = onlyCall(shop.mocks, 'products');
    expect(headers['x-user-id']).toBe(subject);
    expect(headers['x-user-roles']).toBe(roles);
  });

  it('is looked at once for each connection', async () => {
    const looks = vi.spyOn(TLSSocket.prototype, 'getPeerX509Certificate');
    const kept = client({ names: [workload] }, { keepAlive: true });
    for (let i = 0; i < 5; i += 1) expect((await kept.ask(query)).isReused).toBe(i > 0);
    expect(looks).toHaveBeenCalledTimes(1);
    looks.mockRestore();
  });

  it('counts until it ends, also on a connection that goes on', async () => {
    let nowMs = Date.now();
    const { prove } = createClientCertificates(
      certificatesSchema.parse({ ca: 'ca.pem', names: [{ dns: 'exact.example' }] }),
      () => nowMs,
    );
    const { cert, key: secret } = servers.issue({ names: ['DNS:localhost'] });
    const server = createServer(
      { cert, key: secret, ca: ours.ca, requestCert: true, rejectUnauthorized: false },
      (http, response) => {
        let data: unknown = 'refused';
        try {
          data = prove({ http, clientAddress: '' })?.principal.subject;
        } catch {}
        response.end(JSON.stringify({ data }));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, resolve));
    onTestFinished(() => void server.close());
    const kept = tlsClient(`https://localhost:${(server.address() as AddressInfo).port}`, {
      ca: servers.ca,
      ...ours.issue({ names: ['DNS:exact.example'] }),
      keepAlive: true,
    });
    expect((await kept.ask(query)).data).toBe('exact.example');
    nowMs += 2 * 86_400_000;
    expect(await kept.ask(query)).toMatchObject({ data: 'refused', isReused: true });
  });

  it('counts on a connection that goes on with what an earlier one had agreed on', async () => {
    const again = client({ names: [workload] }, { resumes: true });
    await again.ask(query);
    shop.mocks.reset();
    expect(await again.ask(query)).toMatchObject({ status: 200, isResumed: true });
    expect(onlyCall(shop.mocks, 'products').headers['x-user-id']).toBe(
      'spiffe://shop.example/ns/web/sa/cart',
    );
  });

  it('does not count beside a token, which says who the user is', async () => {
    const token = await signed(key, issuer);
    await client({ names: [workload] }).ask(query, { authorization: `Bearer ${token}` });
    expect(onlyCall(shop.mocks, 'products').headers['x-user-id']).toBe('ada');
  });

  it('does not make up for a token that is wrong', async () => {
    const { status } = await client({ names: [workload] }).ask(query, { authorization: 'Bearer a.b.c' });
    expect(status).toBe(401);
  });
});

describe('a certificate that does not hold is refused', () => {
  const account = 'spiffe://shop.example/ns/web/sa/cart';
  it.each<[string, Asked]>([
    ['it has expired', { names: [workload], fromDays: -3, toDays: -1 }],
    ['it is not valid yet', { names: [workload], fromDays: 1, toDays: 2 }],
    ['it is for servers', { names: [workload], usage: 'serverAuth' }],
    ['it has a common name only', { commonName: 'exact.example' }],
    ['it has the name in another kind', { names: [`DNS:${account}`] }],
    ['it has a host in a URI', { names: ['URI:exact.example'] }],
    ['a wildcard', { names: ['DNS:*.partner.example'] }],
    ['NUL behind the name', { names: ['DNS:exact.example\u0000.evil.example'] }],
    ['NUL before the name', { names: [`URI:\u0000${account}`] }],
    ['a comma and a name in a name', { names: [`URI:spiffe://evil, URI:${account}`] }],
    ['a comma and a name in a host', { names: [`DNS:evil, DNS:exact.example`] }],
    ['a comma without a space', { names: [`DNS:evil,DNS:exact.example`] }],
    ['a line end', { names: [`DNS:evil\nDNS:exact.example`] }],
    ['quotes', { names: ['DNS:"exact.example"'] }],
    ['a quote that is not closed', { names: ['URI:x"', 'DNS:a", DNS:exact.example'] }],
    ['a backslash', { names: [`URI:${account}\\`] }],
    ['more behind the name', { names: [`URI:${account}/admin`] }],
    ['more before the name', { names: [`URI:x${account}`] }],
    ['a step up', { names: ['URI:spiffe://shop.example/ns/web/sa/..'] }],
    ['an empty part', { names: ['URI:spiffe://shop.example/ns//sa/cart'] }],
    ['another case of a path', { names: ['URI:spiffe://shop.example/NS/web/sa/cart'] }],
    ['a host with a label more', { names: ['DNS:a.b.partner.example'] }],
    ['two names for one rule', { names: [workload, 'URI:spiffe://shop.example/ns/web/sa/admin'] }],
    ['a name that is not ASCII', { names: ['email:\u00e4da@shop.example'] }],
    ['no name that any rule is for', { names: ['DNS:exact.example.evil.example'] }],
  ])('where %s', async (_what, asked) => {
    const { status, errors } = await client(asked).ask(query);
    expect(status).toBe(401);
    expect(errors?.[0]?.message).toBe('The credentials are not valid: get new ones');
    expect(shop.mocks.service('products').calls.total).toBe(0);
  });

  it('where another authority made it, or nobody but itself, whatever name they take', async () => {
    const other = makeAuthority('Clients');
    expect((await client({ names: [workload] }, {}, other).ask(query)).status).toBe(401);
    expect((await client({ names: [workload] }, {}, servers).ask(query)).status).toBe(401);
  });

  it('as is no certificate at all, in other words', async () => {
    const { status, errors } = await client(undefined).ask(query);
    expect(status).toBe(401);
    expect(errors?.[0]?.message).toBe('Credentials are required');
  });
});

describe('authorities that change', () => {
  it('hold for new connections; who was connected must show a certificate again', async () => {
    const next = makeAuthority('Next clients');
    const busy = client({ names: [workload] }, { keepAlive: true });
    const idle = client({ names: [workload] }, { keepAlive: true });
    await idle.ask('{ __typename }');
    const resuming = client({ names: [workload] }, { resumes: true });
    await resuming.ask(query);
    shop.mocks.service('products').faults.set({ latencyMs: 1500 });
    const inFlight = busy.ask(query);
    await expect.poll(() => shop.mocks.service('products').calls.total).toBe(2);
    await writeFile(join(folder, 'clients.pem'), next.ca);
    const newcomer = client({ names: [workload] }, {}, next);
    await expect.poll(async () => (await newcomer.ask('{ __typename }')).status).toBe(200);
    expect((await inFlight).status).toBe(200);
    const last = await busy.ask('{ __typename }');
    expect(last).toMatchObject({ status: 200, isReused: true });
    expect(last.headers.get('connection')).toBe('close');
    expect((await busy.ask('{ __typename }')).status).toBe(401);
    expect(await idle.ask('{ __typename }')).toMatchObject({ status: 401, isReused: false });
    expect(await resuming.ask('{ __typename }')).toMatchObject({ status: 401, isResumed: false });
    await writeFile(join(folder, 'clients.pem'), ours.ca);
    await expect.poll(async () => (await resuming.ask('{ __typename }')).status).toBe(200);
  });
});

describe('where a certificate is required', () => {
  let strict: Shop;
  beforeAll(async () => {
    strict = await openShop({ settings: settings(`    required: true\n${names}`) });
  });
  afterAll(() => strict.close());

  it('nothing else makes up for it, and something else may come on top', async () => {
    const headers = { authorization: `Bearer ${await signed(key, issuer)}` };
    const without = tlsClient(strict.url, { ca: servers.ca });
    const withOne = tlsClient(strict.url, { ca: servers.ca, ...ours.issue({ names: [workload] }) });
    const withBad = tlsClient(strict.url, { ca: servers.ca, ...servers.issue({ names: [workload] }) });
    const statuses = [];
    for (const one of [without, withBad, withOne]) statuses.push((await one.ask(query, headers)).status);
    expect(statuses).toEqual([401, 401, 200]);
    expect((await withOne.ask(query)).status).toBe(200);
  });
});
