/**
 * Sends an answer, also one for which nobody waits until the request is there, such as 413. What the client still sends
 * is then read and dropped, within bounds: were the connection closed instead, most clients would see a broken pipe and
 * never read the answer.
 */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { UnreadAnswers } from './unread-answers.ts';

/** Of one request, after its answer. */
const droppedBytesMax = 67_108_864;
/** For a client to send more of a request that is answered, or to read the last answer and close its connection. */
const lingerMs = 2000;

const answeredEarly = new WeakSet<Duplex>();
const lingering = new WeakSet<Duplex>();

export interface WholeAnswer {
  readonly status: number;
  /** With `content-length`. */
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

export function sendWhole(response: ServerResponse, answer: WholeAnswer, unread: UnreadAnswers): void {
  const { status, headers, body } = answer;
  const { complete, headers: asked } = response.req;
  if (complete) {
    response.writeHead(status, headers);
    unread.end(response, body);
  } else if (asked.expect === undefined) {
    response.writeHead(status, headers);
    endOnceRead(response, body);
  } else {
    // A client that waits for "100 Continue" sends its body or not: nobody knows where its next request begins.
    response.writeHead(status, { ...headers, connection: 'close' });
    unread.end(response, body);
  }
}

/** The time for a whole request bounds this too. */
function endOnceRead(response: ServerResponse, body: string | Buffer): void {
  const request = response.req;
  answeredEarly.add(request.socket);
  response.write(body);
  const late = setTimeout(() => request.socket.destroy(), lingerMs);
  let left = droppedBytesMax;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.socket.destroy();
    late.refresh();
  });
  request.on('end', () => {
    answeredEarly.delete(request.socket);
    response.end();
  });
  response.on('close', () => clearTimeout(late));
  request.resume();
}

/**
 * Ends a connection whose bytes are no HTTP, or no longer: with `answer`, unless it was answered before.
 * It is there for a moment more, for the client to read it.
 */
export function endWith(socket: Duplex, answer: string): void {
  if (lingering.has(socket)) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  lingering.add(socket);
  const late = setTimeout(() => socket.destroy(), lingerMs);
  socket.on('close', () => clearTimeout(late));
  if (answeredEarly.has(socket)) socket.end();
  else socket.end(answer);
}
