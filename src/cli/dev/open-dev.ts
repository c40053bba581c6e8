/** Assembles `tributary dev`: mocks, the session, and what looks for changed files. */

import { graphSource, readConfig, type RunningGateway } from '../../assembly/start.ts';
import { policyOf } from '../../authz/open-authorization.ts';
import { Repository } from '../../checks/states/git.ts';
import { openMockSubgraph } from '../../services/mocks/mock-subgraph.ts';
import { Poller } from '../../shared/poller.ts';
import type { ClientLocations } from '../client-arguments.ts';
import { Codegen } from './codegen.ts';
import { SchemaCheck } from './schema-check.ts';
import { DevSession, serviceUrls, type SessionOptions } from './session.ts';
import { WatchedFiles } from './watched-files.ts';

/** Between two looks for changed files. */
const pollMs = 250;
/** Files that keep changing are acted on after this time. */
const settleMsMax = 3000;
/** Timers of pollers do not keep the process alive, and the gateway may wait for a graph that composes. */
const aliveMs = 3_600_000;

export interface DevOptions extends Pick<SessionOptions, 'locations' | 'gateway' | 'overrides'> {
  /** Names of subgraphs. */
  readonly mocks: readonly string[];
  /** Undefined: the merge base. */
  readonly base: string | undefined;
  /** As `--operations` says them. */
  readonly operations: readonly string[];
  readonly generatesCode: boolean;
}

export interface Development extends Pick<RunningGateway, 'close' | 'reload' | 'switchLogLevel'> {
  /** Does everything once, then on every save. @throws {GatewayError} Where the gateway cannot start. */
  start(): Promise<void>;
}

/** @throws {GatewayError} `CONFIG_INVALID` for a gateway.yaml that is not valid. */
export async function openDev(options: DevOptions): Promise<Development> {
  const { locations, gateway, overrides, base, operations, generatesCode } = options;
  const config = await readConfig({ ...locations.graph, ...gateway });
  const repository = await Repository.around(process.cwd());
  const codegen = generatesCode ? new Codegen(repository?.root ?? process.cwd()) : null;
  const mocks = await Promise.all(options.mocks.map((name) => openMockSubgraph(name)));
  const urls = serviceUrls(overrides, mocks);
  const source = graphSource({ ...locations.graph, ...gateway, serviceUrls: urls }, config);
  const check = new SchemaCheck({ locations, base, operations });
  const session = new DevSession({ locations, gateway, overrides, mocks, check, codegen }, source);
  const { policy } = policyOf(config);
  const files = new WatchedFiles({
    graph: graphFile(locations.graph),
    clients: locations.clients,
    files: [...(codegen ? [codegen.file] : []), ...(policy ? [policy.file] : [])],
    folders: operations.map((text) => text.replace(/^[^=]*=/, '')),
  });
  const saves = new Saves(files, () => session.updateOrSay());
  if (source.isRemote) session.onChange(() => void saves.update());
  return {
    async start() {
      setInterval(() => {}, aliveMs);
      await saves.start(() => session.update());
    },
    reload: () => saves.update(),
    switchLogLevel: () => session.running?.switchLogLevel(),
    async close() {
      saves.stop();
      await session.close();
    },
  };
}

function graphFile(graph: ClientLocations['graph']): string | null {
  if ('graphPath' in graph) return graph.graphPath;
  return /^https?:\/\//.test(graph.supergraph) ? null : graph.supergraph;
}

/** Runs an update for every save: when files have stopped changing, and if a text changed. */
class Saves {
  readonly #files: WatchedFiles;
  readonly #update: () => Promise<void>;
  #poller: Poller | undefined;
  /** Of the last update. */
  #handled = '';
  #digest = '';
  /** Of the last look. */
  #seen = '';
  /** Since when files differ from those of the last update. Null: they do not. */
  #changedAtMs: number | null = null;

  /** @param update Never rejects. */
  constructor(files: WatchedFiles, update: () => Promise<void>) {
    this.#files = files;
    this.#update = update;
  }

  /** @param first May reject, and then nothing is looked at. */
  async start(first: () => Promise<void>): Promise<void> {
    await this.#remember();
    await first();
    // Files that cannot be looked at now are looked at again.
    const poll = (): Promise<void> => this.#look().catch(() => undefined);
    this.#poller = new Poller({ poll, waitMs: () => pollMs });
  }

  /** After the update that runs now. */
  update(): Promise<void> {
    return this.#poller?.run(() => this.#run()) ?? Promise.resolve();
  }

  stop(): void {
    void this.#poller?.close();
  }

  async #look(): Promise<void> {
    const state = await this.#files.state();
    const isSettled = state === this.#seen;
    this.#seen = state;
    if (state === this.#handled) {
      this.#changedAtMs = null;
      return;
    }
    this.#changedAtMs ??= Date.now();
    if (!isSettled && Date.now() - this.#changedAtMs < settleMsMax) return;
    this.#changedAtMs = null;
    const before = this.#digest;
    await this.#remember();
    if (this.#digest !== before) await this.#update();
  }

  async #run(): Promise<void> {
    await this.#remember().catch(() => undefined);
    await this.#update();
  }

  /** The state comes first, so that a change in between is found by the next look. */
  async #remember(): Promise<void> {
    this.#handled = await this.#files.state();
    this.#digest = await this.#files.digest();
  }
}
