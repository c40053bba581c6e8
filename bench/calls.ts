/**
 * How many calls operations of an application take: 36 entities in three subgraphs, and fragments that put entities of one
 * type at many places with selections that differ a little. Counted without sockets; each call takes a time of its own.
 * Hive Router's planner only plans, so its calls are those of its plans; every place of this graph holds an object.
 *
 *     node bench/calls.ts [operations] [seed]
 */

import { federated, type Fixture, type Part, type Row } from '../test/engine/fixtures/fixture.ts';
import { composeFixture } from '../test/engine/oracle/compose.ts';
import { openStock } from '../test/engine/oracle/stock.ts';
import { EngineGraph, openEngine } from '../test/engine/ours/engine.ts';
import type { Subgraph } from '../src/sources/source.ts';

const [operationsWanted = 455, seed = 11] = process.argv.slice(2).map(Number);
const services = ['catalog', 'sales', 'people'];
const entityTypes = 36;
const idsPerType = 50;

interface Field {
  readonly name: string;
  readonly service: string;
  /** The number of the entity type that it leads to; null: a scalar. */
  readonly to: number | null;
  readonly isList: boolean;
}

interface Entity {
  readonly name: string;
  readonly home: string;
  readonly fields: readonly Field[];
}

let state = seed;
/** From 0 to 1: mulberry32. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

function below(limit: number): number {
  return Math.floor(random() * limit);
}

function pick<Item>(items: readonly Item[]): Item {
  return items[below(items.length)] as Item;
}

const entities = Array.from({ length: entityTypes }, (_, index): Entity => {
  const home = services[index % services.length] as string;
  const scalars = Array.from({ length: 6 }, (_unused, at) => field(`s${at}`, home, false));
  const links = Array.from({ length: 4 }, (_unused, at) => field(`r${at}`, home, true));
  return { name: `E${index}`, home, fields: [...scalars, ...links] };
});

function field(name: string, home: string, isLink: boolean): Field {
  return {
    name,
    service: random() < 0.8 ? home : pick(services),
    to: isLink ? below(entityTypes) : null,
    isList: isLink && random() < 0.3,
  };
}

// The graph

function partOf(service: string): Part {
  const owned = entities.filter(({ home }) => home === service);
  const roots = owned.map(({ name }) => `one${name}: ${name} all${name}: [${name}!]!`).join(' ');
  const types = entities.map(({ name, fields }) => {
    const own = fields.filter((candidate) => candidate.service === service);
    return `type ${name} @key(fields: "id") { id: ID! ${own.map((each) => `${each.name}: ${typeOf(each)}`).join(' ')} }`;
  });
  return {
    typeDefs: federated(`type Query { ${roots} } ${types.join('\n')}`),
    resolvers: {
      Query: Object.fromEntries(
        owned.flatMap(({ name }) => [
          [`one${name}`, () => ({ id: '1' })],
          [`all${name}`, () => [{ id: '1' }, { id: '2' }]],
        ]),
      ),
      ...Object.fromEntries(entities.map(({ name, fields }) => [name, resolversOf(fields)])),
    },
  };
}

function typeOf({ to, isList }: Field): string {
  if (to === null) return 'String';
  return isList ? `[E${to}!]` : `E${to}`;
}

function resolversOf(fields: readonly Field[]) {
  const resolvers = fields.map(({ name, to, isList }) => {
    const linked = (row: Row, at: number) => ({
      id: String(hash(`${String(row.id)}${name}${at}`) % idsPerType),
    });
    const resolve = (row: Row): unknown => {
      if (to === null) return `${String(row.id)}.${name}`;
      return isList ? [linked(row, 0), linked(row, 1)] : linked(row, 0);
    };
    return [name, resolve] as const;
  });
  return { __resolveReference: (key: Row) => key, ...Object.fromEntries(resolvers) };
}

function hash(text: string): number {
  let value = 7;
  for (const character of text) value = (Math.imul(value, 31) + character.charCodeAt(0)) >>> 0;
  return value;
}

// The operations

const fragments = entities.map(({ name, fields }) => {
  const selected = fields.map((each) => {
    if (random() < (each.to === null ? 0.5 : 0.8)) return '';
    return each.to === null ? each.name : `${each.name} { id ${scalarOf(each.to)} }`;
  });
  return `fragment F${name} on ${name} { id ${selected.join(' ')} }`;
});

function scalarOf(type: number): string {
  return pick(entities[type]?.fields.filter(({ to }) => to === null) ?? []).name;
}

function selectionOf(type: number, depth: number): string {
  const selected = (entities[type]?.fields ?? []).map(({ name, to }) => {
    if (to === null) return random() < 0.4 ? name : '';
    if (depth === 0 || random() > 0.35) return '';
    if (random() > 0.6) return `${name} { ${selectionOf(to, depth - 1)} }`;
    return `${name} { ...FE${to} ${random() < 0.5 ? scalarOf(to) : ''} }`;
  });
  return `id ${selected.join(' ')}`;
}

function operation(index: number): string {
  const type = below(entityTypes);
  const text = `query Op${index} { ${random() < 0.6 ? 'one' : 'all'}E${type} { ${selectionOf(type, 2)} } }`;
  const spread = new Set([...text.matchAll(/\.\.\.FE(\d+)/g)].map(([, number]) => Number(number)));
  return [text, ...[...spread].map((number) => fragments[number])].join(' ');
}

// The gateways

const fixture: Fixture = {
  name: 'application',
  about: 'entities at many places',
  subgraphs: Object.fromEntries(services.map((service) => [service, partOf(service)])),
  monolith: { typeDefs: 'type Query { unused: Int }', resolvers: {} },
  operations: [],
};

/** Answers in a turn of the event loop of its own, in any order. */
function withLatency(_service: string, subgraph: Subgraph): Subgraph {
  return {
    ...subgraph,
    async fetch(request) {
      const answer = await subgraph.fetch(request);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      return answer;
    },
  };
}

