/**
 * Standard output, for the log: written while requests go on, within a limit, and without care for a reader that is
 * slow or gone.
 */

import { destination, type DestinationStream } from 'pino';

export interface LogOutput {
  readonly stream: DestinationStream;
  /** Lines left out since the last call, because they were more than the reader took. */
  lost(): number;
  /** Called when everything is written. */
  onDrained(listener: () => void): void;
  /**
   * Resolves once the lines are written, nobody reads them any more, or after a second.
   *
   * Before `process.exit`: what the library writes while a process exits it tries for ever where the reader is gone.
   */
  flushed(): Promise<void>;
}

const flushTimeoutMs = 1000;

/** @param bufferBytesMax Of lines not yet written; more are lost. */
export function standardOutput(bufferBytesMax: number): LogOutput {
  const stream = destination({ dest: 1, sync: false, maxLength: bufferBytesMax });
  let isBroken = false;
  let lost = 0;
  // Without a listener it would end the process.
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
          clearTimeout(late);
          stream.off('drain', done);
          stream.off('error', done);
          resolve();
        };
        const late = setTimeout(done, flushTimeoutMs);
        stream.on('drain', done);
        stream.on('error', done);
        // Nothing more, behind all that is there.
        return void stream.write('');
      }),
  };
}
