/** The planner worker thread: all work whose cost grows with a document or a schema runs here. */

import './supergraph/telemetry-off.ts';

import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

import type { GraphQLSchema } from 'graphql';

import type { Contract } from '../pipeline/contract.ts';
import type { PreparationRequest } from '../pipeline/planning.ts';
import type { PreparationResult, ShapeResult } from '../pipeline/prepared.ts';
import { errorText } from '../shared/error-text.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import { printedSchema } from '../shared/schema-text.ts';
import type { SubgraphSchema } from './composition/compose.ts';
import { ClientSchemas } from './contract/client-schemas.ts';
import { Interrupted, Interrupter, threadClocks, type Budget } from './interruptible.ts';
import { introspect } from './introspection.ts';
import { prepare, type PreparationOptions } from './prepare.ts';
import { sampleOperations } from './sample-operations.ts';
import { prepareShape } from './shapes.ts';
import { loadServable, loadSupergraph, type LoadedSupergraph } from './supergraph/supergraph.ts';
import { WarmUp } from './warm-up.ts';
import type {
  ClientSchema,
  GraphDescription,
  LoadedSdl,
  SupergraphSource,
  WorkerOutcome,
  WorkerReply,
  WorkerRequest,
  WorkerTask,
} from './worker-protocol.ts';

const port = parentPort;
if (!port) throw new Error('This file runs as a worker thread only');
const options = workerData as PreparationOptions;
let current: LoadedSupergraph | undefined;
let clientSchemas: ClientSchemas | undefined;

const interrupter = new Interrupter();
/** Those that the main thread knows of. */
let reportedInterruptions = 0;
let warmUp: WarmUp | undefined;
/** For an operation that nobody asked. */
const warmUpBudget: Budget = { cpuMs: 200, wallMs: 1000 };
const samplesMax = 100;

port.on('message', ({ id, task, budget }: WorkerRequest) => {
  const startCpuMs = threadClocks.cpu();
  if (task.kind === 'prepare') warmUp?.asked();
  void perform(task, budget)
    .then((answer): WorkerOutcome => ({ is: 'done', json: JSON.stringify(answer) }))
    .catch(toOutcome)
    .then((outcome) => {
      const cpuMs = threadClocks.cpu() - startCpuMs;
      const reply: WorkerReply = {
        id,
        cpuMs,
        interrupted: interrupter.interruptions > reportedInterruptions,
        ...outcome,
      };
      reportedInterruptions = interrupter.interruptions;
      port.postMessage(reply);
    });
});

async function perform(task: WorkerTask, budget: Budget | null): Promise<unknown> {
  const withinBudget = <Result>(work: () => Result): Result =>
    budget ? interrupter.run(budget, work) : work();
  switch (task.kind) {
    case 'load':
      return load(task.source);
    case 'describe':
      return describeGraph();
    case 'prepare':
      return prepareFor(task.request, withinBudget);
    case 'introspect': {
      const schema = schemaFor(task.contract ?? undefined);
      return withinBudget(() => introspect(schema, task.document, new Map(task.variables)));
    }
    case 'clientSchema':
      return { sdl: printedSchema(schemasOfClients().schemaFor(task.contract)) } satisfies ClientSchema;
    case 'checkContract':
      schemasOfClients().check(task.contract);
      return null;
  }
}

/** The schema of a client is made outside the budget: it is the gateway's work, not the operation's. */
function prepareFor(
  request: PreparationRequest,
  withinBudget: <Result>(work: () => Result) => Result,
): PreparationResult | ShapeResult {
  const clientSchema = schemaFor(request.contract);
  const clientOptions = { ...options, clientSchema };
  return withinBudget(() =>
    request.literals
      ? prepareShape(loadedGraph(), request, clientOptions)
      : prepare(loadedGraph(), request, clientOptions),
  );
}

/** @throws {GatewayError} `CONTRACT_INVALID` that names nothing which the client may not see. */
function schemaFor(contract: Contract | undefined): GraphQLSchema {
  if (!contract) return loadedGraph().schema;
  try {
    return schemasOfClients().schemaFor(contract);
  } catch (cause) {
    throw new GatewayError('CONTRACT_INVALID', 'The schema of this client is not available', { cause });
  }
}

function schemasOfClients(): ClientSchemas {
  return (clientSchemas ??= new ClientSchemas(loadedGraph(), options.clientSchemas));
}

function describeGraph(): GraphDescription {
  const { schema, sdl } = loadedGraph();
  return { apiSdl: printedSchema(schema), supergraphSdl: sdl };
}

/** The first worker only: a standby is asked where the first one is busy, and so has long been warm. */
function startWarmUp(graph: LoadedSupergraph): WarmUp {
  const clientOptions = { ...options, clientSchema: graph.schema };
  return new WarmUp({
    samples: () => sampleOperations(graph.schema, samplesMax),
    clocks: threadClocks,
    prepare(query) {
      const request = { query, operationName: null, literals: [] };
      interrupter.run(warmUpBudget, () => prepareShape(graph, request, clientOptions));
    },
  });
}

async function load(source: SupergraphSource): Promise<LoadedSdl> {
  const loaded =
    source.kind === 'checked'
      ? loadSupergraph(source.sdl, { ...options, isValid: true })
      : await checkAndLoad(source);
  // No request should wait until it is made.
  void loaded.planner;
  clientSchemas = undefined;
  current = loaded;
  if (options.warmUp === true && source.kind !== 'checked') warmUp = startWarmUp(current);
  const { sdl, subgraphs, labels, rateLimits } = current;
  return { sdl, subgraphs, labels, rateLimits, hash: createHash('sha256').update(sdl).digest('hex') };
}

/** Imports the packages for composition lazily: they take as much memory as the planner itself. */
async function checkAndLoad(
  source: Exclude<SupergraphSource, { kind: 'checked' }>,
): Promise<LoadedSupergraph> {
  const { allowUnenforced = [], loadsApolloGateway = false } = source;
  const sdl = source.kind === 'sdl' ? source.sdl : await composed(source.subgraphs);
  const loaded = loadServable(sdl, allowUnenforced, options);
  if (loadsApolloGateway) {
    const { assertLoadedByApolloGateway } = await import('./supergraph/apollo-gateway.ts');
    await assertLoadedByApolloGateway(sdl);
  }
  return loaded;
}

async function composed(subgraphs: readonly SubgraphSchema[]): Promise<string> {
  const { composeOrThrow } = await import('./composition/compose.ts');
  return composeOrThrow(subgraphs);
}

function loadedGraph(): LoadedSupergraph {
  if (!current) throw new GatewayError('NOT_READY', 'No supergraph is loaded yet');
  return current;
}

function toOutcome(error: unknown): WorkerOutcome {
  if (error instanceof Interrupted) return { is: error.reason };
  const detail = detailOf(error);
  return isGatewayError(error)
    ? { is: 'failed', error: { code: error.code, message: error.message, detail } }
    : { is: 'failed', error: { code: 'INTERNAL_ERROR', message: 'The planner failed', detail } };
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\ncaused by: ${errorText(error.cause)}`;
}
