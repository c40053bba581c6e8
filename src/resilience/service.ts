/**
 * The policies of one service, and what they remember: breakers, limit, budget. That outlives the graph: a reload must
 * not forget that a service is down.
 *
 * `stack` wraps a transport in this order, outermost first; sharing of calls in flight is around it:
 *
 *     deadline -> retry and hedge from one budget -> service breaker -> limit and queue
 *       -> replica choice -> replica breaker -> transport
 */

import type { RequestContext } from '../pipeline/request.ts';
import type { Clock } from '../shared/clock.ts';
import type { Events } from '../shared/events.ts';
import { failWith } from '../shared/trace.ts';
import { Replicas, type ReplicasOptions, withReplicas } from './balancer.ts';
import { withBreaker } from './breaker-gate.ts';
import { Breaker, type BreakerOptions } from './breaker.ts';
import type { Call, CallContext } from './call.ts';
import { ConcurrencyLimit, withLimit, type ConcurrencyOptions } from './concurrency.ts';
import { withDeadline } from './deadline.ts';
import { Latencies, withHedging, type HedgeOptions } from './hedge.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { breakerOpen } from './refusals.ts';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts';
import { withRetries, type RetryOptions } from './retry.ts';

export interface ServiceOptions {
  readonly timeoutMs: number;
  /** Of the time a request has left, kept back at each hop. */
  readonly reservePercent: number;
  readonly retries: RetryOptions & { readonly budget: RetryBudgetOptions };
  readonly hedging: HedgeOptions & { readonly enabled: boolean };
  readonly breaker: BreakerOptions;
  readonly concurrency: ConcurrencyOptions & { readonly enabled: boolean };
  /** Of loaders, which ask for many things in one call. */
  readonly batching: { readonly batchMax: number; readonly windowMs: number };
  readonly replicas: ReplicasOptions;
}

export interface ServiceParts {
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: Events;
}

/** What a loader asked for at once. */
export interface LoadedBatch {
  /** Its name. */
  readonly loader: string;
  readonly keys: number;
  readonly calls: number;
}

export class Service {
  readonly name: string;
  readonly options: ServiceOptions;
  readonly breaker: Breaker;
  readonly limit: ConcurrencyLimit;
  readonly replicas: Replicas;
  readonly #parts: ServiceParts;
  readonly #budget: RetryBudget;
  readonly #latencies: Latencies;
  readonly #withdrawReadings: ReadonlyArray<() => void>;

  constructor(options: ServiceOptions, parts: ServiceParts) {
    const { name, clock, random, events } = parts;
    this.name = name;
    this.options = options;
    this.#parts = parts;
    this.#budget = new RetryBudget(options.retries.budget);
    this.#latencies = new Latencies(options.hedging.percentile);
    this.limit = new ConcurrencyLimit(options.concurrency, {
      service: name,
      clock,
      onRefused: (reason) => events.emit('callRefused', { service: name, reason }),
    });
    this.breaker = new Breaker(options.breaker, {
      random,
      onChange: (change) => {
        if (change.to === 'open') {
          this.limit.refuseWaiting(breakerOpen(name, this.breaker.retryAfterSeconds(clock())));
          this.replicas.loseAll();
        }
        events.emit('breakerChanged', { service: name, replica: null, ...change });
      },
    });
    this.replicas = new Replicas(options.replicas, {
      service: name,
      clock,
      random,
      onChange: ({ id }, change) => {
        // A zone that dies must not take the service along: the others may be well, and from now on they answer.
        if (change.to === 'open' && this.replicas.isTrusted(clock())) this.breaker.forgive();
        events.emit('breakerChanged', { service: name, replica: id, ...change });
      },
    });
    this.#withdrawReadings = this.#offerReadings(events);
  }

