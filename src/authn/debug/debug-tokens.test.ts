/** Which debug tokens are accepted, and how often. */

import { SignJWT } from 'jose';
import { expect, it } from 'vitest';

import { debugSchema, type DebugConfig } from '../../config/gateway/debug.ts';
import { DebugTokens, signDebugToken } from './debug-tokens.ts';

const secret = 'a secret of more than thirty-two bytes';
const startMs = 1_800_000_000_000;

it('is accepted as often as it says, within its life', async () => {
  const { tokens, sign } = given();
  const token = await sign({ lifetimeSeconds: 60, uses: 2 });
  await tokens.use(token);
  await tokens.use(token);
  await expect(tokens.use(token)).rejects.toMatchObject({
    code: 'DEBUG_TOKEN_REFUSED',
    message: expect.stringContaining('it was used before, as often as it may be'),
  });
  await tokens.use(await sign({ lifetimeSeconds: 60, uses: 1 }));
});

it('counts a use before another request with the same token is looked at', async () => {
  const { tokens, sign } = given();
  const token = await sign({ lifetimeSeconds: 60, uses: 1 });
  const uses = await Promise.allSettled(Array.from({ length: 10 }, () => tokens.use(token)));
  expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it('expires', async () => {
  const { tokens, sign, pass } = given();
  const token = await sign({ lifetimeSeconds: 60, uses: 5 });
  pass(61_000);
  await expect(tokens.use(token)).rejects.toThrow('it has expired');
});

const claims = { uses: 1, jti: 'a', aud: 'tributary', exp: startMs / 1000 + 60 };

it.each<[string, object, string, string?]>([
  ['no id', { ...claims, jti: '' }, 'it has no id or no number of uses'],
  ['no number of uses', { ...claims, uses: undefined }, 'it has no id or no number of uses'],
  ['too many uses', { ...claims, uses: 1e9 }, 'it has no id or no number of uses'],
  ['no uses', { ...claims, uses: 0 }, 'it has no id or no number of uses'],
  ['no expiry', { ...claims, exp: undefined }, 'malformed'],
  ['too long a life', { ...claims, exp: startMs / 1000 + 4000 }, 'it expires later than'],
  ['another audience', { ...claims, aud: 'staging' }, 'it is for another audience'],
  ['another secret', claims, 'not signed with the secret', 'another secret of more than 32 bytes'],
])('is refused with %s', async (_what, payload, reason, key = secret) => {
  const { tokens } = given();
  const token = await new SignJWT({ ...payload })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(key));
  await expect(tokens.use(token)).rejects.toThrow(reason);
});

it.each([
  ['no token', ''],
  ['no JWT', 'abc'],
  ['no signature', `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(claims))}.`],
  ['endless text', 'x'.repeat(100_000)],
])('is refused if it is %s', async (_what, token) => {
  await expect(given().tokens.use(token)).rejects.toMatchObject({ code: 'DEBUG_TOKEN_REFUSED' });
});

it('is refused where too many are counted, until some have expired', async () => {
  const { tokens, sign, pass } = given({ tokensMax: 2 });
  await tokens.use(await sign({ lifetimeSeconds: 60, uses: 5 }));
  const second = await sign({ lifetimeSeconds: 60, uses: 5 });
  await tokens.use(second);
  await expect(tokens.use(await sign({ lifetimeSeconds: 60, uses: 5 }))).rejects.toThrow('too many of them');
  await tokens.use(second);
  pass(61_000);
  await tokens.use(await sign({ lifetimeSeconds: 60, uses: 5 }));
});

function given(changes: Partial<DebugConfig> = {}) {
  const config = { ...debugSchema.parse({ secret }), ...changes };
  let nowMs = startMs;
  return {
    tokens: new DebugTokens(config, () => nowMs),
    sign: (options: { lifetimeSeconds: number; uses: number }) => signDebugToken(config, options, nowMs),
    pass: (ms: number) => (nowMs += ms),
  };
}
