/** What `tributary dev` does on start and on every save: compose, serve, write snapshots, check, generate code. */

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { sep } from 'node:path';

import type { RunningGateway } from '../../assembly/start.ts';
import { composedGraph, composedLimitDefaults, type ComposedGraph } from '../../checks/composed-graph.ts';
import type { ClientConfig } from '../../config/client/client-file.ts';
import type { GatewayConfig } from '../../config/gateway/gateway-config.ts';
import { nearestName } from '../../config/yaml/suggest.ts';
import { displayName } from '../../config/yaml/file.ts';
import { supergraphSourceOf, type Graph, type GraphSource } from '../../plan/graph-source.ts';
import type { SupergraphSource } from '../../preparation/worker-protocol.ts';
import type { MockSubgraph } from '../../services/mocks/mock-subgraph.ts';
import { errorText } from '../../shared/error-text.ts';
import { isGatewayError } from '../../shared/errors.ts';
import { Events } from '../../shared/events.ts';
import { CommandFailed, UsageError } from '../arguments.ts';
import { readClientFolders, type ClientLocations } from '../client-arguments.ts';
import { clientCommand, printedSnapshot, snapshotFile } from '../client-snapshot.ts';
import type { Codegen } from './codegen.ts';
import type { SchemaCheck } from './schema-check.ts';
import { Notices } from './notices.ts';
import { overrideDifferences } from './override-differences.ts';

export interface SessionOptions {
  readonly locations: ClientLocations;
  readonly gateway: {
    readonly configPath?: string;
    readonly host?: string;
    readonly port?: number;
    readonly logLevel: GatewayConfig['log']['level'];
  };
  /** The address of each subgraph that runs elsewhere than the graph says. */
  readonly overrides: ReadonlyMap<string, string>;
  readonly mocks: readonly MockSubgraph[];
  readonly check: SchemaCheck;
  /** Null: no code is generated. */
  readonly codegen: Codegen | null;
}

type Composed = Exclude<ComposedGraph, { readonly error: string }>;

export class DevSession {
  readonly #options: SessionOptions;
  readonly #source: GraphSource;
  readonly #events = new Events();
  readonly #notices = new Notices();
  #running: RunningGateway | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Ends what follows the last update. */
  #superseded = new AbortController();
  /** What follows the last update: the check and code generation. */
  #following: Promise<void> = Promise.resolve();
  /** Of the graph that is served. */
  #hash = '';
  #onChange: () => void = () => {};
  #isComparing = false;
  #isClosed = false;

