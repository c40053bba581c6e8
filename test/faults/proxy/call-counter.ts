/**
 * Counts the calls of one connection by the bytes its client sends, whether or not they get through: HTTP/1 requests
 * (never pipelined here) and HTTP/2 streams, as gRPC uses them.
 */

const preface = 'PRI * HTTP/2.0';
const prefaceBytes = 24;
const frameHeadBytes = 9;
const headersFrame = 1;

export class CallCounter {
  calls = 0;
  #protocol: 'unknown' | 'http1' | 'http2' = 'unknown';
  #isAnswered = true;
  /** Bytes of the HTTP/2 connection to pass over before the next frame's head. */
  #skip = prefaceBytes;
  #head = Buffer.alloc(0);

  requestBytes(bytes: Buffer): void {
    if (this.#protocol === 'unknown')
      this.#protocol = bytes.toString('latin1', 0, preface.length) === preface ? 'http2' : 'http1';
    if (this.#protocol === 'http2') this.#readFrames(bytes);
    else if (this.#isAnswered) this.calls += 1;
    this.#isAnswered = false;
  }

  answerBytes(): void {
    this.#isAnswered = true;
  }

  #readFrames(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      const skipped = Math.min(this.#skip, rest.length);
      this.#skip -= skipped;
      rest = rest.subarray(skipped);
      if (this.#skip > 0) return;
      const wanted = frameHeadBytes - this.#head.length;
      this.#head = Buffer.concat([this.#head, rest.subarray(0, wanted)]);
      rest = rest.subarray(wanted);
      if (this.#head.length < frameHeadBytes) return;
      if (this.#head[3] === headersFrame) this.calls += 1;
      this.#skip = this.#head.readUIntBE(0, 3);
      this.#head = Buffer.alloc(0);
    }
  }
}
