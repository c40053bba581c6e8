/** The gates of running gateways that share a Redis: exact limits, one question a request, and what happens without it. */

import { describe, expect, it } from 'vitest';

import { clientGateway, type ClientGateway } from '../clients/support/client-gateway.ts';
import { ask } from '../support/ask.ts';
import { ownRedis } from '../support/own-redis.ts';

type OwnRedis = Awaited<ReturnType<typeof ownRedis>>;

const schema = `type Query { a: String b: String } type Mutation { login(email: String): String }`;
const resolvers = `export const resolvers = {
  Query: { a: () => 'a', b: () => 'b' }, Mutation: { login: () => 'no' },
};`;

/** A busy machine is no lost Redis. */
const commandTimeoutMs = 10_000;

/** Policies at all three gates. */
const limits = [
  'limits:',
  '  tiers: { free: { limit: 100, window: 1h } }',
  '  policies:',
  '    network: { key: [address], limit: 100000, window: 1h }',
  '    points: { key: [client], unit: points, limit: 100000, window: 1h }',
  '    queries: { key: [client, operation], limit: 100000, window: 1h, when: { kinds: [query] } }',
  '    attempts: { key: [address], limit: 1, window: 1h, when: { kinds: [mutation] }, whenStoreLost: closed }',
];

function open(redis: OwnRedis, lines: readonly string[] = limits): Promise<ClientGateway> {
  const settings = [`redis: { url: "${redis.url}", commandTimeoutMs: ${commandTimeoutMs} }`, ...lines];
  const clients = { partner: 'tier: free\n', anonymous: '' };
  return clientGateway({ schema, resolvers, clients, settings });
}

/** Calls of scripts so far. */
async function scripts(redis: OwnRedis): Promise<number> {
  const text = await redis.tell('INFO commandstats');
  return [...text.matchAll(/cmdstat_evalsha:calls=(\d+)/g)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  );
}

describe('gateways with one Redis', () => {
  it('admit together exactly the limit, and ask once for all gates of a request', async () => {
    const redis = await ownRedis();
    const gateways = [await open(redis), await open(redis)];
    const send = ({ url, keyOf }: ClientGateway, query = '{ a }') =>
      ask(url, query, { headers: keyOf('partner') });
    // The operation and the key are known from here on. Each gateway has keys of its own for the same client.
    for (const gateway of gateways) expect((await send(gateway)).status).toBe(200);
    const before = await scripts(redis);
    const replies = await Promise.all(
      Array.from({ length: 240 }, (_, index) => send(gateways[index % 2] as ClientGateway)),
    );
    const admitted = replies.filter(({ status }) => status === 200).length;
    expect(admitted).toBe(98);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(142);
    const asked = (await scripts(redis)) - before;
    expect(asked).toBeLessThanOrEqual(240);
    // What is refused stays refused without a question; earlier gates count it together with others.
    const full = await scripts(redis);
    for (let i = 0; i < 50; i += 1)
      expect((await send(gateways[0] as ClientGateway, '{ b }')).status).toBe(429);
    expect((await scripts(redis)) - full).toBeLessThan(25);
  });

  it('count at the first gate what the last one refuses without a question', async () => {
    const lines = limits.map((line) =>
      line.replace('network: { key: [address], limit: 100000', 'network: { key: [address], limit: 60'),
    );
    const { url, keyOf } = await open(await ownRedis(), lines);
    const send = (query: string) => ask(url, query, { headers: keyOf('partner') });
    const policyOf = async (query: string): Promise<unknown> =>
      (await send(query)).errors?.[0]?.extensions['policy'];
    expect(await policyOf('{ a }')).toBeUndefined();
    for (let tries = 0; tries < 70; tries += 1) await send('mutation { login(email: "a") }');
    // Seldom: these count as well.
    await expect.poll(() => policyOf('{ a }'), { interval: 500 }).toBe('network');
  });

  it('go on without it: by their share, and closed policies with 503', async () => {
    const redis = await ownRedis();
    const { url, keyOf } = await open(redis);
    const status = async (query: string): Promise<number> =>
      (await ask(url, query, { headers: keyOf('partner') })).status;
    expect(await status('{ a }')).toBe(200);
    await redis.kill();
    expect(await status('{ a }')).toBe(200);
    const refused = await ask(url, 'mutation { login(email: "a") }', { headers: keyOf('partner') });
    expect([refused.status, refused.errors?.[0]?.extensions['code']]).toEqual([503, 'LIMITS_UNAVAILABLE']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await redis.start();
    await expect.poll(() => status('mutation { login(email: "a") }')).toBe(200);
  });
});
