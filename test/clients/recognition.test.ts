/** Which client a request is from: every pair of credentials and claim, on a running gateway. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ask } from '../support/ask.ts';
import { clientGateway, type ClientGateway } from './support/client-gateway.ts';

/** Each client sees the field with its name, and `all`. */
const schema = `type Query {
  all: String
  web: String @tag(name: "web")
  mobile: String @tag(name: "mobile")
  partner: String @tag(name: "partner")
  anonymous: String @tag(name: "anonymous")
}`;
const names = ['web', 'mobile', 'partner', 'anonymous'] as const;
const resolvers = `export const resolvers = { Query: { all: () => 'all', ${names.map((name) => `${name}: () => '${name}'`).join()} } };`;
const contractOf = (own: string): string =>
  `contract: { exclude: [${names.filter((name) => name !== own).join()}] }\n`;

/** The website is public: its requests need no key. */
const clients = {
  web: `${contractOf('web')}identify: { public: true, hosts: [www.example.com], names: [web-shop] }\n`,
  mobile: `${contractOf('mobile')}identify: { credentials: [mobile-app], names: [mobile-ios] }\n`,
  partner: `${contractOf('partner')}identify: { hosts: [partners.example.com] }\n`,
  anonymous: contractOf('anonymous'),
};

/** @returns The client that the answer is for, or the code of the refusal. */
async function recognized(
  { url }: ClientGateway,
  request: { readonly path?: string; readonly headers?: Readonly<Record<string, string>> },
): Promise<string> {
  const reply = await ask(`${url}${request.path ?? ''}`, '{ __type(name: "Query") { fields { name } } }', {
    headers: request.headers ?? {},
  });
  if (reply.errors) return `${reply.status} ${String(reply.errors[0]?.extensions['code'])}`;
  const { __type: type } = reply.data as { readonly __type: { readonly fields: Array<{ name: string }> } };
  return type.fields
    .map(({ name }) => name)
    .filter((name) => name !== 'all')
    .join();
}

describe('a client', () => {
  it('is the one of the credentials; any pair with a claim of another one is refused', async () => {
    const gateway = await clientGateway({ schema, resolvers, clients });
    const credentials = ['web', 'mobile', 'partner', 'unknown', 'none'] as const;
    const claims = ['web', 'mobile', 'partner', 'anonymous', 'none'] as const;
    const headersOf = (who: (typeof credentials)[number]): Record<string, string> =>
      who === 'none' ? {} : gateway.keyOf(who);
    const table: Record<string, string[]> = {};
    for (const who of credentials) {
      table[who] = await Promise.all(
        claims.map((claim) =>
          recognized(gateway, { path: claim === 'none' ? '' : `/${claim}`, headers: headersOf(who) }),
        ),
      );
    }
    const mismatch = '403 CLIENT_MISMATCH';
    expect(table).toEqual({
      // Claimed by path: web, mobile, partner, anonymous, none.
      web: ['web', mismatch, mismatch, mismatch, 'web'],
      mobile: [mismatch, 'mobile', mismatch, mismatch, 'mobile'],
      partner: [mismatch, mismatch, 'partner', mismatch, 'partner'],
      unknown: ['web', mismatch, mismatch, 'anonymous', 'anonymous'],
      none: ['web', mismatch, mismatch, 'anonymous', 'anonymous'],
    });
  });

  it('is never another one because of a header, and a public one by any of them', async () => {
    const gateway = await clientGateway({ schema, resolvers, clients });
    const headers = [
      'apollographql-client-name',
      'graphql-client-name',
      'x-graphql-client-name',
      'x-client-id',
    ];
    for (const header of headers) {
      const by = (name: string, other: Record<string, string> = {}): Promise<string> =>
        recognized(gateway, { headers: { [header]: name, ...other } });
      expect(await by('web-shop')).toBe('web');
      expect(await by('web')).toBe('web');
      expect(await by('mobile-ios')).toBe('anonymous');
      expect(await by('partner')).toBe('anonymous');
      expect(await by('nobody-knows-it')).toBe('anonymous');
      expect(await by('__proto__')).toBe('anonymous');
      expect(await by('mobile-ios', gateway.keyOf('mobile'))).toBe('mobile');
      expect(await by('web-shop', gateway.keyOf('mobile'))).toBe('403 CLIENT_MISMATCH');
      expect(await by('partner', gateway.keyOf('web'))).toBe('403 CLIENT_MISMATCH');
      expect(await by('nobody-knows-it', gateway.keyOf('partner'))).toBe('partner');
    }
  });

  it('is named by nothing but a path of the endpoint', async () => {
    const gateway = await clientGateway({ schema, resolvers, clients });
    for (const path of [
      '/nobody',
      '/Web',
      '/%77eb',
      '/web/',
      '/web/more',
      '/__proto__',
      '/constructor',
      '/graphiql',
    ])
      expect([path, await recognized(gateway, { path })]).toEqual([path, '404 NOT_FOUND']);
    expect(await recognized(gateway, { path: '/web?x=1' })).toBe('web');
  });

  it('is refused where the graph is for known clients only', async () => {
    const { anonymous: _, ...known } = clients;
    const gateway = await clientGateway({
      schema,
      resolvers,
      clients: known,
      options: ['anonymous: refuse'],
    });
    expect(await recognized(gateway, {})).toBe('401 UNAUTHENTICATED');
    expect(await recognized(gateway, { headers: gateway.keyOf('unknown') })).toBe('403 CLIENT_MISMATCH');
    expect(await recognized(gateway, { headers: gateway.keyOf('mobile') })).toBe('mobile');
    expect(await recognized(gateway, { path: '/web' })).toBe('web');
  });

  it('is recorded in the audit file where a request names a client that it does not prove', async () => {
    const gateway = await clientGateway({
      schema,
      resolvers,
      clients,
      settings: ['audit: { file: audit.jsonl }'],
    });
    await recognized(gateway, {
      path: '/partner',
      headers: { ...gateway.keyOf('web'), 'x-request-id': 'r1' },
    });
    await gateway.gateway.close();
    const lines = await readFile(join(gateway.folder, 'audit.jsonl'), 'utf8');
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      {
        requestId: 'r1',
        client: 'web',
        rule: 'client',
        outcome: 'deny',
        reason: 'credentials names web, path names partner',
      },
    ]);
  });
});
