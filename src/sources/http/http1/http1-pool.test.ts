/** Connections over real sockets: which call gets which bytes, and which connection is used again. */

import { once } from 'node:events';
import type { Socket } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { call, ok, pause, rawService } from '../../../../test/sources/support/raw-service.ts';
import { transportDefaults } from '../../../config/gateway/transport.ts';
import { createPool } from '../pool.ts';
import type { CallController } from '../pooled-call.ts';

describe('a connection is used again', () => {
  it('for the next call, one at a time and in order', async () => {
    const { ask, paths, connections } = await rawService(() => ok('x'), { connections: 1 });
    await Promise.all(['/1', '/2', '/3', '/4'].map((path) => ask({ path })));
    expect(paths()).toEqual(['/1', '/2', '/3', '/4']);
    expect(connections()).toBe(1);
  });

  it('after 204, chunks and answers before the answer', async () => {
    const answers = [
      'HTTP/1.1 204 No Content\r\n\r\n',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      `HTTP/1.1 103 Early Hints\r\n\r\n${ok('y')}`,
      ok('z'),
    ];
    const { ask, connections } = await rawService(() => answers.shift() ?? '', { connections: 1 });
    expect([await ask(), await ask(), await ask(), await ask()]).toEqual(['', 'x', 'y', 'z']);
    expect(connections()).toBe(1);
  });
});

/** What may be the end of one answer and may be the begin of another is for no call. */
const poisons: Readonly<Record<string, string>> = {
  'another answer': ok('x') + ok('poison'),
  'half of another answer': `${ok('x')}HTTP/1.1 200 OK\r\nx-poison: `,
  'more bytes than announced': `${ok('x')}poison`,
  'a line end': `${ok('x')}\r\n`,
  'a length that is too short': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxpoison',
  'a body where none may be': `HTTP/1.1 204 No Content\r\ncontent-length: ${ok('poison').length}\r\n\r\n${ok('poison')}`,
  'an answer after 304': `HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n${ok('poison')}`,
  'an answer after the last chunk': `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n${ok('poison')}`,
  'an answer that closes': ok('x', 'connection: close'),
  'an answer of HTTP/1.0': 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx',
};

