/**
 * The control address of a mock: its call log and its faults over HTTP, on a separate port, so that it also works for
 * gRPC and while the service itself is down.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { CallLog } from './call-log.ts';
import { FaultError } from './faults.ts';
import type { Fault, Faults } from './faults.ts';
import { readBody } from './http-body.ts';
import { host, listen } from './listener.ts';

export interface Control {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface Controlled {
  readonly name: string;
  readonly url: string;
  readonly calls: CallLog;
  readonly faults: Faults;
  reset(): void;
  /** Additional views by path, such as `/ledger` of payments. */
  readonly views: Readonly<Record<string, () => unknown>>;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

type Routes = Readonly<Record<string, (body: string) => Reply>>;

export async function startControl(mock: Controlled, port: number): Promise<Control> {
  const routes = routesOf(mock);
  const listener = await listen(
    () => createServer((request, response) => serve(routes, request, response)),
    port,
  );
  return { url: `http://${host}:${listener.port}`, port: listener.port, close: listener.stop };
}

function routesOf(mock: Controlled): Routes {
  const { calls, faults } = mock;
  const views = Object.entries(mock.views).map(([path, view]) => [
    `GET ${path}`,
    () => ({ status: 200, body: view() }),
  ]);
  const routes: Routes = {
    'GET /calls': () => ({ status: 200, body: { total: calls.total, calls: calls.list() } }),
    'DELETE /calls': () => done(() => calls.clear()),
    'GET /faults': () => ({ status: 200, body: faults.list }),
    'PUT /faults': (body) => setFaults(faults, body),
    'DELETE /faults': () => done(() => faults.clear()),
    'POST /reset': () => done(() => mock.reset()),
    ...Object.fromEntries(views),
  };
  return {
    'GET /': () => ({ status: 200, body: { name: mock.name, url: mock.url, routes: Object.keys(routes) } }),
    ...routes,
  };
}

function done(act: () => void): Reply {
  act();
  return { status: 204 };
}

function setFaults(faults: Faults, body: string): Reply {
  try {
    // `set` validates it.
    faults.set(JSON.parse(body) as Fault);
    return { status: 200, body: faults.list };
  } catch (error) {
    if (error instanceof FaultError) return { status: 400, body: { error: error.message } };
    if (error instanceof SyntaxError) return { status: 400, body: { error: `not JSON: ${error.message}` } };
    throw error;
  }
}

function serve(routes: Routes, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  readBody(request, (body) => {
    const route = routes[`${request.method} ${path}`];
    if (body === undefined) reply(response, { status: 413, body: { error: 'at most 4 MiB' } });
    else if (route) reply(response, route(body));
    else
      reply(response, {
        status: 404,
        body: { error: `not found; routes: ${Object.keys(routes).join(', ')}` },
      });
  });
}

function reply(response: ServerResponse, { status, body }: Reply): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
