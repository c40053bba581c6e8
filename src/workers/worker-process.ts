/** One worker as the primary process sees it: starts it, calls it, ends it. */

import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { LogLevel } from '../config/gateway/log.ts';
import { monotonicClock } from '../shared/clock.ts';
import { keepCompiledCode } from '../shared/compile-cache.ts';
import type { CredentialTexts } from '../server/credentials.ts';
import { GatewayError } from '../shared/errors.ts';
import { ownModule } from '../shared/own-module.ts';
import {
  drainMs,
  noticeTimeoutMs,
  type CallToPrimary,
  type ClientConfigs,
  type CallToWorker,
  type PlannedGraph,
} from './calls.ts';
import { Channel, type Peer } from './channel.ts';

/** How long the process may take to end once it has drained. */
const endTimeoutMs = 5000;
/** Pending calls to one worker: switches, drains and notices of mutations. */
const pendingCallsMax = 10_000;

/** What a worker starts with. */
export interface WorkerStart {
  readonly planned: PlannedGraph;
  readonly credentials: CredentialTexts;
  readonly clients: ClientConfigs | null;
  readonly logLevel: LogLevel;
}

export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** How long it served requests. */
  readonly servedMs: number;
}

interface WorkerProcessOptions {
  readonly number: number;
  readonly config: GatewayConfig;
  readonly start: WorkerStart;
  readonly answer: (call: CallToPrimary, from: WorkerProcess, signal: AbortSignal) => Promise<string>;
}

export class WorkerProcess {
  /** From 1; a restarted worker keeps the number. */
  readonly number: number;
  readonly pid: number;
  /** Resolves to the URL of the endpoint once it listens. If it cannot, rejects and kills the process. */
  readonly started: Promise<string>;
  readonly ended: Promise<WorkerEnd>;
  #isServing = false;
  readonly #worker: Worker;
  readonly #channel: Channel<CallToWorker, CallToPrimary>;
  readonly #config: GatewayConfig;

  constructor({ number, config, start, answer }: WorkerProcessOptions) {
    this.number = number;
    this.#config = config;
    cluster.setupPrimary({ exec: workerFile, args: [] });
    // With the compile cache of the first worker the others start in half the time.
    keepCompiledCode();
    this.#worker = cluster.fork();
    this.pid = this.#worker.process.pid ?? 0;
    let servingSinceMs: number | undefined;
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code: number | null, signal: string | null) => {
        this.#isServing = false;
        const servedMs = servingSinceMs === undefined ? 0 : monotonicClock() - servingSinceMs;
        resolve({ code, signal, servedMs });
      });
    });
    // Emitted if the process cannot be spawned; without a listener this process would crash.
    this.#worker.on('error', () => this.kill());
    const peer = this.#worker.process as Peer;
    this.#channel = new Channel(
      peer,
      (call: CallToPrimary, signal) => answer(call, this, signal),
      pendingCallsMax,
    );
    this.started = this.#start(start).then((url) => {
      servingSinceMs = monotonicClock();
      this.#isServing = true;
      return url;
    });
    // Not every caller awaits it; `ended` reports the failure too.
    this.started.catch(() => {});
  }

  get isServing(): boolean {
    return this.#isServing;
  }

  /** @throws {GatewayError} If the worker cannot serve the graph. */
  async replace(planned: PlannedGraph): Promise<void> {
    await this.#channel.call({ kind: 'replace', planned }, this.#config.timeouts.loadMs);
  }

  /** The worker goes on with the previous credentials until it has the new ones. */
  async renewCredentials(credentials: CredentialTexts): Promise<void> {
    await this.#channel.call({ kind: 'credentials', credentials }, this.#config.timeouts.loadMs);
  }

  /** The worker goes on with the previous clients until it has the new ones. */
  async replaceClients(clients: ClientConfigs): Promise<void> {
    await this.#channel.call({ kind: 'clients', clients }, this.#config.timeouts.loadMs);
  }

  async setLogLevel(level: LogLevel): Promise<void> {
    await this.#channel.call({ kind: 'logLevel', level }, noticeTimeoutMs);
  }

  async tell(notice: Extract<CallToWorker, { readonly kind: 'mutated' }>): Promise<void> {
    await this.#channel.call(notice, noticeTimeoutMs);
  }

  /** Drains the worker and ends it; kills it if it does not end in time. */
  async drain(): Promise<void> {
    await this.#channel.call({ kind: 'drain' }, drainMs(this.#config) + endTimeoutMs).catch(() => {});
    // It ends once the channel is closed.
    if (this.#worker.isConnected()) this.#worker.process.disconnect();
    const killTimer = setTimeout(() => this.kill(), endTimeoutMs);
    await this.ended;
    clearTimeout(killTimer);
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  async #start(start: WorkerStart): Promise<string> {
    const config = this.#config;
    const call = { kind: 'start', worker: this.number, config, ...start } as const;
    const died = this.ended.then(({ code, signal }) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      throw new GatewayError('INTERNAL_ERROR', `A worker process ended ${how} before it could serve`);
    });
    // It may reject after the race is over.
    died.catch(() => {});
    try {
      return await Promise.race([this.#channel.call(call, config.timeouts.loadMs), died]);
    } catch (error) {
      this.kill();
      throw error;
    }
  }
}

const workerFile = fileURLToPath(ownModule('./worker', import.meta.url));
