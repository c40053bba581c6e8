/**
 * Unpacks a compressed answer while it arrives. Exactly one encoding, one that was asked for; both sizes are capped, and
 * the service is slowed down while the unpacking is behind, so that a bomb costs what the cap allows and no more.
 */

import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib';

/** One that can be asked for. */
export type Encoding = 'gzip' | 'br' | 'zstd';

const decoders: Readonly<Record<Encoding, () => Transform>> = {
  gzip: createGunzip,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1
 * @param header `content-encoding` of the answer.
 * @returns null for an answer that is not compressed.
 * @throws {Error} For more than one encoding and for one that was not asked for.
 */
export function encodingOf(
  header: string | string[] | undefined,
  asked: readonly Encoding[],
): Encoding | null {
  if (header === undefined) return null;
  const text = String(header).toLowerCase();
  const names = text.split(',').map((name) => name.trim());
  const [coding, ...more] = names.filter((name) => name !== '' && name !== 'identity');
  if (coding === undefined) return null;
  const encoding = asked.find((one) => one === (coding === 'x-gzip' ? 'gzip' : coding));
  if (encoding && more.length === 0) return encoding;
  // Its words only where they are one of the usual ones: this is logged.
  const named = /^(?:(?:(?:x-)?gzip|br|zstd|deflate|compress)(?:, ?|$))+$/.test(text)
    ? text.slice(0, 40)
    : '';
  throw new Error(`a content-encoding that was not asked for ${named}`.trimEnd());
}

export interface DecodingListener {
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
  /** More can be written. */
  onDrain(): void;
}

export class ContentDecoding {
  readonly #stream: Transform;

  constructor(encoding: Encoding, listener: DecodingListener) {
    this.#stream = decoders[encoding]()
      .on('data', (chunk: Buffer) => listener.onData(chunk))
      .on('end', () => listener.onEnd())
      .on('error', (error: Error) => listener.onError(error))
      .on('drain', () => listener.onDrain());
  }

  /** @returns Whether more may be written before `onDrain`. */
  write(chunk: Buffer): boolean {
    return this.#stream.write(chunk);
  }

  end(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }
}
