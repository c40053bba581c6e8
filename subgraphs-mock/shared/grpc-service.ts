/**
 * The gRPC server of the inventory and shipping mocks: logs calls, injects faults and sends the responses.
 *
 * Sockets come from our own listener and are injected into grpc-js, whose listener can neither refuse nor drop
 * connections while the service keeps its state.
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

/** An expected error of the service, which the client receives with this code. */
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
  /** The signal aborts when the client disconnects. */
  readonly streams: Readonly<
    Record<string, (request: Message, signal: AbortSignal) => AsyncIterable<Message>>
  >;
}

const hangMsMax = 600_000;
/**
 * Field 15 with wire type 7, which does not exist: no decoder accepts it. protobufjs would accept a truncated field.
 */
const undecodable = Buffer.from([0x7f]);
const garbage = Symbol('a response that does not decode');

interface ServerState {
  readonly calls: CallLog;
  readonly faults: Faults;
  /** By the peer address grpc-js reports for a call. */
  readonly sockets: Map<string, Socket>;
}

export function createGrpcServer(app: GrpcApp, calls: CallLog, faults: Faults): NetServer {
  const state: ServerState = { calls, faults, sockets: new Map() };
  const rpc = new Server();
  rpc.addService(definitionOf(app), implementationOf(app, state));
  const injector = rpc.createConnectionInjector(ServerCredentials.createInsecure());
  const server = createServer((socket) => {
    if (faults.refusesConnections) {
      socket.destroy();
      return;
    }
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    state.sockets.set(peer, socket);
    socket.once('close', () => state.sockets.delete(peer));
    injector.injectConnection(socket);
  });
  server.once('close', () => {
    injector.destroy();
    rpc.forceShutdown();
  });
  return server;
}

/** The service definition of the proto, except that a response can be garbage. */
function definitionOf(app: GrpcApp): ServiceDefinition {
  const file = fileURLToPath(new URL(`../../schemas/protos/${app.proto}`, import.meta.url));
  const loaded = loadPackageDefinition(loadSync(file, { longs: Number, enums: String, defaults: true }));
  let definition: unknown = loaded;
  for (const name of app.service.split('.')) definition = (definition as Record<string, unknown>)[name];
  const { service } = definition as { readonly service: ServiceDefinition };
  const methods = Object.entries(service).map(([name, method]) => {
    const serialize = method.responseSerialize as (message: Message) => Buffer;
    const responseSerialize = (message: Message): Buffer =>
      garbage in message ? undecodable : serialize(message);
    return [name, { ...method, responseSerialize }];
  });
  return Object.fromEntries(methods) as ServiceDefinition;
}

/** What unary and streaming calls have in common. */
type AnyCall = Pick<ServerUnaryCall<Message, Message>, 'request' | 'metadata' | 'getPeer'> & {
  on(event: 'cancelled', listener: () => void): unknown;
};

function implementationOf(app: GrpcApp, state: ServerState): UntypedServiceImplementation {
  const implementation: UntypedServiceImplementation = {};
  for (const [method, run] of Object.entries(app.unary))
    implementation[method] = (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
      void serve(method, call, state, {
        answer: () => done(null, run(call.request)),
        perform: () => void run(call.request),
        garbage: () => done(null, { [garbage]: true }),
        fail: (error) => done(error),
      });
    };
  for (const [method, run] of Object.entries(app.streams))
    implementation[method] = (call: ServerWritableStream<Message, Message>) => {
      void serve(method, call, state, {
        answer: (signal) => pump(run(call.request, signal), call),
        // A stream has no side effects to perform before its response is corrupted.
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

/** The ways to end a call of either kind. */
interface CallEnds {
  answer(signal: AbortSignal): void | Promise<void>;
  /** Executes the call without a response. */
  perform(): void;
  garbage(): void;
  fail(error: { readonly code: number; readonly message: string }): void;
}

async function serve(method: string, call: AnyCall, state: ServerState, ends: CallEnds): Promise<void> {
  const names: [string] = [method];
  const logged = state.calls.begin({
    names,
    args: toLoggedArgs(call.request),
    headers: call.metadata.getMap(),
  });
  const effect = state.faults.decide(names);
  recordFault(logged, effect);
  const disconnect = new AbortController();
  call.on('cancelled', () => {
    disconnect.abort();
    state.calls.end(logged, 'aborted');
  });
  try {
    if (effect && effect.delayMs > 0) await sleep(effect.delayMs, undefined, { signal: disconnect.signal });
    const code = await applyEffect(effect, call, { state, ends, signal: disconnect.signal });
    if (code !== undefined) state.calls.end(logged, 'answered', code);
  } catch (error) {
    // The client has disconnected: no response is possible.
    if (disconnect.signal.aborted) return;
    const code = error instanceof RpcError ? error.code : status.INTERNAL;
    ends.fail({ code, message: String(error instanceof Error ? error.message : error) });
    state.calls.end(logged, 'answered', code);
  }
}

interface CallContext {
  readonly state: ServerState;
  readonly ends: CallEnds;
  readonly signal: AbortSignal;
}

/** @returns The code that was sent, or undefined if none was. */
async function applyEffect(
  effect: Effect | undefined,
  call: AnyCall,
  context: CallContext,
): Promise<number | undefined> {
  switch (effect?.outcome) {
    case 'down':
      context.state.sockets.get(call.getPeer())?.destroy();
      return undefined;
    case 'truncate':
      context.ends.perform();
      context.state.sockets.get(call.getPeer())?.destroy();
      return undefined;
    case 'hang':
      await sleep(hangMsMax, undefined, { signal: context.signal, ref: false });
      return undefined;
    case 'status':
      throw new RpcError(codeNameOf(effect.status), 'injected fault');
    case 'garbage':
      context.ends.perform();
      context.ends.garbage();
      return status.OK;
    // `set` refuses the last two for gRPC.
    case undefined:
    case 'wrongJson':
    case 'trickleBytesPerSecond':
      await context.ends.answer(context.signal);
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

function recordFault(call: Call, effect: Effect | undefined): void {
  const fault = effect?.outcome ?? (effect && effect.delayMs > 0 ? 'latency' : undefined);
  if (fault) call.fault = fault;
}
