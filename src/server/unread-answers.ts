/**
 * Backpressure towards clients: responses that clients do not read wait in memory, so there are limits on all of them
 * together, on those of one connection, and on the time without progress. Beyond a limit, connections are closed.
 *
 * A client that reads slowly makes progress and gets its response. If there are too many, connections that were never
 * seen reading are closed first, of the clients with the most unread bytes.
 */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { plainAddress, type NetworkOf } from '../shared/addresses.ts';
import type { Clock } from '../shared/clock.ts';
import type { Events } from '../shared/events.ts';

export interface UnreadLimits {
  /** How long a client may make no progress, in ms. */
  readonly timeoutMs: number;
  /** Of all connections; up to twice that briefly, or if no client has more than its share. */
  readonly bytesMax: number;
  /** Which connections are of one client. */
  readonly networkOf: NetworkOf;
}

/**
 * A long response is written in slices of this size, and a client that takes one makes progress: small enough that the
 * slowest clients take one within `timeoutMs`.
 */
const sliceBytes = 65_536;
/** Share of `bytesMax` for several responses on one connection, and for one client when there is too much. */
const clientShare = 1 / 8;
/** Share of `bytesMax` that is left after closing connections, so that not every further response closes one. */
const targetShare = 3 / 4;
/** Progress counts as reading only after this wait: before, it may be room in the operating system's buffers. */
const readingAfterMs = 250;
/** Even a fast client may take nothing for this long. */
const graceMs = 1000;
const checkEveryMs = 1000;

interface UnreadConnection {
  readonly socket: Socket;
  readonly client: string;
  answers: number;
  bytes: number;
  progressedAtMs: number;
  /** It has been seen reading. */
  reads: boolean;
}

interface CountedAnswer {
  readonly connection: UnreadConnection;
  /** It is read. */
  readonly settle: () => void;
}

interface LongAnswer {
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly finish: (last: Buffer) => void;
}

