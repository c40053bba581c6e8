/**
 * Standard output for the log: asynchronous, with a bounded buffer, so that a reader that is slow or has ended does not
 * hold up requests.
 */

import { destination, type DestinationStream } from 'pino';

export interface LogOutput {
  readonly stream: DestinationStream;
  /** Lines dropped since the last call because the buffer was full. */
  lost(): number;
  /** Calls `listener` whenever the buffer is empty. */
  onDrained(listener: () => void): void;
  /**
   * Resolves once the lines are written, the reader has ended, or after a second.
   *
   * Await it before `process.exit`: while the process exits, the library retries forever if the reader has ended.
   */
  flushed(): Promise<void>;
}

const flushTimeoutMs = 1000;

/** @param bufferBytesMax Of lines not yet written; beyond it, lines are dropped. */
export function standardOutput(bufferBytesMax: number): LogOutput {
  const stream = destination({ dest: 1, sync: false, maxLength: bufferBytesMax });
  let isBroken = false;
  let lost = 0;
  // Without a listener an error would end the process.
  stream.on('error', () => (isBroken = true));
  stream.on('drop', () => (lost += 1));
  return {
    stream,
    lost() {
      const count = lost;
      lost = 0;
      return count;
    },
    onDrained: (listener) => void stream.on('drain', listener),
    flushed: () =>
      new Promise((resolve) => {
        if (isBroken) return resolve();
        const done = (): void => {
          clearTimeout(timer);
          stream.off('drain', done);
          stream.off('error', done);
          resolve();
        };
        const timer = setTimeout(done, flushTimeoutMs);
        stream.on('drain', done);
        stream.on('error', done);
        // Empty: drained once everything before it is written.
        return void stream.write('');
      }),
  };
}
