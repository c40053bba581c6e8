/** A log in memory, for tests of what it says. */

import { PassThrough } from 'node:stream';

import { type Log, logTo, type LogOptions } from '../../src/observe/log/logger.ts';
import { Events } from '../../src/shared/events.ts';

export interface MemoryLog {
  readonly events: Events;
  readonly log: Log;
  readonly text: () => string;
  /** Those written by now, with what is written once a second. */
  readonly lines: () => Promise<Array<Record<string, unknown>>>;
}

export function memoryLog(options: Partial<LogOptions> = {}): MemoryLog {
  const events = new Events();
  const stream = new PassThrough();
  let written = '';
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const flushed = async (): Promise<void> => {};
  const output = { stream, lost: () => 0, onDrained: () => {}, flushed };
  const log = logTo(output, events, {
    level: 'info',
    requests: 'all',
    refusedLinesPerSecondMax: 100,
    slowOperationMs: 1000,
    backendMessages: 'pass',
    ...options,
  });
  return {
    events,
    log,
    text: () => written,
    lines: async (): Promise<Array<Record<string, unknown>>> => {
      await log.flushed();
      return written
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}
