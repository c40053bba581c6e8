/**
 * What each layer of a call to a subgraph costs, in microseconds of CPU a call. Two tables: calls over sockets to a
 * subgraph in a process of its own, from a bare socket up to all that a gateway puts around it; and each layer that does
 * no I/O by itself, around a transport that has answered already.
 *
 *     node bench/call-layers.ts [rounds, default 10]
 */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

import { Pool } from 'undici';

import { gatewaySchema } from '../src/config/gateway/gateway-config.ts';
import { policyDefaults } from '../src/config/gateway/policies.ts';
import { measureGateway } from '../src/observe/metrics/gateway-metrics.ts';
import { anyClient } from '../src/pipeline/client.ts';
import { anonymous } from '../src/pipeline/principal.ts';
import type { RequestContext } from '../src/pipeline/request.ts';
import { newCall } from '../src/resilience/call.ts';
import { fixedEndpoints } from '../src/resilience/endpoints.ts';
import { Service, type ServiceOptions } from '../src/resilience/service.ts';
import { Cancellation } from '../src/shared/cancellation.ts';
import { monotonicClock } from '../src/shared/clock.ts';
import { Events } from '../src/shared/events.ts';
import { MutationCounter } from '../src/shared/mutation-counter.ts';
import { untraced } from '../src/shared/trace.ts';
import { aroundSubgraph } from '../src/sources/around/shared-fetches.ts';
import { graphqlAnswer } from '../src/sources/graphql/answer.ts';
import { createGraphqlSubgraph } from '../src/sources/graphql/graphql-source.ts';
import { createHttpTransport, type HttpResponse, type HttpSend } from '../src/sources/http/transport.ts';
import type { Subgraph, SubgraphRequest } from '../src/sources/source.ts';
import { cores, notPinned, start } from './processes.ts';
import { median, toTable } from './report.ts';

const rounds = Number(process.argv[2] ?? 10);
const inFlight = 16;
const roundMs = 400;
/** Of layers that do no I/O: one call after another. */
const callsInRound = 20_000;

const answerBody = '{"data":{"member":{"__typename":"Member","id":"m7","name":"Ada Lovelace"}}}';
const body =
  '{"query":"query Small__accounts__0($id:ID!){member(id:$id){__typename id name}}","variables":{"id":"m7"}}';
const sentHeaders = {
  accept: 'application/json',
  'accept-encoding': 'identity',
  'x-request-id': '7f0d9a3cb1e2f3a4-1a2b',
  'x-deadline-ms': '4998',
  'content-type': 'application/json',
};

/** Makes one call. */
type Layer = () => Promise<unknown>;

interface Row {
  readonly name: string;
  readonly call: Layer;
}

/** Fewer options of a service mean fewer layers around its calls. */
const bare: ServiceOptions = {
  ...policyDefaults,
  retries: { ...policyDefaults.retries, max: 0 },
  breaker: { ...policyDefaults.breaker, mode: 'disabled' },
  concurrency: { ...policyDefaults.concurrency, enabled: false },
};
const withLimit = { ...bare, concurrency: policyDefaults.concurrency };
const withBreaker = { ...withLimit, breaker: policyDefaults.breaker };
const withRetries = { ...withBreaker, retries: policyDefaults.retries };

const silent = new Events();
const mutations = new MutationCounter();

function serviceOf(url: string, options: ServiceOptions, events: Events): Service {
  const service = new Service(options, {
    name: 'accounts',
    clock: monotonicClock,
    random: Math.random,
    events,
  });
  service.replicas.follow(fixedEndpoints([{ url }]));
  return service;
}

/** As a small request brings it. */
function newContext(): RequestContext {
  return {
    requestId: '7f0d9a3cb1e2f3a4-1a2b',
    clientAddress: '127.0.0.1',
    headers: { host: 'localhost', accept: 'application/json', 'content-type': 'application/json' },
    forwardHeaders: {},
    deadlineAtMs: monotonicClock() + 10_000,
    cancellation: new Cancellation(),
    trace: untraced,
    locals: new Map(),
    principal: anonymous,
    client: anyClient,
  };
}

const operation = { service: 'accounts', kind: 'query', name: 'Small__accounts__0', query: body } as const;
const joinable = { variables: [], selections: '{id}' };

function requestOf(context: RequestContext, isJoinable = false): SubgraphRequest {
  const request = { operation, variablesJson: '{"id":"m7"}', body, context };
  if (!isJoinable) return request;
  return {
    ...request,
    operation: { ...operation, joinable },
    joinable: { execution: context, members: [], representations: '[]' },
  };
}

function subgraphWith(
  options: ServiceOptions,
  { send, url, events = silent }: { readonly send: HttpSend; readonly url: string; readonly events?: Events },
): Subgraph {
  return createGraphqlSubgraph({ service: serviceOf(url, options, events), send });
}

function aroundWith(sharing: object, subgraph: Subgraph): Subgraph {
  const { sharing: resolved, auth } = gatewaySchema.parse({ sharing });
  return aroundSubgraph(
    { sharing: resolved, auth },
    mutations,
    silent,
  )(subgraph, {
    kind: 'remote',
    name: 'accounts',
  });
}

function measured(): Events {
  const events = new Events();
  measureGateway(events, gatewaySchema.parse({}).metrics, '0');
  return events;
}

// Layers without I/O

