/** The servers that tests need are real ones, and these tests get them by themselves. */
import { connect, type NetConnectOpts } from 'node:net';

import { expect, it, onTestFinished, vi } from 'vitest';

import { askBroker, redisUrl, startRedisBroker } from '../support/redis.ts';

it('a real Redis answers whoever asks for one', async () => {
  const url = await redisUrl();
  expect(await redisUrl()).toBe(url);
  const key = `test-servers-${process.pid}`;
  expect(await talk(url, 'PING', `SET ${key} water EX 60`, `GET ${key}`, `DEL ${key}`)).toEqual(
    '+PONG\r\n+OK\r\n$5\r\nwater\r\n:1\r\n+OK\r\n',
  );
});

it('REDIS_URL comes before any other Redis', async () => {
  const broker = await givenBroker({ REDIS_URL: 'redis://cache.example:6379' });
  expect(await askBroker(broker.path)).toBe('redis://cache.example:6379');
});

it('where there is none and none can be installed, the failure says how to get one', async () => {
  const broker = await givenBroker({ REDIS_URL: '', PATH: '/nowhere' });
  await expect(askBroker(broker.path)).rejects.toThrow(
    /These tests need Redis and there is no redis-server.*Debian: apt-get install redis-server.*REDIS_URL=/,
  );
});

async function givenBroker(environment: Readonly<Record<string, string>>) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const broker = await startRedisBroker();
  onTestFinished(() => broker.close());
  return broker;
}

/** Redis's own protocol, in its inline form. */
async function talk(url: string, ...commands: readonly string[]): Promise<string> {
  const { protocol, pathname, hostname, port } = new URL(url);
  const place: NetConnectOpts =
    protocol === 'unix:' ? { path: pathname } : { host: hostname, port: Number(port || 6379) };
  const socket = connect(place);
  socket.setTimeout(5000, () => socket.destroy(new Error('Redis does not answer')));
  socket.write([...commands, 'QUIT', ''].join('\r\n'));
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
