/** A subgraph that has one answer to everything, as cheap as a process can be: requests of one chunk, one at a time. */

import { createServer, type AddressInfo } from 'node:net';

const [body = '{}'] = process.argv.slice(2);
const answer = [
  'HTTP/1.1 200 OK',
  'content-type: application/json',
  `content-length: ${Buffer.byteLength(body)}`,
  'connection: keep-alive',
  'keep-alive: timeout=600',
  '',
  body,
].join('\r\n');

const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('data', () => socket.write(answer));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));
