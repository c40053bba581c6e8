/**
 * A gateway before two GraphQL services, a REST service and resolvers of its own. The services write down what they are
 * sent and say what they are told, as text: no number is read on the way to the test.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { start } from '../../../src/assembly/start.ts';
import { startStandIn } from '../../sources/support/stand-in.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@requires", "@external", "@shareable"])';

const files = {
  'people.graphql': `${link}
    scalar Decimal
    scalar Json
    enum Colour { RED GREEN }
    input Amount { decimal: Decimal json: Json float: Float id: ID ids: [ID!] inner: Amount }
    input Preset { decimal: Decimal = 9007199254740993.10 other: Int json: Json = [1, { a: "b" }] }
    type Query {
      echo(
        decimal: Decimal, decimals: [Decimal], json: Json, float: Float, id: ID, ids: [ID], amount: Amount
        colour: Colour, preset: Preset, int: Int, text: String
      ): Boolean
      thing: Thing
    }
    type Thing { id: ID decimal: Decimal decimals: [[Decimal]] json: Json float: Float int: Int key: Key deep: Deep }
    type Key @key(fields: "code") { code: Decimal weight: Json }
    type Deep @key(fields: "part { number }") { part: Part }
    type Part @shareable { number: Json }`,
  'notes.graphql': `${link}
    scalar Decimal
    scalar Json
    type Key @key(fields: "code") { code: Decimal weight: Json @external note: String heavy: String @requires(fields: "weight") }
    type Deep @key(fields: "part { number }") { part: Part note: String }
    type Part @shareable { number: Json }`,
  'rest.graphql': `${link}
    scalar Decimal
    scalar Json
    type Query { record(number: Decimal!, list: [Decimal]): Record resolved(number: Decimal): Record }
    type Mutation { change(number: Decimal, whole: Json): Record }
    type Record { id: ID number: Decimal json: Json float: Float seen: String }`,
  'rest.mjs': `export const subgraph = {
    sources: {},
    resolvers: { Query: { resolved: (_, { number }) => ({ number, seen: typeof number }) } },
  };`,
};

const services = ['people', 'notes', 'api'] as const;
export type Service = (typeof services)[number];

export interface NumbersGateway {
  /** What a service is to answer from now on: `data` of people, the entities of notes, all of the API. */
  says(service: Service, json: string): void;
  /** The calls of a service since the last time: bodies, and addresses of calls without one. */
  asked(service: Service): readonly string[];
  /** @returns The text of the whole answer. */
  post(body: string): Promise<{ readonly status: number; readonly text: string }>;
  get(query: string, variables: string): Promise<{ readonly status: number; readonly text: string }>;
  close(): Promise<void>;
}

/** @param front Of gateway.yaml. */
export async function numbersGateway(front: string): Promise<NumbersGateway> {
  const said = new Map<Service, string>();
  const seen = new Map<Service, number>();
  const [people, notes, api] = await Promise.all(
    services.map((name) =>
      startStandIn((_request, response) => {
        const json = said.get(name) ?? '{}';
        const body = { people: `{"data":${json}}`, notes: `{"data":{"_entities":${json}}}`, api: json }[name];
        response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      }),
    ),
  );
  if (!people || !notes || !api) throw new Error('a service did not start');
  const standIns = { people, notes, api };
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const graph = graphYaml(people.url, notes.url, api.url);
  const settings = `front: ${front}\n`;
  for (const [name, text] of Object.entries({ ...files, 'graph.yaml': graph, 'gateway.yaml': settings })) {
    await writeFile(join(folder, name), text);
  }
  const options = { graphPath: join(folder, 'graph.yaml'), configPath: join(folder, 'gateway.yaml') };
  const gateway = await start({ ...options, port: 0, logLevel: 'silent' });
  const answered = async (url: string, request: RequestInit) => {
    const response = await fetch(url, { ...request, headers: { 'content-type': 'application/json' } });
    return { status: response.status, text: (await response.text()).trim() };
  };
  return {
    says: (service, json) => void said.set(service, json),
    asked(service) {
      const { asked } = standIns[service];
      const from = seen.get(service) ?? 0;
      seen.set(service, asked.length);
      return asked.slice(from).map(({ url, body }) => body || url);
    },
    post: (body) => answered(gateway.url, { method: 'POST', body }),
    get: (query, variables) =>
      answered(`${gateway.url}?${new URLSearchParams({ query, variables }).toString()}`, {}),
    async close() {
      await gateway.close();
      await Promise.all(Object.values(standIns).map((standIn) => standIn.close()));
      await rm(folder, { recursive: true });
    },
  };
}

function graphYaml(people: string, notes: string, api: string): string {
  return `subgraphs:
  people: { kind: graphql, url: '${people}', schema: people.graphql, owner: t }
  notes: { kind: graphql, url: '${notes}', schema: notes.graphql, owner: t }
  rest:
    kind: local
    schema: rest.graphql
    owner: t
    sources: [api]
    resolvers: rest.mjs
    rest:
      fields:
        Query.record: { get: '/records/{args.number}', query: { list: '{args.list}' } }
        Mutation.change: { post: '/records', body: { number: '{args.number}', whole: '{args.whole}' } }
sources:
  api: { kind: rest, url: '${api}' }
`;
}
