/** HTTP as RFC 9110 and 9112 have it, byte for byte: on both fronts, plain and by TLS. */
import { once } from 'node:events';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterAll, describe, expect, it } from 'vitest';

import { makeCertificates } from '../support/certificates.ts';
import { expectNoLeak } from '../support/leaks.ts';
import { connectTo, requestHead, sendRaw, type RawReply } from '../support/raw-http.ts';
import { useShop } from '../support/shop.ts';

const certificates = await makeCertificates(['localhost']);
afterAll(() => certificates.remove());
const { certPath, keyPath } = certificates.server;
const plain = useShop();
const secure = useShop({ settings: `server: { tls: { cert: ${certPath}, key: ${keyPath} } }\n` });

const body = '{"query":"{ __typename }"}';
const length = `Content-Length: ${body.length}`;
const json = 'Content-Type: application/json';
const preflighted = 'Apollo-Require-Preflight: yes';
const typename = '/graphql?query=%7B__typename%7D';
const mutation = `/graphql?query=${encodeURIComponent('mutation { addReview(input: { upc: "p1", userId: "u1", rating: 1, body: "x" }) { id } }')}`;
const endsSoon = 'Connection: close';

/** What is sent, the status of the answer, and its code; without one it is data. */
type Row = readonly [what: string, status: number, code: string | null, send: (url: string) => string];

const post =
  (headers: readonly string[], content = body) =>
  (url: string) =>
    `${requestHead(url, 'POST /graphql HTTP/1.1', headers)}${content}`;
const line =
  (requestLine: string, headers: readonly string[] = [preflighted]) =>
  (url: string) =>
    requestHead(url, requestLine, headers);
const lines =
  (...all: readonly string[]) =>
  () =>
    [...all, '', ''].join('\r\n');
const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

const rows: readonly Row[] = [
  ['a method that nobody knows', 501, 'NOT_IMPLEMENTED', line('BREW /graphql HTTP/1.1')],
  ['a method that nobody knows, elsewhere', 501, 'NOT_IMPLEMENTED', line('BREW /nothing HTTP/1.1')],
  ['a method in lower case', 501, 'NOT_IMPLEMENTED', line('get /graphql HTTP/1.1')],
  ['a method of WebDAV', 501, 'NOT_IMPLEMENTED', line('PROPFIND /graphql HTTP/1.1')],
  ['the method QUERY', 501, 'NOT_IMPLEMENTED', line('QUERY /graphql HTTP/1.1')],
  ['no request line', 400, 'BAD_REQUEST', lines('BREW coffee', 'Host: a')],
  ['TRACE', 405, 'METHOD_NOT_ALLOWED', line('TRACE /graphql HTTP/1.1')],
  ['OPTIONS of the endpoint', 405, 'METHOD_NOT_ALLOWED', line('OPTIONS /graphql HTTP/1.1')],

  ['two hosts', 400, 'BAD_REQUEST', line('GET /graphql HTTP/1.1', ['Host: other'])],
  [
    'the same host twice',
    400,
    'BAD_REQUEST',
    lines(`GET ${typename} HTTP/1.1`, 'Host: a', 'host: a', preflighted, endsSoon),
  ],
  ['two hosts of a POST', 400, 'BAD_REQUEST', post([json, length, 'Host: other'])],
  ['no host', 400, 'BAD_REQUEST', lines(`GET ${typename} HTTP/1.1`, preflighted, endsSoon)],
  ...['', 'a b', 'a/b', 'user@a', 'a:b', 'a:1:2', 'http://a', '[::1', 'a?b', 'a"b'].map((host): Row => [
    `the host "${host}"`,
    400,
    'BAD_REQUEST',
    lines('POST /graphql HTTP/1.1', `Host: ${host}`, json, 'Content-Length: 0', endsSoon),
  ]),
  ...['a', 'a.example:4000', '[::1]:4000', '127.0.0.1', 'a_b', 'xn--bcher-kva.example', 'a:'].map(
    (host): Row => [
      `the host "${host}"`,
      200,
      null,
      lines(`GET ${typename} HTTP/1.1`, `Host: ${host}`, preflighted, endsSoon),
    ],
  ),
  ['no host in HTTP/1.0', 200, null, lines(`GET ${typename} HTTP/1.0`, preflighted)],

  ['chunks', 200, null, post([json, 'Transfer-Encoding: Chunked'], chunked)],
  ...['gzip', 'identity', 'gzip, chunked', 'chunked, gzip', 'gzip\r\nTransfer-Encoding: chunked'].map(
    (coding): Row => [
      `transfer-encoding ${JSON.stringify(coding)}`,
      501,
      'NOT_IMPLEMENTED',
      post([json, `Transfer-Encoding: ${coding}`], chunked),
    ],
  ),
  ['an empty transfer-encoding', 400, 'BAD_REQUEST', post([json, 'Transfer-Encoding:'], chunked)],

  ...['query', 'operationName', 'variables', 'extensions'].map((name): Row => [
    `the parameter ${name} twice`,
    400,
    'BAD_REQUEST',
    line(`GET ${typename}&${name}=&${name}= HTTP/1.1`),
  ]),
  ['an unknown parameter twice', 200, null, line(`GET ${typename}&v=1&v=2 HTTP/1.1`)],
  ['empty parameters', 200, null, line(`GET ${typename}&variables=&operationName=&extensions= HTTP/1.1`)],

  ...[
    'application/json; v=1',
    'application/json;v="a;b"; charset="UTF-8"',
    'Application/JSON ; Charset=utf8',
    'application/json;',
  ].map((type): Row => [`content-type ${type}`, 200, null, post([`Content-Type: ${type}`, length])]),
  ...[
    'application/json; charset=latin1',
    'application/json; v=1; charset=utf-16',
    'application/jsonp',
    'application/json, text/plain',
    'text/plain; application/json',
    'application/graphql-response+json',
  ].map((type): Row => [
    `content-type ${type}`,
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    post([`Content-Type: ${type}`, length]),
  ]),
  ['content-encoding Identity', 200, null, post([json, length, 'Content-Encoding: Identity'])],
  ['content-encoding GZIP', 415, 'UNSUPPORTED_MEDIA_TYPE', post([json, length, 'Content-Encoding: GZIP'])],

  [
    'a body too large, with an expectation',
    413,
    'PAYLOAD_TOO_LARGE',
    post([json, 'Expect: 100-continue', 'Content-Length: 262145'], ''),
  ],
  [
    'plain text, with an expectation',
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    post(['Content-Type: text/plain', length, 'Expect: 100-continue'], ''),
  ],
  [
    'latin1, with an expectation',
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    post([`${json}; charset=latin1`, length, 'Expect: 100-continue'], ''),
  ],
  [
    'a path that is not there, with an expectation',
    404,
    'NOT_FOUND',
    line('POST /nothing HTTP/1.1', [json, length, 'Expect: 100-continue']),
  ],
  [
    'PUT with an expectation',
    405,
    'METHOD_NOT_ALLOWED',
    line('PUT /graphql HTTP/1.1', [json, length, 'Expect: 100-continue']),
  ],
  [
    'a host that is none, with an expectation',
    400,
    'BAD_REQUEST',
    lines('POST /graphql HTTP/1.1', 'Host: a/b', json, length, 'Expect: 100-continue', endsSoon),
  ],
  [
    'a GET with an expectation',
    200,
    null,
    line(`GET ${typename} HTTP/1.1`, [preflighted, 'Expect: 100-continue']),
  ],
];