const graph = new EngineGraph(fixture);
const engines = {
  ours: openEngine(fixture, { graph, around: withLatency }),
  apart: openEngine(fixture, { graph, around: withLatency, joined: false }),
};
const stock = await openStock(fixture);
const hive = await hiveRouter();
const calls = { stock: 0, apart: 0, ours: 0, hive: 0 };
for (let index = 0; index < operationsWanted; index += 1) {
  const query = operation(index);
  const answers = new Set<string>();
  for (const [name, engine] of Object.entries(engines) as Array<
    [keyof typeof engines, typeof engines.ours]
  >) {
    engine.clear();
    answers.add(JSON.stringify(await engine.run({ query })));
    calls[name] += engine.calls.length;
  }
  stock.clearCalls();
  answers.add(JSON.stringify(await stock.run({ query })));
  calls.stock += stock.calls.length;
  if (answers.size > 1) throw new Error(`Not all gateways agree about ${query}`);
  calls.hive += (await hive?.(query)) ?? 0;
}
await stock.close();

console.log(`${operationsWanted} operations, seed ${seed}: calls`);
console.log(`stock ApolloGateway                 ${calls.stock}`);
console.log(`ours, each fetch in a call          ${calls.apart}`);
console.log(`ours                                ${calls.ours}`);
console.log(
  `plans of Hive Router's planner      ${hive ? calls.hive : 'not installed: run npm run bench once'}`,
);

interface HivePlan {
  readonly kind: string;
  readonly node?: HivePlan;
  readonly nodes?: readonly HivePlan[];
}

/** Counts the calls of a plan. */
async function hiveRouter(): Promise<((query: string) => Promise<number>) | undefined> {
  const specifier = '@graphql-hive/router-query-planner';
  const module = (await import(specifier).catch(() => undefined)) as
    | {
        QueryPlanner: new (sdl: string) => {
          plan(...args: readonly unknown[]): Promise<{ node?: HivePlan }>;
        };
      }
    | undefined;
  if (!module) return undefined;
  const planner = new module.QueryPlanner(composeFixture(fixture));
  return async (query) => callsIn((await planner.plan(query, undefined, new Set(), 0)).node);
}

function callsIn(plan: HivePlan | undefined): number {
  if (plan?.kind === 'Fetch' || plan?.kind === 'BatchFetch') return 1;
  const children = plan?.nodes ?? (plan?.node ? [plan.node] : []);
  return children.reduce((sum, child) => sum + callsIn(child), 0);
}
