/** The methods of one gRPC service, from its proto file: where they are, what they count as, and how messages are written. */

import protobuf from 'protobufjs';

import type { CallKind } from '../../resilience/call.ts';
import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';
import { badInput } from '../failures.ts';
import { decoderOf } from './proto-answer.ts';
import { type ProtoFile, readProtos } from './proto-files.ts';
import { encoded, UnfitValue } from './proto-message.ts';

export interface GrpcMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly kind: CallKind;
  /** @throws {GatewayError} `BAD_USER_INPUT` for what does not fit the message type. */
  readonly encode: (message: unknown) => Buffer;
  /** @throws {Error} For bytes that are no answer of the method. */
  readonly decode: (bytes: Buffer) => unknown;
}

/** @throws {GatewayError} `CONFIG_INVALID` where the proto file cannot be read, or does not hold the service. */
export async function grpcMethods(
  source: string,
  file: ProtoFile,
  service: string,
): Promise<ReadonlyMap<string, GrpcMethod>> {
  const wrong = (reason: string, cause?: unknown) =>
    new GatewayError('CONFIG_INVALID', `source ${source}: ${reason}`, { cause });
  let root: protobuf.Root;
  try {
    root = await readProtos(file);
  } catch (cause) {
    const reason = errorText(cause);
    throw wrong(`its proto file cannot be read: ${reason}`, cause);
  }
  const found = root.lookup(service, [protobuf.Service]);
  if (!(found instanceof protobuf.Service) || found.fullName !== `.${service}`) {
    const known = servicesIn(root).join(', ') || 'none';
    throw wrong(`its proto file has no service ${service}; services in it and its imports: ${known}`);
  }
  return new Map(found.methodsArray.map((method) => [method.name, methodOf(source, service, method)]));
}

/** Full names. */
function servicesIn(namespace: protobuf.NamespaceBase): string[] {
  return namespace.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Service) return [nested.fullName.slice(1)];
    return nested instanceof protobuf.Namespace ? servicesIn(nested) : [];
  });
}

function methodOf(source: string, service: string, method: protobuf.Method): GrpcMethod {
  const { name, options, resolvedRequestType, resolvedResponseType } = method;
  if (!resolvedRequestType || !resolvedResponseType) throw new TypeError(`${name} has no types`);
  const isQuery = options?.['idempotency_level'] === 'NO_SIDE_EFFECTS';
  return {
    path: `/${service}/${name}`,
    kind: isQuery ? 'query' : 'mutation',
    encode: (message) => {
      try {
        return encoded(resolvedRequestType, message);
      } catch (error) {
        throw unsendable(source, error);
      }
    },
    decode: decoderOf(resolvedResponseType),
  };
}

function unsendable(source: string, error: unknown): GatewayError {
  if (!(error instanceof UnfitValue))
    return badInput(source, `the message cannot be sent to ${source}`, error);
  const { path, expected } = error;
  const what = path === '' ? 'the message' : `the value given for "${path}"`;
  return badInput(source, `${what} cannot be sent to ${source}: expected ${expected}`);
}
