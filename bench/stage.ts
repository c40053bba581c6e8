/** What every run needs before a gateway starts: the backends, the load generator and the supergraphs. */

import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compose } from '../src/preparation/composition/compose.ts';
import type { BackstageMessage, BackstageOrder, Call } from './backstage/protocol.ts';
import { serviceNames, type ServiceName } from './backstage/shop.ts';
import type { LoadMessage, LoadOrder, LoadResult } from './load/protocol.ts';
import { cores, type Running, start } from './processes.ts';

const replyTimeoutMs = 180_000;

export interface Stage {
  /** For files of this run; removed at its end. */
  readonly folder: string;
  /** Of each subgraph. */
  readonly urls: Readonly<Record<ServiceName, string>>;
  /** Of the REST service. */
  readonly membersUrl: string;
  /** Files. `local`: with accounts at `local:accounts`. */
  readonly supergraphs: { readonly remote: string; readonly local: string };
  /** Which fetches each workload makes, for the floor. */
  readonly recordingPath: string;
  /** Runs `during` and says which calls reached the backends meanwhile. */
  record(during: () => Promise<void>): Promise<readonly Call[]>;
  load(order: LoadOrder): Promise<LoadResult>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly delayMs: number;
}

export async function openStage({ delayMs }: StageOptions): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const processes: Running[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(processes.map((each) => each.end()));
    process.off('exit', removeFolder);
    removeFolder();
  };
  try {
    const backstage = startBeside('backstage/main.ts', [String(delayMs)], processes);
    const { ports } = await replyOf(backstage, (message: BackstageMessage) =>
      message.kind === 'ready' ? message : undefined,
    );
    const loader = startBeside('load/main.ts', [], processes);
    const urlOf = (service: string): string => `http://127.0.0.1:${ports[service]}`;
    const urls = Object.fromEntries(
      serviceNames.map((name) => [name, `${urlOf(name)}/graphql`]),
    ) as Stage['urls'];
    const supergraphs = { remote: join(folder, 'remote.graphql'), local: join(folder, 'local.graphql') };
    await writeFile(supergraphs.remote, await supergraphOf(urls));
    await writeFile(
      supergraphs.local,
      await supergraphOf({ accounts: 'local:accounts', reviews: urls.reviews }),
    );
    return {
      folder,
      urls,
      membersUrl: urlOf('members'),
      supergraphs,
      recordingPath: join(folder, 'recording.json'),
      record: (during) => recordCalls(backstage, during),
      load: (order) => orderLoad(loader, order),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param more SDL to add to each subgraph. */
export async function supergraphOf(
  urls: Readonly<Partial<Record<ServiceName, string>>>,
  more: (service: string) => string = () => '',
): Promise<string> {
  const schemas = Object.entries(urls).map(async ([name, url]) => {
    const file = fileURLToPath(new URL(`schemas/${name}.graphql`, import.meta.url));
    return { name, url, sdl: (await readFile(file, 'utf8')) + more(name), file };
  });
  const composed = compose(await Promise.all(schemas));
  if ('supergraphSdl' in composed) return composed.supergraphSdl;
  throw new Error(composed.errors.map(({ message }) => message).join('\n'));
}

function startBeside(program: string, args: readonly string[], processes: Running[]): ChildProcess {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const running = start([path, ...args], { core: cores.others, ipc: true });
  running.child.stderr?.pipe(process.stderr);
  processes.push(running);
  return running.child;
}

async function recordCalls(backstage: ChildProcess, during: () => Promise<void>): Promise<readonly Call[]> {
  backstage.send({ kind: 'record' } satisfies BackstageOrder);
  await during();
  const reply = replyOf(backstage, (message: BackstageMessage) =>
    message.kind === 'recorded' ? message.calls : undefined,
  );
  backstage.send({ kind: 'stop-recording' } satisfies BackstageOrder);
  return reply;
}

async function orderLoad(loader: ChildProcess, order: LoadOrder): Promise<LoadResult> {
  const reply = replyOf(loader, (message: LoadMessage) => message);
  loader.send(order);
  const message = await reply;
  if (message.kind === 'done') return message.result;
  throw new Error(message.message);
}

/** The first message of `child` that `pick` wants. */
function replyOf<Message, Reply>(
  child: ChildProcess,
  pick: (message: Message) => Reply | undefined,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(late);
      child.off('message', read);
      child.off('exit', ended);
      finish();
    };
    const read = (message: unknown): void => {
      const reply = pick(message as Message);
      if (reply !== undefined) settle(() => resolve(reply));
    };
    const ended = (): void => settle(() => reject(new Error('a process of the benchmark ended')));
    const late = setTimeout(
      () => settle(() => reject(new Error(`no reply after ${replyTimeoutMs} ms`))),
      replyTimeoutMs,
    );
    child.on('message', read);
    child.on('exit', ended);
  });
}
