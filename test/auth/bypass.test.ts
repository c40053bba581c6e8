/** No way around: every guarded field, every way to ask for it, by POST and GET, through both fronts. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Supergraph } from '@apollo/federation-internals';
import { isObjectType, type GraphQLSchema } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';

import { start } from '../../src/main.ts';
import type { AuthorizationRecord } from '../../src/shared/events.ts';
import { send, type GraphqlReply } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { policyModule, serveGuardedGraph } from './guarded-graph.ts';
import { waysTo } from './ways.ts';

/** Everything whose value says that it is guarded, and what is computed from it. */
const guarded = {
  Query: ['secret', 'me'],
  Book: ['cost', 'isbn', 'shelf', 'score', 'margin'],
  Movie: ['budget', 'note', 'score'],
  Account: ['owner'],
};

describe.each(['POST', 'GET'] as const)('by %s', (method) => {
  it('a guarded field is denied whichever way it is asked for, and that is written down once', async () => {
    const graph = await open('');
    const { ask, schema } = graph;
    const bypasses: string[] = [];
    const asked: string[] = [];
    for (const { name, query } of allWays(schema)) {
      const requestId = `way-${asked.push(name)}`;
      const { text, errors = [] } = await ask(method, query, requestId);
      if (/canary/.test(text)) bypasses.push(`${name}: ${query} answers ${text}`);
      expect(
        errors.map(({ extensions }) => extensions.code),
        `${query} ${text}`,
      ).toContain('UNAUTHENTICATED');
    }
    expect(bypasses).toEqual([]);
    expect(asked.length).toBeGreaterThan(150);
    const denials = (await graph.records()).filter(({ outcome }) => outcome === 'deny');
    const perRequest = Map.groupBy(denials, ({ requestId }) => requestId);
    const written = asked.map((name, i) => {
      const [coordinate = ''] = name.split(' ');
      // An account is guarded as such: where a field can only give one, or where one is found.
      const about = coordinate === 'Account.owner' ? ['Account', 'Query.me'] : [coordinate];
      const found = (perRequest.get(`way-${i + 1}`) ?? []).filter(({ coordinates }) =>
        about.some((one) => coordinates.includes(one)),
      );
      return found.length === 1 ? '' : `${name}: ${JSON.stringify(found)}`;
    });
    expect(written.filter((text) => text !== '')).toEqual([]);
  });

  it('each of these ways leads to the value where nothing is enforced', async () => {
    const { ask, schema } = await open('  dryRun: true\n');
    const dead: string[] = [];
    for (const { name, query } of allWays(schema)) {
      const { text } = await ask(method, query, 'dry');
      if (!/canary/.test(text)) dead.push(`${name}: ${query} answers ${text}`);
    }
    expect(dead).toEqual([]);
  });

  it('the schema tells no value, and asks no backend', async () => {
    const { ask, schema, calls } = await open('');
    for (const type of Object.keys(guarded)) {
      const fields = '{ name args { name } type { name } }';
      const { text } = await ask(method, `{ __type(name: "${type}") { fields ${fields} } }`, 'schema');
      expect(text).not.toContain('canary');
    }
    expect(calls()).toBe(0);
    expect(Object.keys(schema.getTypeMap())).toContain('Account');
  });
});

function allWays(schema: GraphQLSchema): Array<{ name: string; query: string }> {
  return Object.entries(guarded).flatMap(([typeName, fields]) => {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) throw new Error(`no type ${typeName}`);
    return fields.flatMap((field) =>
      waysTo(schema, type, field).map(({ name, query }) => ({
        name: `${typeName}.${field} at ${name}`,
        query,
      })),
    );
  });
}

async function open(settings: string) {
  const graph = await serveGuardedGraph();
  onTestFinished(() => graph.close());
  const folder = await folderWith({
    'supergraph.graphql': graph.supergraphSdl,
    'policy.mjs': policyModule,
    'gateway.yaml': `front: ${process.env.TEST_FRONT ?? 'direct'}\nauthorization:\n  policy: policy.mjs\n${settings}audit: { file: audit.jsonl, allowSample: 1 }\nlimits: { planningMsPerMinute: 600000 }\n`,
  });
  const gateway = await start({
    supergraph: join(folder, 'supergraph.graphql'),
    configPath: join(folder, 'gateway.yaml'),
    port: 0,
    logLevel: 'silent',
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= gateway.close());
  onTestFinished(close);

  function ask(method: 'GET' | 'POST', query: string, requestId: string): Promise<GraphqlReply> {
    const headers = { 'content-type': 'application/json', 'x-request-id': requestId };
    if (method === 'POST') return send(gateway.url, { method, headers, body: JSON.stringify({ query }) });
    return send(`${gateway.url}?${new URLSearchParams({ query }).toString()}`, { method, headers });
  }

  return {
    ask,
    schema: Supergraph.build(graph.supergraphSdl, { supportedFeatures: null })
      .apiSchema()
      .toGraphQLJSSchema(),
    calls: () => graph.calls,
    async records(): Promise<AuthorizationRecord[]> {
      await close();
      const lines = (await readFile(join(folder, 'audit.jsonl'), 'utf8')).trim().split('\n');
      return lines.map((line) => JSON.parse(line) as AuthorizationRecord);
    },
  };
}
