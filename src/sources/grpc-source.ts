/**
 * A client of one gRPC service for resolvers: unary calls and server streams by method name, with the policies of the
 * service around both.
 *
 * The proto file is read once, from disk; descriptors are never asked of the network.
 */

import { type ServiceDefinition, loadPackageDefinition } from '@grpc/grpc-js';
import { load } from '@grpc/proto-loader';

import { transportDefaults, type ServiceTransport } from '../config/transport.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { newCall, type CallContext, type CallKind } from '../resilience/call.ts';
import type { Service } from '../resilience/service.ts';
import { GatewayError } from '../shared/errors.ts';
import { addClientHeaders, countedCacheControl, notToBeKept } from './client-headers.ts';
import { grpcCalls } from './grpc-calls.ts';
import { GrpcChannels } from './grpc-channels.ts';
import { type Batching, batchingOf } from './loader.ts';
import { headerRules } from './request-headers.ts';

export interface GrpcServiceOptions {
  /** Absolute path of the proto file. */
  readonly protoPath: string;
  /** With its package: `tributary.inventory.v1.Inventory`. */
  readonly service: string;
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
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** @throws {GatewayError} `CONFIG_INVALID` when the proto file does not hold the service. */
export async function createGrpcSource(options: GrpcServiceOptions, service: Service): Promise<GrpcSource> {
  const { callsMax = 2048 } = options;
  const { name } = service;
  const methods = await methodsOf(name, options);
  const transport = { ...transportDefaults, ...options.transport };
  const channels = new GrpcChannels(transport);
  const unfollow = service.replicas.onLost(({ id }) => channels.giveUp(id));
  const calls = grpcCalls({
    name,
    methods,
    channels,
    rules: headerRules(transport.headers),
    callsMax,
    silenceMs: service.options.breaker.slowMs,
  });
  // Nothing of gRPC says how long an answer may be kept.
  const counts = transport.headers?.respond.includes(countedCacheControl) ?? false;
  const begin = (method: string, context: RequestContext): CallContext => {
    if (counts) addClientHeaders(context, notToBeKept);
    return newCall(context, kindOf(methods[method]));
  };
  const send = service.stack(calls.unary);
  const open = service.stack(calls.stream);
  return {
    name,
    batching: batchingOf(service),
    call: (method, message, context) => send({ method, message }, begin(method, context)),
    async *stream(method, message, context) {
      const stream = await open({ method, message }, begin(method, context));
      try {
        let { first: item } = stream;
        while (item.done !== true) {
          yield item.value;
          item = await stream.next();
        }
      } finally {
        stream.leave();
      }
    },
    close() {
      unfollow();
      channels.close();
      return Promise.resolve();
    },
  };
}

/** The proto file says which methods change nothing: `option idempotency_level = NO_SIDE_EFFECTS`. */
function kindOf(definition: ServiceDefinition[string] | undefined): CallKind {
  const options = definition && 'options' in definition ? (definition.options as MethodOptions) : undefined;
  return options?.idempotency_level === 'NO_SIDE_EFFECTS' ? 'query' : 'mutation';
}

interface MethodOptions {
  readonly idempotency_level?: string;
}

async function methodsOf(
  name: string,
  { protoPath, service }: GrpcServiceOptions,
): Promise<ServiceDefinition> {
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
