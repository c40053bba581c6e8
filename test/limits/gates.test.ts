/** The gates of a running gateway, over HTTP, with the memory store: who is counted, and what a refusal looks like. */

import { describe, expect, it } from 'vitest';

import { clientGateway, type ClientGateway } from '../clients/support/client-gateway.ts';
import { ask, type GraphqlReply } from '../support/ask.ts';

const schema = `type Query { a: String slow: String } type Mutation { login(email: String): String }`;
const resolvers = `export const resolvers = {
  Query: { a: () => 'a', slow: () => new Promise((resolve) => setTimeout(resolve, 300, 'slow')) },
  Mutation: { login: () => 'no' },
};`;
const clients = { web: 'tier: gold\n', partner: 'tier: bronze\n', anonymous: '' };
const tiers = '{ gold: { limit: 6, window: 1h }, bronze: { limit: 3, window: 1h } }';

interface Case {
  readonly settings: readonly string[];
  readonly clients?: Readonly<Record<string, string>>;
}

const open = ({ settings, clients: configured = clients }: Case): Promise<ClientGateway> =>
  clientGateway({ schema, resolvers, clients: configured, settings });

const limits = (...lines: readonly string[]): string[] => ['limits:', ...lines.map((line) => `  ${line}`)];

/** Statuses of as many requests, one after another. */
async function statuses(times: number, request: () => Promise<GraphqlReply>): Promise<string> {
  const all: number[] = [];
  for (let i = 0; i < times; i += 1) all.push((await request()).status);
  return all.join(' ');
}

describe('a tier', () => {
  it('limits each client, and says so in every response', async () => {
    const { url, keyOf } = await open({ settings: limits(`tiers: ${tiers}`) });
    const partner = (): Promise<GraphqlReply> => ask(url, '{ a }', { headers: keyOf('partner') });
    const first = await partner();
    expect(first.headers.get('ratelimit-policy')).toBe('"tier";q=3;w=3600');
    expect(first.headers.get('ratelimit')).toMatch(/^"tier";r=2;t=3\d{3}$/);
    expect(await statuses(4, partner)).toBe('200 200 429 429');
    const refused = await partner();
    expect(refused.errors).toHaveLength(1);
    const { code, retryAfter, policy } = refused.errors?.[0]?.extensions ?? {};
    expect({ code, policy }).toEqual({ code: 'RATE_LIMITED', policy: 'tier' });
    expect(refused.headers.get('retry-after')).toBe(String(retryAfter));
    expect(retryAfter).toBeGreaterThan(3000);
    expect(refused.headers.get('ratelimit')).toMatch(/^"tier";r=0;t=3\d{3}$/);
    expect(await statuses(7, () => ask(url, '{ a }', { headers: keyOf('web') }))).toBe(
      '200 200 200 200 200 200 429',
    );
    expect(await statuses(10, () => ask(url, '{ a }'))).toBe(Array(10).fill('200').join(' '));
  });

  it('that nobody configured admits no more than the lowest one', async () => {
    const { url, keyOf } = await open({
      settings: limits(`tiers: ${tiers}`),
      clients: { ...clients, web: 'tier: glod\n' },
    });
    expect(await statuses(4, () => ask(url, '{ a }', { headers: keyOf('web') }))).toBe('200 200 200 429');
  });

  it('gives way to the limit of the client itself, whether higher or lower', async () => {
    const { url, keyOf } = await open({
      settings: limits(`tiers: ${tiers}`),
      clients: {
        ...clients,
        web: 'tier: gold\nlimits: { policies: { tier: { limit: 1, window: 1h } } }\n',
        partner: 'tier: bronze\nlimits: { policies: { tier: { limit: 4, window: 1h } } }\n',
      },
    });
    expect(await statuses(2, () => ask(url, '{ a }', { headers: keyOf('web') }))).toBe('200 429');
    expect(await statuses(5, () => ask(url, '{ a }', { headers: keyOf('partner') }))).toBe(
      '200 200 200 200 429',
    );
  });

  it('is not raised by a client that is only stated, and one caller has one allowance for all of them', async () => {
    const { url } = await open({
      settings: limits(`tiers: ${tiers}`),
      clients: {
        web: 'tier: gold\nidentify: { public: true }\n',
        mobile: 'tier: gold\nidentify: { public: true }\n',
        anonymous: 'tier: bronze\n',
      },
    });
    const names = ['web', 'mobile', 'nobody', 'web'];
    expect(
      await statuses(4, () =>
        ask(url, '{ a }', { headers: { 'apollographql-client-name': names.shift() ?? '' } }),
      ),
    ).toBe('200 200 200 429');
  });
});

