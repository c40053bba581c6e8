/**
 * No way around: every guarded field, every way to ask for it, by every transport, for nobody and for somebody who may
 * see everything else. Through both fronts.
 */
import { Supergraph } from '@apollo/federation-internals';
import { isObjectType, type GraphQLSchema } from 'graphql';
import { describe, expect, it } from 'vitest';

import type { AuthorizationRecord } from '../../src/shared/authorization-record.ts';
import type { GraphqlReply } from '../support/ask.ts';
import { hostileNames } from '../support/hostile-names.ts';
import { policyModule } from './guarded-graph.ts';
import { type Asked, guardedGateway, type GuardedGateway } from './support/guarded-gateway.ts';
import { mailboxPolicy, serveMailbox } from './support/mailbox.ts';
import { queriesFor } from './field-queries.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Everything whose value says that it is guarded, and what is computed from it, with what it takes to see it. */
const guarded: Readonly<Record<string, { readonly right?: string; readonly isMasked?: true }>> = {
  'Query.secret': { right: 'read' },
  'Query.me': { right: 'accounts' },
  'Book.cost': { right: 'sign in' },
  'Book.isbn': { right: 'sign in' },
  'Book.margin': { right: 'sign in' },
  'Book.score': { right: 'scores' },
  'Movie.score': { right: 'scores' },
  'Movie.budget': { right: 'finance' },
  'Account.owner': { right: 'accounts' },
  // Nobody has what these take.
  'Book.shelf': {},
  'Movie.note': {},
  'Movie.phone': { right: 'staff', isMasked: true },
};

const everyRight = { scopes: ['secrets', 'read', 'scores', 'accounts'], roles: ['finance', 'staff'] };

/** All rights but one; null where that leaves nobody. */
function allBut(right: string | undefined): Claims | null {
  if (right === 'sign in') return null;
  const without = (names: readonly string[]): string[] => names.filter((name) => name !== right);
  return { sub: 'ada', scope: without(everyRight.scopes).join(' '), roles: without(everyRight.roles) };
}

/** For some thousand requests on a machine with other work. */
const waysTimeoutMs = 300_000;

const transports: Readonly<Record<string, Asked>> = {
  post: {},
  get: { method: 'GET' },
};

describe('a guarded field', () => {
  it(
    'is not seen without the right whichever way it is asked for, and that is written down once',
    async () => {
      const graph = await guardedGateway({ authorization: ['dryRunRole: tester'] });
      const queries = allQueries(schemaOf(graph));
      expect(queries.length).toBeGreaterThan(150);
      const requests: Array<{ id: string; way: GuardedQuery; who: string }> = [];
      const bypasses: string[] = [];
      const dead: string[] = [];

      const askAll = async (way: GuardedQuery): Promise<void> => {
        const { right, isMasked } = guarded[way.coordinate] ?? {};
        const other = allBut(right);
        for (const [who, claims] of [
          ['nobody', null],
          ...(other ? [['other', other] as const] : []),
        ] as const) {
          for (const [transport, how] of Object.entries(transports)) {
            const id = `way-${requests.length}`;
            requests.push({ id, way, who });
            const headers = { ...how.headers, 'x-request-id': id };
            const reply = await graph.query(way.query, { ...how, claims, headers });
            const code = who === 'nobody' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
            if (reply.text.includes('canary') || !(isMasked || codesOf(reply).includes(code)))
              bypasses.push(`${way.name} for ${who} by ${transport}: ${way.query} answers ${reply.text}`);
          }
        }
        // There is something to be seen there.
        const response = await graph.query(way.query, {
          claims: tester,
          headers: { 'x-authorization-dry-run': '1' },
        });
        if (!response.text.includes('canary'))
          dead.push(`${way.name}: ${way.query} answers ${response.text}`);
      };
      await inParallel(queries, askAll);
      expect(bypasses).toEqual([]);
      expect(dead).toEqual([]);

      const records = Map.groupBy(await graph.records(), ({ requestId }) => requestId);
      const miscounted = requests.flatMap(({ id, way, who }) => {
        const matching = (records.get(id) ?? []).filter((record) => isAbout(record, way));
        const outcome = guarded[way.coordinate]?.isMasked ? 'mask' : 'deny';
        const isOne = matching.length === 1 && matching[0]?.outcome === outcome && matching[0].enforced;
        return isOne ? [] : `${way.name} for ${who}: ${JSON.stringify(matching)}`;
      });
      expect(miscounted).toEqual([]);
      console.log(
        `${queries.length} ways to ask for what is guarded, ${queries.filter(({ name }) => name.includes('name of an open field')).length} of them under the name of an open field`,
      );
    },
    waysTimeoutMs,
  );

  it('is seen by whom it is for', async () => {
    const graph = await guardedGateway();
    const claims = { sub: 'ada', scope: everyRight.scopes.join(' '), roles: everyRight.roles };
    const query = `{ secret me { owner } top { score }
      books { cost isbn margin score } movies { score budget phone } }`;
    const { data, errors } = await graph.query(query, { claims });
    expect(errors).toBeUndefined();
    expect(JSON.stringify(data).match(/canary/g)).toHaveLength(11);
  });

  it('does not come along with what somebody else asked at the same time', async () => {
    const graph = await guardedGateway({
      settings:
        'sharing: { fetches: true, requests: true, ignoreHeaders: [x-user-id, x-user-roles, x-request-id] }',
    });
    const query = '{ books { cost } movies { phone } }';
    const staff = { sub: 'ada', roles: ['staff'] };
    await graph.query(query, { claims: staff });
    const before = graph.graph.calls;
    const people: ReadonlyArray<Claims | null> = [staff, null, { sub: 'eve' }];
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, i) => graph.query(query, { claims: people[i % 3] ?? null })),
    );
    expect(graph.graph.calls - before).toBeLessThan(replies.length);
    for (const [i, { data }] of replies.entries()) {
      expect(data).toEqual({
        books: [{ cost: i % 3 === 1 ? null : 'canary cost' }],
        movies: [{ phone: i % 3 === 0 ? 'canary phone' : 'e' }],
      });
    }
  });
});