/** Each adds one layer to those of the row above it. */
function layersWithoutIo(): Row[] {
  const url = 'http://127.0.0.1:9/graphql';
  const response: HttpResponse = {
    status: 200,
    headers: { 'content-type': 'application/json', 'content-length': String(answerBody.length) },
    body: Buffer.from(answerBody),
  };
  const send: HttpSend = () => Promise.resolve(response);
  const fetching = (subgraph: Subgraph): Layer => {
    return () => subgraph.fetch(requestOf(newContext()));
  };
  const full = subgraphWith(withRetries, { send, url });
  const joining = aroundWith({ fetches: false }, full);
  const sharing = aroundWith({ fetches: true }, full);
  return [
    {
      name: 'a context and a call, nothing around it',
      call: () => send(request, newCall(newContext(), 'query')),
    },
    {
      name: '+ reading the answer',
      call: () => send(request, newCall(newContext(), 'query')).then((one) => graphqlAnswer('accounts', one)),
    },
    { name: '+ deadline, choice of a replica', call: fetching(subgraphWith(bare, { send, url })) },
    { name: '+ limit and queue', call: fetching(subgraphWith(withLimit, { send, url })) },
    { name: '+ breaker', call: fetching(subgraphWith(withBreaker, { send, url })) },
    { name: '+ retries', call: fetching(full) },
    { name: '+ metrics', call: fetching(subgraphWith(withRetries, { send, url, events: measured() })) },
    { name: 'retries, + joined calls', call: () => joining.fetch(requestOf(newContext(), true)) },
    { name: 'retries, + sharing of fetches', call: fetching(sharing) },
  ];
}

const request = { method: 'POST', path: '', body } as const;

// Over sockets

function layersOverSockets(port: number): Row[] {
  const url = `http://127.0.0.1:${port}/graphql`;
  const transport = createHttpTransport();
  const send = transport.service('accounts');
  const endpoint = fixedEndpoints([{ url }]).endpoints[0] ?? null;
  const sending = (): Promise<HttpResponse> => send(request, { ...newCall(newContext(), 'query'), endpoint });
  const full = aroundWith({ fetches: false }, subgraphWith(withRetries, { send, url }));
  const counted = subgraphWith(withRetries, { send, url, events: measured() });
  return [
    { name: 'a bare socket: one write, one read', call: overSocket(port) },
    { name: 'undici: headers, pool, parser', call: overUndici(port) },
    { name: '+ our transport: headers, timer, limits', call: sending },
    {
      name: '+ reading the answer',
      call: () => sending().then((response) => graphqlAnswer('accounts', response)),
    },
    { name: '+ policies', call: () => full.fetch(requestOf(newContext())) },
    { name: '+ metrics', call: () => counted.fetch(requestOf(newContext())) },
  ];
}

/** The least that Node can do: a ready request, and the answer is not looked at. */
function overSocket(port: number): Layer {
  const head = Object.entries(sentHeaders).map(([name, value]) => `${name}: ${value}`);
  const text = [
    'POST /graphql HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'connection: keep-alive',
    ...head,
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
  const free: Connection[] = Array.from({ length: inFlight }, () =>
    openConnection(port, (one) => free.push(one)),
  );
  return () =>
    new Promise((resolve) => {
      const connection = free.pop();
      if (!connection) throw new Error('more calls than connections');
      connection.resolve = resolve;
      connection.socket.write(text, 'latin1');
    });
}

interface Connection {
  readonly socket: Socket;
  resolve: (answered: undefined) => void;
}

function openConnection(port: number, onFree: (connection: Connection) => void): Connection {
  const buffer = Buffer.allocUnsafeSlow(65_536);
  const callback = (): boolean => {
    onFree(connection);
    connection.resolve(undefined);
    return true;
  };
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } });
  const connection: Connection = { socket, resolve: () => undefined };
  return connection;
}

function overUndici(port: number): Layer {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: inFlight, pipelining: 1 });
  const options = { method: 'POST', path: '/graphql', body, headers: sentHeaders } as const;
  return () =>
    new Promise((resolve, reject) => {
      let answer: Buffer | undefined;
      pool.dispatch(options, {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData(_controller, chunk) {
          answer = chunk;
        },
        onResponseEnd: () => resolve(answer),
        onResponseError: (_controller, error) => reject(error),
      });
    });
}

// Measuring

/** @returns Microseconds of CPU a call, `inFlight` at a time. */
async function overTime(call: Layer): Promise<number> {
  const untilMs = performance.now() + roundMs;
  let calls = 0;
  const before = process.cpuUsage();
  const keepCalling = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, keepCalling));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

/** @returns Microseconds of CPU a call, one after another. */
async function inTurn(call: Layer): Promise<number> {
  const before = process.cpuUsage();
  for (let calls = 0; calls < callsInRound; calls += 1) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / callsInRound;
}

async function print(title: string, rows: readonly Row[], measure: typeof inTurn): Promise<void> {
  const us = rows.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, { call }] of rows.entries()) {
      const value = await measure(call);
      // The first is a warm-up.
      if (round > 0) us[index]?.push(value);
    }
  }
  const least = us.map((values) => Math.min(...values));
  const lines = rows.map(({ name }, index) => {
    const more = index === 0 ? '' : ((least[index] ?? 0) - (least[index - 1] ?? 0)).toFixed(2);
    return [name, (least[index] ?? 0).toFixed(2), median(us[index] ?? []).toFixed(2), more];
  });
  console.log(`\n${toTable([title, 'least, us', 'median', 'more than the row above'], lines)}`);
}

if (notPinned === undefined) spawnSync('taskset', ['-pc', String(cores.gateway), String(process.pid)]);
else console.log(`not pinned: ${notPinned}`);
const stub = start([fileURLToPath(new URL('backstage/stub.ts', import.meta.url)), answerBody], {
  core: cores.others,
  ipc: true,
});
const [port] = (await once(stub.child, 'message')) as [number];
await print('without I/O', layersWithoutIo(), inTurn);
await print('over sockets', layersOverSockets(port), overTime);
await stub.end();
process.exit(0);
