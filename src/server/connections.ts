/**
 * Bounds how many connections are open at once. A new one beyond the bound makes others close on which nobody awaits an
 * answer: first those that never sent a request, then those between two requests, then those whose request does not
 * arrive, oldest first. Only where an answer is awaited on all of them, the new one is closed.
 */

import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { Events } from '../shared/events.ts';

/** Of the descriptors that the system gives this process: the others are for services, files and the store. */
const descriptorShare = 3 / 4;
/** Of all connections: so many are closed at once, so that not each newcomer has to look. */
const closedShare = 1 / 100;
const reportEveryMs = 1000;

interface Connection {
  /** By TLS: what TLS goes over. */
  readonly socket: Socket;
  readonly address: string;
  /** Requests that are not answered. */
  requests: number;
  /** The last one. */
  request: IncomingMessage | undefined;
}

type Cause = 'silent' | 'idle' | 'incomplete' | 'refused';

export class Connections {
  readonly #max: number;
  readonly #events: Events;
  readonly #open = new Set<Connection>();
  readonly #byAddress = new Map<string, Connection>();
  readonly #bySocket = new WeakMap<Socket, Connection>();
  /** Each in the order in which they came to be so. */
  readonly #silent = new Set<Connection>();
  readonly #idle = new Set<Connection>();
  #closed: Record<Cause, number> = none();
  #report: NodeJS.Timeout | undefined;

  constructor(max: number, events: Events) {
    this.#max = max;
    this.#events = events;
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#opened(socket));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#asked(request, response);
    });
  }

  #opened(socket: Socket): void {
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

  #asked(request: IncomingMessage, response: ServerResponse): void {
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

  /** With TLS a request has another socket than its connection. */
  #connectionOf(socket: Socket): Connection | undefined {
    const known = this.#bySocket.get(socket);
    if (known) return known;
    const found = this.#byAddress.get(addressOf(socket));
    if (found) this.#bySocket.set(socket, found);
    return found;
  }

  /** @returns Whether there is room now. */
  #makeRoom(): boolean {
    const wanted = Math.ceil(this.#max * closedShare);
    let closed = 0;
    for (const [cause, victims] of this.#victims()) {
      for (const victim of victims) {
        if (closed === wanted) return true;
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

/** @param configured As many as gateway.yaml allows; fewer, where the system has not the descriptors for them. */
export function withinDescriptors(configured: number): number {
  const descriptors = descriptorsMax();
  return Math.min(configured, Math.max(1, Math.floor(descriptors * descriptorShare)));
}

function descriptorsMax(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    // Elsewhere than on Linux.
    return Infinity;
  }
}
