/** Which client a request target names, in all its forms. */

import { expect, it } from 'vitest';

import { requestHead, sendRaw } from '../support/raw-http.ts';
import { clientGateway, type ClientGateway } from './support/client-gateway.ts';

const publicClients = {
  web: 'identify: { public: true, hosts: [www.example.com] }\ncontract: { exclude: [shop] }\n',
  shop: 'identify: { public: true, hosts: [shop.example.com] }\ncontract: { exclude: [web] }\n',
  anonymous: 'contract: { exclude: [web, shop] }\n',
};

const open = (settings: readonly string[] = []): Promise<ClientGateway> =>
  clientGateway({
    schema: 'type Query { all: Int web: Int @tag(name: "web") shop: Int @tag(name: "shop") }',
    resolvers: 'export const resolvers = {};',
    clients: publicClients,
    settings,
  });

it('a target in absolute form is that of its path, and its host is the one of the header', async () => {
  const { url } = await open();
  const body = '{"query":"{ __type(name: \\"Query\\") { fields { name } } }"}';
  const ask = async (target: string, host: string): Promise<string> => {
    const head = [
      `POST ${target} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ];
    const { status, body: text } = await sendRaw(url, [...head, '', body].join('\r\n'));
    const names = [...text.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name);
    return `${status} ${names.join()}`.trim();
  };
  expect(await ask('http://any.test/graphql', 'any.test')).toBe('200 all');
  expect(await ask('http://any.test/graphql/web', 'any.test')).toBe('200 all,web');
  expect(await ask('https://WWW.example.com:443/graphql', 'www.example.com:443')).toBe('200 all,web');
  expect(await ask('http://shop.example.com/graphql/web', 'shop.example.com')).toBe('403');
  expect(await ask('http://shop.example.com/graphql', 'www.example.com')).toBe('400');
  expect(await ask('http://x@shop.example.com/graphql', 'shop.example.com')).toBe('400');
  expect(await ask('http://any.test/graphql/nobody', 'any.test')).toBe('404');
});

it('the path of a schema counts as it was sent, like that of an operation', async () => {
  const { url } = await open();
  const statusOf = async (target: string): Promise<number> =>
    (await sendRaw(url, requestHead(url, `GET ${target} HTTP/1.1`))).status;
  expect(await statusOf('/graphql/web/schema.graphql')).toBe(200);
  expect(await statusOf('/graphql/web/schema.graphql?v=1')).toBe(200);
  expect(await statusOf(`${new URL(url).origin}/graphql/web/schema.graphql`)).toBe(200);
  for (const target of [
    '/graphql/%77eb/schema.graphql',
    '/%67raphql/web/schema.graphql',
    '/graphql/web/schema%2Egraphql',
    '/graphql/web%00/schema.graphql',
    '/graphql/web/schema.graphql#fragment',
  ])
    expect([target, await statusOf(target)]).toEqual([target, 404]);
  expect(await statusOf('http://other.test/graphql/web/schema.graphql')).toBe(400);
});

it('the page finds its files where the endpoint is at the root', async () => {
  const { url } = await open(['server: { path: /, graphiql: true }']);
  const { origin } = new URL(url);
  const page = await fetch(`${origin}/web`, { headers: { accept: 'text/html' } });
  const files = [...(await page.text()).matchAll(/(?:href|src)="(\/[^"]*)"/g)].map(([, path]) => path ?? '');
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) expect([file, (await fetch(new URL(file, origin))).status]).toEqual([file, 200]);
});
