/** The lines before an empty line, in whatever pieces they arrive: the head of an answer, or its trailers. */

import { maxHeaderSize } from 'node:http';

import { notHttp } from './http1-error.ts';

/** Of one head. 16 KiB, unless Node was told another. */
export const headBytesMax = maxHeaderSize;

const emptyLine = Buffer.from('\r\n\r\n');
/** In a line that is not complete yet: a line end without its other half, or a control character. */
const brokenPart = /\r[^]|[^\t\r -~\x80-\xff]/;

export class HeadLines {
  readonly #onLine: (line: string) => void;
  /** The beginning of a line, or empty. */
  #rest = '';
  #bytes = 0;

  /** @param onLine Gets each line without its end. Throws where it is none. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** What has arrived of a line that has not ended. */
  get rest(): string {
    return this.#rest;
  }

  /**
   * @param at Where in the chunk to begin.
   * @returns Where in the chunk the lines end, after the empty one; -1: more has to arrive.
   * @throws {Http1Error} `not-http`
   */
  read(chunk: Buffer, at: number): number {
    // The body, which may be in the same chunk, is not to be decoded.
    const emptyAt = chunk.indexOf(emptyLine, at);
    const end = emptyAt < 0 ? chunk.length : emptyAt + 4;
    const leftBytes = headBytesMax - this.#bytes;
    const read = chunk.toString('latin1', at, Math.min(end, at + leftBytes + 1));
    const before = this.#rest.length;
    const text = before === 0 ? read : this.#rest + read;
    let start = 0;
    for (;;) {
      const lineEnd = text.indexOf('\r\n', start);
      if (lineEnd < 0) break;
      if (lineEnd === start) return this.#ended(at + start + 2 - before, at);
      this.#onLine(text.slice(start, lineEnd));
      start = lineEnd + 2;
    }
    this.#rest = start === 0 ? text : text.slice(start);
    this.#count(read.length);
    if (brokenPart.test(this.#rest)) throw notHttp('a line with a character that lines cannot have');
    return -1;
  }

  #ended(end: number, at: number): number {
    this.#count(end - at);
    this.#rest = '';
    this.#bytes = 0;
    return end;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > headBytesMax) throw notHttp(`a head of more than ${headBytesMax} bytes`);
  }
}
