/**
 * Calls of one gRPC service as transports of its policies: a unary call, and a server stream that is answered by its
 * first message. What becomes of a stream after that is told to policies by `CallContext.ending`.
 */

import {
  type ClientReadableStream,
  type ClientUnaryCall,
  type Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';

import type { Call, CallContext } from '../../resilience/call.ts';
import type { Endpoint } from '../../resilience/endpoints.ts';
import { type Outcome, outcomeOf } from '../../resilience/outcome.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { monotonicClock } from '../../shared/clock.ts';
import type { GatewayError } from '../../shared/errors.ts';
import type { RecordedSpan } from '../../shared/trace.ts';
import { timedOut, unavailable } from '../failures.ts';
import type { GrpcChannel, GrpcChannels } from './channels.ts';
import type { GrpcMethod } from './methods.ts';
import { isNotFound, metadataOf, statusError } from './status.ts';
import type { HeaderRules } from '../headers/request-header-rules.ts';

export interface GrpcRequest {
  readonly method: GrpcMethod;
  readonly bytes: Buffer;
}

export interface OpenStream {
  /** The first message, or that there is none. */
  readonly first: IteratorResult<unknown>;
  /** Those after it, read no faster than they are asked for. */
  next(): Promise<IteratorResult<unknown>>;
  /** Ends it at the service too. */
  leave(): void;
}

export interface GrpcCallParts {
  readonly name: string;
  readonly channels: GrpcChannels;
  readonly rules: HeaderRules;
  /** Under way at once; one more is refused. */
  readonly callsMax: number;
  /** A stream that says nothing for so long, until its time is up, has failed. */
  readonly silenceMs: number;
}

export interface GrpcCalls {
  readonly unary: Call<GrpcRequest, unknown>;
  readonly stream: Call<GrpcRequest, OpenStream>;
}

/** Refused here: says nothing of the service. */
const neverSent = { outcome: 'refused', nothingSent: true } as const;

export function grpcCalls(parts: GrpcCallParts): GrpcCalls {
  const { name, channels, callsMax } = parts;
  let underWay = 0;

  /** @throws {GatewayError} When the call is over already, or too many are under way. */
  function begin(request: GrpcRequest, call: CallContext): Begun {
    const metadata = metadataFor(parts, call);
    if (call.span) describeGrpcCall(call.span, request, call.endpoint);
    if (underWay >= callsMax) {
      throw unavailable(name, new Error(`${underWay} calls are already under way`), neverSent);
    }
    if (!call.endpoint) throw unavailable(name, new Error('no address is known'), neverSent);
    const { endpoint } = call;
    const channel = channels.enter(endpoint);
    underWay += 1;
    const end = (): void => {
      underWay -= 1;
      channels.leave(channel);
    };
    return { request, metadata, endpoint, channel, end };
  }

  return {
    unary: async (request, call) => unary(parts, call, begin(request, call)),
    stream: async (request, call) => {
      const begun = begin(request, call);
      return started(begun, () => new ServerStream(parts, call, begun)).open();
    },
  };
}

const statusAttribute = 'rpc.grpc.status_code';

/** @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ */
function describeGrpcCall(span: RecordedSpan, { method }: GrpcRequest, endpoint: Endpoint | null): void {
  const [, service = '', name = ''] = method.path.split('/');
  span.set('rpc.system', 'grpc');
  span.set('rpc.service', service);
  span.set('rpc.method', name);
  if (!endpoint) return;
  const { hostname, port } = new URL(endpoint.url);
  span.set('server.address', hostname);
  if (port !== '') span.set('server.port', Number(port));
}

interface Begun {
  readonly request: GrpcRequest;
  readonly metadata: Metadata;
  readonly endpoint: Endpoint;
  readonly channel: GrpcChannel;
  readonly end: () => void;
}

/** What throws before the call is under way leaves its place free. */
function started<Value>({ end }: Begun, start: () => Value): Value {
  try {
    return start();
  } catch (error) {
    end();
    throw error;
  }
}

function asItIs(bytes: Buffer): Buffer {
  return bytes;
}

/** No connection was found for it: grpc-js names the target until it has one, and then who is at its other end. */
function hadNoConnection(sent: { getPeer(): string } | undefined, { client }: GrpcChannel): boolean {
  return sent?.getPeer() === client.getChannel().getTarget();
}

function metadataFor({ name, rules }: GrpcCallParts, call: CallContext): Metadata {
  const { cancellation, deadlineAtMs } = call;
  if (cancellation.reason) throw cancellation.reason;
  if (deadlineAtMs <= monotonicClock()) {
    throw timedOut(name, new Error('the deadline has passed'), neverSent);
  }
  return metadataOf(name, call, rules);
}

/** In the clock of grpc-js. */
function deadlineOf(atMs: number): number {
  return Date.now() + atMs - monotonicClock();
}

function unary(
  { name, channels }: GrpcCallParts,
  { cancellation, deadlineAtMs, span }: CallContext,
  begun: Begun,
): Promise<unknown> {
  const { request, metadata, endpoint, channel, end } = begun;
  const { method, bytes } = request;
  const startedAtMs = monotonicClock();
  const options = { deadline: deadlineOf(deadlineAtMs) };
  return new Promise<unknown>((resolve, reject) => {
    let sent: ClientUnaryCall | undefined;
    const onCancel = (reason: GatewayError): void => {
      reject(reason);
      sent?.cancel();
    };
    const onAnswer = (error: ServiceError | null, answer?: unknown): void => {
      end();
      cancellation.off(onCancel);
      span?.set(statusAttribute, error?.code ?? status.OK);
      if (error?.code === status.DEADLINE_EXCEEDED) channels.noteSilence(endpoint, channel, startedAtMs);
      // A call that was cancelled here is no word of the service.
      else if (!cancellation.reason) channel.heardAtMs = monotonicClock();
      if (!error) resolve(answer);
      else if (isNotFound(error)) resolve(null);
      else reject(statusError(name, error, hadNoConnection(sent, channel)));
    };
    sent = started(begun, () =>
      channel.client.makeUnaryRequest(method.path, asItIs, method.decode, bytes, metadata, options, onAnswer),
    );
    cancellation.on(onCancel);
  });
}

class ServerStream implements Omit<OpenStream, 'first'> {
  readonly #parts: GrpcCallParts;
  readonly #call: CallContext;
  readonly #begun: Begun;
  readonly #stream: ClientReadableStream<unknown>;
  readonly #messages: AsyncIterator<unknown>;
  readonly #request: RequestContext;
  /** Since when the reader waits for a message; infinite while it does not. */
  #waitsSinceMs = Number.POSITIVE_INFINITY;
  #isLeft = false;
  /** Why it was ended here, where that is not the client. */
  #failure: GatewayError | undefined;

  constructor(parts: GrpcCallParts, call: CallContext, begun: Begun) {
    const { request, metadata } = begun;
    const { method, bytes } = request;
    this.#parts = parts;
    this.#call = call;
    this.#request = call.request;
    this.#begun = begun;
    // One try may have less time than the call: that is for its first message.
    const options = { deadline: deadlineOf(call.endsAtMs) };
    const { client } = begun.channel;
    this.#stream = client.makeServerStreamRequest(
      method.path,
      asItIs,
      method.decode,
      bytes,
      metadata,
      options,
    );
    // After a cancellation it reports an error nobody waits for any more.
    this.#stream.on('error', () => undefined);
    this.#messages = this.#stream[Symbol.asyncIterator]();
    call.ending = this.#ending();
  }

  async open(): Promise<OpenStream> {
    const { deadlineAtMs, endsAtMs } = this.#call;
    const timer =
      deadlineAtMs < endsAtMs ? setTimeout(this.#onTryOver, deadlineAtMs - monotonicClock()) : undefined;
    try {
      const first = await this.next();
      return { first, next: () => this.next(), leave: () => this.leave() };
    } finally {
      clearTimeout(timer);
    }
  }

  async next(): Promise<IteratorResult<unknown>> {
    this.#waitsSinceMs = monotonicClock();
    try {
      const message = await this.#messages.next();
      this.#begun.channel.heardAtMs = monotonicClock();
      return message;
    } catch (error) {
      const { cancellation } = this.#call;
      const reason = cancellation.reason ?? this.#request.cancellation.reason ?? this.#failure;
      throw reason ?? statusError(this.#parts.name, error as ServiceError, this.#hadNoConnection);
    } finally {
      this.#waitsSinceMs = Number.POSITIVE_INFINITY;
    }
  }

  get #hadNoConnection(): boolean {
    return hadNoConnection(this.#stream, this.#begun.channel);
  }

  leave(): void {
    this.#isLeft = true;
    this.#stream.cancel();
  }

  readonly #onTryOver = (): void => {
    const { endpoint, channel } = this.#begun;
    this.#parts.channels.noteSilence(endpoint, channel, this.#waitsSinceMs);
    this.#failure = timedOut(this.#parts.name, new Error('no first message in time'));
    this.#stream.cancel();
  };

  readonly #onCancel = (): void => this.leave();

  /** Resolves once nothing of it is under way, also where nobody reads it any more. */
  #ending(): Promise<Outcome> {
    // A try that lost against another has a cancellation of its own, which ends with the race.
    const cancellations = new Set([this.#call.cancellation, this.#request.cancellation]);
    for (const cancellation of cancellations) cancellation.on(this.#onCancel);
    return new Promise((resolve) => {
      this.#stream.on('status', (ended: ServiceError) => {
        for (const cancellation of cancellations) cancellation.off(this.#onCancel);
        this.#begun.end();
        this.#call.span?.set(statusAttribute, ended.code);
        resolve(this.#outcomeOf(ended));
      });
    });
  }

  /** Of what came after the first message. */
  #outcomeOf(ended: ServiceError): Outcome {
    const { name, channels, silenceMs } = this.#parts;
    const { endpoint, channel } = this.#begun;
    if (this.#isLeft || ended.code === status.OK) return 'answered';
    if (ended.code !== status.DEADLINE_EXCEEDED) return outcomeOf(statusError(name, ended));
    const sinceMs = this.#waitsSinceMs;
    if (sinceMs !== Number.POSITIVE_INFINITY) channels.noteSilence(endpoint, channel, sinceMs);
    // One that still talked, or was not listened to, had as long as the client had.
    return monotonicClock() - sinceMs >= silenceMs ? 'timeout' : 'answered';
  }
}