describe('a client that is only stated', () => {
  it('gets nothing beside the limit of the anonymous client, also where its own has another window', async () => {
    const { url } = await open({
      settings: limits(`tiers: { gold: { limit: 2, window: 2h }, bronze: { limit: 3, window: 1h } }`),
      clients: { web: 'tier: gold\nidentify: { public: true }\n', anonymous: 'tier: bronze\n' },
    });
    const headers = { 'apollographql-client-name': 'web' };
    expect(await statuses(4, () => ask(url, '{ a }'))).toBe('200 200 200 429');
    expect(await statuses(1, () => ask(url, '{ a }', { headers }))).toBe('429');
  });
});

describe('a policy', () => {
  it('by address is checked before credentials, which then are not looked at', async () => {
    const { url, keyOf } = await open({
      settings: limits('policies: { network: { key: [address], limit: 2, window: 1h } }'),
    });
    const refused = (): Promise<GraphqlReply> => ask(url, '{ a }', { headers: { 'x-api-key': 'trib_no' } });
    expect(await statuses(3, refused)).toBe('401 401 429');
    expect(await statuses(1, () => ask(url, '{ a }', { headers: keyOf('web') }))).toBe('429');
  });

  it('by API key counts the whole key: its public id uses up nothing of its owner', async () => {
    const { url, keyOf } = await open({
      settings: limits('policies: { key: { key: [apiKey], limit: 2, window: 1h } }'),
    });
    const key = keyOf('web')['x-api-key'] ?? '';
    const forged = `${key.slice(0, 20)}x${key.slice(21)}`;
    expect(await statuses(3, () => ask(url, '{ a }', { headers: { 'x-api-key': forged } }))).toBe(
      '401 401 429',
    );
    expect(await statuses(3, () => ask(url, '{ a }', { headers: keyOf('web') }))).toBe('200 200 429');
  });

  it('applies to the requests that its conditions name', async () => {
    const { url, keyOf } = await open({
      settings: limits(
        'policies:',
        '  mutations: { key: [client], limit: 1, window: 1h, when: { kinds: [mutation] } }',
        '  home: { key: [client], limit: 1, window: 1h, when: { operations: [Home] } }',
        '  strangers: { key: [address], limit: 2, window: 1h, when: { anonymous: true } }',
        '  old: { key: [client, version], limit: 1, window: 1h, when: { clients: [web], versions: ["1.0"] } }',
      ),
    });
    const headers = keyOf('partner');
    const mutation = 'mutation { login(email: "a") }';
    expect(await statuses(2, () => ask(url, mutation, { headers }))).toBe('200 429');
    expect(await statuses(2, () => ask(url, 'query Home { a }', { headers }))).toBe('200 429');
    expect(await statuses(3, () => ask(url, '{ a }', { headers }))).toBe('200 200 200');
    expect(await statuses(3, () => ask(url, '{ a }'))).toBe('200 200 429');
    const old = { ...keyOf('web'), 'apollographql-client-version': '1.0' };
    expect(await statuses(2, () => ask(url, '{ a }', { headers: old }))).toBe('200 429');
    const current = { ...keyOf('web'), 'apollographql-client-version': '2.0' };
    expect(await statuses(3, () => ask(url, '{ a }', { headers: current }))).toBe('200 200 200');
  });

  it('that measures counts and refuses nothing', async () => {
    const { url, keyOf } = await open({
      settings: limits('policies: { trial: { key: [client], limit: 1, window: 1h, mode: measure } }'),
    });
    expect(await statuses(4, () => ask(url, '{ a }', { headers: keyOf('web') }))).toBe('200 200 200 200');
  });

  it('for all callers together refuses with 503: no caller is to blame', async () => {
    const { url, keyOf } = await open({
      settings: limits('policies: { all: { key: [global], limit: 2, window: 1h } }'),
    });
    expect(await statuses(2, () => ask(url, '{ a }', { headers: keyOf('web') }))).toBe('200 200');
    const refused = await ask(url, '{ a }', { headers: keyOf('partner') });
    expect([refused.status, refused.errors?.[0]?.extensions['code']]).toEqual([503, 'OVERLOADED']);
    expect(refused.headers.get('ratelimit')).not.toContain('all');
  });

  it('of a later gate that refuses leaves quotas as they were, and other limits of earlier gates used', async () => {
    const { url, keyOf } = await open({
      settings: limits(
        'headers: true',
        'policies:',
        '  minute: { key: [client], limit: 100, window: 1m }',
        '  day: { key: [client], limit: 100, window: 1d }',
        '  home: { key: [client], limit: 1, window: 1h, when: { operations: [Home] } }',
      ),
    });
    const headers = keyOf('web');
    expect(await statuses(3, () => ask(url, 'query Home { a }', { headers }))).toBe('200 429 429');
    const { headers: after } = await ask(url, '{ a }', { headers });
    expect(after.get('ratelimit')).toMatch(/"minute";r=96;t=\d+, "day";r=98;t=\d+/);
  });
});

