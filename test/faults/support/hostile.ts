/**
 * A service that means harm, or whose answers are odd, and what one call of it costs a gateway that runs as a process of
 * its own.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { ask } from '../../support/ask.ts';
import { measuredGateway, type MeasuredGateway } from '../../support/measured-gateway.ts';
import { json, type OddAnswer, type Sent } from './odd-answer.ts';
import { oddAnswers, thingsSdl } from './odd-answers.ts';

const megabyte = 1_048_576;
export const bombBytes = 200 * megabyte;
/** The service's, in graph.yaml: a call that never ends by itself ends then. A busy machine inflates a bomb for seconds. */
const timeoutMs = 10_000;
const good = '{"data":{"value":1}}';

export interface Harm {
  readonly query: string;
  /** Writes to a client that has asked, until it leaves. */
  readonly send: (socket: Socket) => void;
  /** Of the first error that the client gets; null: none. */
  readonly code: string | null;
}

const head = (...lines: readonly string[]): string =>
  ['HTTP/1.1 200 OK', 'content-type: application/json', ...lines, '', ''].join('\r\n');

let bomb = Buffer.alloc(0);

const codesOfFloods: Readonly<Record<string, string>> = { 'a body that trickles': 'SERVICE_TIMEOUT' };

/** Of the transport: bytes, lengths and times. */
const floods: Readonly<Record<string, Harm['send']>> = {
  'a gzip bomb of 200 MB': (socket) => {
    socket.write(head('content-encoding: gzip', `content-length: ${bomb.length}`));
    socket.write(bomb);
  },
  'a plain body of 200 MB': (socket) => {
    socket.write(head(`content-length: ${bombBytes}`));
    forEver(socket, Buffer.alloc(65_536, ' '));
  },
  'a plain body without an end': (socket) => {
    socket.write(head('transfer-encoding: chunked'));
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, ' '), Buffer.from('\r\n')]);
    forEver(socket, chunk);
  },
  'a body that trickles': (socket) => {
    socket.write(head('content-length: 1000'));
    const timer = setInterval(() => socket.write(' '), 100);
    socket.on('close', () => clearInterval(timer));
  },
  'headers without an end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    forEver(socket, Buffer.from(`x-more: ${'m'.repeat(1000)}\r\n`.repeat(10)));
  },
  'one header without an end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx-long: ');
    forEver(socket, Buffer.alloc(10_000, 'l'));
  },
  'a flood of 1xx answers': (socket) => {
    forEver(socket, Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n'.repeat(100)));
  },
};

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Small for what they make of the gateway. */
const swollen: Readonly<Record<string, OddAnswer>> = {
  'two hundred thousand errors': {
    query: '{ value }',
    things: json({ data: { value: 1 }, errors: Array(200_000).fill({}) }),
    data: { value: 1 },
    errors: ['- SERVICE_ERROR hostile'],
  },
  'a path of two hundred thousand steps': {
    query: '{ value }',
    things: json({ data: null, errors: [{ message: 'm', path: Array(200_000).fill(0) }] }),
    data: { value: null },
    errors: ['value SERVICE_ERROR hostile'],
  },
  'extensions half a million levels deep': {
    query: '{ value }',
    things: { body: `{"data":{"value":1},"errors":[{"message":"m","extensions":{"a":${deep(500_000)}}}]}` },
    data: { value: null },
    errors: ['value SERVICE_BAD_RESPONSE hostile'],
  },
  'a scalar a hundred thousand levels deep': {
    query: '{ blob }',
    things: { body: `{"data":{"blob":${deep(100_000)}}}` },
    data: {},
    errors: [],
  },
  'fifty thousand fields nobody asked for': {
    query: '{ value }',
    things: json({
      data: { value: 1, ...Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`f${i}`, i])) },
    }),
    data: { value: 1 },
    errors: [],
  },
  'a message and a code of half a megabyte': {
    query: '{ value }',
    things: json({
      data: { value: null },
      errors: [{ message: 'm'.repeat(524_288), path: ['value'], extensions: { code: 'C'.repeat(524_288) } }],
    }),
    data: { value: null },
    errors: ['value SERVICE_ERROR hostile'],
  },
};

/** Those that need one service only; the others are in odd-answers.test.ts. */
const odd = Object.entries({ ...oddAnswers, ...swollen }).filter(([, { prices }]) => prices === undefined);

