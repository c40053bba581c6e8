/** The main thread's handle of one planner worker: asks it, ends it, and says when it is gone. */

import { Worker } from 'node:worker_threads';

import { GatewayError } from '../shared/errors.ts';
import type { PreparationOptions } from './prepare.ts';
import type {
  LoadedSdl,
  SupergraphSource,
  WorkerReply,
  WorkerRequest,
  WorkerTask,
} from './worker-protocol.ts';

/** A worker that uses more ends with a clean error, and the process lives. */
const heapMbMax = 4096;
/** Enough for a planner: loading a graph takes as long as with the default, which costs about 20 MB more a worker. */
const youngHeapMb = 8;
/** Planning recurses as deep as the operation. */
const stackMb = 64;
/** How much longer than its time a worker may take to interrupt itself. */
const graceMs = 500;

interface Question {
  readonly resolve: (json: string) => void;
  readonly reject: (error: GatewayError) => void;
  readonly timer: NodeJS.Timeout;
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

  /** @throws {GatewayError} What the worker threw; `PLANNING_TIMEOUT` when it took longer or the worker is gone. */
  ask(task: WorkerTask, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#isGone) {
        reject(interrupted(undefined));
        return;
      }
      const id = this.#nextId++;
      // The worker interrupts itself; what it cannot interrupt is ended from here.
      const timer = setTimeout(() => void this.end(), timeoutMs + graceMs);
      this.#questions.set(id, { resolve, reject, timer });
      const request: WorkerRequest = { id, task, timeoutMs };
      this.#worker.postMessage(request);
    });
  }

  async end(): Promise<void> {
    this.#gone(undefined);
    await this.#worker.terminate();
  }

  async #load(source: SupergraphSource, timeoutMs: number): Promise<LoadedSdl> {
    const json = await this.ask({ kind: 'load', source }, timeoutMs);
    this.#isLoaded = true;
    return JSON.parse(json) as LoadedSdl;
  }

  #settle(reply: WorkerReply): void {
    const question = this.#questions.get(reply.id);
    if (!question) return;
    this.#questions.delete(reply.id);
    clearTimeout(question.timer);
    if ('json' in reply) {
      question.resolve(reply.json);
      return;
    }
    const { code, message, detail } = reply.error;
    if (code === 'PLANNING_TIMEOUT') this.#wasInterrupted = true;
    question.reject(new GatewayError(code, message, { cause: detail }));
  }

  #gone(cause: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const questions = [...this.#questions.values()];
    this.#questions.clear();
    for (const { reject, timer } of questions) {
      clearTimeout(timer);
      reject(interrupted(cause));
    }
    this.#onGone();
  }
}

function interrupted(cause: unknown): GatewayError {
  return new GatewayError('PLANNING_TIMEOUT', 'Planning was interrupted; try again later', { cause });
}

/** Compiled code lies beside as .js; in development TypeScript runs as it is. */
const workerFile = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