describe('a field', () => {
  it('counts once for each alias, never for each element of a list', async () => {
    const { url, keyOf } = await clientGateway({
      schema: 'type Query { list: [Thing] } type Thing { a: String }',
      resolvers: `export const resolvers = { Query: { list: () => [{ a: 1 }, { a: 2 }, { a: 3 }] } };`,
      clients,
      settings: limits('fields: { Thing.a: { limit: 5, window: 1h } }'),
    });
    const headers = keyOf('web');
    const left = async (query: string): Promise<string | undefined> => {
      const reply = await ask(url, query, { headers });
      return /"Thing.a";r=(\d+)/.exec(reply.headers.get('ratelimit') ?? '')?.[1];
    };
    expect(await left('{ list { a } }')).toBe('4');
    expect(await left('{ list { a b: a } }')).toBe('2');
    expect(await left('{ list { a @skip(if: true) } }')).toBeUndefined();
    expect((await ask(url, '{ list { a b: a c: a } }', { headers })).status).toBe(429);
    expect(await left('{ list { a b: a } }')).toBe('0');
  });

  it('is limited by @rateLimit in its schema, by the values of its arguments', async () => {
    const imports = '@link(url: "https://example.com/limits/v1.0", import: ["@rateLimit"])';
    const { url } = await clientGateway({
      schema: `extend schema ${imports} @composeDirective(name: "@rateLimit")
directive @rateLimit(limit: Int!, window: String!, key: [String!]) on FIELD_DEFINITION
type Query { a: String slow: String }
type Mutation { login(email: String): String @rateLimit(limit: 2, window: "1h", key: ["args.Mutation.login.email"]) }`,
      resolvers,
      clients: { anonymous: '' },
      settings: [],
    });
    const login = (email: string): Promise<GraphqlReply> =>
      ask(url, 'mutation ($email: String) { login(email: $email) }', { variables: { email } });
    expect(await statuses(3, () => login('a@example.com'))).toBe('200 200 429');
    expect(await statuses(1, () => login('b@example.com'))).toBe('200');
    // Aliases are attempts, whether literals or variables.
    const twice = 'mutation { login(email: "c@example.com") again: login(email: "c@example.com") }';
    expect(await statuses(2, () => ask(url, twice))).toBe('200 429');
  });

  it('has its arguments in keys of policies: the recipe against guessing passwords', async () => {
    const { url } = await open({
      settings: limits('policies: { account: { key: [args.Mutation.login.email], limit: 2, window: 15m } }'),
    });
    const guess = 'mutation { one: login(email: "a") two: login(email: "b") three: login(email: "a") }';
    expect(await statuses(2, () => ask(url, guess))).toBe('200 429');
    expect(await statuses(2, () => ask(url, 'mutation { login(email: "b") }'))).toBe('200 429');
  });
});

