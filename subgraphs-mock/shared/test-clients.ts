/** Plain clients for the tests of the mocks: one per protocol, no cleverness, every wait bounded. */

import { fileURLToPath } from 'node:url';

import { Metadata, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import type { ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

import type { Mocks } from '../start.ts';
import type { Fault } from './faults.ts';
import type { MockName } from './mock.ts';

type Json = Record<string, unknown>;

export interface GrpcClient {
  unary(method: string, request: Json, options?: { metadata?: Json; timeoutMs?: number }): Promise<Json>;
  /** Every message of a server stream. */
  stream(method: string, request: Json): Promise<Json[]>;
  /** The first message of a server stream, then the client leaves. */
  firstOf(method: string, request: Json): Promise<Json>;
  close(): void;
}

const defaultTimeoutMs = 5_000;

export async function postJson(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(defaultTimeoutMs),
  });
  return { status: response.status, text: await response.text() };
}

export async function getJson(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(defaultTimeoutMs) });
  return { status: response.status, body: await response.json() };
}

/** @returns The parsed GraphQL response of a mock. */
export async function query(mocks: Mocks, name: MockName, text: string, variables: Json = {}, headers = {}) {
  const { text: answer } = await postJson(mocks.service(name).url, { query: text, variables }, headers);
  return JSON.parse(answer) as { data?: Json; errors?: Json[] };
}

/** Sets faults the way an operator does: over the control address. */
export async function putFaults(
  mocks: Mocks,
  name: MockName,
  faults: Fault | readonly Fault[],
): Promise<void> {
  const answer = await putText(`${mocks.service(name).controlUrl}/faults`, JSON.stringify(faults));
  if (answer.status !== 200) throw new Error(`the fault was refused: ${JSON.stringify(answer.body)}`);
}

export async function putText(url: string, body: string): Promise<{ status: number; body: unknown }> {
  const signal = AbortSignal.timeout(defaultTimeoutMs);
  const response = await fetch(url, { method: 'PUT', body, signal });
  return { status: response.status, body: await response.json() };
}

export function grpcClient(url: string, proto: string, service: string): GrpcClient {
  const file = fileURLToPath(new URL(`../../schemas/protos/${proto}`, import.meta.url));
  let found: unknown = loadPackageDefinition(
    loadSync(file, { longs: Number, enums: String, defaults: true }),
  );
  for (const part of service.split('.')) found = (found as Json)[part];
  const Client = found as ServiceClientConstructor;
  // A broken connection is tried again soon, or tests of faults would wait for grpc-js's backoff of a second.
  const client = new Client(url.replace('grpc://', ''), credentials.createInsecure(), {
    'grpc.initial_reconnect_backoff_ms': 50,
  });
  const deadlineOf = (timeoutMs: number) => ({ deadline: Date.now() + timeoutMs });

  function open(method: string, request: Json) {
    const { path, requestSerialize, responseDeserialize } = Client.service[method] ?? raise(method);
    const limits = deadlineOf(defaultTimeoutMs);
    return client.makeServerStreamRequest<Json, Json>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      limits,
    );
  }

  return {
    unary: (method, request, { metadata = {}, timeoutMs = defaultTimeoutMs } = {}) =>
      new Promise((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = Client.service[method] ?? raise(method);
        const sent = new Metadata();
        for (const [name, value] of Object.entries(metadata)) sent.set(name, String(value));
        client.makeUnaryRequest<Json, Json>(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          sent,
          deadlineOf(timeoutMs),
          (error, answer) => (answer ? resolve(answer) : reject(error ?? new Error('no answer'))),
        );
      }),
    stream: async (method, request) => {
      const messages: Json[] = [];
      for await (const message of open(method, request)) messages.push(message as Json);
      return messages;
    },
    firstOf: async (method, request) => {
      const call = open(method, request);
      const first = await new Promise<Json>((resolve, reject) => {
        call.on('error', reject);
        call.once('data', resolve);
      });
      call.cancel();
      return first;
    },
    close: () => client.close(),
  };
}

function raise(method: string): never {
  throw new Error(`there is no method ${method}`);
}
