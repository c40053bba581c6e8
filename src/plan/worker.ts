/** A planner worker: everything whose cost depends on a document or a schema happens in this thread. */

import './telemetry-off.ts';

import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

import { printSchema } from 'graphql';

import { isGatewayError } from '../shared/errors.ts';
import { composeOrThrow } from './composition.ts';
import { interruptible } from './interruptible.ts';
import { introspect } from './introspection.ts';
import { SupergraphLifecycle } from './lifecycle.ts';
import { prepare, type PreparationOptions } from './prepare.ts';
import type {
  GraphDescription,
  LoadedGraph,
  SupergraphSource,
  WorkerReply,
  WorkerRequest,
  WorkerTask,
} from './worker-protocol.ts';

const port = parentPort;
if (!port) throw new Error('This file runs as a worker thread only');
const options = workerData as PreparationOptions;
const lifecycle = new SupergraphLifecycle();

port.on('message', ({ id, task, timeoutMs }: WorkerRequest) => {
  perform(task, timeoutMs).then(
    (answer) => reply({ id, json: JSON.stringify(answer) }),
    (error: unknown) => reply({ id, error: describe(error) }),
  );
});

async function perform(task: WorkerTask, timeoutMs: number): Promise<unknown> {
  switch (task.kind) {
    case 'load':
      return load(task.source);
    case 'describe':
      return describeGraph();
    case 'prepare':
      return interruptible(timeoutMs, () => prepare(lifecycle.current, task.request, options));
    case 'introspect':
      return interruptible(timeoutMs, () =>
        introspect(lifecycle.current.schema, task.document, task.variables),
      );
  }
}

function describeGraph(): GraphDescription {
  const { schema, sdl } = lifecycle.current;
  return { apiSdl: printSchema(schema), supergraphSdl: sdl };
}

async function load(source: SupergraphSource): Promise<LoadedGraph> {
  const sdl = source.kind === 'sdl' ? source.sdl : composeOrThrow(source.subgraphs);
  const { subgraphs } = await lifecycle.load(sdl);
  return { subgraphs, hash: createHash('sha256').update(sdl).digest('hex') };
}

function reply(message: WorkerReply): void {
  port?.postMessage(message);
}

function describe(error: unknown): Extract<WorkerReply, { error: unknown }>['error'] {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return isGatewayError(error)
    ? { code: error.code, message: error.message, detail }
    : { code: 'INTERNAL_ERROR', message: 'The planner failed', detail };
}