describe('options of answers', () => {
  it('send the older headers, and 200 for a refusal', async () => {
    const { url, keyOf } = await open({
      settings: limits(`tiers: ${tiers}`, 'headers: false', 'legacyHeaders: true', 'statusOnLimit: 200'),
    });
    const headers = keyOf('partner');
    expect(await statuses(4, () => ask(url, '{ a }', { headers }))).toBe('200 200 200 200');
    const refused = await ask(url, '{ a }', { headers });
    expect(refused.errors?.[0]?.extensions['code']).toBe('RATE_LIMITED');
    expect(refused.headers.get('x-ratelimit-limit')).toBe('3');
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(refused.headers.get('x-ratelimit-reset'))).toBeGreaterThan(3000);
    expect(refused.headers.get('ratelimit')).toBeNull();
  });
});

describe('operations in flight', () => {
  it('are bounded for each client', async () => {
    const { url, keyOf } = await open({
      settings: limits('inFlight: { perClientMax: 2, tiers: { gold: 3 } }'),
      clients: { ...clients, anonymous: 'limits: { inFlightMax: 1 }\n' },
    });
    const together = async (count: number, headers: Record<string, string>): Promise<number[]> => {
      const all = await Promise.all(Array.from({ length: count }, () => ask(url, '{ slow }', { headers })));
      return all.map(({ status }) => status).toSorted((a, b) => a - b);
    };
    expect(await together(4, keyOf('web'))).toEqual([200, 200, 200, 503]);
    expect(await together(3, keyOf('partner'))).toEqual([200, 200, 503]);
    expect(await together(2, {})).toEqual([200, 503]);
    // Those that ended are not counted any more.
    expect(await together(3, keyOf('web'))).toEqual([200, 200, 200]);
  });
});

describe('the brake', () => {
  it('makes requests of a network count several times while they fail', async () => {
    const { url, keyOf } = await open({
      settings: limits(
        'policies: { network: { key: [address], limit: 100, window: 1h } }',
        'brake: { failuresMax: 5, factor: 20 }',
      ),
    });
    const failing = (): Promise<GraphqlReply> => ask(url, '{ a }', { headers: { 'x-api-key': 'trib_no' } });
    expect(await statuses(10, failing)).toBe('401 401 401 401 401 401 401 401 401 429');
    // It holds for the network, whoever else is in it.
    expect(await statuses(1, () => ask(url, '{ a }', { headers: keyOf('web') }))).toBe('429');
  });

  it('counts operations that are not valid, whichever status their media type has', async () => {
    const { url } = await open({
      settings: limits(
        'policies: { network: { key: [address], limit: 100, window: 1h } }',
        'brake: { failuresMax: 5, factor: 20 }',
      ),
    });
    expect(await statuses(10, () => ask(url, '{ nothing }'))).toBe('200 200 200 200 200 200 200 200 200 429');
  });

  it('leaves a network alone where most requests succeed', async () => {
    const { url, keyOf } = await open({
      settings: limits(
        'policies: { network: { key: [address], limit: 100, window: 1h } }',
        'brake: { failuresMax: 5, factor: 20 }',
      ),
    });
    for (let i = 0; i < 15; i += 1) {
      expect((await ask(url, '{ a }', { headers: keyOf('web') })).status).toBe(200);
      const headers: Record<string, string> = i % 2 === 0 ? { 'x-api-key': 'trib_no' } : keyOf('web');
      expect((await ask(url, '{ a }', { headers })).status).not.toBe(429);
    }
  });
});

