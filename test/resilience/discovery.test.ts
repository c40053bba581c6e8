/** Replicas behind DNS names and in zones, as clients of a whole gateway see them. */

import { expect, it, onTestFinished } from 'vitest';

import { start } from '../../src/assembly/start.ts';
import { ask } from '../support/ask.ts';
import { countingSubgraph } from '../support/counting-subgraph.ts';
import { dnsServer } from '../support/dns-server.ts';
import { folderWith } from '../support/folder.ts';

it('replicas behind one name share the calls; one that leaves gets none, also while DNS is down', async () => {
  const one = await countingSubgraph();
  const { port } = new URL(one.url);
  const other = await countingSubgraph({ host: '127.0.0.2', port: Number(port) });
  onTestFinished(async () => void (await Promise.all([one.close(), other.close()])));
  const name = 'shop.test';
  const dns = await dnsServer({ a: { [name]: ['127.0.0.1', '127.0.0.2'] } });
  const gateway = await gatewayFor(
    `url: "dns+http://${name}:${port}/graphql"`,
    `transport: { dns: { servers: ["${dns.address}"], ttlMinMs: 100 } }\n`,
  );
  // Alike, they would be one call.
  const burst = () =>
    Promise.all(Array.from({ length: 40 }, (_, index) => ask(gateway.url, `{ one x${index}: one }`)));
  for (const { data } of await burst()) expect(data).toMatchObject({ one: 1 });
  expect(one.calls).toBeGreaterThan(0);
  expect(other.calls).toBeGreaterThan(0);
  expect(one.hosts).toEqual(new Set([`${name}:${port}`]));

  dns.serve({ a: { [name]: ['127.0.0.1'] } });
  await laterQuestions(dns.questions);
  dns.serve({ broken: true });
  await laterQuestions(dns.questions);
  const before = other.calls;
  for (const { data } of await burst()) expect(data).toMatchObject({ one: 1 });
  expect(other.calls).toBe(before);
  await gateway.reload();
  expect((await ask(gateway.url, '{ one }')).data).toEqual({ one: 1 });

  await gateway.close();
  const asked = dns.questions.length;
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(dns.questions.length).toBe(asked);
});

it('the replica of the own zone gets the calls, and the other one those it cannot take', async () => {
  const [near, far] = await Promise.all([countingSubgraph(), countingSubgraph()]);
  onTestFinished(() => far.close());
  const gateway = await gatewayFor(
    `urls: [{ url: "${far.url}", zone: us }, { url: "${near.url}", zone: eu }]`,
    'policies: { defaults: { replicas: { zones: [eu] }, retries: { budget: { perSecondMin: 100 } } } }\n',
  );
  for (let call = 0; call < 10; call += 1) await ask(gateway.url, '{ one }');
  expect([near.calls, far.calls]).toEqual([10, 0]);
  await near.close();
  for (let call = 0; call < 10; call += 1) {
    expect((await ask(gateway.url, '{ one }')).data).toEqual({ one: 1 });
  }
  expect(far.calls).toBe(10);
});

async function gatewayFor(address: string, config: string) {
  const folder = await folderWith({
    'a.graphql': 'type Query { one: Int }',
    'graph.yaml': `subgraphs:\n  shop: { kind: graphql, ${address}, schema: a.graphql, owner: x }\n`,
    'gateway.yaml': config,
  });
  const gateway = await start({
    graphPath: `${folder}/graph.yaml`,
    configPath: `${folder}/gateway.yaml`,
    port: 0,
    logLevel: 'silent',
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** Two rounds of A and AAAA: the answers to the first have arrived when the second begins. */
async function laterQuestions(questions: readonly string[]): Promise<void> {
  const from = questions.length;
  await expect.poll(() => questions.length).toBeGreaterThanOrEqual(from + 6);
}
