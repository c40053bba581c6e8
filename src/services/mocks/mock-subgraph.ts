/** Serves a subgraph from its schema alone over HTTP, on a free port of the loopback address. For development. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { errorText } from '../../shared/error-text.ts';
import { isRecord } from '../../shared/records.ts';
import { MockSchema, type MockRequest } from './mock-schema.ts';

const requestBytesMax = 10 * 1024 * 1024;
const requestTimeoutMs = 30_000;
const host = '127.0.0.1';

export interface MockSubgraph {
  readonly name: string;
  readonly url: string;
  /** Answers by this schema from now on. @throws {GatewayError} `CONFIG_INVALID`; the schema before it stays. */
  useSchema(sdl: string): void;
  close(): Promise<void>;
}

/** Until it has a schema it answers with status 503. */
export async function openMockSubgraph(name: string): Promise<MockSubgraph> {
  let current: { readonly sdl: string; readonly schema: MockSchema } | null = null;
  const server = createServer((request, response) => {
    answer(request, current?.schema ?? null).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => send(response, 400, failure(errorText(error))),
    );
  });
  server.requestTimeout = requestTimeoutMs;
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    name,
    url: `http://${host}:${port}/graphql`,
    useSchema(sdl) {
      if (sdl !== current?.sdl) current = { sdl, schema: new MockSchema(name, sdl) };
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(request: IncomingMessage, schema: MockSchema | null): Promise<Answer> {
  if (request.method !== 'POST') return { status: 405, body: failure('Send a POST request') };
  if (schema === null) return { status: 503, body: failure('There is no schema yet') };
  const body = await bodyOf(request);
  if (body === null) return { status: 413, body: failure(`Larger than ${requestBytesMax} bytes`) };
  const asked: unknown = JSON.parse(body);
  if (!isRequest(asked)) return { status: 400, body: failure('Expected a JSON object with "query"') };
  return { status: 200, body: await schema.answer(asked) };
}

/** @returns Null: it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > requestBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isRequest(value: unknown): value is MockRequest {
  if (!isRecord(value) || typeof value['query'] !== 'string') return false;
  const { variables = null, operationName = null } = value;
  return (
    (variables === null || isRecord(variables)) &&
    (operationName === null || typeof operationName === 'string')
  );
}

function failure(message: string): unknown {
  return { errors: [{ message }] };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
