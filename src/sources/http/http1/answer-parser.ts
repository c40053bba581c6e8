/** Reads the answers of one connection, one after the other, in whatever pieces they arrive. */

import type { HttpHeaders } from '../pooled-call.ts';
import { AnswerHead, type Framing } from './answer-head.ts';
import { ChunkedBody } from './chunked-body.ts';
import { HeadLines } from './head-lines.ts';
import { notHttp } from './http1-error.ts';

export interface AnswerReceiver {
  /**
   * @param status From 100; below 200 another head follows.
   * @returns False: nobody wants the rest, and nothing more is read.
   */
  onHead(status: number, headers: HttpHeaders): boolean;
  /** @param data Belongs to the receiver. */
  onBody(data: Buffer): boolean;
  /** @param isReusable Whether the connection can take another call, as far as the answer goes. */
  onAnswered(isReusable: boolean): void;
}

/** A body up to this size is given on in one piece; a larger one as it comes, so that no memory waits for what never does. */
const wholeBytesMax = 1_048_576;

export class AnswerParser {
  readonly #receiver: AnswerReceiver;
  #head = new AnswerHead();
  readonly #lines = new HeadLines((line) => this.#head.readLine(line));
  /** Null: the head is not complete. */
  #framing: Framing | null = null;
  /** Of a body with a length. */
  #leftBytes = 0;
  /** A body with a length that is put together. */
  #whole: Buffer | undefined;
  #wholeBytes = 0;
  #chunked: ChunkedBody | undefined;

  constructor(receiver: AnswerReceiver) {
    this.#receiver = receiver;
  }

  /**
   * @param chunk Is changed, and free to be used again when this returns.
   * @throws {Http1Error} `not-http`
   */
  read(chunk: Buffer): void {
    const at = this.#framing === null ? this.#readHeads(chunk) : 0;
    if (at < 0) return;
    switch (this.#framing) {
      case 'length':
        this.#readLength(chunk, at);
        return;
      case 'chunked':
        this.#readChunked(chunk, at);
        return;
      case 'end':
        this.#give(chunk, at, chunk.length);
        return;
      default:
        this.#answered(chunk.length === at);
    }
  }

  /** The connection has ended: so has an answer of unknown length. Others are truncated. */
  end(): void {
    if (this.#framing === 'end') this.#answered(false);
  }

  /** @returns Where the body begins; -1: more has to arrive, or nobody wants it. */
  #readHeads(chunk: Buffer): number {
    let at = 0;
    for (;;) {
      at = this.#lines.read(chunk, at);
      const head = this.#head;
      if (at < 0) {
        if (head.status === 0) checkBeginning(this.#lines.rest);
        return -1;
      }
      if (head.status === 0) throw notHttp('a head without a status line');
      const framing = head.framing();
      if (head.status < 200 && !head.allowsReuse)
        throw notHttp('an answer before the answer that nothing can follow');
      if (!this.#receiver.onHead(head.status, head.headers)) return -1;
      if (head.status >= 200) {
        this.#framing = framing;
        if (framing === 'length') this.#leftBytes = Number(head.headers['content-length']);
        else if (framing === 'chunked') this.#chunked = new ChunkedBody();
        return at;
      }
      this.#head = new AnswerHead();
      if (at === chunk.length) return -1;
    }
  }

  #readLength(chunk: Buffer, at: number): void {
    const end = Math.min(chunk.length, at + this.#leftBytes);
    const bytes = end - at;
    this.#leftBytes -= bytes;
    const isLast = this.#leftBytes === 0;
    if (this.#whole || (!isLast && bytes + this.#leftBytes <= wholeBytesMax)) this.#gather(chunk, at, end);
    else if (!this.#give(chunk, at, end)) return;
    if (isLast) this.#answered(chunk.length === end);
  }

  #gather(chunk: Buffer, at: number, end: number): void {
    const whole = (this.#whole ??= Buffer.allocUnsafe(end - at + this.#leftBytes));
    chunk.copy(whole, this.#wholeBytes, at, end);
    this.#wholeBytes += end - at;
  }

  #readChunked(chunk: Buffer, at: number): void {
    const body = this.#chunked as ChunkedBody;
    const dataEnd = body.read(chunk, at);
    if (!this.#give(chunk, at, dataEnd)) return;
    if (body.endedAt >= 0) this.#answered(chunk.length === body.endedAt);
  }

  #give(chunk: Buffer, at: number, end: number): boolean {
    if (at === end) return true;
    const data = Buffer.allocUnsafe(end - at);
    chunk.copy(data, 0, at, end);
    return this.#receiver.onBody(data);
  }

  /** @param isExact False: more has arrived than the answer. */
  #answered(isExact: boolean): void {
    const whole = this.#whole;
    const isReusable = isExact && this.#framing !== 'end' && this.#head.allowsReuse;
    this.#head = new AnswerHead();
    this.#framing = null;
    this.#chunked = undefined;
    this.#whole = undefined;
    this.#wholeBytes = 0;
    if (whole && !this.#receiver.onBody(whole)) return;
    this.#receiver.onAnswered(isReusable);
  }
}

/** Something else than HTTP may never send the end of a line. */
function checkBeginning(text: string): void {
  const beginning = 'HTTP/1.';
  if (!beginning.startsWith(text.slice(0, beginning.length))) throw notHttp('an answer that is not HTTP');
}
