import { describe, expect, it } from 'vitest';

import type { RevocationEntry } from '../../config/gateway/auth-revocation.ts';
import { DenyList } from './deny-list.ts';

const nowMs = Date.parse('2026-06-01T12:00:00Z');
const atMs = (ms: number): string => new Date(ms).toISOString();
const hourMs = 3_600_000;

function entry(which: Partial<RevocationEntry>): RevocationEntry {
  return { createdAt: atMs(nowMs), expiresAt: atMs(nowMs + hourMs), ...which };
}

function listOf(...entries: readonly RevocationEntry[]): DenyList {
  const list = new DenyList(100);
  for (const one of entries) expect(list.add(one, nowMs)).toBe(true);
  return list;
}

function token(claims: Readonly<Record<string, unknown>> = {}, subject: string | null = 'ada') {
  const iat = nowMs / 1000 - 60;
  return { subject, issuer: 'https://one', claims: { sub: 'ada', jti: 't1', iat, ...claims } };
}

describe('a revocation', () => {
  it.each<[string, Partial<RevocationEntry>, boolean]>([
    ['its jti', { jti: 't1' }, true],
    ['another jti', { jti: 't2' }, false],
    ['its jti, of another issuer', { jti: 't1', issuer: 'https://two' }, false],
    ['its jti, of its issuer', { jti: 't1', issuer: 'https://one' }, true],
    ['its jti, of another subject', { jti: 't1', sub: 'grace' }, false],
    ['its subject, issued before now', { sub: 'ada', issuedBefore: atMs(nowMs) }, true],
    ['its subject, issued before it was', { sub: 'ada', issuedBefore: atMs(nowMs - hourMs) }, false],
    ['another subject', { sub: 'grace', issuedBefore: atMs(nowMs) }, false],
    ['everybody, issued before now', { issuedBefore: atMs(nowMs) }, true],
    ['everybody of another issuer', { issuer: 'https://two', issuedBefore: atMs(nowMs) }, false],
    ['a jti like a property of objects', { jti: '__proto__' }, false],
  ])('for %s', (_what, which, revokes) => {
    expect(listOf(entry(which)).revokes(token(), nowMs)).toBe(revokes);
  });

  it('for a time holds for a token that does not say when it was issued', () => {
    const list = listOf(entry({ sub: 'ada', issuedBefore: atMs(nowMs - hourMs) }));
    expect(list.revokes(token({ iat: undefined }), nowMs)).toBe(true);
    expect(list.revokes(token({ iat: 'yesterday' }), nowMs)).toBe(true);
  });

  it('for a user names them as the gateway does, or as the token does', () => {
    const asGateway = listOf(entry({ sub: 'ada@shop.example', issuedBefore: atMs(nowMs) }));
    expect(asGateway.revokes(token({}, 'ada@shop.example'), nowMs)).toBe(true);
    expect(listOf(entry({ sub: 'ada', issuedBefore: atMs(nowMs) })).revokes(token({}, null), nowMs)).toBe(
      true,
    );
  });

  it('does not hold for who logs in again', () => {
    const list = listOf(entry({ sub: 'ada', issuedBefore: atMs(nowMs) }));
    expect(list.revokes(token({ iat: nowMs / 1000 }), nowMs)).toBe(false);
  });

  it('ends by itself', () => {
    const list = listOf(entry({ jti: 't1' }));
    expect(list.revokes(token(), nowMs + hourMs - 1)).toBe(true);
    expect(list.revokes(token(), nowMs + hourMs)).toBe(false);
    list.sweep(nowMs + hourMs);
    expect(list.size).toBe(0);
  });
});

describe('the list', () => {
  it('keeps one of those that say the same, or less', () => {
    const list = listOf(
      entry({ sub: 'ada', issuer: 'https://one', issuedBefore: atMs(nowMs - 1) }),
      entry({ sub: 'ada', issuedBefore: atMs(nowMs - 1) }),
      entry({ sub: 'ada', issuedBefore: atMs(nowMs) }),
      entry({ sub: 'ada', issuedBefore: atMs(nowMs - hourMs) }),
    );
    expect(list.size).toBe(1);
    // A later one that ends sooner does not take the place of one that lasts.
    list.add(entry({ sub: 'ada', issuedBefore: atMs(nowMs + 1), expiresAt: atMs(nowMs + 1) }), nowMs);
    expect(list.size).toBe(2);
    expect(list.revokes(token(), nowMs + 2)).toBe(true);
  });

  it('holds so many and says when there is no room, which what has ended makes', () => {
    const list = new DenyList(3);
    const add = (jti: string, lastsMs: number, at: number) =>
      list.add(entry({ jti, expiresAt: atMs(nowMs + lastsMs) }), at);
    expect([add('a', 10, nowMs), add('b', 20, nowMs), add('c', 20, nowMs)]).toEqual([true, true, true]);
    expect(add('d', 20, nowMs)).toBe(false);
    expect(add('c', 20, nowMs)).toBe(true);
    expect(add('d', 20, nowMs + 10)).toBe(true);
    expect(list.size).toBe(3);
  });
});
