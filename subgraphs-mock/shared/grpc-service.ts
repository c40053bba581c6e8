/**
 * The gRPC shell of the inventory and shipping mocks: logs calls, plays the faults and sends the answers.
 *
 * Sockets come from a listener of our own and are injected, so that a service can refuse connections and drop them
 * while it keeps its state; grpc-js's own listener can do neither.
 */

import { createServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Server, ServerCredentials, loadPackageDefinition, status } from '@grpc/grpc-js';
import type { ServiceDefinition, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import type { UntypedServiceImplementation, sendUnaryData } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

import { toLoggedArgs } from './call-log.ts';
import type { Call, CallLog } from './call-log.ts';
import type { Effect, Faults } from './faults.ts';

export type Message = Readonly<Record<string, unknown>>;

/** An error the service means: it reaches the client with this code. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;

  constructor(code: keyof typeof status, message: string) {
    super(message);
    this.code = status[code];
  }
}

/** Field names are in camelCase on both sides. */
export interface GrpcApp {
  /** File name in schemas/protos. */
  readonly proto: string;
  /** With its package: `tributary.inventory.v1.Inventory`. */
  readonly service: string;
  readonly unary: Readonly<Record<string, (request: Message) => Message>>;
  /** An iterator that waits does so with the signal, which aborts when the client leaves. */
  readonly streams: Readonly<
    Record<string, (request: Message, signal: AbortSignal) => AsyncIterable<Message>>
  >;
}

const hangMsMax = 600_000;
/** Field 15 with wire type 7, which does not exist: no decoder accepts it. A cut-off field would pass protobufjs. */
const undecodable = Buffer.from([0x7f]);
const garbage = Symbol('an answer that does not decode');

interface Book {
  readonly calls: CallLog;
  readonly faults: Faults;
  /** By the peer address grpc-js reports for a call. */
  readonly sockets: Map<string, Socket>;
}

export function createGrpcServer(app: GrpcApp, calls: CallLog, faults: Faults): NetServer {
  const book: Book = { calls, faults, sockets: new Map() };
  const rpc = new Server();
  rpc.addService(definitionOf(app), implementationOf(app, book));
  const injector = rpc.createConnectionInjector(ServerCredentials.createInsecure());
  const server = createServer((socket) => {
    if (faults.refusesConnections) {
      socket.destroy();
      return;
    }
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    book.sockets.set(peer, socket);
    socket.once('close', () => book.sockets.delete(peer));
    injector.injectConnection(socket);
  });
  server.once('close', () => {
    injector.destroy();
    rpc.forceShutdown();
  });
  return server;
}

/** The service as the proto has it, except that an answer can be garbage. */
function definitionOf(app: GrpcApp): ServiceDefinition {
  const file = fileURLToPath(new URL(`../../schemas/protos/${app.proto}`, import.meta.url));
  const loaded = loadPackageDefinition(loadSync(file, { longs: Number, enums: String, defaults: true }));
  let found: unknown = loaded;
  for (const part of app.service.split('.')) found = (found as Record<string, unknown>)[part];
  const { service } = found as { readonly service: ServiceDefinition };
  const methods = Object.entries(service).map(([name, method]) => {
    const serialize = method.responseSerialize as (message: Message) => Buffer;
    const responseSerialize = (message: Message): Buffer =>
      garbage in message ? undecodable : serialize(message);
    return [name, { ...method, responseSerialize }];
  });
  return Object.fromEntries(methods) as ServiceDefinition;
}

/** What a unary call and a streaming one have in common. */
type AnyCall = Pick<ServerUnaryCall<Message, Message>, 'request' | 'metadata' | 'getPeer'> & {
  on(event: 'cancelled', listener: () => void): unknown;
};

function implementationOf(app: GrpcApp, book: Book): UntypedServiceImplementation {
  const implementation: UntypedServiceImplementation = {};
  for (const [method, run] of Object.entries(app.unary))
    implementation[method] = (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
      void serve(method, call, book, {
        answer: () => done(null, run(call.request)),
        perform: () => void run(call.request),
        garbage: () => done(null, { [garbage]: true }),
        fail: (error) => done(error),
      });
    };
  for (const [method, run] of Object.entries(app.streams))
    implementation[method] = (call: ServerWritableStream<Message, Message>) => {
      void serve(method, call, book, {
        answer: (signal) => pump(run(call.request, signal), call),
        // A stream changes nothing: there is no work to do before its answer is spoiled.
        perform: () => {},
        garbage: () => {
          call.write({ [garbage]: true });
          call.end();
        },
        fail: (error) => {
          call.emit('error', error);
        },
      });
    };
  return implementation;
}

/** How one call of either kind is ended. */
interface Ends {
  answer(signal: AbortSignal): void | Promise<void>;
  /** Does the work without telling the client. */
  perform(): void;
  garbage(): void;
  fail(error: { readonly code: number; readonly message: string }): void;
}

async function serve(method: string, call: AnyCall, book: Book, ends: Ends): Promise<void> {
  const names: [string] = [method];
  const logged = book.calls.begin({
    names,
    args: toLoggedArgs(call.request),
    headers: call.metadata.getMap(),
  });
  const effect = book.faults.decide(names);
  noteFault(logged, effect);
  const left = new AbortController();
  call.on('cancelled', () => {
    left.abort();
    book.calls.end(logged, 'aborted');
  });
  try {
    if (effect && effect.delayMs > 0) await sleep(effect.delayMs, undefined, { signal: left.signal });
    const code = await play(effect, call, { book, ends, signal: left.signal });
    if (code !== undefined) book.calls.end(logged, 'answered', code);
  } catch (error) {
    // The client left: there is nobody to tell.
    if (left.signal.aborted) return;
    const code = error instanceof RpcError ? error.code : status.INTERNAL;
    ends.fail({ code, message: String(error instanceof Error ? error.message : error) });
    book.calls.end(logged, 'answered', code);
  }
}

interface Stage {
  readonly book: Book;
  readonly ends: Ends;
  readonly signal: AbortSignal;
}

/** @returns The code that was sent, or undefined if none was. */
async function play(effect: Effect | undefined, call: AnyCall, stage: Stage): Promise<number | undefined> {
  switch (effect?.outcome) {
    case 'down':
      stage.book.sockets.get(call.getPeer())?.destroy();
      return undefined;
    case 'truncate':
      stage.ends.perform();
      stage.book.sockets.get(call.getPeer())?.destroy();
      return undefined;
    case 'hang':
      await sleep(hangMsMax, undefined, { signal: stage.signal, ref: false });
      return undefined;
    case 'status':
      throw new RpcError(codeNameOf(effect.status), 'this failure was ordered');
    case 'garbage':
      stage.ends.perform();
      stage.ends.garbage();
      return status.OK;
    // The last two are refused for gRPC when faults are set.
    case undefined:
    case 'wrongJson':
    case 'trickleBytesPerSecond':
      await stage.ends.answer(stage.signal);
      return status.OK;
  }
}

function codeNameOf(code: number | undefined): keyof typeof status {
  const name = code === undefined ? undefined : status[code];
  return name === undefined ? 'UNAVAILABLE' : (name as keyof typeof status);
}

async function pump(
  messages: AsyncIterable<Message>,
  call: ServerWritableStream<Message, Message>,
): Promise<void> {
  for await (const message of messages) {
    if (call.cancelled) return;
    call.write(message);
  }
  call.end();
}

function noteFault(call: Call, effect: Effect | undefined): void {
  const fault = effect?.outcome ?? (effect && effect.delayMs > 0 ? 'latency' : undefined);
  if (fault) call.fault = fault;
}