export const harms: ReadonlyMap<string, Harm> = new Map([
  ...Object.entries(floods).map(([name, send]): [string, Harm] => [
    name,
    { query: '{ value }', send, code: codesOfFloods[name] ?? 'SERVICE_BAD_RESPONSE' },
  ]),
  ['answers nobody asked for', { query: '{ value }', send: sendMany, code: null }],
  ...odd.map(([name, { query, things, errors }]): [string, Harm] => [
    name,
    { query, send: (socket) => socket.write(bytesOf(things)), code: errors[0]?.split(' ')[1] ?? null },
  ]),
]);

function sendMany(socket: Socket): void {
  forEver(socket, Buffer.from(`${head(`content-length: ${good.length}`)}${good}`.repeat(50)));
}

function bytesOf({ status = 200, headers, body }: Sent): Buffer {
  const fields = { 'content-type': 'application/json', ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} Odd\r\n${lines.join('')}${length}\r\n`),
    Buffer.from(body),
  ]);
}

/** As fast as the other side takes it. */
function forEver(socket: Socket, bytes: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', more);
  more();
}

export interface HarmReport {
  /** Of the error that the client got; null: none. */
  readonly code: string | null;
  readonly tookMs: number;
  /** Of the whole process with its workers, at its highest, above what it was before. */
  readonly peakGrowthMb: number;
  /** The longest time between two turns of the event loop, and the processor time of the longest turn. */
  readonly blockedMs: number;
  readonly blockedCpuMs: number;
}

export interface HostileService {
  readonly gateway: MeasuredGateway;
  suffer(harm: Harm): Promise<HarmReport>;
  /** Asks while the service behaves. */
  ask(): Promise<unknown>;
  close(): Promise<void>;
}

export async function openHostileService(): Promise<HostileService> {
  // Before anything is measured: it takes a while.
  bomb = gzipSync(Buffer.alloc(bombBytes, ' '));
  let harm: Harm | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      // Requests here are one small write.
      if (!bytes.toString('latin1', 0, 5).startsWith('POST ')) return;
      if (harm) harm.send(socket);
      else socket.write(`${head(`content-length: ${good.length}`)}${good}`);
    });
  });
  await listen(server);
  const folder = await mkdtemp(join(tmpdir(), 'tributary-hostile-'));
  const leave = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true });
  };
  try {
    const gateway = await startGateway(folder, (server.address() as AddressInfo).port);
    const query = (text = '{ value }'): ReturnType<typeof ask> => ask(gateway.url, text);
    for (let i = 0; i < 50; i += 1) await query();
    return {
      gateway,
      async suffer(chosen) {
        // Planned before: what is measured is the answer.
        await query(chosen.query);
        harm = chosen;
        await gateway.gauges();
        const beforeMb = await resetPeak(gateway.pid);
        const startedAtMs = performance.now();
        const { errors } = await query(chosen.query);
        const tookMs = performance.now() - startedAtMs;
        const peakMb = await statusMb(gateway.pid, 'VmHWM');
        const { longestBlockMs, longestCpuMs } = await gateway.gauges();
        harm = undefined;
        for (const socket of sockets) socket.destroy();
        const code = errors?.[0]?.extensions['code'];
        return {
          code: typeof code === 'string' ? code : null,
          tookMs,
          peakGrowthMb: peakMb - beforeMb,
          blockedMs: longestBlockMs,
          blockedCpuMs: longestCpuMs,
        };
      },
      ask: async () => (await query()).data,
      async close() {
        await gateway.end();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

async function startGateway(folder: string, port: number): Promise<MeasuredGateway> {
  const file = (name: string): string => join(folder, name);
  await writeFile(file('hostile.graphql'), thingsSdl);
  await writeFile(
    file('graph.yaml'),
    `subgraphs:
  hostile:
    kind: graphql
    url: http://127.0.0.1:${port}/graphql
    schema: hostile.graphql
    owner: test-team
    timeoutMs: ${timeoutMs}
    transport: { acceptEncodings: [gzip] }
`,
  );
  // Retries would be more of the same, and a breaker would spare the gateway the next one.
  await writeFile(
    file('gateway.yaml'),
    `policies: { defaults: { retries: { max: 0 }, breaker: { mode: disabled } } }
# A machine that does other work delays turns of the event loop: that is not what is measured here.
admission: { lagMsMax: 60000 }
`,
  );
  return measuredGateway(['--graph', file('graph.yaml'), '--config', file('gateway.yaml')]);
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}

/** @returns The memory of the process, which is its highest from now on. */
async function resetPeak(pid: number): Promise<number> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  return statusMb(pid, 'VmRSS');
}

async function statusMb(pid: number, name: 'VmHWM' | 'VmRSS'): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? Number.NaN) / 1024;
}
