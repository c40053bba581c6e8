/**
 * What API keys and revocations cost a request: microseconds of CPU for a key that is known, from a file or from Redis, as
 * part of the whole stage, beside a token, and for one that is wrong; and of a look at many revocations.
 * Run: node bench/api-keys.ts
 */

import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';

import { createApiKeys } from '../src/authn/api-keys/api-keys.ts';
import { recordText } from '../src/authn/api-keys/key-repository.ts';
import { digestOf, keyIdOf, newKeyText } from '../src/authn/api-keys/key-text.ts';
import { toApiKey } from '../src/authn/api-keys/api-key.ts';
import { LastUsed } from '../src/authn/api-keys/last-used.ts';
import { RedisKeys } from '../src/authn/api-keys/redis-keys.ts';
import { createAuthenticate } from '../src/authn/authenticate.ts';
import { createBackendIdentity } from '../src/authn/identity/backend-headers.ts';
import { type Proof } from '../src/authn/proof.ts';
import { anonymous } from '../src/pipeline/principal.ts';
import { DenyList } from '../src/authn/revocation/deny-list.ts';
import { keyRecordSchema } from '../src/config/gateway/auth-api-keys.ts';
import { authSchema } from '../src/config/gateway/auth.ts';
import { Cancellation } from '../src/shared/cancellation.ts';
import { untraced } from '../src/shared/trace.ts';

const callsInRound = 20_000;
const rounds = 10;
const limitUs = 10;

const text = newKeyText(randomBytes);
const id = keyIdOf(text) ?? '';
const record = keyRecordSchema.parse({
  id,
  sha256: digestOf(text).toString('base64url'),
  client: 'web',
  tier: 'premium',
  scopes: ['read:products'],
  createdAt: new Date().toISOString(),
});

const headers = {
  host: 'shop.example',
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': 'bench',
  'content-length': '100',
  'x-api-key': text,
};
const http = { headers, rawHeaders: Object.entries(headers).flat(), socket: new Socket() };
const request = { http, clientAddress: '127.0.0.1' };
const context = {
  requestId: 'r-1',
  clientAddress: '127.0.0.1',
  headers,
  forwardHeaders: {},
  deadlineAtMs: 0,
  cancellation: new Cancellation(),
  trace: untraced,
  locals: new Map(),
};

const lastUsed = new LastUsed({
  intervalMs: 1000,
  keysMax: 1000,
  random: Math.random,
  write: (used) => Promise.resolve([...used.keys()]),
  onFailure: console.error,
});
const onUsed = (used: string, nowMs: number): void => lastUsed.note(used, nowMs);
const parts = { header: 'x-api-key', wallClock: Date.now, onUsed };
const known = new Map([[id, toApiKey(record)]]);
const byFile = createApiKeys({ ...parts, lookup: { find: (asked) => known.get(asked) } });
const redis = new RedisKeys({
  store: {
    isCluster: false,
    masters: () => [],
    key: (name) => name,
    run: <Result>() => Promise.resolve(recordText(record) as Result),
    close: () => Promise.resolve(),
  },
  cacheMs: 1000,
  keptMs: 0,
  entriesMax: 10_000,
  lookupsMax: 100,
  // Nothing that is asked in between would be answered while calls are counted.
  now: () => 0,
  onFailure: console.error,
});
const byRedis = createApiKeys({ ...parts, lookup: redis });
await byRedis(request);
if (byRedis(request) instanceof Promise) throw new Error('the key is not known');
const wrong = {
  ...request,
  http: { ...http, headers: { ...headers, 'x-api-key': `${text.slice(0, -1)}!` } },
};

const user: Proof = {
  principal: {
    ...anonymous,
    subject: 'ada',
    issuer: 'https://idp.example',
    provenBy: 'jwt',
    claims: { sub: 'ada', jti: 'a', iat: Date.now() / 1000 },
  },
};
const denied = new DenyList(100_000);
const dayMs = 86_400_000;
for (let i = 0; i < 100_000; i += 1) {
  const times = {
    createdAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + dayMs).toISOString(),
  };
  denied.add(
    i % 2 === 0 ? { jti: `t${i}`, ...times } : { sub: `u${i}`, issuedBefore: times.createdAt, ...times },
    Date.now(),
  );
}
const identity = createBackendIdentity(authSchema.parse({ apiKeys: { file: 'keys.json' } }));
const stage = createAuthenticate({ apiKey: byFile }, identity, 'reject');
const both = createAuthenticate(
  {
    token: () => user,
    apiKey: byFile,
    checkRevoked: ({ principal }) => void denied.revokes(principal, Date.now()),
  },
  identity,
  'reject',
);

const fileUs = bestUs(() => byFile(request));
const redisUs = bestUs(() => byRedis(request));
console.log(`a known key: from a file ${fileUs.toFixed(2)} us, from Redis ${redisUs.toFixed(2)} us`);
console.log(`the whole stage: ${bestUs(() => stage(context, http)).toFixed(2)} us`);
console.log(
  `beside a token, with ${denied.size} revocations: ${bestUs(() => both(context, http)).toFixed(2)} us`,
);
console.log(
  `a look at ${denied.size} revocations: ${bestUs(() => denied.revokes(user.principal, Date.now())).toFixed(3)} us`,
);
console.log(`a key that is not whole: ${bestUs(() => refused(() => byFile(wrong))).toFixed(2)} us`);
if (Math.max(fileUs, redisUs) > limitUs) {
  console.error(`more than ${limitUs} us`);
  process.exitCode = 1;
}
await lastUsed.close();

function refused(call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch {
    return true;
  }
}

/** CPU of the best round, in microseconds a call: other processes take time, but none of ours. */
function bestUs(call: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = process.cpuUsage();
    for (let calls = 0; calls < callsInRound; calls += 1) call();
    const used = process.cpuUsage(start);
    best = Math.min(best, (used.user + used.system) / callsInRound);
  }
  return best;
}
