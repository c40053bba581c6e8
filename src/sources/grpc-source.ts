/**
 * A client of one gRPC service for resolvers: unary calls and server streams by method name, one channel a source.
 *
 * The proto file is read once, from disk; descriptors are never asked of the network.
 */

import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  type ClientReadableStream,
  type ClientUnaryCall,
  type Metadata,
  type ServiceDefinition,
  type ServiceError,
  credentials,
  loadPackageDefinition,
  status,
} from '@grpc/grpc-js';
import { load } from '@grpc/proto-loader';

import { transportDefaults, type ServiceTransport, type TlsMaterial } from '../config/transport.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { newCall, requestOf } from '../resilience/call.ts';
import { plainService, type Service } from '../resilience/service.ts';
import { timedOut, unavailable } from './failures.ts';
import { checkedTarget } from './grpc-resolver.ts';
import { type Batching, batchingOf } from './loader.ts';
import { headerRules, type HeaderRules } from './request-headers.ts';
import { isNotFound, metadataOf, statusError } from './grpc-status.ts';

export interface GrpcServiceOptions {
  readonly name: string;
  /** `grpc://host:port`, or `grpcs://` for TLS. */
  readonly url: string;
  /** Absolute path of the proto file. */
  readonly protoPath: string;
  /** With its package: `tributary.inventory.v1.Inventory`. */
  readonly service: string;
  /** Default 5 000; the request's deadline may be sooner. */
  readonly timeoutMs?: number;
  /** Calls under way at most; one more is refused at once. Default 2 048. */
  readonly callsMax?: number;
  /** Of it, the rules for addresses and headers and the TLS. */
  readonly transport?: Partial<ServiceTransport>;
}

export interface GrpcSource {
  readonly name: string;
  readonly batching: Batching;
  /**
   * One unary call. Field names are camelCase in both directions; unset fields come back as their defaults.
   *
   * @returns The message, not checked further; null for NOT_FOUND.
   * @throws {GatewayError} `SERVICE_UNAVAILABLE`, `SERVICE_TIMEOUT`, `SERVICE_BAD_RESPONSE`, `SERVICE_ERROR`,
   *   `CANCELLED`.
   */
  call(method: string, message: object, context: RequestContext): Promise<unknown>;
  /** A server stream, read no faster than it is consumed; leaving the loop cancels it. Throws as `call` does. */
  stream(method: string, message: object, context: RequestContext): AsyncIterable<unknown>;
  close(): Promise<void>;
}

const messageBytesMax = 10 * 1024 * 1024;

const channelOptions = {
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.max_send_message_length': messageBytesMax,
  // Addresses come from the configuration alone: no proxy and no service configuration of the environment.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  // Retries are a policy of the gateway, never of one protocol.
  'grpc.enable_retries': 0,
  // A service that comes back is used again within about a second.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // Sources to one address keep their own channel, so that closing one leaves the others alone.
  'grpc.use_local_subchannel_pool': 1,
};