it('the schema tells no value, and asks no backend', async () => {
  const graph = await guardedGateway();
  for (const type of ['Book', 'Movie', 'Account', 'Query']) {
    const { text, data } = await graph.query(`{ __type(name: "${type}") { fields { name type { name } } } }`);
    expect(data).toMatchObject({ __type: { fields: expect.any(Array) as unknown } });
    expect(text).not.toContain('canary');
  }
  expect(graph.graph.calls).toBe(0);
});

it('the schema itself can be closed, whichever way it is asked for', async () => {
  const policy = policyModule.replace('permissions:', 'introspection: staff, permissions:');
  const graph = await guardedGateway({ policy });
  const queries = [
    '{ __schema { queryType { name } } }',
    '{ harmless: __type(name: "Account") { name } }',
    '{ ...F } fragment F on Query { __schema { types { name } } }',
    '{ ... on Query { ... { a: __type(name: "Account") { name fields { name } } } } books { title } }',
    'query ($name: String = "Account") { __type(name: $name) { name } }',
  ];
  for (const query of queries) {
    for (const { method } of Object.values(transports)) {
      const denied = await graph.query(query, method ? { method } : {});
      expect(codesOf(denied), denied.text).toEqual(['UNAUTHENTICATED']);
      expect(denied.text).not.toMatch(/"(Account|Query)"/);
    }
    const response = await graph.query(query, { claims: { sub: 'ada', roles: ['staff'] } });
    expect(response.errors).toBeUndefined();
    expect(response.text).toMatch(/"(Account|Query)"/);
  }
  // What something is called where it is, is no secret of the schema.
  expect((await graph.query('{ __typename books { __typename } }')).errors).toBeUndefined();
});

it('an object that may not be seen does not tell its type either', async () => {
  const graph = await guardedGateway();
  const { data } = await graph.query('{ me { __typename } anything { type: __typename } }');
  expect(data).toEqual({ me: null, anything: [{ type: 'Book' }, { type: 'Movie' }, null] });
});

