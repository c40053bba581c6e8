/** What every run needs before a gateway starts: the backends, the load generator and the supergraphs. */

import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { BackstageMessage, BackstageOrder, Call } from './backstage/protocol.ts';
import { serviceNames, type ServiceName } from './backstage/shop.ts';
import { generatedServices, type GeneratedService } from './graph/model.ts';
import type {
  LoadMessage,
  LoadOrder,
  LoadResult,
  PassOrder,
  PassResult,
  WindowOrder,
} from './load/protocol.ts';
import { cores, type Running, start } from './processes.ts';
import { writeShopGraph } from './supergraphs.ts';

const replyTimeoutMs = 180_000;

export interface Stage {
  /** For files of this run; removed at its end. */
  readonly folder: string;
  /** Of each subgraph. */
  readonly urls: Readonly<Record<ServiceName, string>>;
  /** Of each subgraph of the generated graph. */
  readonly generatedUrls: Readonly<Record<GeneratedService, string>>;
  /** Of the REST service. */
  readonly membersUrl: string;
  /** Files. `local`: with accounts at `local:accounts`. */
  readonly supergraphs: { readonly remote: string; readonly local: string };
  /** Executables of gateways that do not come with npm. */
  readonly binaries: ReadonlyMap<string, string>;
  /** Which fetches each workload makes, for the floor. */
  readonly recordingPath: string;
  /** Runs `during` and says which calls reached the backends meanwhile. */
  record(during: () => Promise<void>): Promise<readonly Call[]>;
  load(order: Omit<WindowOrder, 'kind'>): Promise<LoadResult>;
  pass(order: Omit<PassOrder, 'kind'>): Promise<PassResult>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly delayMs: number;
  readonly binaries?: ReadonlyMap<string, string>;
}

export async function openStage({ delayMs, binaries = new Map() }: StageOptions): Promise<Stage> {
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
    const urlsOf = <Name extends string>(names: readonly Name[]): Record<Name, string> =>
      Object.fromEntries(names.map((name) => [name, `${urlOf(name)}/graphql`])) as Record<Name, string>;
    const urls = urlsOf(serviceNames);
    const supergraphs = { remote: join(folder, 'remote.graphql'), local: join(folder, 'local.graphql') };
    await writeShopGraph(supergraphs.remote, urls);
    await writeShopGraph(supergraphs.local, { accounts: 'local:accounts', reviews: urls.reviews });
    return {
      folder,
      urls,
      generatedUrls: urlsOf(generatedServices),
      membersUrl: urlOf('members'),
      supergraphs,
      binaries,
      recordingPath: join(folder, 'recording.json'),
      record: (during) => recordCalls(backstage, during),
      load: async (order) => {
        const reply = await orderLoad(loader, { ...order, kind: 'window' });
        if (reply.kind !== 'window') throw new Error('the load generator did something else');
        return reply.result;
      },
      pass: async (order) => {
        const reply = await orderLoad(loader, { ...order, kind: 'pass' });
        if (reply.kind !== 'pass') throw new Error('the load generator did something else');
        return reply.result;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
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

async function orderLoad(
  loader: ChildProcess,
  order: LoadOrder,
): Promise<Exclude<LoadMessage, { kind: 'failed' }>> {
  const reply = replyOf(loader, (message: LoadMessage) => message);
  loader.send(order);
  const message = await reply;
  if (message.kind === 'failed') throw new Error(message.message);
  return message;
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
