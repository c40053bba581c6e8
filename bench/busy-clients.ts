/**
 * Honest clients that send much: right after a start one sends 1,000 different operations, then 10,000 documents of one
 * shape; another sends two new operations a second; and ten attackers plan as much as they may all the while.
 */

import { attack, burst, SteadyClient, toldApart } from '../test/support/planning-load.ts';
import { attackedGateway } from '../test/support/slow-gateway.ts';
import { slowGraph } from '../test/support/slow-graph.ts';
import { summary } from './outcomes.ts';
import { freePort } from './processes.ts';

const subgraphs = 12;
const operations = 1000;
const documents = 10_000;
const inFlight = 20;
const everyMs = 500;
const attackers = { attackers: 10, inFlight: 20, durationMs: 300_000 } as const;
const search = {
  name: 'search',
  url: 'http://127.0.0.1:1/search',
  file: 'search.graphql',
  sdl: 'type Query { hits(text: String, page: Int): Int }',
};

export async function busyClients(): Promise<void> {
  for (const isAttacked of [false, true]) {
    const port = await freePort();
    const attacked = await attackedGateway(
      [...slowGraph(subgraphs), search],
      [...toldApart, 'metrics:', `  port: ${port}`],
    );
    const attacks = isAttacked ? attack(attacked.gateway.url, attackers) : undefined;
    try {
      const { url } = attacked.gateway;
      console.log(`clients that send much, ${isAttacked ? 'beside ten attackers' : 'by themselves'}`);
      const from = '192.0.2.1';
      const other = new SteadyClient(url, { from: '192.0.2.2', seed: 'o', everyMs });
      const terms = { inFlight, from };
      const different = await burst(url, { ...terms, operations, seed: 'b' });
      console.log(`  ${operations} different operations, ${inFlight} in flight: ${summary(different)}`);
      const [before, sentBefore] = [await planned(port), other.sent];
      const literal = await burst(url, {
        ...terms,
        operations: documents,
        seed: '',
        documentOf: (page) => `{ first: hits(text: "${page}", page: 0) second: hits(page: ${page}) }`,
      });
      const [after, sentAfter] = [await planned(port), other.sent];
      console.log(
        `  ${documents} documents that differ in literals, ${inFlight} in flight: ${summary(literal)}`,
      );
      if (!attacks) {
        console.log(
          `  planned meanwhile: ${after - before}, and the other client sent ${sentAfter - sentBefore}`,
        );
      }
      console.log(`  the other client, a new operation every ${everyMs} ms: ${summary(await other.end())}`);
      attacks?.end();
      if (attacks) console.log(`  the attackers: ${summary(await attacks.over)}`);
    } finally {
      attacks?.end();
      await attacked.close();
    }
  }
}

/** Operations that the planner was asked for so far. */
async function planned(metricsPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const count = /^gateway_planning_duration_seconds_count(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1];
  if (count === undefined) throw new Error('there is no count of what was planned');
  return Number(count);
}
