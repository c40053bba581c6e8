/** The main thread's handle of one planner worker: sends tasks, terminates it, and reports its exit. */

import { Worker } from 'node:worker_threads';

import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { ownModule } from '../shared/own-module.ts';
import type { Budget } from '../preparation/interruptible.ts';
import type { PreparationOptions } from '../preparation/prepare.ts';
import type {
  LoadedSdl,
  SentError,
  SupergraphSource,
  WorkerOutcome,
  WorkerReply,
  WorkerRequest,
  WorkerTask,
} from '../preparation/worker-protocol.ts';

/** A worker that needs more exits with an error; the process goes on. */
const heapMbMax = 4096;
/** Loading a graph takes as long as with the default size, which needs about 20 MB more per worker. */
const youngHeapMb = 8;
/** Planning recurses as deep as the operation. */
const stackMb = 64;
/** Beyond its budget, a worker has this long to interrupt itself, even on a busy machine; then it is terminated. */
const graceMs = 5000;

/** `gone`: the worker exited before it answered, for example because it was out of memory. */
export type WorkerAnswer = { readonly cpuMs: number } & (
  | Exclude<WorkerOutcome, { is: 'failed' }>
  | { readonly is: 'failed'; readonly error: GatewayError }
  | { readonly is: 'gone'; readonly cause: unknown }
);

interface PendingTask {
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly timer: NodeJS.Timeout;
  readonly startedAtMs: number;
}

export interface PlannerWorkerParts {
  readonly source: SupergraphSource;
  readonly options: PreparationOptions;
  readonly loadTimeoutMs: number;
  /** Called once, however the worker exited. */
  readonly onExit: () => void;
}

export class PlannerWorker {
  /** The loaded supergraph; rejects where it cannot be loaded. */
  readonly loaded: Promise<LoadedSdl>;
  readonly #worker: Worker;
  readonly #pendingTasks = new Map<number, PendingTask>();
  readonly #onExit: () => void;
  #nextId = 1;
  #hasExited = false;
  #isLoaded = false;
  #wasInterrupted = false;

  constructor({ source, options, loadTimeoutMs, onExit }: PlannerWorkerParts) {
    this.#onExit = onExit;
    this.#worker = new Worker(workerFile, {
      name: 'planner',
      workerData: sentOptions(options),
      resourceLimits: {
        maxOldGenerationSizeMb: heapMbMax,
        maxYoungGenerationSizeMb: youngHeapMb,
        stackSizeMb: stackMb,
      },
    });
    // A worker alone must not keep the process alive.
    this.#worker.unref();
    this.#worker.on('message', (reply: WorkerReply) => this.#settle(reply));
    this.#worker.on('error', (error: unknown) => this.#handleExit(error));
    this.#worker.on('exit', () => this.#handleExit(undefined));
    this.loaded = this.#load(source, loadTimeoutMs);
    // Callers handle the rejection where they await it; not every worker is awaited.
    this.loaded.catch(() => {});
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** The supergraph is loaded. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** An operation was interrupted in it. */
  get wasInterrupted(): boolean {
    return this.#wasInterrupted;
  }

  ask(task: WorkerTask, budget: Budget): Promise<WorkerAnswer> {
    return this.#ask(task, budget, budget.wallMs + graceMs);
  }

  async terminate(): Promise<void> {
    this.#handleExit(undefined);
    await this.#worker.terminate();
  }

  #ask(task: WorkerTask, budget: Budget | null, timeoutMs: number): Promise<WorkerAnswer> {
    return new Promise((resolve) => {
      if (this.#hasExited) {
        resolve({ is: 'gone', cause: undefined, cpuMs: 0 });
        return;
      }
      const id = this.#nextId++;
      // The worker interrupts itself; where it cannot, it is terminated from here.
      const timer = setTimeout(() => void this.terminate(), timeoutMs);
      this.#pendingTasks.set(id, { resolve, timer, startedAtMs: monotonicClock() });
      const request: WorkerRequest = { id, task, budget };
      this.#worker.postMessage(request);
    });
  }

  /** @throws {GatewayError} */
  async #load(source: SupergraphSource, timeoutMs: number): Promise<LoadedSdl> {
    const answer = await this.#ask({ kind: 'load', source }, null, timeoutMs);
    if (answer.is === 'failed') throw answer.error;
    if (answer.is !== 'done') {
      const cause = answer.is === 'gone' ? answer.cause : undefined;
      throw new GatewayError(
        'PLANNING_TIMEOUT',
        'Loading the graph took too long or its planner thread exited',
        { cause },
      );
    }
    this.#isLoaded = true;
    return JSON.parse(answer.json) as LoadedSdl;
  }

  #settle({ id, interrupted, ...answer }: WorkerReply): void {
    const pendingTask = this.#pendingTasks.get(id);
    if (!pendingTask) return;
    this.#pendingTasks.delete(id);
    clearTimeout(pendingTask.timer);
    if (interrupted) this.#wasInterrupted = true;
    pendingTask.resolve(answer.is === 'failed' ? { ...answer, error: toError(answer.error) } : answer);
  }

  #handleExit(cause: unknown): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    const pendingTasks = [...this.#pendingTasks.values()];
    this.#pendingTasks.clear();
    for (const { resolve, timer, startedAtMs } of pendingTasks) {
      clearTimeout(timer);
      // An upper bound: the processor time of a worker that exited is unknown.
      resolve({ is: 'gone', cause, cpuMs: monotonicClock() - startedAtMs });
    }
    this.#onExit();
  }
}

/** An option that is added does not compile until it is sent, too. */
type SentOptions = { readonly [Name in keyof Required<PreparationOptions>]: PreparationOptions[Name] };

/** Without what else the caller's options contain. */
function sentOptions({
  tokensMax,
  suggestions,
  policy,
  clientSchemas,
  cost,
  limitedFields,
  warmUp,
}: PreparationOptions): SentOptions {
  return {
    tokensMax,
    suggestions,
    policy: policy ?? null,
    clientSchemas,
    cost,
    limitedFields: limitedFields ?? null,
    warmUp,
  };
}

function toError({ code, message, detail }: SentError): GatewayError {
  return new GatewayError(code, message, { cause: detail });
}

/** A .js file in the build, a .ts file in development. */
const workerFile = ownModule('../preparation/worker', import.meta.url);
