/** The main thread's handle of one planner worker: asks it, ends it, and says when it is gone. */

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

/** A worker that uses more ends with a clean error, and the process lives. */
const heapMbMax = 4096;
/** Enough for a planner: loading a graph takes as long as with the default, which costs about 20 MB more a worker. */
const youngHeapMb = 8;
/** Planning recurses as deep as the operation. */
const stackMb = 64;
/** How much longer than its time a worker may take to interrupt itself, also where the machine is busy. */
const graceMs = 5000;

/** `gone`: the worker ended before it answered, for one because it was out of memory. */
export type WorkerAnswer = { readonly cpuMs: number } & (
  | Exclude<WorkerOutcome, { is: 'failed' }>
  | { readonly is: 'failed'; readonly error: GatewayError }
  | { readonly is: 'gone'; readonly cause: unknown }
);

interface Question {
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly timer: NodeJS.Timeout;
  readonly startedAtMs: number;
}

export class PlannerWorker {
  /** What it loaded; rejects where it cannot. */
  readonly loaded: Promise<LoadedSdl>;
  /** It composed or checked the supergraph, and holds the packages for that: it makes room for a leaner one. */
  readonly isChecker: boolean;
  readonly #worker: Worker;
  readonly #questions = new Map<number, Question>();
  readonly #onGone: () => void;
  #nextId = 1;
  #isGone = false;
  #isLoaded = false;
  #wasInterrupted = false;

  /** @param onGone Runs once when the worker ended, however it ended. */
  constructor(
    source: SupergraphSource,
    options: PreparationOptions,
    loadTimeoutMs: number,
    onGone: () => void,
  ) {
    this.#onGone = onGone;
    this.isChecker = source.kind !== 'checked';
    const { tokensMax, suggestions, policy = null } = options;
    this.#worker = new Worker(workerFile, {
      name: 'planner',
      workerData: { tokensMax, suggestions, policy },
      resourceLimits: {
        maxOldGenerationSizeMb: heapMbMax,
        maxYoungGenerationSizeMb: youngHeapMb,
        stackSizeMb: stackMb,
      },
    });
    // A worker must not keep the process alive by itself.
    this.#worker.unref();
    this.#worker.on('message', (reply: WorkerReply) => this.#settle(reply));
    this.#worker.on('error', (error: unknown) => this.#gone(error));
    this.#worker.on('exit', () => this.#gone(undefined));
    this.loaded = this.#load(source, loadTimeoutMs);
    // Whoever needs it awaits it; a standby that cannot load is noticed when it is promoted.
    this.loaded.catch(() => {});
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** It has its supergraph, and can plan. */
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

  async end(): Promise<void> {
    this.#gone(undefined);
    await this.#worker.terminate();
  }

  #ask(task: WorkerTask, budget: Budget | null, timeoutMs: number): Promise<WorkerAnswer> {
    return new Promise((resolve) => {
      if (this.#isGone) {
        resolve({ is: 'gone', cause: undefined, cpuMs: 0 });
        return;
      }
      const id = this.#nextId++;
      // The worker interrupts itself; what it cannot interrupt is ended from here.
      const timer = setTimeout(() => void this.end(), timeoutMs);
      this.#questions.set(id, { resolve, timer, startedAtMs: monotonicClock() });
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
      throw new GatewayError('PLANNING_TIMEOUT', 'Loading the graph was interrupted', { cause });
    }
    this.#isLoaded = true;
    return JSON.parse(answer.json) as LoadedSdl;
  }

  #settle({ id, interrupted, ...answer }: WorkerReply): void {
    const question = this.#questions.get(id);
    if (!question) return;
    this.#questions.delete(id);
    clearTimeout(question.timer);
    if (interrupted) this.#wasInterrupted = true;
    question.resolve(answer.is === 'failed' ? { ...answer, error: toError(answer.error) } : answer);
  }

  #gone(cause: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const questions = [...this.#questions.values()];
    this.#questions.clear();
    for (const { resolve, timer, startedAtMs } of questions) {
      clearTimeout(timer);
      // What it took is not known any more, and it can have been no more than this.
      resolve({ is: 'gone', cause, cpuMs: monotonicClock() - startedAtMs });
    }
    this.#onGone();
  }
}

function toError({ code, message, detail }: SentError): GatewayError {
  return new GatewayError(code, message, { cause: detail });
}

/** Compiled code lies beside as .js; in development TypeScript runs as it is. */
const workerFile = ownModule('../preparation/worker', import.meta.url);
