/** Rules of a policy and contracts: a rule reads what is hidden from the client, and guards what the client sees. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ask } from '../support/ask.ts';
import { clientGateway } from './support/client-gateway.ts';

const schema = `type Query { order(id: ID!, tenant: String = "a" @tag(name: "internal")): Order  node: Node @tag(name: "internal") me: Order }
interface Node @tag(name: "internal") { id: ID! note: String owner: User }
type Order implements Node {
  id: ID! note: String
  owner: User @tag(name: "internal")
  secret: String
  level(scale: Int = 10 @tag(name: "internal")): Int
}
type User @tag(name: "internal") { name(upper: Boolean): String }`;

const resolvers = `
const order = (id) => ({ __typename: 'Order', id, note: 'note ' + id, owner: { name: id === '1' ? 'ada' : 'bob' }, secret: 'secret ' + id, level: ({ scale }) => scale });
export const resolvers = {
  Query: { order: (_, { id }) => order(id), me: () => order('1'), node: () => order('2') },
  Node: { __resolveType: () => 'Order' },
  Order: { level: (_, { scale }) => scale },
};`;

/** Reads an object, a field with an argument and an argument with a default, all of them hidden from the client. */
const policy = `export function policy({ rule, allow }) {
  const owns = rule('owns', { cache: 'strict', fragment: 'fragment O on Order { owner { name } }' })(
    (parent) => parent.owner.name === 'ada');
  const inTenant = rule('in tenant', { cache: 'strict' })((_, { tenant }) => tenant === 'a');
  const fromWeb = rule('from web', { cache: 'contextual' })((_, __, { client }) => client.name === 'web' && client.version === '2.0');
  return {
    fallbackRule: allow,
    permissions: { Query: { order: inTenant }, Order: { secret: owns, level: fromWeb } },
  };
}`;

const clients = { web: 'contract: { exclude: [internal] }\n', anonymous: '' };
const given = () =>
  clientGateway({
    schema,
    resolvers,
    clients,
    settings: ['authorization: { policy: policy.mjs }'],
    files: { 'policy.mjs': policy },
  });

it('an audit record names the client and the version of a public client, too', async () => {
  const { gateway, url, folder } = await clientGateway({
    schema,
    resolvers,
    clients: { web: `identify: { public: true }\n${clients.web}`, anonymous: '' },
    settings: ['authorization: { policy: policy.mjs }', 'audit: { file: audit.jsonl }'],
    files: { 'policy.mjs': policy },
  });
  await ask(`${url}/web`, '{ order(id: "2") { secret } }', {
    headers: { 'apollographql-client-version': '4.1' },
  });
  await gateway.close();
  const lines = (await readFile(join(folder, 'audit.jsonl'), 'utf8')).trimEnd().split('\n');
  const records = lines.map((line) => JSON.parse(line) as { readonly outcome: string });
  // Of what is allowed, a random share is written down.
  expect(records.filter(({ outcome }) => outcome !== 'allow')).toMatchObject([
    { client: 'web', clientVersion: '4.1', coordinates: ['Order.secret'], outcome: 'deny' },
  ]);
});

describe('a rule', () => {
  it('reads fields and arguments that are hidden from the client', async () => {
    const { url, keyOf } = await given();
    const query = '{ one: order(id: "1") { secret } two: order(id: "2") { secret note } }';
    for (const headers of [keyOf('web'), {}]) {
      const reply = await ask(url, query, { headers });
      expect(reply.data).toEqual({ one: { secret: 'secret 1' }, two: { secret: null, note: 'note 2' } });
      expect(reply.errors?.map(({ path }) => path)).toEqual([['two', 'secret']]);
      expect(reply.text).not.toMatch(/owner|ada|bob|tenant/);
    }
  });

  it('decides by the client and its version', async () => {
    const { url, keyOf } = await given();
    const levelFor = async (headers: Record<string, string>): Promise<unknown> =>
      (await ask(url, '{ me { level } }', { headers })).data;
    const version = (value: string) => ({ 'apollographql-client-version': value });
    expect(await levelFor({ ...keyOf('web'), ...version('2.0') })).toEqual({ me: { level: 10 } });
    expect(await levelFor({ ...keyOf('web'), ...version('1.0') })).toEqual({ me: { level: null } });
    expect(await levelFor(keyOf('web'))).toEqual({ me: { level: null } });
    expect(await levelFor(version('2.0'))).toEqual({ me: { level: null } });
  });
});
