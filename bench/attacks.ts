/**
 * What attackers cost everybody else: slow-planning operations, clients that plan as much as they may (also beside honest
 * ones that send thousands of operations), hostile documents, 50 reloads under load, operations that are never the same
 * twice for ten minutes, and clients that do not read; and what broken and hostile services do to a gateway.
 * Run: node bench/attacks.ts [planning|shares [SECONDS]|busy|corpus|reloads|unique [SECONDS]|clients|faults|hostile]
 */

import { bodies, bodyGraph, bodyOf } from '../test/guard/bodies.ts';
import { corpus } from '../test/guard/corpus.ts';
import { ask, send } from '../test/support/ask.ts';
import type { MeasuredGateway } from '../test/support/measured-gateway.ts';
import { burst, siege, toldApart } from '../test/support/planning-load.ts';
import { reloadStorm } from '../test/support/reload-storm.ts';
import { attackedGateway, slowGateway } from '../test/support/slow-gateway.ts';
import { slowOperation } from '../test/support/slow-graph.ts';
import { busyClients } from './busy-clients.ts';
import { clientsThatDoNotRead } from './clients.ts';
import { faultMatrix, hostileServices } from './faults.ts';
import { latencies, summary, tally } from './outcomes.ts';
import { sleep } from './processes.ts';

const attackMs = 30_000;
const slowEveryMs = 1000;
const quickEveryMs = 25;
/** The most root fields the guard lets through by default, over as many subgraphs as make planning take about 2 s. */
const slow = { aliases: 20, subgraphs: 30 } as const;
/** A page of an application then takes 10 to 20 ms to plan. */
const pageSubgraphs = 12;
const documentBytesMax = 262_144;
/** What a body may have by default. */
const bodyBytesMax = 262_144;
/** The collection of garbage before them throws compiled code away: the first of them run without. */
const corpusRounds = 20;
const costliestShown = 8;
const reloads = 50;
const uniqueLooks = 10;
const uniqueEveryMs = 5;

/** With it a document that is refused has a status of its own. */
const strict = { accept: 'application/graphql-response+json' };

const jsonHeaders = { ...strict, 'content-type': 'application/json' };

const attacks: Readonly<Record<string, () => Promise<void>>> = {
  planning: slowPlanning,
  shares: planningShares,
  busy: busyClients,
  corpus: hostileCorpus,
  reloads: reloadsUnderLoad,
  unique: uniqueForever,
  clients: clientsThatDoNotRead,
  faults: faultMatrix,
  hostile: hostileServices,
};

const [chosen, seconds] = process.argv.slice(2);
const uniqueSeconds = Number(seconds ?? 600);
const siegeSeconds = Number(seconds ?? 60);
if (chosen !== undefined && !Object.hasOwn(attacks, chosen)) {
  console.error(`No attack "${chosen}": there are ${Object.keys(attacks).join(', ')}`);
  process.exitCode = 2;
} else {
  for (const [name, attack] of Object.entries(attacks)) {
    if (chosen === undefined || chosen === name) await attack();
  }
  // Node 26.10 may loop for ever in native code where it ends by itself after this many sockets (uv_run in CleanupHandles).
  process.exit();
}

/** Others' new operations, first by themselves and then beside one slow-planning operation a second. */
async function slowPlanning(): Promise<void> {
  await withSlowGraph([], async ({ url }) => {
    let serial = 0;
    await quickOperations(url, 'w', 3000);
    const alone = await quickOperations(url, 'a', attackMs);
    const slowOnes: Array<Promise<string>> = [];
    const attacker = setInterval(() => {
      const query = slowOperation(slow.aliases, `x${(serial += 1)}_`, slow.subgraphs);
      slowOnes.push(
        ask(url, query).then(({ errors }) =>
          errors ? JSON.stringify(errors[0]?.extensions['code']) : 'planned',
        ),
      );
    }, slowEveryMs);
    const attacked = await quickOperations(url, 'b', attackMs);
    clearInterval(attacker);
    const outcomes = await Promise.all(slowOnes);
    console.log(`slow planning: one operation of about 2 s each second for ${attackMs / 1000} s`);
    console.log(`  new operations of others, alone:    ${latencies(alone)}`);
    console.log(`  new operations of others, attacked: ${latencies(attacked)}`);
    console.log(`  the attacker got: ${tally(outcomes)}`);
  });
}

/** Honest clients right after a start, and one beside attackers, before each front and with several processes. */
async function planningShares(): Promise<void> {
  const ways = { direct: [], apollo: ['front: apollo'], 'direct, 2 workers': [] };
  for (const [way, front] of Object.entries(ways)) {
    const workers = way.includes('workers') ? ['  workers: 2'] : [];
    for (const inFlight of [20, 100]) {
      await withSlowGraph([...front, ...toldApart, ...workers], async ({ url }) => {
        const asked = await burst(url, { operations: 1000, inFlight, from: '192.0.2.1', seed: 'b' });
        console.log(
          `1,000 new operations, ${inFlight} at a time, right after a start (${way}): ${summary(asked)}`,
        );
      });
    }
    await withSlowGraph(
      [...front, ...toldApart, ...workers],
      async ({ url }) => {
        const options = { attackers: 10, inFlight: 20, durationMs: siegeSeconds * 1000, victimEveryMs: 500 };
        const { victim, attackers } = await siege(url, options);
        console.log(`two new operations a second beside ten attackers, ${siegeSeconds} s (${way})`);
        console.log(`  the victim:    ${summary(victim)}`);
        console.log(`  the attackers: ${summary(attackers)}`);
      },
      pageSubgraphs,
    );
  }
}

