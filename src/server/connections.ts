/**
 * Limits the number of open connections. A new connection beyond the limit evicts others on which no response is
 * pending: first those that never sent a request, then idle ones, then those with an incomplete request, oldest first.
 * The new connection is closed only if a response is pending on all of them.
 */

import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { Events } from '../shared/events.ts';

/** Share of the process's file descriptors; the others are for services, files and the store. */
const descriptorShare = 3 / 4;
/** Share of the connections that are evicted at once, so that not every new connection has to search. */
const evictedShare = 1 / 100;
const reportEveryMs = 1000;

interface Connection {
  /** The TCP socket, also for TLS. */
  readonly socket: Socket;
  readonly address: string;
  /** Requests without a complete response. */
  requests: number;
  /** The last request. */
  request: IncomingMessage | undefined;
}

type Cause = 'silent' | 'idle' | 'incomplete' | 'refused';

export class Connections {
  readonly #max: number;
  readonly #events: Events;
  readonly #open = new Set<Connection>();
  readonly #byAddress = new Map<string, Connection>();
  readonly #bySocket = new WeakMap<Socket, Connection>();
  /** Both in order of how long they have been so, longest first. */
  readonly #silent = new Set<Connection>();
  readonly #idle = new Set<Connection>();
  #closed: Record<Cause, number> = none();
  #report: NodeJS.Timeout | undefined;

  constructor(max: number, events: Events) {
    this.#max = max;
    this.#events = events;
  }

  watch(server: Server): void {
    const withdraw = this.#events.readings.offer('connectionsOpen', () => [[this.#open.size]]);
    server.once('close', withdraw);
    server.on('connection', (socket: Socket) => this.#onConnection(socket));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#onRequest(request, response);
    });
  }

  #onConnection(socket: Socket): void {
    if (this.#open.size >= this.#max && !this.#makeRoom()) {
      this.#close(socket, 'refused');
      return;
    }
    const connection = { socket, address: addressOf(socket), requests: 0, request: undefined };
    this.#open.add(connection);
    this.#byAddress.set(connection.address, connection);
    this.#bySocket.set(socket, connection);
    this.#silent.add(connection);
    socket.once('close', () => this.#forget(connection));
  }

  #forget(connection: Connection): void {
    this.#open.delete(connection);
    this.#silent.delete(connection);
    this.#idle.delete(connection);
    if (this.#byAddress.get(connection.address) === connection) this.#byAddress.delete(connection.address);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connectionOf(request.socket);
    if (!connection) return;
    if (connection.request === undefined) this.#silent.delete(connection);
    else this.#idle.delete(connection);
    connection.requests += 1;
    connection.request = request;
    response.once('close', () => {
      connection.requests -= 1;
      if (connection.requests === 0 && this.#open.has(connection)) this.#idle.add(connection);
    });
  }

  /** With TLS, the socket of a request is not the TCP socket of its connection. */
  #connectionOf(socket: Socket): Connection | undefined {
    const cached = this.#bySocket.get(socket);
    if (cached) return cached;
    const connection = this.#byAddress.get(addressOf(socket));
    if (connection) this.#bySocket.set(socket, connection);
    return connection;
  }

  /** @returns Whether there is room now. */
  #makeRoom(): boolean {
    const evictedMax = Math.ceil(this.#max * evictedShare);
    let closed = 0;
    for (const [cause, victims] of this.#victims()) {
      for (const victim of victims) {
        if (closed === evictedMax) return true;
        this.#forget(victim);
        this.#close(victim.socket, cause);
        closed += 1;
      }
    }
    return closed > 0;
  }

  *#victims(): Generator<[Cause, Iterable<Connection>]> {
    yield ['silent', this.#silent];
    yield ['idle', this.#idle];
    yield ['incomplete', [...this.#open].filter(({ request }) => request?.complete === false)];
  }

  #close(socket: Socket, cause: Cause): void {
    socket.destroy();
    this.#closed[cause] += 1;
    if (this.#report) return;
    this.#report = setTimeout(() => {
      this.#report = undefined;
      this.#events.emit('connectionsShed', { ...this.#closed, open: this.#open.size });
      this.#closed = none();
    }, reportEveryMs).unref();
  }
}

function none(): Record<Cause, number> {
  return { silent: 0, idle: 0, incomplete: 0, refused: 0 };
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** @param configured The limit in gateway.yaml; lowered if the process has too few file descriptors for it. */
export function withinDescriptors(configured: number): number {
  const descriptors = descriptorsMax();
  return Math.min(configured, Math.max(1, Math.floor(descriptors * descriptorShare)));
}

function descriptorsMax(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    // Not on Linux.
    return Infinity;
  }
}