describe('limits of documents', () => {
  it('that are measured accept what is over them', async () => {
    const { url } = await open({ settings: limits('rootFieldsMax: 1', 'documentMode: measure') });
    expect((await ask(url, '{ a b: a c: a }')).data).toEqual({ a: 'a', b: 'a', c: 'a' });
  });
});

describe('cost', () => {
  const costs = `type Query {
    things(first: Int): [Thing] @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
  }
  type Thing { a: String other: Thing }`;
  const things = `export const resolvers = { Query: { things: () => [{ a: 'a' }] } };`;

  it('of one operation has a maximum, which a client may have for itself', async () => {
    const { url, keyOf } = await clientGateway({
      schema: costs,
      resolvers: things,
      clients: { ...clients, web: 'limits: { costMax: 6 }\n' },
      settings: limits('cost: { max: 3 }'),
    });
    const query = 'query ($first: Int) { things(first: $first) { a } }';
    const codeFor = async (first: number | undefined, headers = {}): Promise<unknown> => {
      const { status, errors } = await ask(url, query, { headers, variables: { first } });
      return errors?.[0]?.extensions['code'] ?? status;
    };
    expect(await codeFor(3)).toBe(200);
    expect(await codeFor(4)).toBe('COST_ESTIMATED_TOO_EXPENSIVE');
    // Nothing says how long the list is: 10 is assumed.
    expect(await codeFor(undefined)).toBe('COST_ESTIMATED_TOO_EXPENSIVE');
    expect(await codeFor(6, keyOf('web'))).toBe(200);
    expect(await codeFor(7, keyOf('web'))).toBe('COST_ESTIMATED_TOO_EXPENSIVE');
    const refused = await ask(url, query, { variables: { first: 4 } });
    expect(refused.status).toBe(400);
    expect(refused.errors?.[0]?.extensions).toMatchObject({ cost: 4, maximum: 3 });
  });

  it('is counted as the answer turns out, and shown where that is configured', async () => {
    const { url, keyOf } = await clientGateway({
      schema: costs,
      resolvers: things,
      clients,
      settings: limits(
        'policies: { budget: { key: [client], unit: points, limit: 100, window: 1h } }',
        'cost: { max: 50, extensions: true, headers: true }',
      ),
    });
    const headers = keyOf('web');
    // 20 are asked for, and there is one.
    const reply = await ask(url, '{ things(first: 20) { a } }', { headers });
    expect(JSON.parse(reply.text)).toEqual({
      data: { things: [{ a: 'a' }] },
      extensions: { cost: { estimated: 20, actual: 1, max: 50 } },
    });
    const shown = ['x-cost-estimated', 'x-cost-actual', 'x-cost-max'].map((name) => reply.headers.get(name));
    expect(shown).toEqual(['20', '1', '50']);
    expect(reply.headers.get('ratelimit')).toContain('"budget";r=80;');
    const next = await ask(url, '{ things(first: 1) { a } }', { headers });
    expect(next.headers.get('ratelimit')).toContain('"budget";r=98;');
  });

  it('is counted in points, and not used up by an operation that another limit refuses', async () => {
    const { url, keyOf } = await clientGateway({
      schema: costs,
      resolvers: things,
      clients,
      settings: limits(
        'policies:',
        '  budget: { key: [client], unit: points, limit: 100, window: 1h }',
        '  named: { key: [client], limit: 1, window: 1h, when: { operations: [Named] } }',
      ),
    });
    const headers = keyOf('web');
    const left = async (query: string): Promise<string | undefined> => {
      const reply = await ask(url, query, { headers });
      return /"budget";r=(\d+)/.exec(reply.headers.get('ratelimit') ?? '')?.[1];
    };
    expect(await left('query Named { things(first: 30) { a } }')).toBe('70');
    expect(await left('query Named { things(first: 30) { a } }')).toBe('99');
    expect(await left('{ things(first: 100) { a } }')).toBe('0');
    expect(await left('{ things(first: 90) { a } }')).toBe('9');
  });
});