describe('a name that a client chose', { timeout: 240_000 }, () => {
  it('does not hide a value from the rules that the backend gets, whatever the name means elsewhere', async () => {
    const graph = await guardedGateway({ serve: serveMailbox, policy: mailboxPolicy });
    const attempts = hostileNames.flatMap(attemptsWith);
    const bypasses: string[] = [];
    await inParallel([...attempts.entries()], async ([i, { query, variables, seen }]) => {
      const how = i % 2 === 0 ? transports['post'] : transports['get'];
      const reply = await graph.query(query, { ...how, ...(variables ? { variables } : {}) });
      const isRight =
        seen === undefined
          ? codesOf(reply).join() === 'UNAUTHENTICATED'
          : (reply.data as { mail?: unknown } | null)?.mail === seen;
      if (reply.text.includes('canary') || !isRight)
        bypasses.push(`${query} with ${JSON.stringify(variables)} answers ${reply.text}`);
    });
    expect(bypasses).toEqual([]);
    console.log(`${hostileNames.length} hostile names in ${attempts.length} ways tried: 0 bypasses`);
  });

  it('is no way to what its owner alone may see: the exploit by the prototype of the variables', async () => {
    const graph = await guardedGateway({ serve: serveMailbox, policy: mailboxPolicy });
    const query = `query ($__proto__: JSON, $owner: String, $filter: Filter) {
      mail(owner: $owner) few(filter: $filter) open(any: $__proto__) }`;
    const variables = JSON.parse('{"__proto__":{"owner":"ada","filter":{"limit":99}}}') as object;
    const { data, errors } = await graph.query(query, { variables: { ...variables } });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ mail: 'no mail', few: 'few', open: 'open' });
  });
});

const tester = { sub: 'tess', roles: ['tester'] };

interface GuardedQuery {
  readonly coordinate: string;
  readonly name: string;
  readonly query: string;
}

function allQueries(schema: GraphQLSchema): GuardedQuery[] {
  return Object.keys(guarded).flatMap((coordinate) => {
    const [typeName = '', field = ''] = coordinate.split('.');
    const type = schema.getType(typeName);
    if (!isObjectType(type)) throw new Error(`no type ${typeName}`);
    return queriesFor(schema, type, field).map(({ name, query }) => ({
      coordinate,
      name: `${coordinate} at ${name}`,
      query,
    }));
  });
}

interface Attempt {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** What `mail` answers; absent: the rule denies. */
  readonly seen?: string;
}

/** Ways to get at somebody's mail, or at much, with the help of one name. */
function attemptsWith(name: string): Attempt[] {
  const victim = { owner: 'ada', limit: 99, filter: { owner: 'ada', limit: 99 } };
  const withName = (value: unknown): Record<string, unknown> =>
    JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as Record<string, unknown>;
  const other = name.startsWith('_t_') ? name.slice(3) : `_t_${name}`;
  const seen = 'no mail';
  return [
    // The name carries what is asked for: the rule sees it.
    {
      query: `query ${name} ($${name}: String) { ${name}: mail(owner: $${name}) }`,
      variables: withName('ada'),
    },
    {
      query: `query ($${name}: String = "ada") { ...${name} }
        fragment ${name} on Query { mail(filter: { owner: $${name} }) }`,
    },
    { query: `query ($${name}: Filter) { mail(filter: $${name}) }`, variables: withName(victim.filter) },
    { query: `query ($${name}: Int) { few(filter: { limit: $${name} }) }`, variables: withName(99) },
    {
      query: `query ($${name}: String) { mail(owners: ["", $${name}], any: { owner: $${name} }) }`,
      variables: withName('ada'),
    },
    { query: `query ($${name}: Boolean! = true) { mail(owner: "ada") @include(if: $${name}) }` },
    // Nobody gave a value, whatever else has the name.
    { query: `query ($${name}: String) { mail(owner: $${name}) }`, seen },
    {
      query: `query ($owner: String, $filter: Filter, $${name}: JSON) {
        mail(owner: $owner) few(filter: $filter) open(any: $${name}) }`,
      variables: withName(victim),
      seen,
    },
    {
      query: `query ($${name}: String, $${other}: String) {
        mail(owner: $${other}) open(filter: { owner: $${name} }) }`,
      variables: withName('ada'),
      seen,
    },
    {
      query: `query ($any: JSON, $${name}: JSON) {
        mail(any: { ${name}: $any }) open(any: $${name}) }`,
      variables: { ...withName(victim), any: victim },
      seen,
    },
  ];
}

/** An account is guarded as such: where a field can only give one, or where one is found. */
function isAbout({ coordinates }: AuthorizationRecord, { coordinate }: GuardedQuery): boolean {
  const about = coordinate === 'Account.owner' ? ['Account', 'Query.me'] : [coordinate];
  return about.some((one) => coordinates.includes(one));
}

function schemaOf({ graph }: GuardedGateway): GraphQLSchema {
  return Supergraph.build(graph.supergraphSdl, { supportedFeatures: null }).apiSchema().toGraphQLJSSchema();
}

function codesOf({ errors = [] }: GraphqlReply): unknown[] {
  return errors.map(({ extensions }) => extensions['code']);
}

const lanes = 6;

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
    }),
  );
}
