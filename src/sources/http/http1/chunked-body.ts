/** Takes a chunked body apart, in whatever pieces it arrives. Chunk extensions and trailers are dropped. */

import { checkTrailer } from './answer-head.ts';
import { HeadLines, headBytesMax } from './head-lines.ts';
import { notHttp } from './http1-error.ts';

const cr = 13;
const lf = 10;
const semicolon = 59;
/** Of a chunk's size: up to 4 GiB, which is more than any answer may have. */
const sizeDigitsMax = 8;
/** Of all chunk extensions of one body. */
const extensionBytesMax = headBytesMax;
const extensionsForm =
  /^(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"[\t !#-[\]-~]*"))?)+$/;

type State = 'size' | 'extension' | 'size-end' | 'data' | 'data-cr' | 'data-lf' | 'trailers';

export class ChunkedBody {
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  /** Of the current chunk. */
  #extensions = '';
  #extensionBytes = 0;
  readonly #trailers = new HeadLines(checkTrailer);
  /** Where in the last chunk the body ended; -1: more has to arrive. */
  endedAt = -1;

  /**
   * Moves the data in front: what was between it and before it is overwritten.
   *
   * @param at Where in the chunk to begin.
   * @returns Where the data now ends that begins at `at`.
   * @throws {Http1Error} `not-http`
   */
  read(chunk: Buffer, at: number): number {
    let data = at;
    let next = at;
    while (next < chunk.length) {
      if (this.#state === 'data') {
        const end = Math.min(chunk.length, next + this.#size);
        if (data !== next) chunk.copyWithin(data, next, end);
        data += end - next;
        this.#size -= end - next;
        next = end;
        if (this.#size === 0) this.#state = 'data-cr';
      } else if (this.#state === 'trailers') {
        this.endedAt = this.#trailers.read(chunk, next);
        return data;
      } else {
        this.#step(chunk[next] as number);
        next += 1;
      }
    }
    return data;
  }

  /** One byte of what is around the data. */
  #step(byte: number): void {
    switch (this.#state) {
      case 'size':
        this.#readSize(byte);
        return;
      case 'extension':
        this.#readExtension(byte);
        return;
      case 'size-end':
        checkByte(byte, lf);
        this.#state = this.#size === 0 ? 'trailers' : 'data';
        this.#digits = 0;
        return;
      case 'data-cr':
        checkByte(byte, cr);
        this.#state = 'data-lf';
        return;
      default:
        checkByte(byte, lf);
        this.#state = 'size';
    }
  }

  #readSize(byte: number): void {
    const digit = digitOf(byte);
    if (digit >= 0) {
      this.#digits += 1;
      if (this.#digits > sizeDigitsMax) throw notHttp('a chunk size of too many digits');
      // Not by shifts, which would end at 2 GiB.
      this.#size = this.#size * 16 + digit;
      return;
    }
    if (this.#digits === 0) throw notHttp('a chunk without a size');
    if (byte === cr) {
      this.#state = 'size-end';
    } else if (byte === semicolon) {
      this.#state = 'extension';
      this.#extensions = ';';
    } else throw notHttp('a chunk size that is no number');
  }

  #readExtension(byte: number): void {
    if (byte === cr) {
      if (!extensionsForm.test(this.#extensions)) throw notHttp('a chunk extension that is none');
      this.#state = 'size-end';
      return;
    }
    this.#extensionBytes += 1;
    if (this.#extensionBytes > extensionBytesMax) throw notHttp('too long chunk extensions');
    if (byte === lf) throw notHttp('a line feed in a chunk extension');
    this.#extensions += String.fromCharCode(byte);
  }
}

function checkByte(byte: number, expected: number): void {
  if (byte !== expected) throw notHttp('a chunk that does not end where it said');
}

/** Of a hexadecimal digit in ASCII; -1: it is none. */
function digitOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
