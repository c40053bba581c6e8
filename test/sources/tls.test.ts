/** TLS to services: a private authority, client certificates, the name that must be right, HTTP/2. */

import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { senderTo, type SenderOptions } from './support/sender.ts';

const cleanups: Array<() => Promise<void>> = [];
let certificates: Certificates;
let port: number;
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
  certificates = await makeCertificates(['users.example']);
  const { cert, key } = certificates.server;
  server = createServer(
    { cert, key, ca: certificates.ca, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const name = socket.getPeerCertificate().subject?.CN ?? null;
      response.end(JSON.stringify({ client: socket.authorized ? name : null, asked: socket.servername }));
    },
  );
  port = await listen(server);
});
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await certificates.remove();
});

it('trusts the authority of the service and no other', async () => {
  expect(await ask({ tls: { ca: certificates.ca } })).toEqual({ client: null, asked: 'users.example' });
  const error = await sender({}).failure();
  expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', outcome: 'connect' });
});

it('shows its certificate to a service that wants one', async () => {
  const { cert, key } = certificates.client;
  expect(await ask({ tls: { ca: certificates.ca, cert, key } })).toMatchObject({ client: 'gateway' });
});

it('refuses a service whose certificate has another name, unless that name is expected', async () => {
  const other = { tls: { ca: certificates.ca } };
  expect(await sender(other, 'other.example').failure()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  const expected = { tls: { ca: certificates.ca, servername: 'users.example' } };
  const response = await sender(expected, 'other.example').send();
  expect(JSON.parse(response.body.toString())).toMatchObject({ asked: 'users.example' });
});

it('speaks HTTP/2 where that is asked for', async () => {
  const { cert, key } = certificates.server;
  const both = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    response.end(JSON.stringify({ version: request.httpVersion }));
  });
  const otherPort = await listen(both);
  cleanups.push(async () => void (await new Promise((resolve) => both.close(resolve))));
  for (const [http2, version] of [
    [false, '1.1'],
    [true, '2.0'],
  ] as const) {
    const one = sender({ tls: { ca: certificates.ca }, http2 }, 'users.example', otherPort);
    const response = await one.send();
    expect(JSON.parse(response.body.toString())).toEqual({ version });
    await one.close();
  }
});

async function ask(options: SenderOptions): Promise<unknown> {
  const response = await sender(options).send();
  return JSON.parse(response.body.toString()) as unknown;
}

function sender(options: SenderOptions, name = 'users.example', at = port) {
  const one = senderTo(`https://${name}:${at}`, { address: '127.0.0.1', ...options });
  cleanups.push(one.close);
  return one;
}

async function listen(one: Server): Promise<number> {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return (one.address() as AddressInfo).port;
}
