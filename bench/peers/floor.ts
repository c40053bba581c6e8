/**
 * The floor under any gateway with this HTTP stack: sends the fetches that ours makes for a workload all at once,
 * parses each answer and serialises a ready one. No plan, no merging, no projection, no checks.
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { Pool } from 'undici';

export interface Recording {
  /** Of the client's request. */
  readonly body: string;
  readonly answer: string;
  readonly fetches: ReadonlyArray<{ readonly origin: string; readonly body: string }>;
}

interface Ready {
  readonly answer: unknown;
  readonly fetches: ReadonlyArray<{ readonly pool: Pool; readonly body: string }>;
}

const [port, recordingPath] = process.argv.slice(2);
const uniqueMark = /t-\d{8}/g;
const pools = new Map<string, Pool>();
const ready = new Map<string, Ready>();

for (const recording of JSON.parse(readFileSync(recordingPath ?? '', 'utf8')) as readonly Recording[]) {
  ready.set(recording.body, {
    answer: JSON.parse(recording.answer),
    fetches: recording.fetches.map(({ origin, body }) => ({ pool: poolOf(origin), body })),
  });
}

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString().replace(uniqueMark, 't-00000000');
    JSON.parse(body);
    const found = ready.get(body);
    if (!found) {
      response.writeHead(404).end();
      return;
    }
    let waiting = found.fetches.length;
    for (const { pool, body: question } of found.fetches) {
      fetchParsed(pool, question, () => {
        waiting -= 1;
        if (waiting > 0) return;
        const bytes = Buffer.from(JSON.stringify(found.answer));
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
        response.end(bytes);
      });
    }
  });
}).listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));

function fetchParsed(pool: Pool, body: string, done: () => void): void {
  const chunks: Buffer[] = [];
  pool.dispatch(
    { method: 'POST', path: '/graphql', body, headers: { 'content-type': 'application/json' } },
    {
      // undici wants both; there is nothing to cancel and no header to read.
      onRequestStart: ignore,
      onResponseStart: ignore,
      onResponseData: (_controller, chunk) => void chunks.push(chunk),
      onResponseEnd() {
        JSON.parse(Buffer.concat(chunks).toString());
        done();
      },
      onResponseError: (_controller, error) => {
        throw error;
      },
    },
  );
}

function poolOf(origin: string): Pool {
  let pool = pools.get(origin);
  if (!pool) {
    pool = new Pool(origin, { connections: 64, pipelining: 1 });
    pools.set(origin, pool);
  }
  return pool;
}

function ignore(): void {
  // Nothing to do.
}
