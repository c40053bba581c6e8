/** A connection to the gateway with one request in flight, opened again when it breaks. */

import { connect, type Socket } from 'node:net';

import { type Answer, AnswerReader } from './answer-reader.ts';

export interface ConnectionEvents {
  /** It has nothing in flight: after it was opened, and after each answer. */
  onFree(connection: Connection): void;
  onAnswer(answer: Answer, connection: Connection): void;
  onBroken(reason: string, connection: Connection): void;
}

export class Connection {
  readonly #port: number;
  readonly #events: ConnectionEvents;
  #socket: Socket | undefined;
  #reader: AnswerReader | undefined;
  #closed = false;

  constructor(port: number, events: ConnectionEvents) {
    this.#port = port;
    this.#events = events;
    this.#open();
  }

  send(request: Buffer, keepBody: boolean): void {
    if (this.#reader) this.#reader.keepBody = keepBody;
    this.#socket?.write(request);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  #open(): void {
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    let reason = 'a connection was closed';
    const reader = new AnswerReader((answer) => {
      if (this.#closed) return;
      this.#events.onAnswer(answer, this);
      this.#events.onFree(this);
    });
    this.#socket = socket;
    this.#reader = reader;
    socket.on('connect', () => this.#events.onFree(this));
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.read(chunk);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on('error', (error) => {
      reason = `a connection broke: ${error.message}`;
    });
    socket.on('close', () => {
      if (this.#closed) return;
      this.#events.onBroken(reason, this);
      this.#open();
    });
  }
}

const marks = /t[-_](?=0{8})/g;

/** A request in bytes, of which copies differ in the digits of the mark. */
export class RequestBytes {
  readonly #bytes: Buffer;
  /** Where the digits of each mark stand; none when all requests are alike. */
  readonly #marksAt: readonly number[];

  constructor(path: string, port: number, body: string) {
    const head = [
      `POST ${path} HTTP/1.1`,
      `host: 127.0.0.1:${port}`,
      'content-type: application/json',
      'accept: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    this.#bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
    // In latin1 each byte is one character.
    this.#marksAt = [...this.#bytes.toString('latin1').matchAll(marks)].map(({ index }) => index + 2);
  }

  numbered(number: number): Buffer {
    if (this.#marksAt.length === 0) return this.#bytes;
    const marked = Buffer.from(this.#bytes);
    const digits = String(number).padStart(8, '0');
    for (const at of this.#marksAt) marked.write(digits, at, 'latin1');
    return marked;
  }
}
