/**
 * Sends a response, possibly before the request has arrived completely, such as 413. The rest of the request is then
 * read and discarded, within bounds: if the connection were closed instead, most clients would fail with a broken pipe
 * and never read the response.
 */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { UnreadAnswers } from './unread-answers.ts';

/** How much of one request is discarded after its response. */
const discardedBytesMax = 67_108_864;
/** How long a client may take to send the next part of an answered request, or to read a last response and close. */
const lingerMs = 2000;

const answeredEarly = new WeakSet<Duplex>();
const lingering = new WeakSet<Duplex>();

export interface WholeResponse {
  readonly status: number;
  /** With `content-length`. */
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

export function sendWhole(response: ServerResponse, answer: WholeResponse, unread: UnreadAnswers): void {
  const { status, headers, body } = answer;
  const { complete, headers: requestHeaders } = response.req;
  if (complete) {
    response.writeHead(status, headers);
    unread.end(response, body);
  } else if (requestHeaders.expect === undefined) {
    response.writeHead(status, headers);
    endOnceRead(response, body, unread);
  } else {
    // A client that waits for "100 Continue" may send its body or not: where its next request begins is unknown.
    response.writeHead(status, { ...headers, connection: 'close' });
    unread.end(response, body);
  }
}

/** Ends the response once the request has been discarded. The receive timeout of a request applies as well. */
function endOnceRead(response: ServerResponse, body: string | Buffer, unread: UnreadAnswers): void {
  const request = response.req;
  answeredEarly.add(request.socket);
  let isRead = false;
  let isWritten = false;
  unread.end(response, body, (last, sent) => {
    isWritten = true;
    response.write(last, sent);
    if (isRead) response.end();
  });
  const timer = setTimeout(() => request.socket.destroy(), lingerMs);
  let remaining = discardedBytesMax;
  request.on('data', (chunk: Buffer) => {
    remaining -= chunk.length;
    if (remaining < 0) request.socket.destroy();
    timer.refresh();
  });
  request.on('end', () => {
    answeredEarly.delete(request.socket);
    clearTimeout(timer);
    isRead = true;
    if (isWritten) response.end();
  });
  response.on('close', () => clearTimeout(timer));
  request.resume();
}

/**
 * Ends a connection on which no further request can be read: with `answer`, unless the request has been answered
 * already. The connection lingers for a moment, so that the client can read it.
 */
export function endWith(socket: Duplex, answer: string): void {
  if (lingering.has(socket)) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  lingering.add(socket);
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.on('close', () => clearTimeout(timer));
  if (answeredEarly.has(socket)) socket.end();
  else socket.end(answer);
}
