import { randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { idFromInput, keyIdOf, newKeyText } from './key-text.ts';

const key = newKeyText(randomBytes);

describe('the text of a key', () => {
  it('has a start that scanners know, a public id, 256 bits of secret and a checksum', () => {
    expect(key).toMatch(/^trib_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
    // 43 digits of 62.
    expect(43 * Math.log2(62)).toBeGreaterThanOrEqual(256);
    expect(keyIdOf(key)).toBe(key.slice(5, 17));
  });

  it('is made of random bytes alone, each digit as likely as the others', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2000; i += 1)
      for (const digit of newKeyText(randomBytes).slice(18, 61))
        counts.set(digit, (counts.get(digit) ?? 0) + 1);
    expect(counts.size).toBe(62);
    const expected = (2000 * 43) / 62;
    // Six standard deviations.
    const off = 6 * Math.sqrt(expected);
    for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(off);
  });

  it('is told from one with a wrong letter, two in the wrong order, or a part that is missing', () => {
    for (let at = 0; at < key.length; at += 1) {
      const other = key[at] === 'x' ? 'y' : 'x';
      expect(keyIdOf(key.slice(0, at) + other + key.slice(at + 1))).toBeUndefined();
      expect(keyIdOf(key.slice(0, at) + key.slice(at + 1))).toBeUndefined();
      if (key[at] !== key[at + 1] && at + 1 < key.length) {
        const swapped = key.slice(0, at) + key[at + 1] + key[at] + key.slice(at + 2);
        expect(keyIdOf(swapped)).toBeUndefined();
      }
    }
  });

  it.each(['', ' ', `${key} `, ` ${key}`, key.toLowerCase(), `${key}\n`, 'trib_', 'x'.repeat(100_000)])(
    'is not %j',
    (text) => {
      expect(keyIdOf(text)).toBeUndefined();
    },
  );
});

it('people may name a key by its id, with or without the start, or by the whole of it', () => {
  const id = key.slice(5, 17);
  expect([id, `trib_${id}`, key].map(idFromInput)).toEqual([id, id, id]);
  expect(['__proto__', `trib_${id}x`, `${key.slice(0, -1)}!`, ''].map(idFromInput)).toEqual(
    Array(4).fill(undefined),
  );
});
