/**
 * The main thread's side of a planner worker: asks, waits no longer than the deadline, and replaces a worker that
 * died or took too long. A worker that is busy past its deadline cannot be interrupted, only ended.
 */

import { Worker } from 'node:worker_threads';

import type { PreparationResult } from '../pipeline/prepared.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PreparationOptions, PreparationRequest } from './prepare.ts';
import type {
  LoadedGraph,
  SupergraphSource,
  WorkerReply,
  WorkerRequest,
  WorkerTask,
} from './worker-protocol.ts';

export interface PlannerOptions extends PreparationOptions {
  readonly planningTimeoutMs: number;
  readonly loadTimeoutMs: number;
  /** Questions waiting for the worker; one more is refused with `PLANNING_TIMEOUT`. */
  readonly queueMax: number;
}

interface Question {
  readonly task: WorkerTask;
  readonly resolve: (json: string) => void;
  readonly reject: (error: GatewayError) => void;
  readonly timer: NodeJS.Timeout;
}

const heapMbMax = 4096;
const stackMb = 64;

export class Planner {
  readonly #options: PlannerOptions;
  readonly #source: SupergraphSource;
  readonly #questions = new Map<number, Question>();
  #worker: Worker | undefined;
  #nextId = 1;
  /** Settles when the current worker has loaded the supergraph. */
  #ready: Promise<LoadedGraph> | undefined;
  #closed = false;

  constructor(source: SupergraphSource, options: PlannerOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** @throws {GatewayError} `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID` with every reason, one a line. */
  async start(): Promise<LoadedGraph> {
    this.#ready = this.#spawn();
    return this.#ready;
  }

  /** @throws {GatewayError} `PLANNING_TIMEOUT`, or `INTERNAL_ERROR` when the worker died. */
  async prepare(request: PreparationRequest): Promise<PreparationResult> {
    await this.#ready;
    const json = await this.#ask({ kind: 'prepare', request }, this.#options.planningTimeoutMs);
    return JSON.parse(json) as PreparationResult;
  }

  async introspect(document: string, variables: Record<string, unknown>): Promise<Record<string, unknown>> {
    await this.#ready;
    const json = await this.#ask(
      { kind: 'introspect', document, variables },
      this.#options.planningTimeoutMs,
    );
    return JSON.parse(json) as Record<string, unknown>;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#failAll(new GatewayError('NOT_READY', 'The gateway is shutting down'));
    await this.#worker?.terminate();
  }

  async #spawn(): Promise<LoadedGraph> {
    const worker = new Worker(workerFile, {
      name: 'planner',
      workerData: { tokensMax: this.#options.tokensMax, suggestions: this.#options.suggestions },
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax, stackSizeMb: stackMb },
    });
    this.#worker = worker;
    worker.on('message', (reply: WorkerReply) => this.#settle(reply));
    worker.on('error', (error: unknown) => this.#replace(worker, error));
    worker.on('exit', () => this.#replace(worker, undefined));
    const json = await this.#ask({ kind: 'load', source: this.#source }, this.#options.loadTimeoutMs);
    return JSON.parse(json) as LoadedGraph;
  }

  #ask(task: WorkerTask, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#questions.size >= this.#options.queueMax) {
        reject(new GatewayError('PLANNING_TIMEOUT', 'Too many new operations at once; try again later'));
        return;
      }
      const id = this.#nextId++;
      const timer = setTimeout(() => this.#expire(id, timeoutMs), timeoutMs);
      this.#questions.set(id, { task, resolve, reject, timer });
      const request: WorkerRequest = { id, task };
      this.#worker?.postMessage(request);
    });
  }

  #settle(reply: WorkerReply): void {
    const question = this.#questions.get(reply.id);
    if (!question) return;
    this.#questions.delete(reply.id);
    clearTimeout(question.timer);
    if ('json' in reply) question.resolve(reply.json);
    else
      question.reject(new GatewayError(reply.error.code, reply.error.message, { cause: reply.error.detail }));
  }

  #expire(id: number, timeoutMs: number): void {
    const question = this.#questions.get(id);
    if (!question) return;
    this.#questions.delete(id);
    question.reject(new GatewayError('PLANNING_TIMEOUT', `Planning took longer than ${timeoutMs} ms`));
    const worker = this.#worker;
    if (worker) void worker.terminate();
  }

  /** A worker ended: whoever waits for it is told, and its successor loads the supergraph. */
  #replace(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker || this.#closed) return;
    this.#worker = undefined;
    this.#failAll(new GatewayError('INTERNAL_ERROR', 'The planner had to restart; try again', { cause }));
    this.#ready = this.#spawn();
    this.#ready.catch(() => {});
  }

  #failAll(reason: GatewayError): void {
    const questions = [...this.#questions.values()];
    this.#questions.clear();
    for (const { reject, timer } of questions) {
      clearTimeout(timer);
      reject(reason);
    }
  }
}

/** Compiled code lies beside as .js; in development TypeScript runs as it is. */
const workerFile = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
