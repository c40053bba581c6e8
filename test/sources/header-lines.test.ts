/** Headers of services reach the client line by line and byte by byte, of one service and of several. */
import { connect, createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { start } from '../../src/assembly/start.ts';
import { lastingFolder } from '../support/folder.ts';

interface Said {
  readonly lines: Readonly<Record<'a' | 'b', readonly string[]>>;
  readonly value?: string;
}

const cleanups: Array<() => unknown> = [];
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

/** Answers each request with the bytes of these lines for headers, past any check of values. */
async function rawService(name: 'a' | 'b', said: () => Said): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    // One request is one chunk here.
    socket.on('data', () => {
      const { lines, value = 'v' } = said();
      const body = JSON.stringify({ data: { [name]: value } });
      const head = ['HTTP/1.1 200 OK', 'content-type: application/json', ...lines[name]];
      head.push(`content-length: ${Buffer.byteLength(body)}`);
      socket.write(Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'utf8'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Ask = (said: Said, query: string) => Promise<string[]>;

/** @returns Asks by GET, of services that say this, and gives the lines of the answer's head as bytes in Latin-1. */
async function openGateway(front: 'direct' | 'apollo'): Promise<Ask> {
  let said: Said = { lines: { a: [], b: [] } };
  const respond = '[set-cookie, link, server-timing, vary, x-seen, x-b]';
  const files: Record<string, string> = {
    'gateway.yaml': `front: ${front}\n`,
    'graph.yaml': 'subgraphs:\n',
  };
  for (const name of ['a', 'b'] as const) {
    const url = await rawService(name, () => said);
    files[`${name}.graphql`] = `type Query { ${name}: String }`;
    files['graph.yaml'] +=
      `  ${name}: { kind: graphql, url: '${url}', schema: ${name}.graphql, owner: t, headers: { respond: ${respond} } }\n`;
  }
  const folder = await lastingFolder(files);
  cleanups.push(folder.remove);
  const gateway = await start({
    graphPath: `${folder.path}/graph.yaml`,
    configPath: `${folder.path}/gateway.yaml`,
    port: 0,
    logLevel: 'silent',
  });
  cleanups.push(() => gateway.close());
  const { hostname, port, pathname } = new URL(gateway.url);
  return async (saidNow, query) => {
    said = saidNow;
    const socket = connect(Number(port), hostname).setEncoding('latin1');
    const path = `${pathname}?query=${encodeURIComponent(query)}`;
    const head = `GET ${path} HTTP/1.1\r\nhost: x\r\napollo-require-preflight: 1\r\nconnection: close\r\n\r\n`;
    socket.write(head);
    const answer = await text(socket);
    return (answer.split('\r\n\r\n')[0] ?? '').split('\r\n');
  };
}

const named = (lines: readonly string[], name: string): string[] =>
  lines.flatMap((line) => (line.toLowerCase().startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []));

const spoken = {
  a: [
    'link: </a1>; rel=next',
    'link: </a2>; rel=prev',
    'server-timing: a1',
    'set-cookie: a=1',
    'vary: x-one',
    'Vary: x-two',
  ],
  b: [
    'link: </b1>; rel=next',
    'server-timing: b1',
    'server-timing: b2',
    'set-cookie: b=1',
    'set-cookie: b2=1',
    'vary: x-one, x-three',
  ],
};

describe.each(['direct', 'apollo'] as const)('the %s front', (front) => {
  let ask: Ask;
  beforeAll(async () => {
    ask = await openGateway(front);
  });

  it.each(['{ a b }', '{ b a }', '{ b again: a a }'])(
    'keeps every line of every service for %s',
    async (query) => {
      const lines = await ask({ lines: spoken }, query);
      expect(named(lines, 'link')).toEqual(['</a1>; rel=next', '</a2>; rel=prev', '</b1>; rel=next']);
      expect(named(lines, 'server-timing')).toEqual(['a1', 'b1', 'b2']);
      expect(named(lines, 'set-cookie')).toEqual(['a=1', 'b=1', 'b2=1']);
      const [vary = '', ...others] = named(lines, 'vary');
      expect(others).toEqual([]);
      expect(vary.split(', ')).toEqual(expect.arrayContaining(['accept', 'x-one', 'x-two', 'x-three']));
    },
  );

  it.each([
    ['short', 'v'],
    ['long', 'v'.repeat(50_000)],
    ['not of ASCII alone', 'é'],
  ])('keeps the bytes of values beside an answer that is %s', async (_what, value) => {
    const seen = ['x-seen: 日本', 'set-cookie: name=café; Path=/'];
    const lines = await ask({ value, lines: { a: seen, b: ['x-b: plain'] } }, '{ a b }');
    const utf8 = (name: string): string[] =>
      named(lines, name).map((line) => Buffer.from(line, 'latin1').toString('utf8'));
    expect(utf8('x-seen')).toEqual(['日本']);
    expect(utf8('set-cookie')).toEqual(['name=café; Path=/']);
    expect(named(lines, 'x-b')).toEqual(['plain']);
  });
});
