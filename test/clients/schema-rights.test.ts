/** Whoever may not introspect gets no schema as text either. */

import { expect, it } from 'vitest';

import { ask } from '../support/ask.ts';
import { clientGateway } from './support/client-gateway.ts';

it.each<[string, string, number]>([
  ['denies it to everybody', 'deny', 403],
  [
    'asks for a user',
    "rule('is signed in', { cache: 'contextual' })((_, __, { principal }) => principal.subject !== null)",
    401,
  ],
  ['allows it', 'allow', 200],
])('where the policy %s', async (_what, introspection, anonymousStatus) => {
  const { url, keyOf } = await clientGateway({
    schema: 'type Query { a: String }',
    resolvers: 'export const resolvers = { Query: { a: () => "a" } };',
    clients: { web: '', anonymous: '' },
    settings: ['authorization: { policy: policy.mjs }'],
    files: {
      'policy.mjs': `export const policy = ({ rule, allow, deny }) => ({
  fallbackRule: allow,
  permissions: {},
  introspection: ${introspection},
});`,
    },
  });
  const introspects = async (headers: Record<string, string>): Promise<boolean> => {
    const { data } = await ask(url, '{ __schema { queryType { name } } }', { headers });
    return Boolean((data as { __schema?: object | null } | undefined)?.__schema);
  };
  const schemaOf = (client: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/${client}/schema.graphql`, { headers });
  for (const [client, headers] of [
    ['anonymous', {}],
    ['web', keyOf('web')],
  ] as const) {
    const reply = await schemaOf(client, headers);
    const text = await reply.text();
    expect(reply.status === 200, client).toBe(await introspects(headers));
    expect(text.includes('type Query'), client).toBe(reply.status === 200);
    if (client === 'anonymous' && anonymousStatus !== 403) expect(reply.status).toBe(anonymousStatus);
  }
});
