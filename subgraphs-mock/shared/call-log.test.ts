import { describe, expect, it } from 'vitest';

import { CallLog, toLoggedArgs } from './call-log.ts';

describe('CallLog', () => {
  it('keeps the latest 10,000 calls, oldest first, and counts them all', () => {
    const log = new CallLog();
    for (let n = 1; n <= 10_005; n += 1) log.begin({ names: [`call ${n}`], headers: {}, args: {} });
    const listed = log.list();
    expect([log.total, listed.length]).toEqual([10_005, 10_000]);
    expect([listed[0]?.operation, listed.at(-1)?.operation]).toEqual(['call 6', 'call 10005']);
  });

  it('lets only the first end of a call count', () => {
    const log = new CallLog();
    const call = log.begin({ names: ['GetStock'], headers: {}, args: {} });
    log.end(call, 'answered', 0);
    log.end(call, 'aborted');
    expect(log.named('GetStock')).toMatchObject([{ outcome: 'answered', status: 0 }]);
  });

  it('keeps no credentials and cuts long values', () => {
    const log = new CallLog();
    const headers = {
      authorization: 'Bearer s',
      'x-api-key': 's',
      cookie: 's',
      'x-user-id': 'u'.repeat(300),
    };
    const call = log.begin({ names: ['GetStock'], headers, args: {} });
    expect(call.headers).toEqual({ 'x-user-id': 'u'.repeat(256) });
    expect(call.authorizationPresent).toBe(true);
    expect(call.headerNames).toEqual(['authorization', 'cookie', 'x-api-key', 'x-user-id']);
  });
});

describe('toLoggedArgs', () => {
  it('cuts lists at 100 entries', () => {
    const { ids, first } = toLoggedArgs({ ids: Array.from({ length: 150 }, (_, n) => n), first: 5 });
    expect([(ids as unknown[]).length, first]).toEqual([100, 5]);
  });
});
