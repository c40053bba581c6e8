/** The permissions that docs/how-to/redis.md lists are enough. */

import { readFile } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { ownerOf } from '../../src/limits/keys.ts';
import { checkOf, ruleOf } from '../support/limits.ts';
import { ownRedis } from '../support/own-redis.ts';
import { runTributary } from '../support/tributary.ts';
import { startLimiterProcesses } from './support/limiter-processes.ts';

const docs = await readFile(new URL('../../docs/how-to/redis.md', import.meta.url), 'utf8');

/** @param use The first cell of a row. */
function permissionsFor(use: string): string[] {
  const row = docs.split('\n').find((line) => line.startsWith(`| ${use} `));
  const [, text = ''] = /`(?:ACL SETUSER gateway on >PASSWORD )?([^`]*\+[^`]*)`/.exec(row ?? '') ?? [];
  if (text === '') throw new Error(`docs/how-to/redis.md does not say which permissions ${use} need`);
  return text.replaceAll('\\|', '|').split(' ');
}

it('a Redis user with the documented permissions counts, and shows and resets counters', async () => {
  const permissions = [...permissionsFor('limits'), ...permissionsFor('`tributary limits`')];
  const redis = await ownRedis(['--user', 'gateway', 'on', '>s3cret', ...permissions]);
  const url = redis.url.replace('//', '//gateway:s3cret@');
  const patient = { commandTimeoutMs: 20_000, startTimeoutMs: 20_000 };
  const processes = await startLimiterProcesses({ redis: { url, ...patient }, count: 2, timeoutMs: 100_000 });
  const rule = ruleOf({ limit: 10, windowMs: 3_600_000 });
  const checks = [checkOf(rule, { owner: ownerOf('web') })];
  expect(await processes.burst(checks, 10)).toBe(10);
  // It may say that nothing is there any more.
  for (const action of ['show', 'reset']) {
    const { code, stderr } = await runTributary(['limits', action, '--client', 'web', '--redis', url]);
    expect([code, stderr]).toEqual([0, '']);
  }
  await processes.stop();
  expect(await redis.tell('ACL LOG')).toBe('*0\r\n');
});
