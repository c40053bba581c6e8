/**
 * What the three gates cost a request whose counters are in memory: microseconds of CPU, without policies, with the default
 * tiers, and with policies at each gate. `node bench/limits-in-place.ts` measures whole requests.
 *
 *     node bench/limit-gates.ts
 */

import { limitsSchema } from '../src/config/gateway/limits.ts';
import { createLimiter } from '../src/limits/limiter.ts';
import { openRequestLimits } from '../src/limits/open-limits.ts';
import { anyClient } from '../src/pipeline/client.ts';
import { anonymous } from '../src/pipeline/principal.ts';
import type { Answered, Identified, Prepared, Recognized, RequestLimits } from '../src/pipeline/stages.ts';
import type { PreparedOperation } from '../src/pipeline/prepared.ts';
import { monotonicClock } from '../src/shared/clock.ts';
import { Events } from '../src/shared/events.ts';

const requestsInRound = 50_000;
const rounds = 10;
const principals = 1000;

/** So high that nothing is refused. */
const limit = 1_000_000_000;
const tiers = { premium: { limit } };
const configurations = {
  'no policy': { tiers: {} },
  'the default tiers': { tiers },
  'a policy at each gate': {
    tiers,
    policies: {
      network: { key: ['address'], limit },
      points: { key: ['client', 'principal'], unit: 'points', limit },
    },
  },
};

type Open = (identified: Identified) => RequestLimits;
type OperationStage = Prepared<{ readonly prepared: PreparedOperation }>;

function openWith(config: object): Open {
  return openRequestLimits(limitsSchema.parse(config), {
    limiter: createLimiter({ keysMax: 100_000, blockedKeysMax: 10_000, now: monotonicClock }),
    isShared: false,
    sharesAnswers: false,
    figures: {
      assertCost: () => {},
      points: () => 3,
      actual: () => 3,
      maximumOf: () => null,
      calls: () => 2,
      selections: () => [],
    },
    apiKeyHeader: 'x-api-key',
    credentialHeaders: ['authorization'],
    graphLimits: () => [],
    events: new Events(),
  });
}

const client = {
  ...anyClient,
  name: 'web',
  isProven: true,
  limits: [{ tier: 'premium', policies: {}, inFlightMax: null, costMax: null }],
};
const requests = Array.from({ length: principals }, (_, index) => {
  const principal = { ...anonymous, provenBy: 'jwt', issuer: 'https://issuer', subject: `user ${index}` };
  const context = { principal, client, cancellation: { reason: undefined } };
  const operation = { prepared: { kind: 'query', name: 'Home' } };
  return {
    recognized: { context } as unknown as Recognized,
    prepared: { context, operation } as unknown as OperationStage,
  };
});
const answered = {
  status: 200,
  headers: { 'cache-control': 'no-store', vary: 'accept' },
  errorCounts: [],
} as unknown as Answered;

function run(open: Open): void {
  for (let index = 0; index < requestsInRound; index += 1) {
    const request = requests[index % principals];
    const limits = open({
      arrived: { http: { headers: {} }, head: { requestId: 'r' } },
      network: () => '192.0.2.1',
    } as unknown as Identified);
    void limits.checkNetwork();
    if (request) {
      void limits.checkCaller(request.recognized);
      void limits.checkOperation(request.prepared);
      limits.settle(request.prepared, { data: {}, errors: [] });
    }
    limits.finish(answered);
  }
}

for (const [name, config] of Object.entries(configurations)) {
  const open = openWith(config);
  run(open);
  let bestUs = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    run(open);
    const { user, system } = process.cpuUsage(before);
    bestUs = Math.min(bestUs, (user + system) / requestsInRound);
  }
  console.log(`${name}: ${bestUs.toFixed(2)} us of CPU a request`);
}
