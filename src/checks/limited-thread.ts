/** Runs one task in a thread with limits of time and memory, and waits for its only message. */

import { Worker } from 'node:worker_threads';

import { GatewayError } from '../shared/errors.ts';

export interface ThreadLimits {
  readonly timeoutMs: number;
  /** Heap, in MiB. */
  readonly memoryMb: number;
}

export interface LimitedTask {
  /** In messages: `the check`. */
  readonly name: string;
  readonly module: URL;
  /** The thread's `workerData`. */
  readonly input: unknown;
  readonly limits: ThreadLimits;
  /** Ends the thread. Default: nobody does. */
  readonly signal?: AbortSignal | undefined;
  /** What to do when a limit was reached. */
  readonly remedies: { readonly time: string; readonly memory: string };
}

/** As for planners: documents may be deep. */
const stackMb = 64;

/**
 * @throws {GatewayError} `CONFIG_INVALID` if a limit was reached, which says which one and how it is raised.
 * @throws The reason of the signal, if it was aborted.
 */
export async function runLimited<Reply>(task: LimitedTask): Promise<Reply> {
  const { name, module, input, limits, signal } = task;
  signal?.throwIfAborted();
  const worker = new Worker(module, {
    name,
    workerData: input,
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb, stackSizeMb: stackMb },
  });
  try {
    return await replyOf<Reply>(worker, task);
  } finally {
    await worker.terminate();
  }
}

function replyOf<Reply>(
  worker: Worker,
  { name, limits: { timeoutMs, memoryMb }, signal, remedies }: LimitedTask,
): Promise<Reply> {
  const limit = (message: string): GatewayError => new GatewayError('CONFIG_INVALID', `${name} ${message}`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(limit(`took longer than ${timeoutMs / 1000} s: ${remedies.time}`)),
      timeoutMs,
    );
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    worker.once('message', (reply: Reply) => {
      settle();
      resolve(reply);
    });
    worker.once('error', (error: NodeJS.ErrnoException) => {
      settle();
      const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reject(isMemory ? limit(`needed more than ${memoryMb} MiB of memory: ${remedies.memory}`) : error);
    });
  });
}