export class UnreadAnswers {
  readonly #limits: UnreadLimits;
  readonly #now: Clock;
  readonly #events: Events;
  readonly #connections = new Map<Socket, UnreadConnection>();
  readonly #watched = new WeakSet<Socket>();
  #bytes = 0;
  #closed = { connections: 0, bytes: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: UnreadLimits, now: Clock, events: Events) {
    this.#limits = limits;
    this.#now = now;
    this.#events = events;
  }

  /**
   * Ends `response`, whose head is written, as fast as its client reads.
   *
   * @param finish Sends the last part, and calls `sent` where the response does not end with it. Default: it ends.
   */
  end(
    response: ServerResponse,
    text: string | Buffer,
    finish = (last: string | Buffer, _sent: () => void): void => void response.end(last),
  ): void {
    // Nobody is there to read it, and no `close` will tell.
    if (response.destroyed || response.req.socket.destroyed) return;
    const body = typeof text === 'string' && text.length > sliceBytes ? Buffer.from(text) : text;
    if (typeof body === 'string' || body.length <= sliceBytes) {
      let isSent = false;
      let settle = (): void => void (isSent = true);
      finish(body, () => settle());
      const unread = response.writableLength;
      if (unread > 0 && !isSent) ({ settle } = this.#add(response, unread));
      return;
    }
    const { connection, settle } = this.#add(response, body.length);
    this.#sendSlices({ response, body, finish: (last) => finish(last, settle) }, connection);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sendSlices({ response, body, finish }: LongAnswer, connection: UnreadConnection): void {
    let sent = 0;
    const send = (): void => {
      if (response.destroyed) return;
      if (sent > 0) this.#progressed(connection);
      while (sent + sliceBytes < body.length) {
        const slice = body.subarray(sent, (sent += sliceBytes));
        if (response.write(slice)) continue;
        response.once('drain', send);
        return;
      }
      finish(body.subarray(sent));
    };
    send();
  }

  #add(response: ServerResponse, bytes: number): CountedAnswer {
    const { socket } = response.req;
    let waiting = this.#connections.get(socket);
    if (!waiting) {
      const client = this.#limits.networkOf(plainAddress(socket.remoteAddress ?? ''), response.req.headers);
      waiting = { socket, client, answers: 0, bytes: 0, progressedAtMs: this.#now(), reads: false };
      this.#connections.set(socket, waiting);
      this.#watch(socket);
      this.#timer ??= setInterval(() => this.#check(), checkEveryMs).unref();
    }
    const connection = waiting;
    connection.answers += 1;
    connection.bytes += bytes;
    this.#bytes += bytes;
    let isSettled = false;
    const settle = (): void => {
      if (!isSettled) this.#settled(connection, bytes);
      isSettled = true;
    };
    response.once('close', settle);
    this.#keepWithinLimits(connection);
    return { connection, settle };
  }

  /** Node tells only the response that is being sent of the end of its connection, and not those that wait behind it. */
  #watch(socket: Socket): void {
    if (this.#watched.has(socket)) return;
    this.#watched.add(socket);
    socket.once('close', () => {
      const connection = this.#connections.get(socket);
      if (!connection) return;
      this.#bytes -= connection.bytes;
      this.#connections.delete(socket);
    });
  }

  #settled(connection: UnreadConnection, bytes: number): void {
    if (this.#connections.get(connection.socket) !== connection) return;
    connection.answers -= 1;
    connection.bytes -= bytes;
    this.#bytes -= bytes;
    if (connection.answers === 0) this.#connections.delete(connection.socket);
    else this.#progressed(connection);
  }

  #progressed(connection: UnreadConnection): void {
    const nowMs = this.#now();
    if (nowMs - connection.progressedAtMs > readingAfterMs) connection.reads = true;
    connection.progressedAtMs = nowMs;
  }

  #keepWithinLimits(added: UnreadConnection): void {
    const { bytesMax } = this.#limits;
    if (added.answers > 1 && added.bytes > bytesMax * clientShare) this.#closeConnection(added);
    if (this.#bytes <= 2 * bytesMax) return;
    const bytesOf = this.#bytesByClient();
    const worstFirst = [...this.#connections.values()].toSorted(
      (a, b) =>
        Number(a.reads) - Number(b.reads) ||
        (bytesOf.get(b.client) ?? 0) - (bytesOf.get(a.client) ?? 0) ||
        a.progressedAtMs - b.progressedAtMs,
    );
    this.#makeRoom(worstFirst);
  }

  /** Closes connections in this order until there is room. */
  #makeRoom(connections: readonly UnreadConnection[]): void {
    let left = this.#bytes;
    for (const connection of connections) {
      if (left <= this.#limits.bytesMax * targetShare) return;
      left -= connection.bytes;
      this.#closeConnection(connection);
    }
  }

  #bytesByClient(): Map<string, number> {
    const bytesOf = new Map<string, number>();
    for (const { client, bytes } of this.#connections.values())
      bytesOf.set(client, (bytesOf.get(client) ?? 0) + bytes);
    return bytesOf;
  }

  /** Closes connections that make no progress. */
  #check(): void {
    const nowMs = this.#now();
    const { timeoutMs, bytesMax } = this.#limits;
    for (const connection of this.#connections.values())
      if (nowMs - connection.progressedAtMs >= timeoutMs) this.#closeConnection(connection);
    if (this.#bytes > bytesMax) {
      const bytesOf = this.#bytesByClient();
      const toBlame = [...this.#connections.values()].filter(
        ({ reads, progressedAtMs, client }) =>
          !reads && nowMs - progressedAtMs >= graceMs && (bytesOf.get(client) ?? 0) > bytesMax * clientShare,
      );
      this.#makeRoom(toBlame);
    }
    const { connections } = this.#closed;
    if (connections > 0)
      this.#events.emit('unreadAnswersDropped', { ...this.#closed, waiting: this.#connections.size });
    this.#closed = { connections: 0, bytes: 0 };
    if (this.#connections.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #closeConnection({ socket, bytes }: UnreadConnection): void {
    if (socket.destroyed) return;
    this.#closed.connections += 1;
    this.#closed.bytes += bytes;
    // The `close` listeners of its responses update the counts.
    socket.destroy();
  }
}
