/**
 * The process behind every gateway: four GraphQL subgraphs and a REST service whose answers are computed once per
 * request body and then sent from ready buffers, so that they cost little beside the gateway that is measured.
 *
 * Talks to the runner over IPC: says its ports, and on demand which calls a gateway makes.
 */

import { readFile } from 'node:fs/promises';

import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, type GraphQLSchema } from 'graphql';

import { generatedServices, mixEntities, modelOf, type GeneratedService } from '../graph/model.ts';
import { resolversOf as generatedResolvers } from '../graph/rows.ts';
import { subgraphSdl } from '../graph/sdl.ts';
import { memberRow, numberIn, resolversOf, serviceNames } from './shop.ts';
import { MemoServer } from './memo-server.ts';
import type { BackstageMessage, BackstageOrder, Call } from './protocol.ts';

const delayMs = Number(process.argv[2] ?? '0');
/** What differs between the requests of the *unique* workload and changes no answer. */
const uniqueMark = /t-\d{8}/g;

let recorded: Call[] | undefined;

const ports: Record<string, number> = {};
for (const service of serviceNames) {
  const schema = await schemaOf(service);
  ports[service] = await serve(service, (body) => answerOperation(schema, body));
}
for (const service of generatedServices) {
  // Made when it is asked first: most runs do without.
  let schema: GraphQLSchema | undefined;
  ports[service] = await serve(service, (body) =>
    answerOperation((schema ??= generatedSchema(service)), body),
  );
}
ports['members'] = await serve('members', answerMembers);
process.on('message', obey);
process.on('disconnect', () => process.exit(0));
tell({ kind: 'ready', ports });

async function schemaOf(service: (typeof serviceNames)[number]): Promise<GraphQLSchema> {
  const sdl = await readFile(new URL(`../schemas/${service}.graphql`, import.meta.url), 'utf8');
  return buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolversOf[service] as never }]);
}

function generatedSchema(service: GeneratedService): GraphQLSchema {
  const model = modelOf(mixEntities);
  const typeDefs = parse(subgraphSdl(model, service));
  const bare = buildSubgraphSchema([{ typeDefs }]);
  const resolvers = generatedResolvers(model, (type, field) => {
    const there = bare.getType(type);
    return there !== undefined && 'getFields' in there && field in there.getFields();
  });
  return buildSubgraphSchema([{ typeDefs, resolvers: resolvers as never }]);
}

async function serve(service: string, answer: (question: string) => unknown): Promise<number> {
  const server = new MemoServer({
    delayMs,
    keyOf: (question) => (question.includes('t-0') ? question.replace(uniqueMark, 't') : question),
    answer: async (question) => Buffer.from(JSON.stringify(await answer(question))),
    onCall: (question) => recorded?.push({ service, question }),
  });
  return server.listen();
}

/** @param body Of a GraphQL request. */
function answerOperation(schema: GraphQLSchema, body: string): unknown {
  const { query, variables, operationName } = JSON.parse(body) as {
    query: string;
    variables?: Record<string, unknown>;
    operationName?: string | null;
  };
  return execute({
    schema,
    document: parse(query),
    variableValues: variables ?? {},
    operationName: operationName ?? null,
  });
}

/** @param url `/members?first=3` or `/members?ids=m1,m2` */
function answerMembers(url: string): unknown {
  const { searchParams } = new URL(url, 'http://localhost');
  const ids = searchParams.getAll('ids').flatMap((list) => list.split(','));
  if (ids.length > 0) return ids.map((id) => memberRow(numberIn(id)));
  return Array.from({ length: Number(searchParams.get('first')) }, (_, n) => memberRow(n));
}

function obey(order: BackstageOrder): void {
  if (order.kind === 'record') recorded = [];
  else {
    tell({ kind: 'recorded', calls: recorded ?? [] });
    recorded = undefined;
  }
}

function tell(message: BackstageMessage): void {
  process.send?.(message);
}
