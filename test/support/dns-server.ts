/** A tiny DNS server on UDP: A and SRV records that a test may change while it runs; other questions have no answer. */

import { createSocket } from 'node:dgram';

import { onTestFinished } from 'vitest';

export interface Zone {
  /** By name, in lower case. */
  readonly a?: Readonly<Record<string, readonly string[]>>;
  readonly srv?: Readonly<
    Record<string, ReadonlyArray<{ readonly name: string; readonly port: number; readonly priority: number }>>
  >;
  /** Seconds. */
  readonly ttl?: number;
  /** Every question is answered with SERVFAIL. */
  readonly broken?: boolean;
}

const types = { a: 1, srv: 33 } as const;
const servfail = 2;
const headerBytes = 12;

export interface DnsServer {
  /** For `transport.dns.servers`. */
  readonly address: string;
  /** Names asked for, with the number of the type. */
  readonly questions: readonly string[];
  serve(zone: Zone): void;
}

export async function dnsServer(zone: Zone): Promise<DnsServer> {
  let current = zone;
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query);
    questions.push(`${name} ${type}`);
    socket.send(
      replyTo(query.subarray(0, end), recordsFor(name, type, current), current),
      from.port,
      from.address,
    );
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => new Promise<void>((resolve) => void socket.close(resolve)));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    serve: (next) => void (current = next),
  };
}

function recordsFor(name: string, type: number, { a = {}, srv = {} }: Zone): Buffer[] {
  if (type === types.a) return (a[name] ?? []).map((address) => Buffer.from(address.split('.').map(Number)));
  if (type !== types.srv) return [];
  return (srv[name] ?? []).map(({ name: target, port, priority }) =>
    Buffer.concat([sixteenBit(priority, 0, port), encodedName(target)]),
  );
}

/** @param question Header and question of the query, without what follows. */
function replyTo(question: Buffer, records: readonly Buffer[], { ttl = 0, broken = false }: Zone): Buffer {
  const reply = Buffer.from(question);
  const type = reply.readUInt16BE(reply.length - 4);
  reply.writeUInt16BE(0x8180 | (broken ? servfail : 0), 2);
  [1, broken ? 0 : records.length, 0, 0].forEach((count, index) => reply.writeUInt16BE(count, 4 + 2 * index));
  if (broken) return reply;
  // The name of each record is a pointer to the one in the question.
  const answers = records.map((data) =>
    Buffer.concat([sixteenBit(0xc000 | headerBytes, type, 1, 0, ttl, data.length), data]),
  );
  return Buffer.concat([reply, ...answers]);
}

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function encodedName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function sixteenBit(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * numbers.length);
  numbers.forEach((number, index) => bytes.writeUInt16BE(number, 2 * index));
  return bytes;
}
