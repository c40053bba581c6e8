/**
 * Identical queries that are in flight at the same time become one call to the subgraph.
 *
 * A call is keyed by its body and by what `fetchKey` holds. It belongs to
 * all who wait for it: it is aborted when the last of them has left. A query that began before the end of a mutation is
 * not joined by one that comes after it, which may have to see what the mutation did.
 */

import type { GatewayConfig } from '../../config/gateway/gateway-config.ts';
import { ignoredHeaders } from '../../config/gateway/input-headers.ts';
import type { ServiceHeaders } from '../../config/gateway/transport.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { Cancellation } from '../../shared/cancellation.ts';
import { monotonicClock } from '../../shared/clock.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Events } from '../../shared/events.ts';
import type { MutationCounter } from '../../shared/mutation-counter.ts';
import type { RequestTrace } from '../../shared/trace.ts';
import { answerHeaderRules, type AnswerHeaderRules } from '../headers/answer-header-rules.ts';
import { joinCalls } from '../graphql/joined-calls.ts';
import { fetchKey, type FetchKeyOptions } from './fetch-key.ts';
import { isBudgetSpent } from '../failures.ts';
import { byIdentityRule } from './identity-rule.ts';
import type { Subgraph, SubgraphRequest, SubgraphResponse } from '../source.ts';

interface Call {
  /** See `fetchKey`. */
  readonly key: string;
  readonly body: string;
  readonly answer: Promise<SubgraphResponse>;
  readonly cancellation: Cancellation;
  readonly deadlineAtMs: number;
  /** Of the request that sent it. */
  readonly trace: RequestTrace;
  holders: number;
  isShared: boolean;
  /** Nobody joins it any more. */
  readonly forget: () => void;
}

interface ShareOptions extends FetchKeyOptions {
  /** A request joined a call that was in flight. */
  readonly onJoin?: (context: RequestContext) => void;
}

export function shareFetches(
  subgraph: Subgraph,
  mutations: MutationCounter,
  { onJoin, ...options }: ShareOptions,
): Subgraph {
  const inFlight = new CallsInFlight();
  const keyOf = fetchKey(options);

  function start(request: SubgraphRequest, key: string): Call {
    const { context, body } = request;
    const cancellation = new Cancellation();
    const answer = subgraph.fetch({ ...request, context: { ...context, cancellation } });
    const call: Call = {
      key,
      body,
      answer,
      cancellation,
      deadlineAtMs: context.deadlineAtMs,
      trace: context.trace,
      holders: 0,
      isShared: false,
      forget: () => inFlight.delete(call),
    };
    inFlight.add(call);
    answer.then(call.forget, call.forget);
    return call;
  }

  /** @param mayJoinAgain Whether to join another call if this one fails because its request had no room for the answer. */
  function share(request: SubgraphRequest, key: string, mayJoinAgain = true): Promise<SubgraphResponse> {
    const { context, body } = request;
    const present = inFlight.find(body, key);
    if (!present || isTooLate(present, context)) return hold(start(request, key), context);
    present.isShared = true;
    onJoin?.(context);
    context.trace.span?.link(present.trace);
    return hold(present, context).catch((error: unknown) => {
      if (!isBudgetSpent(error)) throw error;
      return mayJoinAgain ? share(request, key, false) : hold(start(request, key), context);
    });
  }

  return {
    async fetch(request) {
      if (request.operation.kind !== 'query') return fetchCounted(subgraph, request, mutations);
      return share(request, keyOf(request.context, mutations.value));
    },
    close: () => subgraph.close(),
  };
}

/**
 * Calls by the length of their body: hashing bodies of many kilobytes costs more than comparing the few that are under
 * way and as long.
 */
class CallsInFlight {
  readonly #byLength = new Map<number, Set<Call>>();

  find(body: string, key: string): Call | undefined {
    let found: Call | undefined;
    for (const call of this.#byLength.get(body.length) ?? []) {
      // The latest: it has most of its time left.
      if (call.key === key && call.body === body) found = call;
    }
    return found;
  }

  add(call: Call): void {
    const { length } = call.body;
    const calls = this.#byLength.get(length);
    if (calls) calls.add(call);
    else this.#byLength.set(length, new Set([call]));
  }

  delete(call: Call): void {
    const { length } = call.body;
    const calls = this.#byLength.get(length);
    calls?.delete(call);
    if (calls?.size === 0) this.#byLength.delete(length);
  }
}