  /** @param source Of the graph, with the addresses that overrides and mocks give. */
  constructor(options: SessionOptions, source: GraphSource) {
    this.#options = options;
    this.#source = source;
    const stopListening = this.#events.on('supergraphLoaded', ({ hash }) => {
      this.#hash = hash;
      stopListening();
    });
    this.#events.on('graphReplaced', ({ hash }) => this.#replaced(hash));
    this.#events.on('supergraphRefused', ({ error }) => {
      const reason = errorText(error).replaceAll(`${process.cwd()}${sep}`, '');
      this.#notices.problem('gateway', `The gateway refuses the graph:\n${reason}`);
    });
  }

  /** Undefined: the graph has not composed yet. */
  get running(): RunningGateway | undefined {
    return this.#running;
  }

  /** Calls `run` whenever another graph is served than before. */
  onChange(run: () => void): void {
    this.#onChange = run;
  }

  /**
   * Everything once. The check and code generation follow when it has settled, and the next update ends them: a save is
   * served without waiting for what is said about the one before.
   *
   * @throws {UsageError | GatewayError} Where the gateway cannot start for another reason than the graph.
   */
  async update(): Promise<void> {
    this.#superseded.abort();
    const { signal } = (this.#superseded = new AbortController());
    const clients = await this.#readClients();
    const composed = await this.#compose(clients);
    if (composed === null || this.#isClosed) return;
    this.#mock(composed);
    await this.#serve();
    this.#writing = this.#writeSnapshots(composed);
    await this.#writing;
    if (this.#isClosed) return;
    this.#following = this.#following.then(() => this.#follow(signal));
    void this.#compareOverrides(composed);
  }

  /** As `update`, for saves: what it would throw is printed. */
  async updateOrSay(): Promise<void> {
    await this.update().catch((error: unknown) => this.#notices.problem('gateway', errorText(error)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#superseded.abort();
    const { mocks } = this.#options;
    await Promise.all([this.#following, this.#running?.close(), this.#writing]);
    await Promise.all(mocks.map((mock) => mock.close()));
  }

  /** An address may send the same graph again. */
  #replaced(hash: string): void {
    this.#notices.problem('gateway', null);
    if (hash === this.#hash) return;
    this.#hash = hash;
    this.#notices.say('Serving the changed graph.');
    this.#onChange();
  }

  async #readClients(): Promise<readonly ClientConfig[]> {
    const { clients: folder } = this.#options.locations;
    if (!existsSync(folder)) return [];
    try {
      const clients = [...(await readClientFolders(folder)).values()];
      const invalid = clients.filter(isGatewayError).map(({ message }) => message);
      this.#notices.problem('clients', invalid.length === 0 ? null : invalid.join('\n'));
      return clients.filter((client): client is ClientConfig => !isGatewayError(client));
    } catch (error) {
      this.#notices.problem('clients', errorText(error));
      return [];
    }
  }

  /** @returns Null: the graph cannot be read or does not compose, which is printed. */
  async #compose(clients: readonly ClientConfig[]): Promise<Composed | null> {
    const { overrides, mocks } = this.#options;
    try {
      const graph = await this.#source.read();
      const input = {
        source: sourceOf(graph),
        clients,
        withSubgraphs: overrides.size > 0 || mocks.length > 0,
      };
      const composed = await composedGraph(input, composedLimitDefaults);
      if (!('error' in composed)) {
        if (!this.#running) this.#checkNames(composed);
        if (this.#notices.hasProblem('graph')) this.#notices.say('The graph composes again.');
        this.#notices.problem('graph', null);
        return composed;
      }
      if (!this.#running && this.#source.isRemote) throw new CommandFailed(composed.error);
      this.#refuse(composed.error);
    } catch (error) {
      if (error instanceof UsageError || error instanceof CommandFailed) throw error;
      // There is no file to save that would mend it.
      if (!this.#running && this.#source.isRemote) throw error;
      this.#refuse(errorText(error));
    }
    return null;
  }

  #refuse(reason: string): void {
    const effect = this.#running
      ? 'The last good graph is still served.'
      : 'Nothing is served yet: correct the graph.';
    this.#notices.problem('graph', `The graph does not compose:\n${reason}\n${effect}`);
  }

  /** @throws {UsageError} For an override or a mock of a subgraph that is not there. */
  #checkNames({ subgraphs }: Composed): void {
    const { overrides, mocks } = this.#options;
    const names = subgraphs.map(({ name }) => name);
    for (const name of [...overrides.keys(), ...mocks.map((mock) => mock.name)]) {
      if (names.includes(name)) continue;
      const nearest = nearestName(name, names);
      const hint = nearest === undefined ? `it has ${names.join(', ')}` : `did you mean "${nearest}"?`;
      throw new UsageError(`the graph has no subgraph "${name}" (${hint})`);
    }
  }

  #mock({ subgraphs }: Composed): void {
    for (const mock of this.#options.mocks) {
      const sdl = subgraphs.find(({ name }) => name === mock.name)?.sdl;
      try {
        if (sdl !== undefined) mock.useSchema(sdl);
        this.#notices.problem(`mock ${mock.name}`, null);
      } catch (error) {
        this.#notices.problem(`mock ${mock.name}`, errorText(error));
      }
    }
  }

  async #serve(): Promise<void> {
    const { gateway, locations, overrides, mocks } = this.#options;
    if (this.#running) {
      // An address is polled by the gateway.
      if (!this.#source.isRemote) await this.#running.reload();
      return;
    }
    const { start } = await import('../../assembly/start.ts');
    const running = await start({
      ...locations.graph,
      ...gateway,
      workers: 1,
      serviceUrls: serviceUrls(overrides, mocks),
      events: this.#events,
      ...(this.#source.isRemote ? {} : { filePollMs: 0 }),
    });
    this.#running = running;
    for (const [name, url] of overrides) this.#notices.say(`Subgraph ${name} is called at ${url}`);
    for (const { name, url } of mocks) this.#notices.say(`Subgraph ${name} is mocked at ${url}`);
    this.#notices.say(`Serving the graph at ${running.url}`);
  }

  async #writeSnapshots({ clients }: Composed): Promise<void> {
    for (const { name, sdl, problem } of clients) {
      this.#notices.problem(
        `contract ${name}`,
        problem === null ? null : `The contract of client ${name} does not hold:\n${problem}`,
      );
      if (sdl === null) continue;
      const file = snapshotFile(this.#options.locations.clients, name);
      const text = printedSnapshot(sdl, clientCommand(name));
      const onDisk = await readFile(file, 'utf8').catch(() => null);
      if (onDisk?.replaceAll('\r\n', '\n') === text) continue;
      try {
        await writeFile(file, text);
        this.#notices.say(`Wrote ${displayName(file)}`);
      } catch (error) {
        this.#notices.say(`Cannot write ${displayName(file)}: ${errorText(error)}`);
      }
    }
  }

  /** Never rejects. */
  async #follow(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await this.#options.check.run(this.#notices, signal);
    if (!signal.aborted) await this.#generateCode(signal);
  }

  async #generateCode(signal: AbortSignal): Promise<void> {
    const result = await this.#options.codegen?.run(signal);
    if (!result) return;
    const failure = result.isOk ? null : `Code generation failed:\n${result.output}`;
    if (this.#notices.problem('codegen', failure)) return;
    if (result.isOk) this.#notices.say('Generated code.');
  }

  /** A local service may take long to answer, which must not hold up the next save. */
  async #compareOverrides({ subgraphs }: Composed): Promise<void> {
    if (this.#isComparing) return;
    this.#isComparing = true;
    for (const [name, url] of this.#options.overrides) {
      const sdl = subgraphs.find((subgraph) => subgraph.name === name)?.sdl ?? '';
      const text = await overrideDifferences({ name, url, sdl });
      if (!this.#isClosed) this.#notices.problem(`override ${name}`, text);
    }
    this.#isComparing = false;
  }
}

export function serviceUrls(
  overrides: ReadonlyMap<string, string>,
  mocks: readonly MockSubgraph[],
): ReadonlyMap<string, string> {
  return new Map([...overrides, ...mocks.map(({ name, url }) => [name, url] as const)]);
}

/** With files as messages name them. */
function sourceOf(graph: Graph): SupergraphSource {
  const source = supergraphSourceOf(graph);
  if (source.kind !== 'subgraphs') return source;
  return {
    ...source,
    subgraphs: source.subgraphs.map((subgraph) => ({ ...subgraph, file: displayName(subgraph.file) })),
  };
}
