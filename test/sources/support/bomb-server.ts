/** A service that answers with 200 MB of zeros in gzip, except at `/small`: a process of its own, so that its memory is not the gateway's. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGzip, gzipSync } from 'node:zlib';

/** What it sends when it listens. */
export type BombPort = number;

const unpackedBytes = 200 * 1024 * 1024;
const chunk = Buffer.alloc(1024 * 1024);

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  if (request.url === '/small') {
    response.end(gzipSync('{}'));
    return;
  }
  const gzip = createGzip();
  gzip.pipe(response);
  response.on('close', () => gzip.destroy());
  let left = unpackedBytes / chunk.length;
  const pour = (): void => {
    while (left > 0) {
      left -= 1;
      if (!gzip.write(chunk)) {
        gzip.once('drain', pour);
        return;
      }
    }
    gzip.end();
  };
  pour();
});
server.listen(0, '127.0.0.1', () => {
  const { port }: { port: BombPort } = server.address() as AddressInfo;
  process.send?.(port);
});
process.on('disconnect', () => process.exit());
