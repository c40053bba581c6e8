/**
 * A client of one gRPC service for resolvers: unary calls and server streams by method name, with the policies of the
 * service around both.
 *
 * The proto file is read once, from disk; descriptors are never asked of the network.
 */

import { transportDefaults, type ServiceTransport } from '../../config/gateway/transport.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { newCall, type CallContext } from '../../resilience/call.ts';
import type { Service } from '../../resilience/service.ts';
import { answerHeaderRules } from '../headers/answer-header-rules.ts';
import { grpcCalls } from './calls.ts';
import { GrpcChannels } from './channels.ts';
import { type GrpcMethod, grpcMethods } from './methods.ts';
import { type Batching, batchingOf } from '../resolvers/loader.ts';
import { headerRules } from '../headers/request-header-rules.ts';

export interface GrpcServiceOptions {
  /** Absolute path of the proto file. */
  readonly protoPath: string;
  /** Absolute paths of the folders from which it imports. Default: beside the file that imports. */
  readonly includeDirs?: readonly string[];
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
   * One unary call. Field names are camelCase in both directions; unset fields come back as their defaults, 64-bit
   * numbers as text. Of `message` the JSON mapping of proto3 says what fits.
   *
   * @returns The message, not checked further; null for NOT_FOUND.
   * @throws {GatewayError} `SERVICE_UNAVAILABLE`, `SERVICE_TIMEOUT`, `SERVICE_BAD_RESPONSE`, `SERVICE_ERROR`,
   *   `CANCELLED`, and `BAD_USER_INPUT` for a message that does not fit its type.
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
  const { protoPath, includeDirs = [] } = options;
  const methods = await grpcMethods(name, { path: protoPath, includeDirs }, options.service);
  const transport = { ...transportDefaults, ...options.transport };
  const channels = new GrpcChannels(transport);
  const unfollow = service.replicas.onLost(({ id }) => channels.giveUp(id));
  const calls = grpcCalls({
    name,
    channels,
    rules: headerRules(transport.headers),
    callsMax,
    silenceMs: service.options.breaker.slowMs,
  });
  // Nothing of gRPC says how long an answer may be kept.
  const rules = answerHeaderRules(name, transport.headers);
  const begin = ({ kind }: GrpcMethod, context: RequestContext): CallContext => {
    if (rules.apply) rules.addSilence(context);
    return newCall(context, kind);
  };
  const methodOf = (method: string): GrpcMethod => {
    const known = methods.get(method);
    if (!known) throw new TypeError(`${name} has no method ${method}`);
    return known;
  };
  const send = service.stack(calls.unary);
  const open = service.stack(calls.stream);
  return {
    name,
    batching: batchingOf(service),
    // Before any policy: what cannot be sent says nothing of the service.
    async call(methodName, message, context) {
      const method = methodOf(methodName);
      return send({ method, bytes: method.encode(message) }, begin(method, context));
    },
    async *stream(methodName, message, context) {
      const method = methodOf(methodName);
      const stream = await open({ method, bytes: method.encode(message) }, begin(method, context));
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