describe('a connection is never used again', () => {
  it.each(Object.entries(poisons))('after %s', async (_name, poison) => {
    for (const delayMs of [0, 5]) {
      const answers = [poison, ok('good')];
      const { ask, connections } = await rawService(() => answers.shift() ?? '', { connections: 1 });
      expect(['x', '']).toContain(await ask());
      await pause(delayMs);
      expect(await ask()).toBe('good');
      expect(connections()).toBe(2);
    }
  });

  it('when bytes came that nobody asked for, also just before a call', async () => {
    const { ask, sockets, connections } = await rawService(() => ok('good'), { connections: 1 });
    await ask();
    sockets[0]?.write(ok('poison'));
    await pause(20);
    expect(await ask()).toBe('good');
    // They are on their way, and nothing of this process has read them yet.
    sockets[1]?.write(ok('poison'));
    expect(await ask()).toBe('good');
    expect(connections()).toBe(3);
  });

  it('when the other side closed it, and no call fails of it', async () => {
    const { ask, sockets, connections } = await rawService(() => ok('good'), { connections: 1 });
    for (let round = 0; round < 20; round += 1) {
      expect(await ask()).toBe('good');
      sockets.at(-1)?.end();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(connections()).toBe(20);
  });

  it('when the answer came before all of the request was sent', async () => {
    const { ask, connections } = await rawService(() => ok('early'), { connections: 1 }, '127.0.0.1', {
      isSlow: true,
    });
    expect(await ask({ body: 'x'.repeat(20_000_000) })).toBe('early');
    expect(await ask()).toBe('early');
    expect(connections()).toBe(2);
  });

  it('longer than the service announces', async () => {
    const { ask, connections } = await rawService(() => ok('x', 'keep-alive: timeout=2'), { connections: 1 });
    await ask();
    await ask();
    expect(connections()).toBe(2);
  });

  it('longer than it may be idle', async () => {
    const { ask, connections } = await rawService(() => ok('x'), { connections: 1, keepAliveMs: 20 });
    await ask();
    await pause(40);
    await ask();
    expect(connections()).toBe(2);
  });
});

describe('a call fails', () => {
  it('when the connection ends before the answer does', async () => {
    for (const [answer, fault] of [
      ['', 'lost'],
      ['HTTP/1.1 200 OK\r\n', 'lost'],
      ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell', 'lost'],
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n', 'lost'],
      ['HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\nhello', 'not-http'],
    ] as const) {
      const { ask } = await rawService((socket) => void socket.end(answer));
      await expect(ask()).rejects.toMatchObject({ fault });
    }
  });

  it('not when its answer lasts until the connection ends', async () => {
    const { ask } = await rawService((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
    expect(await ask()).toBe('all of it');
  });

  it('but when that connection is reset', async () => {
    const { ask } = await rawService((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nnot all of it', () => socket.resetAndDestroy());
    });
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('when there is no connection in time', async () => {
    const never = (): void => {};
    const pool = createPool(
      { origin: 'http://never.test', address: undefined, lookup: never },
      { ...transportDefaults, connectTimeoutMs: 20 },
    );
    onTestFinished(() => pool.destroy().then(() => undefined));
    await expect(call(pool).answer).rejects.toMatchObject({ fault: 'connect-timeout' });
  });

  it('when its handler throws, and so does no other', async () => {
    const { pool } = await rawService(() => ok('x'), { connections: 1 });
    for (const name of ['onRequestStart', 'onResponseStart', 'onResponseData', 'onResponseEnd'] as const) {
      const failing = call(
        pool,
        {},
        {
          [name]: () => {
            throw new TypeError(name);
          },
        },
      );
      await expect(failing.answer).rejects.toThrow(name);
      await expect(call(pool).answer).resolves.toBe('x');
    }
  });
});

describe('an abort', () => {
  it('ends the call and its connection, at the head, in the body and before the answer', async () => {
    for (const name of ['onResponseStart', 'onResponseData'] as const) {
      const { pool, connections } = await rawService(() => ok('x'), { connections: 1 });
      const aborted = call(
        pool,
        {},
        { [name]: (controller: CallController) => controller.abort(new Error(name)) },
      );
      await expect(aborted.answer).rejects.toThrow(name);
      await expect(call(pool).answer).resolves.toBe('x');
      expect(connections()).toBe(2);
    }
    const { pool, asked } = await rawService(() => {}, { connections: 1 });
    const waiting = call(pool);
    await expect.poll(() => asked.length).toBe(1);
    waiting.controller()?.abort(new Error('enough'));
    await expect(waiting.answer).rejects.toThrow('enough');
  });

  it('before the request is sent leaves the connection to others', async () => {
    const { pool, connections, paths } = await rawService(() => ok('x'), { connections: 1 });
    const aborted = call(
      pool,
      { path: '/never' },
      { onRequestStart: (controller) => controller.abort(new Error('no')) },
    );
    await expect(aborted.answer).rejects.toThrow('no');
    await expect(call(pool).answer).resolves.toBe('x');
    expect([connections(), paths()]).toEqual([1, ['/p']]);
  });

  it('of a call that has ended is none of the next one on its connection', async () => {
    const { pool, connections } = await rawService(
      (socket) => void setTimeout(() => socket.write(ok('x')), 10),
      {
        connections: 1,
      },
    );
    const first = call(pool);
    await first.answer;
    const second = call(pool);
    await expect.poll(() => second.controller()).toBeDefined();
    first.controller()?.abort(new Error('late'));
    first.controller()?.pause();
    await expect(second.answer).resolves.toBe('x');
    expect(connections()).toBe(1);
  });
});

it('a call that pauses gets the rest when it goes on, and the next call is not paused', async () => {
  const body = 'x'.repeat(3_000_000);
  const { pool } = await rawService(() => ok(body), { connections: 1 });
  let paused = 0;
  const first = call(
    pool,
    {},
    {
      onResponseData(controller) {
        paused += 1;
        controller.pause();
        setTimeout(() => controller.resume(), 1);
      },
    },
  );
  expect((await first.answer).length).toBe(body.length);
  expect(paused).toBeGreaterThan(1);
  const left = call(
    pool,
    {},
    {
      onResponseData: (controller, chunk) => {
        if (chunk.length > 0) controller.pause();
        setTimeout(() => controller.resume(), 1);
      },
    },
  );
  await left.answer;
  expect((await call(pool).answer).length).toBe(body.length);
});

describe('a pool that is closed', () => {
  it('lets calls end, those that wait too, and takes no others', async () => {
    const { pool } = await rawService((socket) => void setTimeout(() => socket.write(ok('x')), 10), {
      connections: 1,
    });
    const calls = [call(pool), call(pool), call(pool)].map(({ answer }) => answer);
    let isClosed = false;
    const closed = pool.close().then(() => (isClosed = true));
    await expect(call(pool).answer).rejects.toMatchObject({ fault: 'closed' });
    expect(await calls[0]).toBe('x');
    expect(isClosed).toBe(false);
    expect(await Promise.all(calls)).toEqual(['x', 'x', 'x']);
    await closed;
    await pool.close();
  });

  it('breaks off what is under way and what waits when it is destroyed', async () => {
    const { pool, asked } = await rawService(() => {}, { connections: 1 });
    const calls = [call(pool), call(pool), call(pool)].map(({ answer }) =>
      answer.catch((error: unknown) => error),
    );
    await expect.poll(() => asked.length).toBe(1);
    const closed = pool.close();
    await pool.destroy();
    await closed;
    for (const one of calls) expect(await one).toMatchObject({ fault: 'closed' });
  });

  it('closes connections that are idle at once', async () => {
    const { pool, ask, sockets } = await rawService(() => ok('x'));
    await ask();
    const ended = once(sockets[0] as Socket, 'close');
    await pool.close();
    await ended;
  });
});