/** @throws {GatewayError} `CONFIG_INVALID` when the proto file does not hold the service. */
export async function createGrpcSource(
  options: GrpcServiceOptions,
  service: Service = plainService({ ...options, urls: [options.url] }),
): Promise<GrpcSource> {
  const { name, url, timeoutMs = 5000, callsMax = 2048 } = options;
  const methods = await methodsOf(options);
  const transport = { ...transportDefaults, ...options.transport };
  const target = checkedTarget(url.replace(/^grpcs?:\/\//, ''), transport);
  const connect = (): Client =>
    new Client(target, credentialsFor(url, transport.tls), {
      ...channelOptions,
      ...(transport.tls?.servername === undefined
        ? {}
        : { 'grpc.ssl_target_name_override': transport.tls.servername }),
    });
  const channel: Channel = {
    name,
    connect,
    client: connect(),
    methods,
    rules: headerRules(transport.headers),
    timeoutMs,
    callsMax,
    calls: 0,
    openedAtMs: 0,
    heardAtMs: 0,
    retired: new Set(),
  };
  const send = service.stack<UnaryRequest, unknown>(({ method, message }, call) =>
    unary(channel, method, message, requestOf(call)),
  );
  return {
    name,
    batching: batchingOf(service),
    async call(method, message, context) {
      const kind = isRead(methods[method]) ? 'query' : 'mutation';
      return send({ method, message }, newCall(context, kind));
    },
    stream: (method, message, context) => serverStream(channel, method, message, context),
    close() {
      for (const client of [channel.client, ...channel.retired]) client.close();
      return Promise.resolve();
    },
  };
}

function credentialsFor(url: string, tls: TlsMaterial = {}): ChannelCredentials {
  if (!url.startsWith('grpcs://')) return credentials.createInsecure();
  const [ca, key, cert] = [tls.ca, tls.key, tls.cert].map((text) =>
    text === undefined ? null : Buffer.from(text),
  );
  return credentials.createSsl(ca, key, cert);
}

interface UnaryRequest {
  readonly method: string;
  readonly message: object;
}

/** The proto file says which methods change nothing: `option idempotency_level = NO_SIDE_EFFECTS`. */
function isRead(definition: ServiceDefinition[string] | undefined): boolean {
  const options = definition && 'options' in definition ? (definition.options as MethodOptions) : undefined;
  return options?.idempotency_level === 'NO_SIDE_EFFECTS';
}

interface MethodOptions {
  readonly idempotency_level?: string;
}

/** Refused here: says nothing of the service. */
const neverSent = { outcome: 'refused', nothingSent: true } as const;

interface Channel {
  readonly name: string;
  readonly connect: () => Client;
  client: Client;
  readonly methods: ServiceDefinition;
  readonly rules: HeaderRules;
  readonly timeoutMs: number;
  readonly callsMax: number;
  /** Under way. */
  calls: number;
  /** When the present client was made, 0 for the first, and when a call of it last ended by the service's word. */
  openedAtMs: number;
  heardAtMs: number;
  /** Given up, with calls under way. */
  readonly retired: Set<Client>;
}

/**
 * A connection can die without a word: a router forgets it, a machine loses its power. HTTP/2 goes on using it for ever,
 * so one on which nothing was heard for the whole of a call is given up; calls under way on it may still end.
 */
function noteTimeout(channel: Channel, startedAtMs: number): void {
  const { heardAtMs, openedAtMs, client } = channel;
  // Calls that time out together give up one connection, not one each.
  if (heardAtMs >= startedAtMs || openedAtMs >= startedAtMs) return;
  channel.openedAtMs = monotonicClock();
  channel.client = channel.connect();
  channel.retired.add(client);
  setTimeout(() => {
    channel.retired.delete(client);
    client.close();
  }, channel.timeoutMs).unref();
}

async function methodsOf({ name, protoPath, service }: GrpcServiceOptions): Promise<ServiceDefinition> {
  const wrong = (reason: string, cause?: unknown) =>
    new GatewayError('CONFIG_INVALID', `source ${name}: ${reason}`, { cause });
  let found: unknown;
  try {
    // Without `keepCase` the names become camelCase; 64-bit numbers become text, as JavaScript's are not exact.
    const definition = await load(protoPath, { longs: String, enums: String, defaults: true, arrays: true });
    found = service
      .split('.')
      .reduce<unknown>(
        (scope, part) => (scope as Record<string, unknown> | undefined)?.[part],
        loadPackageDefinition(definition),
      );
  } catch (cause) {
    throw wrong('its proto file cannot be read', cause);
  }
  if (typeof found === 'function' && 'service' in found) return found.service as ServiceDefinition;
  throw wrong(`its proto file has no service ${service}`);
}

interface Invocation {
  readonly path: string;
  readonly serialize: (message: object) => Buffer;
  readonly deserialize: (bytes: Buffer) => unknown;
  readonly metadata: Metadata;
  readonly options: CallOptions;
}

/** @throws {GatewayError} When the request is over already, or too many calls are under way. */
function invocationOf(channel: Channel, method: string, context: RequestContext): Invocation {
  const definition = channel.methods[method];
  if (!definition) throw new TypeError(`${channel.name} has no method ${method}`);
  if (context.cancellation.reason) throw context.cancellation.reason;
  const waitMs = Math.min(channel.timeoutMs, context.deadlineAtMs - monotonicClock());
  if (waitMs <= 0) throw timedOut(channel.name, new Error('the deadline has passed'), neverSent);
  if (channel.calls >= channel.callsMax) {
    throw unavailable(channel.name, new Error(`${channel.calls} calls are already under way`), neverSent);
  }
  return {
    path: definition.path,
    serialize: definition.requestSerialize as (message: object) => Buffer,
    deserialize: definition.responseDeserialize as (bytes: Buffer) => unknown,
    metadata: metadataOf(context, channel.rules),
    options: { deadline: Date.now() + waitMs },
  };
}

async function unary(channel: Channel, method: string, message: object, context: RequestContext) {
  const { path, serialize, deserialize, metadata, options } = invocationOf(channel, method, context);
  const { cancellation } = context;
  const startedAtMs = monotonicClock();
  return new Promise<unknown>((resolve, reject) => {
    let call: ClientUnaryCall | undefined;
    const onCancel = (reason: GatewayError): void => {
      reject(reason);
      call?.cancel();
    };
    const onAnswer = (error: ServiceError | null, answer?: unknown): void => {
      channel.calls -= 1;
      cancellation.off(onCancel);
      if (error?.code === status.DEADLINE_EXCEEDED) noteTimeout(channel, startedAtMs);
      else channel.heardAtMs = monotonicClock();
      if (!error) resolve(answer);
      else if (isNotFound(error)) resolve(null);
      else reject(statusError(channel.name, error));
    };
    channel.calls += 1;
    call = channel.client.makeUnaryRequest(
      path,
      serialize,
      deserialize,
      message,
      metadata,
      options,
      onAnswer,
    );
    cancellation.on(onCancel);
  });
}

async function* serverStream(
  channel: Channel,
  method: string,
  message: object,
  context: RequestContext,
): AsyncGenerator {
  const { path, serialize, deserialize, metadata, options } = invocationOf(channel, method, context);
  const { client } = channel;
  channel.calls += 1;
  const call: ClientReadableStream<unknown> = client.makeServerStreamRequest(
    path,
    serialize,
    deserialize,
    message,
    metadata,
    options,
  );
  const onCancel = (): void => call.cancel();
  // After a cancellation the stream reports an error nobody waits for any more.
  call.on('error', () => undefined);
  context.cancellation.on(onCancel);
  try {
    for await (const item of call) yield item as unknown;
  } catch (error) {
    throw context.cancellation.reason ?? statusError(channel.name, error as ServiceError);
  } finally {
    channel.calls -= 1;
    context.cancellation.off(onCancel);
    call.cancel();
  }
}
