/** The primary process's handle of one worker: starts it, calls it, ends it. */

import cluster, { type Worker } from 'node:cluster';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { monotonicClock } from '../shared/clock.ts';
import type { CredentialTexts } from '../server/credentials.ts';
import { GatewayError } from '../shared/errors.ts';
import { ownModule } from '../shared/own-module.ts';
import { drainMs, type CallToPrimary, type CallToWorker, type PlannedGraph } from './calls.ts';
import { Channel, type Peer } from './channel.ts';

/** After its answer that it has drained, for the process to end. */
const endTimeoutMs = 5000;
/** Swaps, drains and notices of mutations on their way to one worker. */
const waitingMax = 10_000;

export interface WorkerStart {
  readonly planned: PlannedGraph;
  readonly credentials: CredentialTexts;
}

export interface End {
  readonly code: number | null;
  readonly signal: string | null;
  /** How long it answered requests. */
  readonly servedMs: number;
}

interface WorkerProcessOptions {
  readonly number: number;
  readonly config: GatewayConfig;
  readonly start: WorkerStart;
  readonly answer: (call: CallToPrimary, from: WorkerProcess, signal: AbortSignal) => Promise<string>;
}

export class WorkerProcess {
  /** Place among the workers, from 1: its successor has the same. */
  readonly number: number;
  readonly pid: number;
  /** The address, once it listens. Rejects where it cannot; it is ended then. */
  readonly started: Promise<string>;
  readonly ended: Promise<End>;
  #isServing = false;
  readonly #worker: Worker;
  readonly #channel: Channel<CallToWorker, CallToPrimary>;
  readonly #config: GatewayConfig;

  constructor({ number, config, start: first, answer }: WorkerProcessOptions) {
    this.number = number;
    this.#config = config;
    cluster.setupPrimary({ exec: workerFile, args: [] });
    // A successor starts in half the time with what the first one has compiled.
    const { directory } = enableCompileCache();
    this.#worker = cluster.fork(directory === undefined ? {} : { NODE_COMPILE_CACHE: directory });
    this.pid = this.#worker.process.pid ?? 0;
    let servingSinceMs: number | undefined;
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code: number | null, signal: string | null) => {
        this.#isServing = false;
        const servedMs = servingSinceMs === undefined ? 0 : monotonicClock() - servingSinceMs;
        resolve({ code, signal, servedMs });
      });
    });
    // A process that cannot be started at all says so here and exits; without a listener it would take ours along.
    this.#worker.on('error', () => this.kill());
    const peer = this.#worker.process as Peer;
    this.#channel = new Channel(
      peer,
      (call: CallToPrimary, signal) => answer(call, this, signal),
      waitingMax,
    );
    this.started = this.#start(first).then((url) => {
      servingSinceMs = monotonicClock();
      this.#isServing = true;
      return url;
    });
    // Whoever needs it awaits it; otherwise its end says it all.
    this.started.catch(() => {});
  }

  get isServing(): boolean {
    return this.#isServing;
  }

  /** @throws {GatewayError} Where the worker cannot put it in place. */
  async replace(planned: PlannedGraph): Promise<void> {
    await this.#channel.call({ kind: 'replace', planned }, this.#config.timeouts.loadMs);
  }

  /** A worker with much to do is given its time: until then it goes on with what it has. */
  async renew(credentials: CredentialTexts): Promise<void> {
    await this.#channel.call({ kind: 'credentials', credentials }, this.#config.timeouts.loadMs);
  }

  async notice(timeoutMs: number): Promise<void> {
    await this.#channel.call({ kind: 'mutated' }, timeoutMs);
  }

  /** Lets its requests end, then ends it; one that does not obey is killed. */
  async drain(): Promise<void> {
    await this.#channel.call({ kind: 'drain' }, drainMs(this.#config) + endTimeoutMs).catch(() => {});
    // It ends when the channel does.
    if (this.#worker.isConnected()) this.#worker.process.disconnect();
    const late = setTimeout(() => this.kill(), endTimeoutMs);
    await this.ended;
    clearTimeout(late);
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  async #start(first: WorkerStart): Promise<string> {
    const config = this.#config;
    const call = { kind: 'start', worker: this.number, config, ...first } as const;
    const died = this.ended.then(({ code, signal }) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      throw new GatewayError('INTERNAL_ERROR', `A worker process ended ${how} before it could serve`);
    });
    // Only where it loses the race.
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
