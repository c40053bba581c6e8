/** A gRPC service that sends back the bytes it got, or others, and says how its calls end. */

import {
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type status,
} from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';

import { policyDefaults } from '../../../src/config/gateway/policies.ts';
import { fixedEndpoints } from '../../../src/resilience/endpoints.ts';
import { Service, type ServiceOptions } from '../../../src/resilience/service.ts';
import { monotonicClock } from '../../../src/shared/clock.ts';
import { Events } from '../../../src/shared/events.ts';
import { createGrpcSource, type GrpcServiceOptions } from '../../../src/sources/grpc/grpc-source.ts';
import { folderWith } from '../../support/folder.ts';

/** Every kind of field and of map; `Find` only asks, `Change` does not. */
const proto = `syntax = "proto3";
package test;
import "google/protobuf/any.proto";
enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; }
message All {
  int32 int32 = 1; sint32 sint32 = 2; sfixed32 sfixed32 = 3; uint32 uint32 = 4; fixed32 fixed32 = 5;
  int64 int64 = 6; sint64 sint64 = 7; sfixed64 sfixed64 = 8; uint64 uint64 = 9; fixed64 fixed64 = 10;
  float float = 11; double double = 12; bool bool = 13; string string = 14; bytes bytes = 15; Kind kind = 16;
  All inner = 17; repeated int32 many = 18; repeated Kind kinds = 19;
  map<int32, string> by_int32 = 20; map<sint32, string> by_sint32 = 21; map<sfixed32, string> by_sfixed32 = 22;
  map<uint32, string> by_uint32 = 23; map<fixed32, string> by_fixed32 = 24; map<int64, string> by_int64 = 25;
  map<sint64, string> by_sint64 = 26; map<sfixed64, string> by_sfixed64 = 27; map<uint64, string> by_uint64 = 28;
  map<fixed64, string> by_fixed64 = 29; map<bool, string> by_bool = 30; map<string, string> by_string = 31;
  map<int64, All> nested = 32; repeated All others = 33;
  oneof choice { string left = 40; int32 right = 41; }
  optional int32 maybe = 42; int64 order_id = 43; string odd = 44 [json_name = "renamed"];
  google.protobuf.Any any = 45;
}
service Echo {
  rpc Find(All) returns (All) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Change(All) returns (All);
  rpc Watch(All) returns (stream All) { option idempotency_level = NO_SIDE_EFFECTS; }
}`;

export interface EchoServer {
  readonly url: string;
  readonly got: readonly Buffer[];
}

export interface EchoOptions {
  /** Sent instead of what came. */
  readonly answer?: Buffer;
  /** What calls end with. */
  readonly code?: status;
}

export async function echoServer({ answer, code }: EchoOptions = {}): Promise<EchoServer> {
  const got: Buffer[] = [];
  const server = new Server();
  const bytes = (value: Buffer): Buffer => value;
  const method = (name: string) => ({
    path: `/test.Echo/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  });
  const handle = ({ request }: { readonly request: Buffer }, done: sendUnaryData<Buffer>): void => {
    got.push(request);
    if (code === undefined) done(null, answer ?? request);
    else done({ code, details: 'as told' });
  };
  const methods: ServiceDefinition = { Find: method('Find'), Change: method('Change') };
  server.addService(methods, { Find: handle, Change: handle });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  return { url: `grpc://127.0.0.1:${port}`, got };
}

/** A source with every policy before one or several addresses. */
export async function echoSource(
  urls: readonly string[],
  policy: Partial<ServiceOptions> = {},
  options: Partial<GrpcServiceOptions> = {},
) {
  const folder = await folderWith({ 'echo.proto': proto });
  const retries = { ...policyDefaults.retries, max: 0 };
  const service = new Service(
    { ...policyDefaults, timeoutMs: 5000, reservePercent: 0, retries, ...policy },
    { name: 'echo', clock: monotonicClock, random: Math.random, events: new Events() },
  );
  service.replicas.follow(fixedEndpoints(urls.map((url) => ({ url }))));
  const source = await createGrpcSource(
    { protoPath: `${folder}/echo.proto`, service: 'test.Echo', ...options },
    service,
  );
  onTestFinished(async () => {
    await source.close();
    service.close();
  });
  return { source, service };
}
