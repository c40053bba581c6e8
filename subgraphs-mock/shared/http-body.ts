/** Reads a request's body up to a limit. */

import type { IncomingMessage } from 'node:http';

const bodyBytesMax = 4 * 1024 * 1024;

/** Calls `done` once with the text, or with undefined above 4 MiB; never if the client disconnects. */
export function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => {
    if (bytes > bodyBytesMax) done(undefined);
    else done(chunks.length === 1 && chunks[0] ? chunks[0].toString() : Buffer.concat(chunks).toString());
  });
  request.on('error', () => {});
}
