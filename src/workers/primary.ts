/**
 * The primary process: several worker processes behind one port, and one planner for all of them here.
 *
 *     graph ──► planner ──► first worker tries it ──► the other workers follow
 *                  │ does not load      │ cannot serve it
 *                  ▼                    ▼
 *               refused: the previous graph stays everywhere
 *
 * A worker that dies is restarted, with backoff if it dies at startup; one that cannot switch is drained and restarted.
 */

import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { WorkerMetrics } from '../assembly/metrics.ts';
import type { WriteAudit } from '../authz/audit/audit-queue.ts';
import { auditFileOf } from '../authz/open-authorization.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { LogLevel } from '../config/gateway/log.ts';
import type { Contract } from '../pipeline/contract.ts';
import type { Graph } from '../plan/graph-source.ts';
import { plannerOf } from '../plan/planner.ts';
import { loadedEvent, ownTurn } from '../plan/planning.ts';
import { monotonicClock } from '../shared/clock.ts';
import type { Credentials } from '../server/credentials.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import type { CallToPrimary, ClientConfigs, PlannedGraph } from './calls.ts';
import { Restarts } from './restarts.ts';
import { SharedCounters } from './shared-counters.ts';
import { SharedPlanner } from './shared-planner.ts';
import { WorkerProcess, type WorkerEnd } from './worker-process.ts';

const successorPollMs = 100;

export interface Workers {
  /** URL of the GraphQL endpoint. */
  readonly url: string;
  /** Switches all workers to another graph. Throws if one cannot serve it; then all keep the previous graph. */
  replace(graph: Graph): Promise<void>;
  /** Rejects with the reason if a contract does not hold for the graph in place. */
  checkContract(contract: Contract): Promise<void>;
  /** Switches all workers to other clients. */
  replaceClients(clients: ClientConfigs): Promise<void>;
  /** Of the log of all workers, also of those that start later. Never rejects. */
  setLogLevel(level: LogLevel): Promise<void>;
  /** Graceful shutdown: drains all workers at the same time, then ends the planners. */
  close(): Promise<void>;
}

interface Generation {
  readonly planned: PlannedGraph;
  readonly planner: SharedPlanner;
  /** Workers that may still call the planner. */
  readonly holders: Set<WorkerProcess>;
}

export interface WorkersOptions {
  readonly config: GatewayConfig;
  readonly events: Events;
  readonly credentials: Credentials;
  /** Null: none are configured. */
  readonly clients: ClientConfigs | null;
  /** Null: metrics are switched off. */
  readonly metrics: WorkerMetrics | null;
}

