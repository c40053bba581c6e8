/** What the answers of services say to the client, through the gateway's own HTTP front. */

import { afterEach, describe, expect, it } from 'vitest';

import { start } from '../../src/main.ts';
import { strictestCacheControl } from '../../src/sources/client-headers.ts';
import { folderWith } from '../support/folder.ts';
import { startStandIn, type Answer } from './support/stand-in.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe('the strictest cache-control', () => {
  it.each([
    ['max-age=60, public', 'max-age=10, public', 'max-age=10, public'],
    ['max-age=60, public', 'max-age=90, private', 'max-age=60, private'],
    ['max-age=60, public', 'no-store', 'no-store'],
    ['max-age=60, public', 'no-cache, max-age=60, public', 'no-cache, max-age=60, public'],
  ])('of "%s" and "%s" is "%s"', (one, other, strictest) => {
    expect(strictestCacheControl(one, other)).toBe(strictest);
    expect(strictestCacheControl(other, one)).toBe(strictest);
  });
});

it('cookies of all answers and the strictest cache-control reach the client; nothing else does', async () => {
  const headers = { 'x-internal': 'secret', connection: 'close' };
  const reply = await ask({
    a: answering(
      { a: 1 },
      { ...headers, 'cache-control': 'public, max-age=60', 'set-cookie': ['a=1', 'b=2'] },
    ),
    b: answering({ b: 2 }, { ...headers, 'cache-control': 'max-age=30', age: '10', 'set-cookie': 'c=3' }),
  });
  expect(await reply.json()).toEqual({ data: { a: 1, b: 2 } });
  expect(reply.headers.get('cache-control')).toBe('max-age=20, private');
  expect(reply.headers.getSetCookie().toSorted()).toEqual(['a=1', 'b=2', 'c=3']);
  expect(reply.headers.get('x-internal')).toBeNull();
});

it('an answer may not be kept when one service says nothing of that, or when a part of it failed', async () => {
  const kept = { 'cache-control': 'public, max-age=60' };
  const silent = await ask({ a: answering({ a: 1 }, kept), b: answering({ b: 2 }, {}) });
  expect(silent.headers.get('cache-control')).toBe('no-store');
  const failed = await ask({
    a: answering({ a: 1 }, kept),
    b: (_request, response) => void response.writeHead(500).end(),
  });
  expect(failed.headers.get('cache-control')).toBe('no-store');
});

it('a cookie is for the client whose call it came with', async () => {
  let cookies = 0;
  const slow: Answer = (request, response) => {
    cookies += 1;
    const answer = answering({ a: 1 }, { 'set-cookie': `session=${cookies}` });
    setTimeout(() => answer(request, response), 100);
  };
  const url = await gateway({ a: slow, b: answering({ b: 2 }, {}) });
  const replies = await Promise.all([query(url, '{ a }'), query(url, '{ a }'), query(url, '{ a }')]);
  const got = replies.flatMap((reply) => reply.headers.getSetCookie());
  expect(got.toSorted()).toEqual(['session=1', 'session=2', 'session=3']);
});

type Answers = Readonly<Record<'a' | 'b', Answer>>;

async function ask(answers: Answers): Promise<Response> {
  return query(await gateway(answers), '{ a b }');
}

function query(url: string, text: string): Promise<Response> {
  const body = JSON.stringify({ query: text });
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

async function gateway(answers: Answers): Promise<string> {
  const files: Record<string, string> = { 'graph.yaml': 'subgraphs:\n' };
  for (const name of ['a', 'b'] as const) {
    const service = await startStandIn(answers[name]);
    cleanups.push(service.close);
    files[`${name}.graphql`] = `type Query { ${name}: Int }`;
    files['graph.yaml'] +=
      `  ${name}: { kind: graphql, url: "${service.url}", schema: ${name}.graphql, owner: x,
    headers: { respond: [set-cookie, cache-control] } }\n`;
  }
  const folder = await folderWith(files);
  const running = await start({ graphPath: `${folder}/graph.yaml`, port: 0, logLevel: 'silent' });
  cleanups.push(() => running.close());
  return running.url;
}

function answering(data: object, headers: Record<string, string | string[]>): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ data }));
  };
}