  /**
   * @param outcomeOfAnswer For protocols whose answers may be failures, such as a GraphQL response with status 500.
   */
  stack<Request, Answer>(
    transport: Call<Request, Answer>,
    outcomeOfAnswer: (answer: Answer) => Outcome = answered,
  ): Call<Request, Answer> {
    const { timeoutMs, reservePercent, retries, hedging, breaker, concurrency } = this.options;
    const { name: service, clock } = this.#parts;
    const patienceMs = Math.min(timeoutMs, breaker.slowMs, retries.attemptTimeoutMs || timeoutMs) * 0.9;
    let call = withReplicas(this.#observed(transport, outcomeOfAnswer), this.replicas, {
      service,
      clock,
      patienceMs,
      outcomeOfAnswer,
    });
    if (concurrency.enabled) call = withLimit(call, this.limit);
    if (breaker.mode !== 'disabled') call = withBreaker(call, this.breaker, this.#gateParts());
    if (hedging.enabled) call = withHedging(call, hedging, this.#hedgeParts());
    if (retries.max > 0) call = withRetries(call, retries, this.#retryParts());
    return withDeadline(call, { service, timeoutMs, reservePercent, clock });
  }

  batchLoaded({ requestId }: RequestContext, batch: LoadedBatch): void {
    this.#parts.events.emit('batchLoaded', { service: this.name, requestId, ...batch });
  }

  close(): void {
    this.replicas.close();
    for (const withdraw of this.#withdrawReadings) withdraw();
  }

  #offerReadings({ readings }: Events): ReadonlyArray<() => void> {
    const { name, breaker, limit } = this;
    return [
      readings.offer('breakerState', () => [[breakerStates[breaker.state], name]]),
      readings.offer('callsInFlight', () => [[limit.underWay, name]]),
      readings.offer('callsQueued', () => [[limit.waiting, name]]),
    ];
  }

  /** Each try by itself, and only what is really sent. */
  #observed<Request, Answer>(
    transport: Call<Request, Answer>,
    outcomeOfAnswer: (answer: Answer) => Outcome,
  ): Call<Request, Answer> {
    const { name: service, events } = this.#parts;
    return (request, context) => {
      const { endpoint, attempt } = context;
      const begins = {
        requestId: context.request.requestId,
        locals: context.request.locals,
        service,
        endpoint: endpoint?.url ?? null,
        attempt,
      };
      const end = events.begin('call', begins);
      const parent = context.request.trace.span;
      context.span = parent && parent.begin(`call ${service}`, spanOptionsOf(begins));
      const answer = transport(request, context);
      if (context.span) endSpan(context, answer, outcomeOfAnswer);
      if (end)
        answer.then(
          (value) => end({ error: null, outcome: outcomeOfAnswer(value) }),
          (error: unknown) => end({ error, outcome: outcomeOf(error) }),
        );
      return answer;
    };
  }

  #gateParts() {
    const { name: service, clock, events } = this.#parts;
    return {
      service,
      clock,
      onRefused: () => events.emit('callRefused', { service, reason: 'breaker open' }),
    };
  }

  #hedgeParts() {
    const { name: service, clock, events } = this.#parts;
    const onHedge = ({ request: { requestId } }: CallContext, afterMs: number): void =>
      events.emit('callHedged', { service, requestId, afterMs });
    return { latencies: this.#latencies, budget: this.#budget, clock, onHedge };
  }

  #retryParts() {
    const { name: service, clock, random, events } = this.#parts;
    const onRetry: Parameters<typeof withRetries>[2]['onRetry'] = ({ request: { requestId } }, retry) =>
      events.emit('callRetried', { service, requestId, ...retry });
    return { budget: this.#budget, clock, random, onRetry };
  }
}

function spanOptionsOf({ service, attempt }: { readonly service: string; readonly attempt: number }) {
  const attributes = { 'tributary.service': service, 'peer.service': service };
  return {
    kind: 'client',
    attributes: attempt === 0 ? attributes : { ...attributes, 'http.request.resend_count': attempt },
  } as const;
}

/** Ends the span of a try with it; that of a stream when its last message is there. */
function endSpan<Answer>(
  call: CallContext,
  answer: Promise<Answer>,
  outcomeOfAnswer: (answer: Answer) => Outcome,
): void {
  const { span } = call;
  if (!span) return;
  const end = (outcome: Outcome): void => {
    span.set('tributary.outcome', outcome);
    span.end();
  };
  const succeed = (outcome: Outcome): void => {
    if (outcome !== 'answered') span.fail('SERVICE_ERROR');
    end(outcome);
  };
  answer.then(
    (value) => {
      if (call.ending) void call.ending.then(succeed);
      else succeed(outcomeOfAnswer(value));
    },
    (error: unknown) => {
      failWith(span, error);
      end(outcomeOf(error));
    },
  );
}

const breakerStates = { closed: 0, 'half-open': 1, open: 2 } as const;

function answered(): Outcome {
  return 'answered';
}
