/**
 * How long `tributary check` takes, as CI runs it, and its memory: a graph of 20 subgraphs with 1,500 types, five clients
 * and 5,000 operations, in which some elements changed.
 *
 *     node bench/checks.ts [operations, default 5000] [subgraphs, default 20] [types of all, default 1500]
 */

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const [operationsCount = 5000, subgraphsCount = 20, typesCount = 1500] = process.argv.slice(2).map(Number);
const clients = ['web', 'mobile', 'partner', 'kiosk', 'anonymous'];
const typesOfEach = Math.floor(typesCount / subgraphsCount);
const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag", "@shareable", "@override"])';

/** A type of a subgraph has links to the next type of the same subgraph, and to one of the next subgraph. */
function typeName(subgraph: number, type: number): string {
  return `S${subgraph % subgraphsCount}T${type % typesOfEach}`;
}

function subgraphSdl(subgraph: number, isChanged: boolean): string {
  const lines = [link, 'type Query {'];
  for (let type = 0; type < typesOfEach; type += 1)
    lines.push(
      `  ${typeName(subgraph, type).toLowerCase()}(id: ID!, kind: Kind${subgraph}): ${typeName(subgraph, type)}`,
    );
  lines.push('}', `enum Kind${subgraph} { A B C ${isChanged && subgraph === 1 ? 'D' : ''} }`);
  for (let type = 0; type < typesOfEach; type += 1) {
    // One type in 25 changes: a field is removed, one becomes nullable.
    const changes = isChanged && type % 25 === 3;
    lines.push(
      `type ${typeName(subgraph, type)} @key(fields: "id") {`,
      '  id: ID!',
      `  name: String${changes && subgraph % 2 === 0 ? '' : '!'}`,
      ...(changes && subgraph % 3 === 0 ? [] : ['  size: Int']),
      `  kind: Kind${subgraph}!`,
      `  secret: String @tag(name: "internal")`,
      `  next(first: Int = 10): [${typeName(subgraph, type + 1)}!]!`,
      `  other: ${typeName(subgraph + 1, type)}`,
      '  a: Int  b: Int  c: String  d: Float  e: Boolean',
      '}',
    );
  }
  for (let type = 0; type < typesOfEach; type += 1)
    lines.push(`type ${typeName(subgraph + 1, type)} @key(fields: "id", resolvable: false) { id: ID! }`);
  return lines.join('\n');
}

function operation(index: number): string {
  const [subgraph, type] = [index % subgraphsCount, Math.floor(index / subgraphsCount) % typesOfEach];
  const root = typeName(subgraph, type).toLowerCase();
  return `query Op${index}($id: ID!, $kind: Kind${subgraph}) {
    ${root}(id: $id, kind: $kind) {
      id name size kind a b c d e
      next(first: 5) { ...Item${index} next { id name } }
      other { id name kind other { id name } }
    }
  }
  fragment Item${index} on ${typeName(subgraph, type + 1)} { id name size a b }`;
}

async function writeState(folder: string, isChanged: boolean): Promise<void> {
  const subgraphs = Array.from({ length: subgraphsCount }, (_, index) => index);
  await mkdir(join(folder, 'subgraphs'), { recursive: true });
  const graph = subgraphs.map(
    (index) =>
      `  s${index}: { kind: graphql, url: "http://localhost:1", schema: subgraphs/s${index}.graphql, owner: team-${index} }`,
  );
  await writeFile(join(folder, 'graph.yaml'), `subgraphs:\n${graph.join('\n')}\n`);
  for (const index of subgraphs)
    await writeFile(join(folder, `subgraphs/s${index}.graphql`), subgraphSdl(index, isChanged));
  for (const [number, client] of clients.entries()) {
    const own = join(folder, 'clients', client);
    await mkdir(join(own, 'operations'), { recursive: true });
    await writeFile(join(own, 'client.yaml'), `owner: ${client}-team\ncontract: { exclude: [internal] }\n`);
    const entries = Array.from({ length: operationsCount }, (_, index) => index)
      .filter((index) => index % clients.length === number)
      .map((index): [string, string] => [`id${index}`, operation(index)]);
    await writeFile(join(own, 'operations/1.0.json'), JSON.stringify(Object.fromEntries(entries)));
  }
}

interface Measured {
  readonly seconds: number;
  readonly peakMb: number;
  readonly code: number | null;
  readonly errors: string;
}

async function run(args: readonly string[]): Promise<Measured> {
  const program = fileURLToPath(new URL('../src/cli/tributary.js', import.meta.url));
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  let peakMb = 0;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }, 50);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  return { seconds: (performance.now() - startedAtMs) / 1000, peakMb, code, errors };
}

const folder = await mkdtemp(join(tmpdir(), 'bench-checks-'));
try {
  await writeState(join(folder, 'base'), false);
  await writeState(join(folder, 'head'), true);
  const report = join(folder, 'report.json');
  const graph = join(folder, 'head/graph.yaml');
  const args = ['check', '--graph', graph, '--base', join(folder, 'base'), '--head', join(folder, 'head')];
  const { seconds, peakMb, code, errors } = await run([...args, '--out', `json=${report}`]);
  if (errors !== '') console.error(errors);
  const { stages, clients: summaries } = JSON.parse(await readFile(report, 'utf8')) as {
    readonly stages: ReadonlyArray<{ readonly name: string; readonly durationMs: number }>;
    readonly clients: ReadonlyArray<{ readonly operations: Readonly<Record<string, number>> }>;
  };
  console.log(
    `${operationsCount} operations, ${subgraphsCount} subgraphs, ${typesCount} types: ${seconds.toFixed(1)} s, ${peakMb.toFixed(0)} MB at most, exit code ${code}`,
  );
  for (const [name, results] of Map.groupBy(stages, (stage) => stage.name))
    console.log(
      `  ${name}: ${(results.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000).toFixed(1)} s`,
    );
  for (const level of ['broken', 'affected', 'safe'])
    console.log(
      `  ${level}: ${summaries.reduce((sum, { operations }) => sum + (operations[level] ?? 0), 0)} operations`,
    );
} finally {
  if (!process.env.KEEP) await rm(folder, { recursive: true, force: true });
}
