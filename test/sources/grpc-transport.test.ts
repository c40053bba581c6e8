/** How a gRPC service is reached: TLS, header rules, refused addresses, and that nothing but the method is ever asked. */

import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import type { ServiceTransport } from '../../src/config/gateway/transport.ts';
import { createGrpcSource } from '../../src/sources/grpc/grpc-source.ts';
import { noHeaderRules } from '../../src/sources/headers/request-header-rules.ts';
import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { type ContextOptions, requestContext } from '../support/context.ts';
import { plainService } from '../support/plain-services.ts';

const cleanups: Array<() => Promise<void>> = [];
let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates(['localhost']);
});
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});
afterAll(() => certificates.remove());

it('only the method that was called is ever asked for: never reflection', async () => {
  const server = await serverOf(createServer());
  await call(`grpc://127.0.0.1:${server.port}`);
  await call(`grpc://localhost:${server.port}`);
  const path = '/tributary.inventory.v1.Inventory/GetStocks';
  expect(server.asked.map((headers) => headers[':path'])).toEqual([path, path]);
});

it('rules decide which headers become metadata', async () => {
  const server = await serverOf(createServer());
  const headers = {
    ...noHeaderRules,
    forward: ['authorization'],
    remove: ['x-secret'],
    rename: { 'x-user-id': 'x-customer' },
    insert: { 'x-api-key': 'k' },
  };
  await call(
    `grpc://127.0.0.1:${server.port}`,
    { headers },
    {
      headers: { authorization: 'Bearer t', cookie: 'a=1' },
      forwardHeaders: { 'x-user-id': 'u1', 'x-secret': 's', te: 'gzip', 'grpc-timeout': '1n', ':path': '/x' },
    },
  );
  const [asked = {}] = server.asked;
  expect(asked).toMatchObject({
    authorization: 'Bearer t',
    'x-customer': 'u1',
    'x-api-key': 'k',
    te: 'trailers',
  });
  expect(asked['grpc-timeout']).not.toBe('1n');
  for (const absent of ['x-secret', 'x-user-id', 'cookie']) expect(asked).not.toHaveProperty(absent);
});

it('trusts the authority of the service and no other, and shows its own certificate', async () => {
  const { ca, client } = certificates;
  const { cert, key } = certificates.server;
  const options = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
  const server = await serverOf(createSecureServer(options));
  const url = `grpcs://localhost:${server.port}`;
  const { cert: clientCert, key: clientKey } = client;
  await call(url, { tls: { ca, cert: clientCert, key: clientKey } });
  expect(server.clients).toEqual(['gateway']);
  await expect(call(url, { tls: { cert: clientCert, key: clientKey } })).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  });
  await expect(
    call(url, { tls: { ca, cert: clientCert, key: clientKey, servername: 'other.example' } }),
  ).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(server.clients).toEqual(['gateway']);
});

it('goes nowhere when its name or address is refused', async () => {
  const server = await serverOf(createServer());
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
    await expect(call(`grpc://${host}:${server.port}`, { allowLoopback: false })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
  }
  await expect(call('grpc://169.254.169.254:80')).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    cause: { message: expect.stringContaining('its name leads to a link-local address') as unknown },
  });
  expect(server.asked).toEqual([]);
  expect(server.connections).toBe(0);
});

/** Null: the server knows nothing, and says so in the way of the protocol. */
async function call(
  url: string,
  transport: Partial<ServiceTransport> = {},
  context: ContextOptions = {},
): Promise<void> {
  const protoPath = fileURLToPath(new URL('../../schemas/protos/inventory.proto', import.meta.url));
  const service = 'tributary.inventory.v1.Inventory';
  const plain = plainService({ name: 'inventory', urls: [url] });
  const source = await createGrpcSource({ protoPath, service, transport }, plain);
  cleanups.push(() => source.close());
  expect(await source.call('GetStocks', { upcs: [] }, requestContext(context))).toBeNull();
}

async function serverOf(server: Http2Server) {
  const asked: IncomingHttpHeaders[] = [];
  const clients: string[] = [];
  let connections = 0;
  server.on('connection', () => (connections += 1));
  server.on('session', (session) => {
    cleanups.push(() => Promise.resolve(session.destroy()));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    asked.push(headers);
    const socket = stream.session?.socket as TLSSocket | undefined;
    if (socket?.getPeerCertificate) clients.push(String(socket.getPeerCertificate().subject.CN));
    const notFound = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' };
    stream.respond(notFound, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, () => resolve()));
  cleanups.push(async () => void (await new Promise((resolve) => server.close(() => resolve(undefined)))));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    asked,
    clients,
    get connections() {
      return connections;
    },
  };
}