/** @returns How long each took, in ms. Throws where one is not answered. */
async function quickOperations(url: string, seed: string, durationMs: number): Promise<number[]> {
  const tookMs: Array<Promise<number>> = [];
  const endMs = performance.now() + durationMs;
  for (let i = 0; performance.now() < endMs; i += 1) {
    tookMs.push(timed(url, `{ ${seed}${i}: quick${i % 12} }`));
    await sleep(quickEveryMs);
  }
  return Promise.all(tookMs);
}

async function timed(url: string, query: string): Promise<number> {
  const startedAtMs = performance.now();
  const { status, text } = await ask(url, query);
  if (status !== 200 || text.includes('"errors"')) throw new Error(`${query} failed: ${text}`);
  return performance.now() - startedAtMs;
}

async function hostileCorpus(): Promise<void> {
  await hostileDocuments();
  await hostileBodies();
}

/** Processor time of the gateway's main thread for each hostile body as long as bodies may be, the HTTP server's included. */
async function hostileBodies(): Promise<void> {
  const attacked = await attackedGateway(bodyGraph, []);
  const { gateway } = attacked;
  try {
    const costs: Array<{ name: string; cpuMs: number }> = [];
    const statuses: string[] = [];
    for (const { name, make } of bodies) {
      const request = { method: 'POST', headers: jsonHeaders, body: bodyOf(make, bodyBytesMax) };
      await send(gateway.url, request);
      await gateway.gauges();
      for (let i = 0; i < corpusRounds; i += 1)
        statuses.push(String((await send(gateway.url, request)).status));
      costs.push({ name, cpuMs: (await gateway.gauges()).mainCpuMs / corpusRounds });
    }
    costs.sort((a, b) => b.cpuMs - a.cpuMs);
    console.log(`${bodies.length} hostile bodies of ${bodyBytesMax} bytes, status: ${tally(statuses)}`);
    console.log('  CPU of the main thread, ms a request, most first:');
    for (const { name, cpuMs } of costs.slice(0, costliestShown))
      console.log(`  ${cpuMs.toFixed(1)}  ${name}`);
  } finally {
    await attacked.close();
  }
}

/** Processor time of the whole gateway process for each hostile document; some of it is the HTTP server's. */
async function hostileDocuments(): Promise<void> {
  await withSlowGraph(['server:', '  bodyBytesMax: 1048576'], async (gateway) => {
    let worst = { name: '', cpuMs: 0 };
    const statuses: string[] = [];
    for (const { name, make, size, expected } of corpus) {
      if (expected === 'accepted') continue;
      const query = make(size);
      // By default the limit of the body keeps it from the guard.
      if (Buffer.byteLength(query) > documentBytesMax) continue;
      await ask(gateway.url, query, { headers: strict });
      await gateway.gauges();
      for (let i = 0; i < corpusRounds; i += 1)
        statuses.push(String((await ask(gateway.url, query, { headers: strict })).status));
      const cpuMs = (await gateway.gauges()).mainCpuMs / corpusRounds;
      if (cpuMs > worst.cpuMs) worst = { name, cpuMs };
    }
    console.log(`hostile documents, status: ${tally(statuses)}`);
    console.log(`  worst CPU of the main thread: ${worst.cpuMs.toFixed(1)} ms a request (${worst.name})`);
  });
}

async function reloadsUnderLoad(): Promise<void> {
  for (const how of ['file', 'signal', 'address'] as const) {
    const storm = await reloadStorm({ how, reloads, clients: 4 });
    console.log(`${reloads} reloads by ${how}: ${storm.requests} requests, ${storm.failures.length} failed`);
    console.log(`  ${storm.summary}`);
    for (const failure of storm.failures.slice(0, 3)) console.log(`  ${failure}`);
  }
}

async function uniqueForever(): Promise<void> {
  const config = ['limits:', '  preparedOperationsMax: 1000', '  preparedOperationsBytesMax: 4000000'];
  const secondsEach = uniqueSeconds / uniqueLooks;
  await withSlowGraph(config, async (gateway) => {
    console.log(`operations never the same twice for ${uniqueSeconds} s, in caches of 1,000 and 4 MB`);
    let sent = 0;
    for (let look = 1; look <= uniqueLooks; look += 1) {
      const endMs = performance.now() + secondsEach * 1000;
      while (performance.now() < endMs) {
        await timed(gateway.url, `{ u${(sent += 1)}: quick0 }`);
        await sleep(uniqueEveryMs);
      }
      const { heapMb, residentMb } = await gateway.gauges();
      const after = `after ${Math.round(look * secondsEach)} s and ${sent} operations`;
      console.log(
        `  ${after}: heap ${heapMb.toFixed(1)} MB, process ${residentMb.toFixed(0)} MB with its planners`,
      );
    }
  });
}

async function withSlowGraph(
  config: readonly string[],
  work: (gateway: MeasuredGateway) => Promise<void>,
  subgraphs: number = slow.subgraphs,
): Promise<void> {
  const opened = await slowGateway(subgraphs, config);
  try {
    await work(opened.gateway);
  } finally {
    await opened.close();
  }
}
