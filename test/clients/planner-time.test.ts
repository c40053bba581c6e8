/** What clients cost the planner: kept schemas are bounded as configured, and each client pays for what it asks. */

import { expect, it, onTestFinished } from 'vitest';

import type { Contract } from '../../src/pipeline/contract.ts';
import { PlannerWorker } from '../../src/plan/planner-worker.ts';
import { contractOf } from './contract/graph.ts';
import { clientGateway, linked } from './support/client-gateway.ts';

const budget = { cpuMs: 30_000, wallMs: 30_000 };

it('keeps as many schemas of clients as are configured', async () => {
  const types = Array.from(
    { length: 300 },
    (_, i) => `type T${i} { a: Int b: T${i} c: Int @tag(name: "x") }`,
  );
  const uses = types.map((_, i) => `t${i}: T${i}`).join(' ');
  const sdl = linked(`type Query { ${uses} y: Int @tag(name: "y") }\n${types.join('\n')}`);
  const contracts = [['x'], ['x', 'y']].map((exclude) => contractOf({ id: exclude.join(), exclude }));

  /** Processor time of operations after the first of each contract. */
  const costMs = async (max: number): Promise<number> => {
    const worker = new PlannerWorker({
      source: {
        kind: 'subgraphs',
        subgraphs: [{ name: 'things', url: 'http://localhost', file: 'things.graphql', sdl }],
      },
      options: { tokensMax: 1000, suggestions: false, clientSchemas: { max, idleMs: 600_000 } },
      loadTimeoutMs: 60_000,
      onExit: () => {},
    });
    onTestFinished(() => worker.terminate());
    await worker.loaded;
    const ask = async (contract: Contract, query: string): Promise<number> => {
      const task = { kind: 'prepare', request: { query, operationName: null, contract } } as const;
      const answer = await worker.ask(task, budget);
      expect(answer.is).toBe('done');
      return answer.cpuMs;
    };
    for (const contract of contracts) await ask(contract, '{ t0 { a } }');
    let sum = 0;
    for (const query of ['{ t1 { a } }', '{ t2 { a } }', '{ t3 { a } }'])
      for (const contract of contracts) sum += await ask(contract, query);
    return sum;
  };
  expect(await costMs(1)).toBeGreaterThan(2 * (await costMs(2)));
});

it('charges the schema that a client asks for to that client alone', async () => {
  const gateway = await clientGateway({
    schema: 'type Query { a: Int b: Int @tag(name: "b") c: Int @tag(name: "c") }',
    resolvers: 'export const resolvers = {};',
    clients: {
      web: 'identify: { public: true }\n',
      shop: 'identify: { public: true }\ncontract: { exclude: [b] }\n',
      partner: 'contract: { exclude: [c] }\n',
      broken: 'identify: { public: true }\ncontract: { include: [nothing] }\n',
      anonymous: '',
    },
    settings: ['limits: { planningMsPerMinute: 1 }'],
  });
  const statusOf = async (client: string, headers: Record<string, string> = {}): Promise<unknown[]> => {
    const response = await fetch(`${gateway.url}/${client}/schema.graphql`, { headers });
    return [response.status, /"code":"(\w+)"/.exec(await response.text())?.[1]];
  };
  expect(await statusOf('broken')).toEqual([503, 'CONTRACT_INVALID']);
  // Not kept, so it costs something each time.
  for (let again = 0; again < 3; again += 1) await statusOf('broken');
  // From the same network: it has used the time of this minute.
  expect(await statusOf('shop')).toEqual([429, 'PLANNING_QUOTA_EXCEEDED']);
  expect(await statusOf('partner', gateway.keyOf('partner'))).toEqual([200, undefined]);
});
