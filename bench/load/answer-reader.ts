/**
 * Reads HTTP/1.1 answers off a connection that has one request in flight, with `content-length` or in chunks. Knows as
 * much of HTTP as the gateways of the benchmark use, so that reading costs little of the core it shares.
 */

const headBytesMax = 16 * 1024;
const endOfHead = Buffer.from('\r\n\r\n');
const endOfLine = Buffer.from('\r\n');

export interface Answer {
  readonly status: number;
  readonly bodyBytes: number;
  /** Only when it was asked for. */
  readonly body: Buffer | undefined;
}

type Stage = 'head' | 'body' | 'chunk-size' | 'chunk' | 'trailer';

export class AnswerReader {
  readonly #onAnswer: (answer: Answer) => void;
  /** Set for the next answer: keep its body. */
  keepBody = false;
  #stage: Stage = 'head';
  #pending: Buffer = Buffer.alloc(0);
  #status = 0;
  #remaining = 0;
  #bodyBytes = 0;
  #kept: Buffer[] = [];
  /** The line that comes ends the answer, not a chunk. */
  #last = false;

  constructor(onAnswer: (answer: Answer) => void) {
    this.#onAnswer = onAnswer;
  }

  /** @throws When the answer is no HTTP that this reader knows. */
  read(received: Buffer): void {
    let bytes = this.#pending.length > 0 ? Buffer.concat([this.#pending, received]) : received;
    this.#pending = Buffer.alloc(0);
    while (bytes.length > 0) {
      const rest = this.#stage === 'body' || this.#stage === 'chunk' ? this.#take(bytes) : this.#line(bytes);
      if (!rest) {
        if (bytes.length > headBytesMax) throw new Error('a head of more than 16 KiB');
        this.#pending = bytes;
        return;
      }
      bytes = rest;
    }
  }

  /** @returns What follows the part of the body in `bytes`. */
  #take(bytes: Buffer): Buffer {
    const part = bytes.length > this.#remaining ? bytes.subarray(0, this.#remaining) : bytes;
    this.#remaining -= part.length;
    this.#bodyBytes += part.length;
    if (this.keepBody) this.#kept.push(part);
    if (this.#remaining === 0) {
      if (this.#stage === 'body') this.#finish();
      else this.#stage = 'trailer';
    }
    return bytes.subarray(part.length);
  }

  /** @returns What follows the head or line, undefined while it is not whole. */
  #line(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(this.#stage === 'head' ? endOfHead : endOfLine);
    if (end === -1) return undefined;
    const text = bytes.toString('latin1', 0, end);
    if (this.#stage === 'head') {
      this.#startBody(text);
      return bytes.subarray(end + endOfHead.length);
    }
    if (this.#stage === 'chunk-size') {
      this.#remaining = Number.parseInt(text, 16);
      this.#stage = this.#remaining === 0 ? 'trailer' : 'chunk';
      this.#last = this.#remaining === 0;
    } else if (this.#last) this.#finish();
    else this.#stage = 'chunk-size';
    return bytes.subarray(end + endOfLine.length);
  }

  #startBody(head: string): void {
    this.#status = Number(head.slice(9, 12));
    this.#bodyBytes = 0;
    this.#last = false;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length) {
      this.#remaining = Number(length[1]);
      this.#stage = 'body';
      if (this.#remaining === 0) this.#finish();
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#stage = 'chunk-size';
    else throw new Error('neither a length nor chunks');
  }

  #finish(): void {
    this.#stage = 'head';
    const body = this.keepBody ? Buffer.concat(this.#kept) : undefined;
    this.#kept = [];
    this.#onAnswer({ status: this.#status, bodyBytes: this.#bodyBytes, body });
  }
}
