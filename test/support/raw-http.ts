/** Sends bytes as they are, whatever HTTP says of them, and reads what comes back until the server ends. */

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawReply {
  readonly status: number;
  /** In lower case. */
  readonly head: string;
  readonly body: string;
}

const timeoutMs = 60_000;

export async function sendRaw(url: string, bytes: string | Buffer): Promise<RawReply> {
  const socket = connectTo(url);
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the server does not answer')));
  // It may stop reading and answer before everything was sent.
  socket.on('error', () => {});
  socket.write(bytes);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.on('close', resolve));
  const [head, body] = splitOnce(Buffer.concat(chunks).toString(), '\r\n\r\n');
  return { status: Number(head.split(' ')[1] ?? 0), head: head.toLowerCase(), body };
}

/** By TLS where the address says so, whoever it is. */
export function connectTo(
  url: string,
  options: { readonly allowHalfOpen?: boolean; readonly localAddress?: string } = {},
): Socket {
  const { protocol, hostname, port } = new URL(url);
  const where = { host: hostname, port: Number(port), ...options };
  return protocol === 'https:' ? connectTls({ ...where, rejectUnauthorized: false }) : connect(where);
}

/** A request line and headers; the connection ends with the answer. */
export function requestHead(url: string, line: string, headers: readonly string[] = []): string {
  return [line, `Host: ${new URL(url).host}`, 'Connection: close', ...headers, '', ''].join('\r\n');
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + by.length)];
}
