import { describe, expect, it } from 'vitest';

import { limitsSchema } from '../config/gateway/limits.ts';
import { anyClient } from '../pipeline/client.ts';
import { anonymous } from '../pipeline/principal.ts';
import type { Answered, Identified, RequestLimits } from '../pipeline/stages.ts';
import { Events } from '../shared/events.ts';
import type { LimitCheck, LimitDecision, Limiter } from './check.ts';
import { openRequestLimits } from './open-limits.ts';

type Stages = Parameters<RequestLimits['checkCaller']>[0] & Parameters<RequestLimits['checkOperation']>[0];

interface Given {
  /** Names of policies that refuse when the store is asked. */
  readonly refusing?: readonly string[];
  /** Names of policies that this process knows to be used up. */
  readonly blocked?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly isShared?: boolean;
  readonly sharesAnswers?: boolean;
  readonly policies?: object;
  /** Estimated cost of the operation. */
  readonly points?: number;
  /** How often each field is selected. */
  readonly selections?: number;
  /** Of a refusal. */
  readonly retryAfterMs?: number;
}

const network = { key: ['address'], limit: 10 };
const caller = { key: ['principal'], limit: 10 };
const quota = { key: ['principal'], limit: 10, window: '1d' };
const operation = { key: ['operation'], limit: 10 };

