/** Which two states a check compares, by the flags of its command. */

import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path';

import { operationsIn } from '../checks/operations/registered.ts';
import type { ClientOperation } from '../checks/report.ts';
import { DiskTree, type FileTree } from '../checks/states/file-tree.ts';
import { Repository } from '../checks/states/git.ts';
import { introspectedSchema } from '../checks/states/introspection.ts';
import { readState, type StateFiles } from '../checks/states/read-state.ts';
import type { SchemaState, StateGraph } from '../checks/states/state.ts';
import { readChecksPolicy, type ChecksPolicy } from '../config/checks/checks-file.ts';
import { readOverrides, type OverrideEntry, type OverrideText } from '../config/checks/override-files.ts';
import { flagText, flagTexts, UsageError, type FlagValues } from './arguments.ts';
import { graphDefault } from './client-arguments.ts';

export const stateFlags = {
  base: { type: 'string' },
  head: { type: 'string' },
  graph: { type: 'string' },
  clients: { type: 'string' },
  subgraph: { type: 'string', multiple: true },
  operations: { type: 'string', multiple: true },
} as const;

export const stateHelp = `  --base STATE             what the change is compared with: a git ref, a folder, or a supergraph file
                           (default: the merge base of HEAD and the branch of the pull request, or the default branch)
  --head STATE             the change (default: the files in the working tree)
  --graph FILE             graph.yaml in both states (default: ${graphDefault})
  --clients FOLDER         with a folder for each client (default: clients beside graph.yaml)
  --subgraph NAME=URL      take the schema of this subgraph from a running service; may be repeated
  --operations [CLIENT=]FOLDER
                           further operations: .graphql documents or manifests; may be repeated`;

export interface CheckedStates {
  readonly base: SchemaState;
  readonly head: SchemaState;
  /** The head's. Absolute where it is on disk. */
  readonly root: string;
  /** Relative to the root. */
  readonly graph: string;
  readonly headTree: FileTree;
}

export interface StatePolicy {
  readonly policy: ChecksPolicy;
  readonly overrides: readonly OverrideEntry[];
}

/** `policy/checks.yaml` and `policy/overrides/` beside graph.yaml, of the change. @throws {GatewayError} */
export async function readPolicy({ headTree, graph }: Omit<CheckedStates, 'base'>): Promise<StatePolicy> {
  const folder = posix.join(posix.dirname(graph), 'policy');
  const file = posix.join(folder, 'checks.yaml');
  const texts: OverrideText[] = [];
  for (const path of await headTree.list(posix.join(folder, 'overrides'))) {
    const text = /\.ya?ml$/.test(path) ? await headTree.read(path) : null;
    if (text !== null) texts.push({ file: path, text });
  }
  return {
    policy: await readChecksPolicy(await headTree.read(file), file),
    overrides: await readOverrides(texts),
  };
}

interface Location {
  readonly tree: FileTree;
  readonly graph: string;
  readonly clients: string;
  /** A commit may be older than the graph. */
  readonly isCommit: boolean;
}

type HeadState = Omit<CheckedStates, 'base'> & { readonly location: Location };

/** @throws {UsageError | GatewayError} */
export async function readStates(flags: FlagValues): Promise<CheckedStates> {
  const places = await placesOf(flags);
  const baseFlag = flagText(flags['base']);
  const base = baseFlag === undefined ? await mergeBase(places) : await locationOf(baseFlag, places);
  const rest = await headOf(flags, places);
  assertClients(flags, [await filesOf(base, []), await filesOf(rest.location, [])]);
  const baseState = await readState({ ...(await filesOf(base, [])), isGraphOptional: base.isCommit });
  const sent = await sentOperations(operationFiles(flags, places.root), rest.headTree);
  const { operations, ...ofBase } = withClientsOf(baseState, rest.head);
  const { location: _, ...ofHead } = rest;
  return {
    ...ofHead,
    base: { ...ofBase, operations: [...operations, ...sent] },
    head: withClientsOf(rest.head, baseState),
  };
}

/** `--operations` are sent today: one that is not valid is no mistake of the change. */
async function sentOperations(
  folders: StateFiles['operations'],
  tree: FileTree,
): Promise<readonly ClientOperation[]> {
  const read = folders.map(({ client, folder }) => operationsIn(tree, folder, client));
  return (await Promise.all(read)).flatMap(({ operations }) => operations);
}

/** A supergraph has no clients beside it: they are those of the other state. */
function withClientsOf(state: SchemaState, other: SchemaState): SchemaState {
  if (state.graph.kind !== 'supergraph' || state.clients.length > 0) return state;
  const operations = state.operations.length > 0 ? state.operations : other.operations;
  return { ...state, clients: other.clients, operations };
}

/** Without a state to compare with. */
export async function readHead(flags: FlagValues): Promise<Omit<CheckedStates, 'base'>> {
  const { location: _, ...head } = await headOf(flags, await placesOf(flags));
  return head;
}

/**
 * A folder that is in neither state is a mistyped one: without it, no client would be checked. One in the working tree may
 * be empty, before there is a first client.
 */
function assertClients(flags: FlagValues, states: readonly StateFiles[]): void {
  const named = flagText(flags['clients']);
  if (named === undefined || states.some(({ clients }) => clients !== null)) return;
  const isEmpty =
    flagText(flags['head']) === undefined && statSync(named, { throwIfNoEntry: false })?.isDirectory();
  if (!isEmpty) throw new UsageError(`--clients: there is no folder ${named}, neither before nor after`);
}

