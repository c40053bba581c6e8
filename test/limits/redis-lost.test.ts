/** Losing one Redis server: no request fails, few wait, and counters stay within the bounds of each mode. */

import { describe, expect, it, onTestFinished } from 'vitest';

import { checkOf, ruleOf } from '../support/limits.ts';
import { ownRedis } from '../support/own-redis.ts';
import { expectBounds, undergo } from './support/losing-redis.ts';
import { isSoak } from './support/outage.ts';
import { flushed, furtherServerOutages, serverOutages } from './support/server-outages.ts';
import { openSharedLimits } from './support/shared-limits.ts';

describe('no request fails, few wait, and counters stay within their bounds', () => {
  it.each(Object.entries({ ...serverOutages, ...(isSoak ? furtherServerOutages : {}) }))(
    'while Redis is %s',
    async (name, begin) => {
      const outage = await begin();
      expectBounds(outage, await undergo(name, outage));
    },
  );

  it('after FLUSHALL and SCRIPT FLUSH, which are no outage: the limit can be used once more', async () => {
    const outage = await flushed();
    expectBounds(outage, await undergo('FLUSHALL', outage));
  });
});

it('a process that starts without Redis counts by itself until it comes', async () => {
  const redis = await ownRedis();
  await redis.kill();
  const limits = await openSharedLimits({
    url: redis.url,
    commandTimeoutMs: 200,
    startTimeoutMs: 10,
  });
  onTestFinished(() => limits.close());
  await expect
    .poll(() => limits.changes)
    .toEqual([{ state: 'local', reason: 'there is no connection to Redis' }]);
  const check = checkOf(ruleOf({ limit: 40, windowMs: 3_600_000 }));
  let admitted = 0;
  while ((await limits.limiter.take([check])).isAllowed) admitted += 1;
  expect(admitted).toBe(10);
  await redis.start();
  await expect.poll(() => limits.changes.at(-1)?.state).toBe('shared');
  expect(await limits.limiter.take([check])).toMatchObject({ isAllowed: true, states: [{ remaining: 39 }] });
});
