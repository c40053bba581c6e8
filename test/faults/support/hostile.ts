/** A service that means harm, and what one call of it costs a gateway that runs as a process of its own. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { ask } from '../../support/ask.ts';
import { measuredGateway, type MeasuredGateway } from '../../support/measured-gateway.ts';

const megabyte = 1_048_576;
export const bombBytes = 200 * megabyte;
/** The service's, in graph.yaml: a call that never ends by itself ends then. */
const timeoutMs = 2000;
const good = '{"data":{"value":1}}';

/** Writes to a client that has asked, until it leaves. */
type Harm = (socket: Socket) => void;

const head = (...lines: readonly string[]): string =>
  ['HTTP/1.1 200 OK', 'content-type: application/json', ...lines, '', ''].join('\r\n');

let bomb = Buffer.alloc(0);

export const harms = {
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
  'answers nobody asked for': (socket) => {
    forEver(socket, Buffer.from(`${head(`content-length: ${good.length}`)}${good}`.repeat(50)));
  },
} as const satisfies Record<string, Harm>;

export type HarmName = keyof typeof harms;

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
  suffer(harm: HarmName): Promise<HarmReport>;
  /** Asks while the service behaves. */
  ask(): Promise<unknown>;
  close(): Promise<void>;
}

export async function openHostileService(): Promise<HostileService> {
  // Before anything is measured: it takes a while.
  bomb = gzipSync(Buffer.alloc(bombBytes, ' '));
  let harm: HarmName | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      // Requests here are one small write.
      if (!bytes.toString('latin1', 0, 5).startsWith('POST ')) return;
      if (harm) harms[harm](socket);
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
    const query = async (): Promise<Awaited<ReturnType<typeof ask>>> => ask(gateway.url, '{ value }');
    for (let i = 0; i < 50; i += 1) await query();
    return {
      gateway,
      async suffer(chosen) {
        harm = chosen;
        await gateway.gauges();
        const beforeMb = await resetPeak(gateway.pid);
        const startedAtMs = performance.now();
        const { errors } = await query();
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
  await writeFile(file('hostile.graphql'), 'type Query { value: Int }\n');
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
    'policies: { defaults: { retries: { max: 0 }, breaker: { mode: disabled } } }\n',
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