async function placesOf(flags: FlagValues): Promise<Places> {
  const graphPath = resolve(flagText(flags['graph']) ?? graphDefault);
  const repository = await Repository.around(nearestFolder(dirname(graphPath)));
  const root = realpathSync(repository?.root ?? rootWithout(graphPath));
  const graph = pathIn(root, graphPath);
  const clientsFlag = flagText(flags['clients']);
  const clients =
    clientsFlag === undefined ? posix.join(posix.dirname(graph), 'clients') : pathIn(root, clientsFlag);
  return { root, graph, clients, repository };
}

async function headOf(flags: FlagValues, places: Places): Promise<HeadState> {
  const { root, graph, clients } = places;
  const headFlag = flagText(flags['head']);
  const head: Location =
    headFlag === undefined
      ? { tree: new DiskTree(root, 'working tree'), graph, clients, isCommit: false }
      : await locationOf(headFlag, places);
  const state = await readState(await filesOf(head, operationFiles(flags, root)));
  return {
    head: { ...state, graph: await withRunning(state.graph, flagTexts(flags['subgraph'])) },
    root,
    graph: head.graph,
    headTree: head.tree,
    location: head,
  };
}

function operationFiles(flags: FlagValues, root: string): StateFiles['operations'] {
  return flagTexts(flags['operations']).map((text) => operationsFlag(text, root));
}

/** Outside of a repository, messages name files from where the command runs, if they are below it. */
function rootWithout(graphPath: string): string {
  const cwd = process.cwd();
  return graphPath.startsWith(cwd + sep) ? cwd : nearestFolder(dirname(graphPath));
}

async function filesOf(
  { tree, graph, clients }: Location,
  operations: StateFiles['operations'],
): Promise<StateFiles> {
  const hasClients = (await tree.list(clients)).length > 0;
  return { tree, graph, clients: hasClients ? clients : null, operations };
}

/** In both states. */
interface Places {
  /** Absolute. */
  readonly root: string;
  readonly graph: string;
  readonly clients: string;
  readonly repository: Repository | null;
}

async function mergeBase({ graph, clients, repository }: Places): Promise<Location> {
  if (!repository) throw new UsageError('this is no git repository: name a folder or a file with --base');
  const { name, commit } = await repository.mergeBase(process.env);
  return { tree: repository.tree(commit, name), graph, clients, isCommit: true };
}

/** @throws {UsageError} Also for what may be a path or a ref: the wrong one would be compared without a word. */
async function locationOf(state: string, places: Places): Promise<Location> {
  const { graph, clients, repository } = places;
  if (!existsSync(state)) {
    if (!repository)
      throw new UsageError(`"${state}" is neither a folder nor a file, and this is no git repository`);
    const tree = repository.tree(await repository.commitOf(state), state);
    return { tree, graph, clients, isCommit: true };
  }
  if (await repository?.has(state))
    throw new UsageError(
      `"${state}" is a path and a git ref: say which, with ./${state} or refs/heads/${state}`,
    );
  const path = resolve(state);
  if (statSync(path).isDirectory()) return inFolder(state, places);
  const tree = new DiskTree(dirname(path), state);
  return { tree, graph: basename(path), clients: 'clients', isCommit: false };
}

/** The graph is looked for by its whole path first, and then by ever shorter ends of it. */
function inFolder(state: string, { graph, clients }: Places): Location {
  const path = resolve(state);
  const steps = graph.split('/');
  const graphs = [...new Set([...steps.map((_, from) => steps.slice(from).join('/')), 'graph.yaml'])];
  const found = graphs.find((file) => existsSync(join(path, file)));
  if (found === undefined)
    throw new UsageError(`${state} has no graph: there is none of ${graphs.join(', ')}`);
  const beside = posix.relative(posix.dirname(graph), clients);
  const ofGraph = posix.join(posix.dirname(found), beside);
  return {
    tree: new DiskTree(path, state),
    graph: found,
    clients: ofGraph.startsWith('..') ? 'clients' : ofGraph,
    isCommit: false,
  };
}

function operationsFlag(text: string, root: string): StateFiles['operations'][number] {
  const [, client = 'any', folder = text] = /^([a-z][a-z0-9-]*)=(.+)$/.exec(text) ?? [];
  if (!existsSync(folder)) throw new UsageError(`--operations: there is no folder ${folder}`);
  return { client, folder: pathIn(root, folder) };
}

/** @throws {UsageError} For a subgraph that is not in the graph. */
async function withRunning(graph: StateGraph, flags: readonly string[]): Promise<StateGraph> {
  if (flags.length === 0) return graph;
  if (graph.kind !== 'subgraphs') throw new UsageError('--subgraph needs a graph.yaml, not a supergraph');
  let { subgraphs } = graph;
  for (const flag of flags) {
    const [, name = '', url = ''] = /^([^=]+)=(https?:\/\/.+)$/.exec(flag) ?? [];
    if (!subgraphs.some((subgraph) => subgraph.name === name))
      throw new UsageError(
        `--subgraph must be NAME=URL with one of ${subgraphs.map((subgraph) => subgraph.name).join(', ')}, got "${flag}"`,
      );
    const sdl = await introspectedSchema(name, url);
    subgraphs = subgraphs.map((subgraph) => (subgraph.name === name ? { ...subgraph, sdl } : subgraph));
  }
  return { ...graph, subgraphs };
}

/** Links are followed, as git does for its root. */
function pathIn(root: string, path: string): string {
  const absolute = resolve(path);
  const folder = nearestFolder(absolute);
  const inRoot = relative(root, join(realpathSync(folder), relative(folder, absolute)));
  if (inRoot.startsWith('..')) throw new UsageError(`${path} is outside of ${root}`);
  return inRoot.split(sep).join('/');
}

/** The path itself, or what is there of it: it may be in another commit only. */
function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