/** @throws {GatewayError} If the graph is invalid or the first workers cannot start; then no worker is left running. */
export async function startWorkers(graph: Graph, options: WorkersOptions): Promise<Workers> {
  const pool = new WorkerPool({ ...options, config: await withPort(options.config) });
  try {
    await pool.start(graph);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

class WorkerPool implements Workers {
  url = '';
  readonly #config: GatewayConfig;
  readonly #events: Events;
  readonly #credentials: Credentials;
  #clients: ClientConfigs | null;
  readonly #metrics: WorkerMetrics | null;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #generations = new Map<number, Generation>();
  /** Through which something was changed, ever. */
  readonly #changedSources = new Set<string>();
  readonly #restarts = new Map<number, Restarts>();
  readonly #restartTimers = new Set<NodeJS.Timeout>();
  readonly #counters: SharedCounters;
  #writeAudit: WriteAudit | undefined;
  #current: Generation | undefined;
  #logLevel: LogLevel;
  #nextGeneration = 1;
  #state: 'starting' | 'serving' | 'closed' = 'starting';

  constructor({ config, events, credentials, clients, metrics }: WorkersOptions) {
    this.#config = config;
    this.#events = events;
    this.#credentials = credentials;
    this.#clients = clients;
    this.#metrics = metrics;
    this.#logLevel = config.log.level;
    this.#counters = new SharedCounters({ keysMax: config.limits.keysMax, now: monotonicClock });
    credentials.onChange((next) => {
      for (const worker of this.#workers.values())
        void this.#renew(worker, () => worker.renewCredentials(next));
    });
    // A repeated signal may end this process before the workers have drained. If it crashes, they drain by themselves.
    process.once('exit', () => {
      if (this.#state === 'closed') for (const worker of this.#workers.values()) worker.kill();
    });
  }

  async start(graph: Graph): Promise<void> {
    this.#writeAudit = await auditFileOf(this.#config.audit);
    this.#current = await this.#open(graph);
    // One worker first, so that an error which affects all of them is reported once.
    this.url = await this.#fork(1).started;
    const others = Array.from({ length: this.#config.server.workers - 1 }, (_, i) => this.#fork(i + 2));
    await Promise.all(others.map(({ started }) => started));
    this.#state = 'serving';
    // A worker that died while the others started was not restarted.
    for (let number = 1; number <= this.#config.server.workers; number += 1)
      if (!this.#workers.has(number)) this.#fork(number);
  }

  async replace(graph: Graph): Promise<void> {
    const next = await this.#open(graph);
    try {
      await this.#tryOnOne(next);
    } catch (error) {
      await this.#discard(next);
      throw error;
    }
    const previous = this.#current;
    this.#current = next;
    await Promise.all([...this.#workers.values()].map((worker) => this.#switchGraph(worker, next)));
    if (previous) await this.#closeUnused(previous);
    this.#events.emit('graphReplaced', { hash: next.planned.loaded.hash });
  }

  async checkContract(contract: Contract): Promise<void> {
    await this.#current?.planner.ask({ kind: 'checkContract', contract }, ownTurn);
  }

  async replaceClients(clients: ClientConfigs): Promise<void> {
    this.#clients = clients;
    const renewals = [...this.#workers.values()].map((worker) =>
      this.#renew(worker, () => worker.replaceClients(clients)),
    );
    await Promise.all(renewals);
  }

  async setLogLevel(level: LogLevel): Promise<void> {
    this.#logLevel = level;
    const set = async (worker: WorkerProcess): Promise<void> => {
      // One that is starting began with the previous level.
      await worker.started;
      await worker.setLogLevel(this.#logLevel);
    };
    await Promise.allSettled([...this.#workers.values()].map(set));
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    for (const timer of this.#restartTimers) clearTimeout(timer);
    await Promise.all([...this.#workers.values()].map((worker) => worker.drain()));
    await Promise.all([...this.#generations.values()].map(({ planner }) => planner.close()));
  }

  async #open(graph: Graph): Promise<Generation> {
    const startedAtMs = monotonicClock();
    const planner = plannerOf(graph, this.#config);
    const loaded = await planner.closeOnFailure(planner.start());
    const generation = {
      planned: {
        generation: this.#nextGeneration++,
        graph: graph.kind === 'graph' ? graph : { ...graph, sdl: '' },
        loaded,
      },
      planner: new SharedPlanner(planner, this.#config.limits),
      holders: new Set<WorkerProcess>(),
    };
    this.#generations.set(generation.planned.generation, generation);
    this.#events.emit('supergraphLoaded', loadedEvent(loaded, startedAtMs));
    return generation;
  }

  /**
   * If a worker rejects the graph, it is refused for all; a worker that dies or times out does not count, unless all of
   * them do.
   */
  async #tryOnOne(next: Generation): Promise<void> {
    const late: WorkerProcess[] = [];
    let reason: GatewayError | undefined;
    for (const worker of this.#workers.values()) {
      if (!worker.isServing) continue;
      next.holders.add(worker);
      try {
        await worker.replace(next.planned);
        return;
      } catch (error) {
        if (!isGatewayError(error) || error.code !== 'NOT_READY') {
          void this.#drainInTurn(late);
          throw error;
        }
        next.holders.delete(worker);
        late.push(worker);
        reason = error;
      }
    }
    if (!reason) return;
    void this.#drainInTurn(late);
    throw reason;
  }

  /** They may switch later, or never: their successors start with the current graph, and each before the next one ends. */
  async #drainInTurn(workers: readonly WorkerProcess[]): Promise<void> {
    for (const worker of workers) {
      await worker.drain();
      const endsAtMs = monotonicClock() + this.#config.timeouts.loadMs;
      const isReplaced = (): boolean => this.#workers.get(worker.number)?.isServing === true;
      while (this.#state === 'serving' && !isReplaced() && monotonicClock() < endsAtMs)
        await sleep(successorPollMs);
    }
  }

  async #switchGraph(worker: WorkerProcess, next: Generation): Promise<void> {
    if (next.holders.has(worker) && worker.isServing) return;
    next.holders.add(worker);
    try {
      await worker.started;
      await worker.replace(next.planned);
    } catch {
      // Its successor starts with the current graph.
      await worker.drain();
    }
  }

  /** A worker that fails is restarted, with the current credentials and clients. */
  async #renew(worker: WorkerProcess, renew: () => Promise<void>): Promise<void> {
    try {
      await worker.started;
      await renew();
    } catch {
      await worker.drain();
    }
  }

  #fork(number: number): WorkerProcess {
    const generation = this.#current;
    if (!generation) throw new GatewayError('INTERNAL_ERROR', 'There is no graph yet');
    const worker = new WorkerProcess({
      number,
      config: this.#config,
      start: {
        planned: generation.planned,
        credentials: this.#credentials.current,
        clients: this.#clients,
        logLevel: this.#logLevel,
      },
      answer: (call, from, signal) => this.#answer(call, from, signal),
    });
    this.#workers.set(number, worker);
    generation.holders.add(worker);
    worker.started.then(
      () => {
        // It has answered requests already, and missed what the others were told.
        for (const source of this.#changedSources)
          worker.tell({ kind: 'mutated', source }).catch(() => undefined);
        this.#events.emit('workerStarted', { worker: number, pid: worker.pid });
      },
      (error: unknown) =>
        this.#state === 'serving' && this.#events.emit('workerFailed', { worker: number, error }),
    );
    void worker.ended.then((end) => this.#ended(worker, end));
    return worker;
  }

  async #ended(worker: WorkerProcess, { code, signal, servedMs }: WorkerEnd): Promise<void> {
    const { number, pid } = worker;
    this.#workers.delete(number);
    this.#metrics?.workerEnded(number);
    if (this.#state === 'serving') {
      const restarts = this.#restarts.get(number) ?? new Restarts();
      this.#restarts.set(number, restarts);
      const restartInMs = restarts.afterEnd(servedMs);
      this.#events.emit('workerEnded', { worker: number, pid, code, signal, restartInMs });
      const timer = setTimeout(() => {
        this.#restartTimers.delete(timer);
        this.#fork(number);
      }, restartInMs);
      this.#restartTimers.add(timer);
    }
    for (const generation of this.#generations.values()) {
      generation.holders.delete(worker);
      await this.#closeUnused(generation);
    }
  }

  async #answer(call: CallToPrimary, from: WorkerProcess, signal: AbortSignal): Promise<string> {
    if (call.kind === 'mutated') {
      if (call.source !== undefined) this.#changedSources.add(call.source);
      const others = [...this.#workers.values()].filter((worker) => worker !== from && worker.isServing);
      await Promise.allSettled(others.map((worker) => worker.tell(call)));
      return '';
    }
    if (call.kind === 'metrics') {
      // What it sent before it ended may be read after that.
      this.#metrics?.add(call.changes, this.#workers.get(from.number) === from ? from.number : null);
      return '';
    }
    if (call.kind === 'audit') {
      await this.#writeAudit?.(call.lines);
      return '';
    }
    if (call.kind === 'takeLimits') return this.#counters.take(call.packed);
    if (call.kind === 'settleLimits') {
      this.#counters.settle(call.changes);
      return '';
    }
    const generation = this.#generations.get(call.generation);
    if (call.kind === 'ask') {
      if (!generation)
        throw new GatewayError(
          'NOT_READY',
          'The graph was replaced while the operation was planned; try again',
        );
      return generation.planner.ask(call.task, { client: call.client, signal });
    }
    if (generation) {
      generation.holders.delete(from);
      await this.#closeUnused(generation);
    }
    return '';
  }

  async #closeUnused(generation: Generation): Promise<void> {
    const isCurrent = generation === this.#current || this.#current === undefined;
    // A generation that is still being tried is newer than the current one.
    const isOlder = generation.planned.generation < (this.#current?.planned.generation ?? 0);
    if (!isCurrent && isOlder && generation.holders.size === 0) await this.#discard(generation);
  }

  async #discard(generation: Generation): Promise<void> {
    this.#generations.delete(generation.planned.generation);
    await generation.planner.close();
  }
}

/** Port 0 becomes a fixed free port, so that a restarted worker gets the same one. */
async function withPort(config: GatewayConfig): Promise<GatewayConfig> {
  const { server } = config;
  const port = server.port === 0 ? await freePort(server.host) : server.port;
  return { ...config, server: { ...server, port } };
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new GatewayError('CONFIG_INVALID', `Cannot listen on ${host}: ${cause.message}`, { cause })),
    );
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
