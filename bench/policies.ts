/**
 * What the policies cost a call when nothing is wrong: the breaker alone, each layer, the whole stack, in this process.
 *
 *     node bench/policies.ts
 *
 * Nanoseconds a call, the best of several rounds; a transport that answers at once, so that nothing else is measured.
 */

import { policiesSchema, policyOf } from '../src/config/gateway/policies.ts';
import type { RequestContext } from '../src/pipeline/request.ts';
import { Breaker } from '../src/resilience/breaker.ts';
import { newCall, type Call } from '../src/resilience/call.ts';
import { fixedEndpoints } from '../src/resilience/endpoints.ts';
import { Service } from '../src/resilience/service.ts';
import { anyClient } from '../src/pipeline/client.ts';
import { anonymous } from '../src/pipeline/principal.ts';
import { Cancellation } from '../src/shared/cancellation.ts';
import { monotonicClock } from '../src/shared/clock.ts';
import { Events } from '../src/shared/events.ts';
import { plainService } from '../test/support/plain-services.ts';
import { untraced } from '../src/shared/trace.ts';

const rounds = 12;
const callsPerRound = 200_000;

const request: RequestContext = {
  client: anyClient,
  principal: anonymous,
  requestId: 'bench',
  clientAddress: '127.0.0.1',
  headers: {},
  forwardHeaders: {},
  deadlineAtMs: monotonicClock() + 1e9,
  cancellation: new Cancellation(),
  trace: untraced,
  locals: new Map(),
};

const policy = policyOf(policiesSchema.parse({}), 'graphql', 'bench');
const answer = Promise.resolve('fine');
const transport: Call<string, string> = () => answer;

function serviceWith(replicas: number): Service {
  const parts = { name: 'bench', clock: monotonicClock, random: Math.random, events: new Events() };
  const service = new Service({ ...policy, timeoutMs: 5000 }, parts);
  const urls = Array.from({ length: replicas }, (_, index) => ({ url: `http://replica-${index}` }));
  service.replicas.follow(fixedEndpoints(urls));
  return service;
}

/** The best round: others had company on the processor. */
async function nanosecondsOf(call: Call<string, string>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = process.hrtime.bigint();
    for (let one = 0; one < callsPerRound; one += 1) await call('{ a }', newCall(request, 'query'));
    best = Math.min(best, Number(process.hrtime.bigint() - startedAt) / callsPerRound);
  }
  return best;
}

function breakerNanoseconds(): number {
  const breaker = new Breaker(policy.breaker, { random: Math.random });
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = process.hrtime.bigint();
    for (let one = 0; one < callsPerRound; one += 1) {
      const nowMs = monotonicClock();
      const permit = breaker.enter(nowMs);
      breaker.leave(permit, { outcome: 'answered', sentAtMs: nowMs, endedAtMs: monotonicClock() });
    }
    best = Math.min(best, Number(process.hrtime.bigint() - startedAt) / callsPerRound);
  }
  return best;
}

const bare = await nanosecondsOf(transport);
const plain = await nanosecondsOf(plainService({ name: 'bench', urls: ['http://a'] }).stack(transport));
const one = await nanosecondsOf(serviceWith(1).stack(transport));
const three = await nanosecondsOf(serviceWith(3).stack(transport));
const rows = [
  ['breaker alone, with two readings of the clock', breakerNanoseconds()],
  ['no policy but the timeout', plain - bare],
  ['whole stack, one replica', one - bare],
  ['whole stack, three replicas', three - bare],
] as const;
for (const [what, ns] of rows) console.log(`${what.padEnd(48)} ${Math.round(ns)} ns`);
/** What a small request with two calls costs in all, of docs/performance.md. */
const smallRequestNs = 120_000;
console.log(
  `share of a small request with two calls: ${((200 * (one - bare)) / smallRequestNs).toFixed(1)} %`,
);
