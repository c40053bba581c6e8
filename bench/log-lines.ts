/**
 * What the log costs while clients send bad requests: microseconds of CPU and bytes for each refused request, and lines
 * written, with the budget of `log.refusedLinesPerSecondMax` and without it.
 *
 *     node bench/log-lines.ts
 *
 * Each refused request is what the gateway emits for a token with a wrong signature. Lines go to /dev/null.
 */

import { setImmediate as turn } from 'node:timers/promises';

import { destination } from 'pino';

import { logTo, type Log } from '../src/observe/log/logger.ts';
import { GatewayError } from '../src/shared/errors.ts';
import { Events } from '../src/shared/events.ts';

const requests = 100_000;
/** In one turn of the event loop. */
const requestsPerTurn = 50;
const rounds = 3;
const unbounded = 1_000_000;

interface Cost {
  readonly cpuUs: number;
  readonly bytes: number;
  readonly lines: number;
  readonly seconds: number;
}

async function costOf(refusedLinesPerSecondMax: number | null): Promise<Cost> {
  const events = new Events();
  const file = destination({ dest: '/dev/null', sync: false });
  let bytes = 0;
  let lines = 0;
  const stream = {
    write(line: string): void {
      bytes += Buffer.byteLength(line);
      lines += 1;
      file.write(line);
    },
  };
  let log: Log | undefined;
  if (refusedLinesPerSecondMax !== null) {
    const output = { stream, lost: () => 0, onDrained: () => {}, flushed: () => Promise.resolve() };
    log = logTo(output, events, {
      level: 'info',
      requests: 'all',
      refusedLinesPerSecondMax,
      slowOperationMs: 1000,
      backendMessages: 'redact',
    });
  }
  const startedAt = performance.now();
  const before = process.cpuUsage();
  for (let i = 0; i < requests; i += 1) {
    refuse(events, `request-${i}`);
    if (i % requestsPerTurn === 0) await turn();
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - startedAt) / 1000;
  await log?.flushed();
  file.end();
  return { cpuUs: (user + system) / requests, bytes: bytes / requests, lines, seconds };
}

const cause = new Error('signature verification failed');
const refused = {
  httpStatus: 401,
  client: null,
  clientVersion: null,
  operationName: null,
  operationKind: null,
  locals: null,
  errorCounts: [{ code: 'UNAUTHENTICATED', service: null, count: 1 }],
};

const begins = { method: 'POST', route: '/graphql', traceId: null, isSampled: false };

function refuse(events: Events, requestId: string): void {
  const end = events.begin('request', { ...begins, requestId });
  const error = new GatewayError('UNAUTHENTICATED', 'The token is not valid', { cause });
  events.emit('requestRefused', { requestId, error });
  end?.(refused);
}

console.log(`${requests} refused requests, median of ${rounds} rounds; each row includes the error itself`);
for (const [name, budget] of [
  ['no log', null],
  ['budget of 100 lines a second', 100],
  ['no budget', unbounded],
] as const) {
  const costs: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) costs.push(await costOf(budget));
  const { cpuUs, bytes, lines, seconds } = costs.toSorted((a, b) => a.cpuUs - b.cpuUs)[1] as Cost;
  const figures = `${cpuUs.toFixed(2)} us and ${bytes.toFixed(1)} bytes a request`;
  console.log(`${name.padEnd(30)} ${figures}, ${lines} lines in ${seconds.toFixed(2)} s`);
}