/** A request before a shared store that takes its time, and what it was asked. */
function given(options: Given = {}) {
  const { refusing = [], blocked = [], headers = {}, isShared = true, sharesAnswers = false } = options;
  const { policies = { network, caller, quota, operation }, retryAfterMs = 5000 } = options;
  const { points = 3, selections = 0 } = options;
  const questions: string[][] = [];
  const settled: string[] = [];
  const decide = (checks: readonly LimitCheck[], names: readonly string[]): LimitDecision => {
    const states = checks.map(() => ({ remaining: 9, resetMs: 100, isExceeded: false }));
    const refusedBy = checks.find(({ rule }) => names.includes(rule.policy));
    if (refusedBy) return { isAllowed: false, refusedBy, reason: 'limit', retryAfterMs, states };
    return {
      isAllowed: true,
      states,
      charges: checks.map((check) => ({ check, bucket: 1, countedBy: 'store' })),
    };
  };
  const limiter: Limiter = {
    refusal(checks) {
      const decision = decide(checks, blocked);
      return decision.isAllowed ? undefined : decision;
    },
    take(checks) {
      questions.push(checks.map(({ rule, cost }) => (cost === 1 ? rule.policy : `${cost} ${rule.policy}`)));
      const decision = decide(checks, [...refusing, ...blocked]);
      return isShared ? Promise.resolve(decision) : decision;
    },
    settle: (changes) =>
      settled.push(...changes.map(({ charge, units }) => `${charge.check.rule.policy} ${units}`)),
    close: () => Promise.resolve(),
  };
  const open = openRequestLimits(limitsSchema.parse({ tiers: {}, policies }), {
    limiter,
    isShared,
    sharesAnswers,
    figures: {
      assertCost: () => {},
      points: () => points,
      actual: () => 1,
      maximumOf: () => null,
      calls: () => 2,
      selections: () => Array.from({ length: selections }, () => new Map()),
    },
    apiKeyHeader: null,
    credentialHeaders: ['authorization'],
    graphLimits: () => [],
    events: new Events(),
  });
  const context = { principal: anonymous, client: anyClient };
  const stages = { context, operation: { prepared: { kind: 'query', name: 'Home' } } } as unknown as Stages;
  const request = (): RequestLimits =>
    open({
      arrived: { http: { headers }, head: { requestId: 'r' } },
      network: () => '192.0.2.1',
    } as unknown as Identified);
  /** Up to the given gate. */
  const pass = async (limits: RequestLimits, gates: 1 | 2 | 3): Promise<void> => {
    await limits.checkNetwork();
    if (gates > 1) await limits.checkCaller(stages);
    if (gates > 2) await limits.checkOperation(stages);
  };
  /** A request that is over a limit, up to its answer. */
  const refuse = async (): Promise<void> => {
    const limits = request();
    await expect(pass(limits, 3)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    limits.finish(answer({ status: 429, errorCounts: [{ code: 'RATE_LIMITED', service: null, count: 1 }] }));
  };
  return { questions, settled, request, pass, refuse, limiter };
}

const answer = (changes: Partial<Answered> = {}): Answered =>
  ({ status: 200, headers: { a: 'b' }, errorCounts: [], ...changes }) as Answered;

describe('points of a field that is selected several times', () => {
  const search = { key: ['args.Query.search.text'], unit: 'points', limit: 10 };

  it('are counted for each selection, up to what a store can count', async () => {
    const { questions, request, pass } = given({ policies: { search }, selections: 3 });
    await pass(request(), 3);
    const dear = given({ policies: { search }, selections: 3, points: 4_294_967_295 });
    await dear.pass(dear.request(), 3);
    expect([questions, dear.questions]).toEqual([[['9 search']], [['4294967295 search']]]);
  });
});

describe('a request whose limits are counted elsewhere', () => {
  it('asks once, at its last gate', async () => {
    const { questions, request, pass } = given();
    const limits = request();
    await pass(limits, 2);
    expect(questions).toEqual([]);
    await pass(limits, 3);
    expect(questions).toHaveLength(1);
  });

  it('asks once for all gates, in their order', async () => {
    const { questions, request, pass } = given();
    await pass(request(), 3);
    expect(questions).toEqual([['network', 'caller', 'quota', 'operation']]);
  });

  it('asks before something that costs more: credentials that are not known', async () => {
    const { questions, request, pass } = given({ headers: { authorization: 'Bearer a' } });
    await pass(request(), 3);
    expect(questions).toEqual([['network'], ['caller', 'quota', 'operation']]);
    // Now they are known.
    await pass(request(), 3);
    expect(questions.slice(2)).toEqual([['network', 'caller', 'quota', 'operation']]);
  });

  it('asks before a new operation is prepared', async () => {
    const { questions, request, pass } = given();
    const limits = request();
    await pass(limits, 2);
    await limits.checkDeferred();
    expect(questions).toEqual([['network', 'caller', 'quota']]);
    expect(limits.checkDeferred()).toBeUndefined();
  });

  it('asks before it may share the answer of another one', async () => {
    const { questions, request, pass } = given({ sharesAnswers: true });
    await pass(request(), 2);
    expect(questions).toEqual([['network', 'caller', 'quota']]);
  });

  it('asks at gate 2 where nothing is left to ask at gate 3', async () => {
    const { questions, request, pass } = given({ policies: { network, caller } });
    await pass(request(), 2);
    expect(questions).toEqual([['network', 'caller']]);
  });

  it('is refused from memory without a question, and counted at earlier gates later, together', async () => {
    const { questions, refuse } = given({ blocked: ['caller'] });
    for (let times = 0; times < 3; times += 1) await refuse();
    expect(questions).toEqual([]);
    await expect.poll(() => questions).toEqual([['3 network']]);
  });

  it('is counted at earlier gates, but for quotas, and where it is measured, whichever gate refuses from memory', async () => {
    const measured = { ...caller, mode: 'measure' };
    const policies = { network, caller, quota, operation, measured, late: { ...operation, mode: 'measure' } };
    const { questions, refuse } = given({ policies, blocked: ['operation'] });
    for (let times = 0; times < 3; times += 1) await refuse();
    expect(questions).toEqual([]);
    await expect
      .poll(() => questions.flat().toSorted())
      .toEqual(['3 caller', '3 late', '3 measured', '3 network']);
  });

  it('keeps its status where a service says that a limit of its own is reached', async () => {
    const { request, pass } = given();
    const limits = request();
    await pass(limits, 3);
    const errorCounts = [{ code: 'RATE_LIMITED', service: 'payments', count: 1 }];
    expect(limits.finish(answer({ status: 200, errorCounts })).status).toBe(200);
  });

  it('is counted if it fails before its last gate', async () => {
    const { questions, request, pass } = given();
    const limits = request();
    await pass(limits, 2);
    limits.finish(answer({ status: 400, errorCounts: [{ code: 'BAD_REQUEST', service: null, count: 1 }] }));
    await expect.poll(() => questions.flat()).toEqual(['network', 'caller', 'quota']);
  });
});

describe('a request whose limits are counted here', () => {
  it('asks at each gate', async () => {
    const { questions, request, pass } = given({ isShared: false });
    await pass(request(), 3);
    expect(questions).toEqual([['network'], ['caller', 'quota'], ['operation']]);
  });

  it('gets quotas back, and nothing else, when a later gate refuses', async () => {
    const { settled, request, pass } = given({ isShared: false, refusing: ['operation'] });
    await expect(pass(request(), 3)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(settled).toEqual(['quota -1']);
  });
});

describe('what a refusal says', () => {
  it('names the policy, and a wait in whole seconds that is somewhat longer than needed', async () => {
    const { request, pass } = given({ refusing: ['caller'] });
    const refused = pass(request(), 3);
    await expect(refused).rejects.toThrow(
      /^The limit "caller" of 10 requests in 60 s is used up; try again in [56] s$/,
    );
    const { public: details } = (await refused.catch((error: unknown) => error)) as { public: object };
    expect(details).toEqual({ policy: 'caller', retryAfter: expect.any(Number) as number });
  });

  it('has a wait that is longer by 10 seconds at most', async () => {
    const { request, pass } = given({ refusing: ['quota'], retryAfterMs: 86_400_000 });
    const error: unknown = await pass(request(), 3).catch((refusal: unknown) => refusal);
    const { retryAfter } = (error as { public: { retryAfter: number } }).public;
    expect(retryAfter).toBeGreaterThanOrEqual(86_400);
    expect(retryAfter).toBeLessThanOrEqual(86_410);
  });

  it('is overload where all clients together have used up a limit', async () => {
    const { request, pass } = given({ refusing: ['all'], policies: { all: { key: ['global'], limit: 10 } } });
    await expect(pass(request(), 3)).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringMatching(
        /^The limit "all" of all clients together is used up; try again in [56] s$/,
      ) as string,
    });
  });

  it('does not ask to wait for what is never admitted', async () => {
    const points = { key: ['principal'], unit: 'points', limit: 2 };
    const { request, pass } = given({ refusing: ['points'], policies: { points } });
    const limits = request();
    const refused = pass(limits, 3);
    await expect(refused).rejects.toThrow(
      'The request counts as 3 points, and the limit "points" admits at most 2 at once: ask for less',
    );
    await expect(refused).rejects.toMatchObject({ retryable: false, public: { policy: 'points' } });
    expect(
      limits.finish(answer({ status: 429, errorCounts: [{ code: 'RATE_LIMITED', service: null, count: 1 }] }))
        .headers['retry-after'],
    ).toBeUndefined();
  });
});

describe('the answer', () => {
  it('says what is left of each policy', async () => {
    const { request, pass } = given();
    const limits = request();
    await pass(limits, 3);
    expect(limits.finish(answer()).headers).toEqual({
      a: 'b',
      'ratelimit-policy':
        '"network";q=10;w=60, "caller";q=10;w=60, "quota";q=10;w=86400, "operation";q=10;w=60',
      ratelimit: '"network";r=9;t=1, "caller";r=9;t=1, "quota";r=9;t=1, "operation";r=9;t=1',
    });
  });

  it('names at most eight policies', async () => {
    const names = Array.from({ length: 9 }, (_, index) => `policy-${index}`);
    const { request, pass } = given({ policies: Object.fromEntries(names.map((name) => [name, caller])) });
    const limits = request();
    await pass(limits, 3);
    const texts = Object.values(limits.finish(answer({ headers: {} })).headers);
    expect(texts.map((text) => String(text).split(', ').length)).toEqual([8, 8]);
  });

  it('is the same object where nothing was limited', async () => {
    const { request, pass } = given({ policies: {} });
    const limits = request();
    await pass(limits, 3);
    const unlimited = answer();
    expect(limits.finish(unlimited)).toBe(unlimited);
  });
});