describe.each([
  ['plain', plain],
  ['by TLS', secure],
])('over HTTP, %s', (_how, shop) => {
  it.each(rows)('%s is answered with %i %s', async (_what, status, code, bytes) => {
    const reply = await sendRaw(shop.url, bytes(shop.url));
    expect(reply.status).toBe(status);
    expect(codeIn(reply)).toBe(code);
    if (status === 405) expect(reply.head).toContain('allow: get, head, post\r\n');
    expectNoLeak(reply.body);
  });

  it.each<[string, string, number, string[]?]>([
    ['a query', typename, 200],
    ['a query that a page could have sent', typename, 400, []],
    ['a mutation', mutation, 405],
    ['a path that is not there', '/nothing', 404],
    ['health', '/health/ready', 200],
  ])('HEAD is GET without the content: %s', async (_what, path, status, headers = [preflighted]) => {
    const both = (): Promise<RawReply[]> =>
      Promise.all(
        ['HEAD', 'GET'].map((method) =>
          sendRaw(shop.url, requestHead(shop.url, `${method} ${path} HTTP/1.1`, headers)),
        ),
      );
    let [head, get] = await both();
    // Ids are counted, and stand in the body of an error: the next two have as many digits.
    if (idOf(head).length !== idOf(get).length) [head, get] = await both();
    expect(head).toMatchObject({ status, body: '' });
    expect(get?.status).toBe(status);
    expect(withoutIds(head)).toEqual(withoutIds(get));
    expect(get?.body).not.toBe('');
  });

  it('OPTIONS * says what the server can do', async () => {
    const reply = await sendRaw(shop.url, requestHead(shop.url, 'OPTIONS * HTTP/1.1'));
    expect(reply).toMatchObject({ status: 204, body: '' });
    expect(reply.head).toContain('allow: get, head, post\r\n');
    const hostless = await sendRaw(shop.url, 'OPTIONS * HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(hostless.status).toBe(400);
  });

  it('asks for a body that it will read', async () => {
    const socket = connectTo(shop.url);
    socket.write(requestHead(shop.url, 'POST /graphql HTTP/1.1', [json, length, 'Expect: 100-continue']));
    const [asked] = (await once(socket, 'data')) as [Buffer];
    expect(asked.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(body);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*\{"data":\{"__typename":"Query"\}\}\n?$/);
  });

  it.each([
    ['of a stated length', false, 8_000_000, 'POST', '/graphql', 413],
    ['in chunks', true, 8_000_000, 'POST', '/graphql', 413],
    ['that is a little too large', false, 300_000, 'POST', '/graphql', 413],
    ['for a path that is not there', false, 8_000_000, 'POST', '/nothing', 404],
    ['with PUT', false, 8_000_000, 'PUT', '/graphql', 405],
    ['with GET', false, 8_000_000, 'GET', typename, 200],
  ])(
    'a client sees the answer to a large body that nobody wants, %s',
    async (_what, isChunked, bytes, method, path, status) => {
      const content = Buffer.alloc(bytes, 'x');
      const ask = shop.url.startsWith('https:') ? requestTls : requestPlain;
      const statuses = await Promise.all(
        [true, false, true, false, true].map(async (closes) => {
          const sent = ask(new URL(path, shop.url), {
            method,
            rejectUnauthorized: false,
            headers: {
              'content-type': 'application/json',
              connection: closes ? 'close' : 'keep-alive',
              ...(isChunked ? {} : { 'content-length': bytes }),
            },
          });
          const { promise, resolve, reject } = Promise.withResolvers<number>();
          sent.on('error', reject);
          sent.on('response', (response) => {
            text(response).then(() => resolve(response.statusCode ?? 0), reject);
          });
          sent.end(content);
          return promise;
        }),
      );
      expect(statuses).toEqual([status, status, status, status, status]);
    },
  );

  it('is read by a client that sends all of it before it looks for an answer', async () => {
    const socket = connectTo(shop.url);
    const content = Buffer.alloc(8_000_000, 'x');
    socket.write(
      requestHead(shop.url, 'POST /graphql HTTP/1.1', [json, `Content-Length: ${content.length}`]),
    );
    await new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.write(content, resolve);
    });
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 [^]*PAYLOAD_TOO_LARGE/);
  });

  it('goes on with the next request after a body that was dropped', async () => {
    const socket = connectTo(shop.url);
    const content = 'x'.repeat(1_000_000);
    const { host } = new URL(shop.url);
    socket.write(
      [
        'POST /graphql HTTP/1.1',
        `Host: ${host}`,
        json,
        `Content-Length: ${content.length}`,
        '',
        content,
      ].join('\r\n'),
    );
    socket.write(post([json, length])(shop.url));
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 [^]*HTTP\/1\.1 200 [^]*"__typename":"Query"/);
  });

  it('drops no more than 64 MiB of a body', async () => {
    const socket = connectTo(shop.url);
    socket.on('error', () => {});
    socket.write(requestHead(shop.url, 'POST /graphql HTTP/1.1', [json, 'Content-Length: 1000000000']));
    const megabyte = Buffer.alloc(1_000_000, 'x');
    let sent = 0;
    const sendMore = (error?: Error | null): void => {
      if (error || sent === 1000) return;
      sent += 1;
      socket.write(megabyte, sendMore);
    };
    sendMore();
    await closed(socket);
    expect(sent).toBeLessThan(200);
  });

  it('waits no longer for the rest of a body than the client takes to go on', async () => {
    const head = requestHead(shop.url, 'POST /graphql HTTP/1.1', [json, 'Content-Length: 1000000000']);
    const reply = await sendRaw(shop.url, `${head}${'x'.repeat(1000)}`);
    expect(reply.status).toBe(413);
  });

  it('reads on after bytes that are no HTTP, for its answer to be seen', async () => {
    const socket = connectTo(shop.url);
    const headers = `X-Long: ${'a'.repeat(2_000_000)}\r\n`;
    await new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.write(`GET / HTTP/1.1\r\n${headers}`, resolve);
    });
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('keeps no connection for a client that was refused and does not leave', async () => {
    const socket = connectTo(shop.url, { allowHalfOpen: true });
    socket.on('error', () => {});
    socket.write('HELLO\r\n\r\n');
    socket.resume();
    await once(socket, 'end');
    // What comes after the server has closed is answered by a reset.
    const still = setInterval(() => socket.write('x'), 50);
    await closed(socket);
    clearInterval(still);
  });
});

function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.on('close', resolve));
}

function codeIn({ body: sent }: RawReply): unknown {
  const { errors } = JSON.parse(sent) as { errors?: ReadonlyArray<{ extensions: { code: string } }> };
  return errors?.[0]?.extensions.code ?? null;
}

function idOf(reply: RawReply | undefined): string {
  return /^x-request-id: (.*)$/im.exec(reply?.head ?? '')?.[1] ?? '';
}

function withoutIds(reply: RawReply | undefined): string[] {
  const fields = reply?.head.split('\r\n') ?? [];
  return fields.filter((field) => !/^(?:x-request-id|date):/.test(field)).toSorted();
}
