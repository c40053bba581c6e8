/** The planner worker thread: all work whose cost grows with a document or a schema runs here. */

import './supergraph/telemetry-off.ts';

import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

import { printSchema } from 'graphql';

import { GatewayError, isGatewayError } from '../shared/errors.ts';
import { Interrupted, Interrupter, threadClocks, type Budget } from './interruptible.ts';
import { introspect } from './introspection.ts';
import { prepare, type PreparationOptions } from './prepare.ts';
import { loadSupergraph, type LoadedSupergraph } from './supergraph/supergraph.ts';
import type {
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

const interrupter = new Interrupter();

port.on('message', ({ id, task, budget }: WorkerRequest) => {
  const startCpuMs = threadClocks.cpu();
  const interruptionsBefore = interrupter.interruptions;
  void perform(task, budget)
    .then((answer): WorkerOutcome => ({ is: 'done', json: JSON.stringify(answer) }))
    .catch(toOutcome)
    .then((outcome) => {
      const cpuMs = threadClocks.cpu() - startCpuMs;
      const reply: WorkerReply = {
        id,
        cpuMs,
        interrupted: interrupter.interruptions > interruptionsBefore,
        ...outcome,
      };
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
      return withinBudget(() => prepare(loadedGraph(), task.request, options));
    case 'introspect':
      return withinBudget(() => introspect(loadedGraph().schema, task.document, new Map(task.variables)));
  }
}

function describeGraph(): GraphDescription {
  const { schema, sdl } = loadedGraph();
  return { apiSdl: printSchema(schema), supergraphSdl: sdl };
}

async function load(source: SupergraphSource): Promise<LoadedSdl> {
  current =
    source.kind === 'checked' ? loadSupergraph(source.sdl, options.policy) : await checkAndLoad(source);
  const { sdl, subgraphs, labels } = current;
  return { sdl, subgraphs, labels, hash: createHash('sha256').update(sdl).digest('hex') };
}

/** Imports the packages for composition lazily: they take as much memory as the planner itself. */
async function checkAndLoad(
  source: Exclude<SupergraphSource, { kind: 'checked' }>,
): Promise<LoadedSupergraph> {
  const { SupergraphLifecycle } = await import('./supergraph/lifecycle.ts');
  const { allowUnenforced = [] } = source;
  if (source.kind === 'sdl')
    return new SupergraphLifecycle().load(source.sdl, allowUnenforced, options.policy);
  const { composeOrThrow } = await import('./composition/compose.ts');
  return new SupergraphLifecycle().load(composeOrThrow(source.subgraphs), allowUnenforced, options.policy);
}

function loadedGraph(): LoadedSupergraph {
  if (!current) throw new GatewayError('NOT_READY', 'No supergraph is loaded yet');
  return current;
}

function toOutcome(error: unknown): WorkerOutcome {
  if (error instanceof Interrupted) return { is: error.reason };
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return isGatewayError(error)
    ? { is: 'failed', error: { code: error.code, message: error.message, detail } }
    : { is: 'failed', error: { code: 'INTERNAL_ERROR', message: 'The planner failed', detail } };
}
