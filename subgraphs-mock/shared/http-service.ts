/**
 * The HTTP server of the REST and GraphQL mocks: reads a request, logs it, injects faults and sends the response, which
 * an `HttpApp` computes, a plain function without I/O.
 */

import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';

import type { Call, CallLog, CallStart } from './call-log.ts';
import type { Effect, Faults } from './faults.ts';
import { readBody } from './http-body.ts';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly json: string | Buffer;
}

/** A parsed request, for the log and the faults; `run` executes it, at most once. */
export interface HttpCall extends Pick<CallStart, 'names' | 'args' | 'query'> {
  run(): HttpAnswer | Promise<HttpAnswer>;
}

export type HttpApp = (request: HttpRequest) => HttpCall;

const keepAliveTimeoutMs = 60_000;
const hangMsMax = 600_000;
const trickleTickMs = 50;
const html = Buffer.from('<!doctype html><html><body><h1>It works!</h1></body></html>');
const wrongJson = Buffer.from('{"hello":["this","is","not","what","you","asked","for"]}');

export function createHttpServer(app: HttpApp, calls: CallLog, faults: Faults): Server {
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (request, response) => {
    readBody(request, (body) => {
      if (body === undefined) send(response, 413, Buffer.from('{"error":"at most 4 MiB"}'));
      else answer(app(toHttpRequest(request, body)), request, response, { calls, faults });
    });
  });
  server.on('connection', (socket) => {
    if (faults.refusesConnections) socket.destroy();
  });
  return server;
}

function toHttpRequest(request: IncomingMessage, body: string): HttpRequest {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  return {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    body,
  };
}

interface MockState {
  readonly calls: CallLog;
  readonly faults: Faults;
}

function answer(
  httpCall: HttpCall,
  request: IncomingMessage,
  response: ServerResponse,
  state: MockState,
): void {
  const call = state.calls.begin({ ...httpCall, headers: request.headers });
  const effect = state.faults.decide(httpCall.names);
  const timers = new Set<NodeJS.Timeout>();
  response.on('close', () => {
    for (const timer of timers) clearTimeout(timer);
    state.calls.end(call, 'aborted');
  });
  // 'finish' precedes 'close', so that a complete response counts as answered.
  response.on('finish', () => state.calls.end(call, 'answered', response.statusCode));
  if (!effect) {
    void run(httpCall, response);
    return;
  }
  recordFault(call, effect);
  const later = (delayMs: number, act: () => void): void => {
    timers.add(setTimeout(act, delayMs));
  };
  if (effect.delayMs === 0) applyEffect(effect, httpCall, response, later);
  else later(effect.delayMs, () => applyEffect(effect, httpCall, response, later));
}

function recordFault(call: Call, effect: Effect): void {
  const fault = effect.outcome ?? (effect.delayMs > 0 ? 'latency' : undefined);
  if (fault) call.fault = fault;
}

type Later = (delayMs: number, act: () => void) => void;

async function run(httpCall: HttpCall, response: ServerResponse): Promise<void> {
  const { status, json } = await resultOf(httpCall);
  send(response, status, json);
}

/** A bug of the mock becomes a 500, as in any service. */
async function resultOf(httpCall: HttpCall): Promise<HttpAnswer> {
  try {
    return await httpCall.run();
  } catch (error) {
    return { status: 500, json: JSON.stringify({ error: String(error) }) };
  }
}

function applyEffect(effect: Effect, httpCall: HttpCall, response: ServerResponse, later: Later): void {
  switch (effect.outcome) {
    case undefined:
      void run(httpCall, response);
      return;
    case 'down':
      response.destroy();
      return;
    case 'hang':
      later(hangMsMax, () => response.destroy());
      return;
    case 'status':
      send(response, effect.status ?? 503, Buffer.from('{"error":"injected fault"}'));
      return;
    case 'garbage':
    case 'wrongJson':
    case 'truncate':
    case 'trickleBytesPerSecond':
      void corrupt(effect, httpCall, response, later);
      return;
  }
}

/** Executes the call, and corrupts its response. */
async function corrupt(
  effect: Effect,
  httpCall: HttpCall,
  response: ServerResponse,
  later: Later,
): Promise<void> {
  const { status, json } = await resultOf(httpCall);
  if (response.destroyed) return;
  if (effect.outcome === 'garbage') send(response, 200, html, 'text/html; charset=utf-8');
  else if (effect.outcome === 'wrongJson') send(response, 200, wrongJson);
  else if (effect.outcome === 'truncate') truncate(response, status, Buffer.from(json));
  else trickle(response, { status, body: Buffer.from(json), bytesPerSecond: effect.bytesPerSecond }, later);
}

function truncate(response: ServerResponse, status: number, body: Buffer): void {
  writeHead(response, status, body.length);
  const half = body.subarray(0, Math.floor(body.length / 2));
  response.write(half, () => response.destroy());
}

interface TrickleOptions {
  readonly status: number;
  readonly body: Buffer;
  readonly bytesPerSecond: number;
}

function trickle(
  response: ServerResponse,
  { status, body, bytesPerSecond }: TrickleOptions,
  later: Later,
): void {
  const startedAtMs = performance.now();
  let sent = 0;
  writeHead(response, status, body.length);
  response.flushHeaders();

  function next(): void {
    const due = Math.floor(((performance.now() - startedAtMs) / 1_000) * bytesPerSecond);
    const until = Math.min(body.length, due);
    if (until > sent) response.write(body.subarray(sent, until));
    sent = until;
    if (sent === body.length) response.end();
    else if (performance.now() - startedAtMs > hangMsMax) response.destroy();
    else later(trickleTickMs, next);
  }
  next();
}

function send(response: ServerResponse, status: number, body: string | Buffer, contentType?: string): void {
  // The client disconnected, or the service was stopped, meanwhile.
  if (response.destroyed) return;
  writeHead(response, status, Buffer.byteLength(body), contentType);
  response.end(body);
}

function writeHead(
  response: ServerResponse,
  status: number,
  bodyBytes: number,
  contentType = 'application/json; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': bodyBytes });
}