/** Counts its mutations for what is shared elsewhere: other subgraphs may show what they changed. */
function countMutations(subgraph: Subgraph, mutations: MutationCounter): Subgraph {
  return {
    fetch: (request) =>
      request.operation.kind === 'query'
        ? subgraph.fetch(request)
        : fetchCounted(subgraph, request, mutations),
    close: () => subgraph.close(),
  };
}

export interface NamedSubgraph {
  readonly kind: 'remote' | 'local';
  readonly name: string;
  /** Rules of a remote one. */
  readonly headers?: ServiceHeaders | undefined;
  /** Goes around each fetch, those that share a call with others too. Absent: nothing. */
  readonly keeping?: (subgraph: Subgraph) => Subgraph;
}

/** Goes around each subgraph. */
export type AroundSubgraph = (subgraph: Subgraph, as: NamedSubgraph) => Subgraph;

/** As the configuration has it. In-process subgraphs share by their loaders, but their mutations count. */
export function aroundSubgraph(
  config: Pick<GatewayConfig, 'sharing' | 'auth'>,
  mutations: MutationCounter,
  events: Events,
): AroundSubgraph {
  const { sharing, auth } = config;
  const ignoreHeaders = ignoredHeaders(config);
  return (subgraph, { kind, name, headers, keeping }) => {
    const onJoin = ({ requestId }: RequestContext): void =>
      events.emit('callShared', { service: name, requestId });
    // A cookie is for one client, and so is an answer that sets one.
    const shares = sharing.fetches && kind === 'remote' && !headers?.respond.includes('set-cookie');
    const calls = shares
      ? shareFetches(subgraph, mutations, {
          ...sharing,
          ignoreHeaders,
          onJoin,
          ...(headers ? { headers } : {}),
        })
      : countMutations(subgraph, mutations);
    const fetches = sharing.joinFetches && kind === 'remote' ? joinFetches(calls) : calls;
    const kept = keeping ? keeping(fetches) : fetches;
    const rules = answerHeaderRules(name, headers);
    const collected = rules.apply ? collectHeaders(kept, rules) : kept;
    return byIdentityRule(name, collected, auth);
  };
}

function joinFetches(subgraph: Subgraph): Subgraph {
  return { fetch: joinCalls((request) => subgraph.fetch(request)), close: () => subgraph.close() };
}

/** Each request that has the answer passes its headers on, whoever made the call. */
function collectHeaders(subgraph: Subgraph, rules: AnswerHeaderRules): Subgraph {
  return {
    async fetch(request) {
      const { context } = request;
      const answer = await rules.hear(context, subgraph.fetch(request));
      if (answer.clientHeaders) rules.add(context, answer.clientHeaders);
      // What stands in for it is old.
      else rules.addSilence(context);
      return answer;
    },
    close: () => subgraph.close(),
  };
}

/** Counted at both ends: a query that began in between may have been answered before the change. */
async function fetchCounted(
  subgraph: Subgraph,
  request: SubgraphRequest,
  mutations: MutationCounter,
): Promise<SubgraphResponse> {
  mutations.value += 1;
  try {
    return await subgraph.fetch(request);
  } finally {
    mutations.value += 1;
    await mutations.onEnded?.();
  }
}

/** Of the time that a request has left, but never more than this. */
const lostPartMax = 0.1;
const lostMsMax = 1000;

/** Whether a call has so much less time than this request that it might end too soon for it. */
function isTooLate(call: Call, { deadlineAtMs }: RequestContext): boolean {
  const lostMs = deadlineAtMs - call.deadlineAtMs;
  return lostMs > 0 && lostMs > Math.min(lostMsMax, lostPartMax * (deadlineAtMs - monotonicClock()));
}

/** Waits for the call as long as this request lives. */
function hold(call: Call, { cancellation }: RequestContext): Promise<SubgraphResponse> {
  call.holders += 1;
  return new Promise((resolve, reject) => {
    const leave = (reason: GatewayError): void => {
      cancellation.off(leave);
      call.holders -= 1;
      if (call.holders === 0) {
        call.forget();
        call.cancellation.cancel(reason);
      }
      reject(reason);
    };
    cancellation.on(leave);
    call.answer.then(
      (response) => {
        cancellation.off(leave);
        resolve(call.isShared ? { ...response, shared: true } : response);
      },
      (error: unknown) => {
        cancellation.off(leave);
        reject(
          error instanceof Error
            ? error
            : new GatewayError('INTERNAL_ERROR', 'Internal error', { cause: error }),
        );
      },
    );
  });
}
