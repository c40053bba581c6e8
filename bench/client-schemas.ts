/**
 * What clients with schemas of their own cost: processor time of a small request with 50 clients beside one, and memory
 * and time of ten active clients of 50 over a graph of 5,000 types.
 *
 *     node bench/client-schemas.ts [requests|memory]
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ask } from '../test/support/ask.ts';
import type { GatewayKind } from './gateway-kind.ts';
import { ours, startGateway, type RunningGateway } from './gateways.ts';
import { measureAlone } from './rounds.ts';
import { openStage, type Stage } from './stage.ts';
import { writeShopGraph } from './supergraphs.ts';
import { workloads } from './workloads.ts';

const clients = 50;
const active = 10;
const types = 5000;
const rounds = 8;
const options = { connections: 50, warmUpMs: 2000, windowMs: 3000 };

const small = workloads.find(({ name }) => name === 'small');
if (!small) throw new Error('there is no workload called small');
const body = small;

/** The last one is the client of requests without credentials. */
function names(count: number): string[] {
  return [...Array.from({ length: count - 1 }, (_, index) => `client-${index}`), 'anonymous'];
}

async function gatewayKind(stage: Stage, count: number): Promise<GatewayKind> {
  const folder = join(stage.folder, `clients-${count}`);
  for (const [index, name] of names(count).entries()) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(
      join(folder, name, 'client.yaml'),
      `owner: t${index}\nidentify: { public: true }\ncontract: { exclude: [t${index}], hideUnreachableTypes: false }\n`,
    );
  }
  return ours(`${count}-clients`, {
    front: 'direct',
    says: `${count} clients`,
    config: `sharing: { fetches: false }\nclients: { folder: ${folder} }\n`,
  });
}

async function residentMb(gateway: RunningGateway): Promise<number> {
  const status = await readFile(`/proc/${gateway.process.child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function firstAnswerMs({ port, path }: RunningGateway, client: string, comment = ''): Promise<number> {
  const { query } = JSON.parse(body.body) as { readonly query: string };
  const startedAtMs = performance.now();
  const reply = await ask(`http://127.0.0.1:${port}${path}/${client}`, `${query}${comment}`);
  if (reply.errors) throw new Error(reply.text);
  return performance.now() - startedAtMs;
}

async function measureRequests(stage: Stage): Promise<void> {
  const kinds = [await gatewayKind(stage, 1), await gatewayKind(stage, clients)];
  const gateways: RunningGateway[] = [];
  const least = new Map<string, number>();
  try {
    for (const kind of kinds) gateways.push(await startGateway(kind, stage));
    const [one, many] = gateways as [RunningGateway, RunningGateway];
    // Both hold as many operations: what is compared is whose they are.
    for (const [index, name] of names(clients).entries()) {
      await firstAnswerMs(one, 'anonymous', ` # ${index}`);
      await firstAnswerMs(many, name);
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const gateway of round % 2 === 0 ? gateways : gateways.toReversed()) {
        const { result } = await measureAlone(gateway, body, stage, options);
        const cpuMs = result.cpuMs / result.requests;
        least.set(gateway.kind.name, Math.min(least.get(gateway.kind.name) ?? cpuMs, cpuMs));
        console.log(`round ${round} ${gateway.kind.name}: ${cpuMs.toFixed(4)} ms CPU a request`);
      }
    }
  } finally {
    for (const gateway of gateways) await gateway.process.end();
  }
  const [one = 0, many = 0] = kinds.map(({ name }) => least.get(name));
  console.log(
    `small request, least CPU: one client ${one.toFixed(4)} ms, ${clients} clients ${many.toFixed(4)} ms: ${(many / one).toFixed(3)} x`,
  );
}

async function measureMemory(stage: Stage): Promise<void> {
  await writeShopGraph(stage.supergraphs.remote, stage.urls, (service) => taggedTypes(service, types / 4));
  const gateway = await startGateway(await gatewayKind(stage, clients), stage);
  try {
    const all = names(clients);
    const firstMs = await firstAnswerMs(gateway, 'anonymous');
    await settled();
    const oneMb = await residentMb(gateway);
    console.log(`one client: first answer after ${firstMs.toFixed(0)} ms, ${oneMb.toFixed(0)} MB`);
    const others: number[] = [];
    let isOver = false;
    const other = (async () => {
      while (!isOver) others.push(await firstAnswerMs(gateway, 'anonymous'));
    })();
    const times: number[] = [];
    for (const name of all.slice(0, active - 1)) times.push(await firstAnswerMs(gateway, name));
    isOver = true;
    await other;
    await settled();
    const manyMb = await residentMb(gateway);
    const slowest = others.toSorted((a, b) => b - a).slice(0, 3);
    console.log(
      `${active} of ${clients} clients over ${types} types: ${manyMb.toFixed(0)} MB, ${(manyMb - oneMb).toFixed(0)} MB above one client`,
    );
    console.log(
      `a client's first answer: ${Math.max(...times).toFixed(0)} ms at most; ${others.length} requests of the others meanwhile, the slowest ${slowest.map((ms) => ms.toFixed(0)).join(', ')} ms`,
    );
  } finally {
    await gateway.process.end();
  }
}

/** Replaced workers of the planner have ended, and garbage is collected. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 45_000));
}

/** As in `scaling.ts`, but each client hides another field of every fiftieth type. */
function taggedTypes(service: string, count: number): string {
  const prefix = `${service[0]?.toUpperCase()}${service.slice(1)}Extra`;
  return Array.from({ length: count }, (_, index) => {
    const next = (index + 1) % count;
    const tag = `@federation__tag(name: "t${index % clients}")`;
    return `type ${prefix}${index} @key(fields: "id") { id: ID! label: String amount: Int! ${tag} next: ${prefix}${next} }`;
  }).join('\n');
}

const [what] = process.argv.slice(2);
const stage = await openStage({ delayMs: 0 });
try {
  if (what !== 'memory') await measureRequests(stage);
  if (what !== 'requests') await measureMemory(stage);
} finally {
  await stage.close();
}
process.exit(0);
