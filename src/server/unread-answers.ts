/**
 * Answers that clients do not read. Each waits in memory for its client, so there are bounds on all of them together, on
 * those of one connection, and on the time without progress: beyond a bound, connections are closed.
 *
 * A client that reads slowly makes progress and gets its answer. Where there are too many answers, connections go first
 * that were never seen to read, of the clients with most bytes unread.
 */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { plainAddress, type NetworkOf } from '../shared/addresses.ts';
import type { Clock } from '../shared/clock.ts';
import type { Events } from '../shared/events.ts';

export interface UnreadLimits {
  /** Without progress, in ms. */
  readonly timeoutMs: number;
  /** Of all connections; twice that for a moment, or where none is to blame more than others. */
  readonly bytesMax: number;
  /** Who is one client. */
  readonly networkOf: NetworkOf;
}

/**
 * So much of a long answer is handed over at once: how far a client has read is seen from one to the next, so that one
 * takes the slowest clients less than `timeoutMs`.
 */
const sliceBytes = 65_536;
/** Of `bytesMax`: what several answers on one connection may take, and all of one client while others want room. */
const clientShare = 1 / 8;
/** Of `bytesMax`: what is left once connections were closed, so that not each further answer closes one. */
const keptShare = 3 / 4;
/** Only a client that reads makes room after so long a wait: before, there is room in the system's buffers. */
const readingAfterMs = 250;
/** A moment in which also a fast client may take nothing. */
const graceMs = 1000;
const lookEveryMs = 1000;

interface Waiting {
  readonly socket: Socket;
  readonly client: string;
  answers: number;
  bytes: number;
  movedAtMs: number;
  /** It was seen to. */
  reads: boolean;
}

export class UnreadAnswers {
  readonly #limits: UnreadLimits;
  readonly #now: Clock;
  readonly #events: Events;
  readonly #waiting = new Map<Socket, Waiting>();
  #bytes = 0;
  #closed = { connections: 0, bytes: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: UnreadLimits, now: Clock, events: Events) {
    this.#limits = limits;
    this.#now = now;
    this.#events = events;
  }

  /** Ends `response`, whose head is written, as fast as its client reads. */
  end(response: ServerResponse, body: string | Buffer): void {
    if (typeof body === 'string' || body.length <= sliceBytes) {
      response.end(body);
      const unread = response.writableLength;
      if (unread > 0) this.#add(response, unread);
      return;
    }
    this.#sendSlices(response, body, this.#add(response, body.length));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sendSlices(response: ServerResponse, body: Buffer, waiting: Waiting): void {
    let sent = 0;
    const send = (): void => {
      if (response.destroyed) return;
      if (sent > 0) this.#moved(waiting);
      while (sent + sliceBytes < body.length) {
        const slice = body.subarray(sent, (sent += sliceBytes));
        if (response.write(slice)) continue;
        response.once('drain', send);
        return;
      }
      response.end(body.subarray(sent));
    };
    send();
  }

  #add(response: ServerResponse, bytes: number): Waiting {
    const { socket } = response.req;
    let waiting = this.#waiting.get(socket);
    if (!waiting) {
      const client = this.#limits.networkOf(plainAddress(socket.remoteAddress ?? ''), response.req.headers);
      waiting = { socket, client, answers: 0, bytes: 0, movedAtMs: this.#now(), reads: false };
      this.#waiting.set(socket, waiting);
      this.#timer ??= setInterval(() => this.#look(), lookEveryMs).unref();
    }
    const one = waiting;
    one.answers += 1;
    one.bytes += bytes;
    this.#bytes += bytes;
    response.once('close', () => this.#taken(one, bytes));
    this.#keepWithinLimits(one);
    return one;
  }

  #taken(waiting: Waiting, bytes: number): void {
    waiting.answers -= 1;
    waiting.bytes -= bytes;
    this.#bytes -= bytes;
    if (waiting.answers === 0) this.#waiting.delete(waiting.socket);
    else this.#moved(waiting);
  }

  #moved(waiting: Waiting): void {
    const nowMs = this.#now();
    if (nowMs - waiting.movedAtMs > readingAfterMs) waiting.reads = true;
    waiting.movedAtMs = nowMs;
  }

  #keepWithinLimits(added: Waiting): void {
    const { bytesMax } = this.#limits;
    if (added.answers > 1 && added.bytes > bytesMax * clientShare) this.#closeConnection(added);
    if (this.#bytes <= 2 * bytesMax) return;
    const bytesOf = this.#bytesByClient();
    const worstFirst = [...this.#waiting.values()].toSorted(
      (a, b) =>
        Number(a.reads) - Number(b.reads) ||
        (bytesOf.get(b.client) ?? 0) - (bytesOf.get(a.client) ?? 0) ||
        a.movedAtMs - b.movedAtMs,
    );
    this.#makeRoom(worstFirst);
  }

  /** Closes connections of these until there is room. */
  #makeRoom(waiting: readonly Waiting[]): void {
    let left = this.#bytes;
    for (const one of waiting) {
      if (left <= this.#limits.bytesMax * keptShare) return;
      left -= one.bytes;
      this.#closeConnection(one);
    }
  }

  #bytesByClient(): Map<string, number> {
    const bytesOf = new Map<string, number>();
    for (const { client, bytes } of this.#waiting.values())
      bytesOf.set(client, (bytesOf.get(client) ?? 0) + bytes);
    return bytesOf;
  }

  /** Closes connections that make no progress. */
  #look(): void {
    const nowMs = this.#now();
    const { timeoutMs, bytesMax } = this.#limits;
    for (const one of this.#waiting.values())
      if (nowMs - one.movedAtMs >= timeoutMs) this.#closeConnection(one);
    if (this.#bytes > bytesMax) {
      const bytesOf = this.#bytesByClient();
      const toBlame = [...this.#waiting.values()].filter(
        ({ reads, movedAtMs, client }) =>
          !reads && nowMs - movedAtMs >= graceMs && (bytesOf.get(client) ?? 0) > bytesMax * clientShare,
      );
      this.#makeRoom(toBlame);
    }
    const { connections } = this.#closed;
    if (connections > 0)
      this.#events.emit('unreadAnswersDropped', { ...this.#closed, waiting: this.#waiting.size });
    this.#closed = { connections: 0, bytes: 0 };
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #closeConnection({ socket, bytes }: Waiting): void {
    if (socket.destroyed) return;
    this.#closed.connections += 1;
    this.#closed.bytes += bytes;
    // What is in place for its responses when they close takes them out of the books.
    socket.destroy();
  }
}
