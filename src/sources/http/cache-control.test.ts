import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  cacheControlText,
  noStore,
  parseCacheControl,
  remaining,
  strictest,
  type CacheControl,
} from './cache-control.ts';

describe('what an answer says of how long it may be kept', () => {
  it.each<[string | string[] | undefined, Partial<CacheControl>]>([
    [undefined, { isNoStore: false, isPublic: false, maxAgeS: undefined }],
    ['', { isNoStore: false, maxAgeS: undefined }],
    ['no-store', { isNoStore: true }],
    ['NO-STORE, Max-Age=5', { isNoStore: true, maxAgeS: 5 }],
    ['max-age=60', { maxAgeS: 60, isPublic: false }],
    ['public, max-age=60', { maxAgeS: 60, isPublic: true }],
    ['public, private, max-age=60', { maxAgeS: 60, isPublic: false }],
    ['private="set-cookie", max-age=60', { isPublic: false, maxAgeS: 60 }],
    ['max-age="60"', { maxAgeS: 60 }],
    ['max-age=60, max-age=5', { maxAgeS: 5 }],
    ['s-maxage=5, max-age=60', { maxAgeS: 5 }],
    ['s-maxage=60', { maxAgeS: undefined }],
    ['max-age=-1', { maxAgeS: undefined }],
    ['max-age=1.5', { maxAgeS: undefined }],
    ['max-age=', { maxAgeS: undefined }],
    ['max-age=60, max-age=never', { maxAgeS: undefined }],
    ['no-cache', { isNoCache: true }],
    ['no-cache="etag"', { isNoCache: true }],
    ['must-revalidate', { mustRevalidate: true }],
    ['proxy-revalidate', { mustRevalidate: true }],
    ['x-no-store, max-age-of-all=5', { isNoStore: false, maxAgeS: undefined }],
    [['public', 'max-age=7'], { isPublic: true, maxAgeS: 7 }],
  ])('is read from %j', (header, expected) => {
    expect(parseCacheControl(header)).toMatchObject(expected);
  });

  it.each<[string, string | undefined, string]>([
    ['max-age=60, public', undefined, 'max-age=60, public'],
    ['max-age=60, public', '20', 'max-age=40, public'],
    ['max-age=60', '90', 'max-age=0, private'],
    ['max-age=60', '-5', 'max-age=60, private'],
    ['max-age=60', 'soon', 'max-age=60, private'],
    ['max-age=60', '0.5', 'max-age=60, private'],
    ['public', '0', 'no-store'],
    ['no-store, max-age=60', '0', 'no-store'],
  ])('%s after an age of %s is %s', (header, age, expected) => {
    expect(cacheControlText(remaining(parseCacheControl(header), age))).toBe(expected);
  });
});

const control: fc.Arbitrary<CacheControl> = fc.record({
  isNoStore: fc.boolean(),
  isNoCache: fc.boolean(),
  isPublic: fc.boolean(),
  mustRevalidate: fc.boolean(),
  maxAgeS: fc.option(fc.nat(1000), { nil: undefined }),
});

describe('the strictest of several', () => {
  it('never allows more than any of them', () => {
    fc.assert(
      fc.property(control, control, (a, b) => {
        const both = strictest(a, b);
        for (const one of [a, b]) {
          if (one.isNoStore) expect(both).toEqual(noStore);
          if (both.isNoStore) continue;
          expect(both.maxAgeS ?? 0).toBeLessThanOrEqual(one.maxAgeS ?? 0);
          if (both.isPublic) expect(one.isPublic).toBe(true);
          if (one.isNoCache) expect(both.isNoCache).toBe(true);
          if (one.mustRevalidate) expect(both.mustRevalidate).toBe(true);
        }
      }),
    );
  });

  it('does not depend on their order, and is the same for one of them twice', () => {
    fc.assert(
      fc.property(control, control, control, (a, b, c) => {
        const text = (one: CacheControl): string => cacheControlText(one);
        expect(text(strictest(a, b))).toBe(text(strictest(b, a)));
        expect(text(strictest(strictest(a, b), c))).toBe(text(strictest(a, strictest(b, c))));
        expect(text(strictest(a, a))).toBe(text(a));
      }),
    );
  });

  it('is read again as it was written', () => {
    fc.assert(
      fc.property(control, (one) => {
        const text = cacheControlText(one);
        expect(cacheControlText(parseCacheControl(text))).toBe(text);
      }),
    );
  });
});
