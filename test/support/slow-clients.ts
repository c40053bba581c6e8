/** Clients that ask and do not read, or read slowly, or say nothing. */

import type { Socket } from 'node:net';

import { connectTo } from './raw-http.ts';

export interface Asking {
  /** How often it asks before it stops. Default 1. */
  readonly times?: number;
  /** Where it comes from. */
  readonly localAddress?: string;
}

export function unreadingClient(url: string, query: string, { times = 1, ...from }: Asking = {}): Socket {
  const { host } = new URL(url);
  const socket = connectTo(url, from);
  socket.on('error', () => {});
  const body = JSON.stringify({ query });
  const head = ['POST /graphql HTTP/1.1', `Host: ${host}`, 'Content-Type: application/json'];
  socket.write([...head, `Content-Length: ${body.length}`, '', body].join('\r\n').repeat(times));
  return socket;
}

export interface ReadAnswer {
  /** With the head. */
  readonly bytes: number;
  readonly tookMs: number;
  readonly isWhole: boolean;
}

/** Reads one answer at about this pace, from an address of its own. */
export async function slowReader(url: string, query: string, bytesPerSecond: number): Promise<ReadAnswer> {
  const startedAtMs = performance.now();
  const socket = unreadingClient(url, query, { localAddress: '127.0.0.2' });
  let [bytes, expected, head] = [0, Infinity, ''];
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (expected === Infinity) {
        head += chunk.toString('latin1');
        const [, length] = /content-length: (\d+)/i.exec(head) ?? [];
        const end = head.indexOf('\r\n\r\n');
        if (length !== undefined && end > 0) expected = end + 4 + Number(length);
      }
      if (bytes >= expected) socket.destroy();
      socket.pause();
      setTimeout(
        () => socket.resume(),
        Math.max(0, startedAtMs + (bytes / bytesPerSecond) * 1000 - performance.now()),
      );
    });
  });
  return { bytes, tookMs: performance.now() - startedAtMs, isWhole: bytes === expected };
}

export function silentClient(url: string): Socket {
  const socket = connectTo(url, { allowHalfOpen: true });
  socket.on('error', () => {});
  socket.resume();
  return socket;
}

export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.on('close', () => resolve());
  });
}
