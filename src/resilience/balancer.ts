/**
 * Which replica gets a call: of two chosen at random the one with fewer calls under way, among those that are well, in
 * the nearest zone that has one. A replica whose own breaker is open gets none; when that leaves fewer than half, the
 * breakers are no longer believed and every replica gets calls.
 */

import type { Clock } from '../shared/clock.ts';
import { Breaker, noPermit, type BreakerChange, type BreakerOptions } from './breaker.ts';
import { leaveBreaker } from './breaker-gate.ts';
import type { Call, CallContext } from './call.ts';
import type { Endpoint, EndpointSource } from './endpoints.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { withoutReplica } from './refusals.ts';

export interface ReplicasOptions {
  /** Nearest first; replicas of other zones, or of none, come last. */
  readonly zones: readonly string[];
  /** When a replica gets no more calls, and for how long. */
  readonly ejection: BreakerOptions;
}

export interface ReplicasParts {
  readonly service: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onChange: (endpoint: Endpoint, change: BreakerChange) => void;
}

export interface Replica {
  readonly endpoint: Endpoint;
  /** Position of its zone among the preferred ones. */
  readonly distance: number;
  readonly breaker: Breaker;
  underWay: number;
}

export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #parts: ReplicasParts;
  #all: readonly Replica[] = [];
  #source: EndpointSource | undefined;
  #unfollow: () => void = () => undefined;
  readonly #onLost = new Set<(endpoint: Endpoint) => void>();

  constructor(options: ReplicasOptions, parts: ReplicasParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** From now on addresses come from here; what is known of replicas that stay is kept. Closes the source before. */
  follow(source: EndpointSource): void {
    this.close();
    this.#source = source;
    this.#unfollow = source.onChange((endpoints) => this.#take(endpoints));
    // Until the new source has found some, those of the one before are the best there is.
    if (source.endpoints.length > 0) this.#take(source.endpoints);
  }

  close(): void {
    this.#unfollow();
    this.#source?.close();
    this.#source = undefined;
  }

  /**
   * For transports, which keep connections: calls `listener` with each endpoint that is gone or whose breaker opened.
   *
   * @returns Stops that.
   */
  onLost(listener: (endpoint: Endpoint) => void): () => void {
    this.#onLost.add(listener);
    return () => void this.#onLost.delete(listener);
  }

  /** The breaker of the whole service opened. */
  loseAll(): void {
    for (const { endpoint } of this.#all) this.#lose(endpoint);
  }

  #lose(endpoint: Endpoint): void {
    for (const listener of this.#onLost) listener(endpoint);
  }

  choose(avoid: Endpoint | null, nowMs: number): Replica | undefined {
    const all = this.#all;
    if (all.length < 2) return all[0];
    let well = 0;
    let nearest = Number.POSITIVE_INFINITY;
    // A second try is no probe: another replica that is only let try again would use up the last tries of a call.
    const isSure =
      avoid !== null && all.some((replica) => isClosed(replica) && replica.endpoint.id !== avoid.id);
    for (const replica of all) {
      if (!replica.breaker.admits(nowMs)) continue;
      well += 1;
      if (isSure && !isClosed(replica)) continue;
      // Where the nearest zone has only the replica that just failed, the next zone is better.
      if (replica.distance < nearest && replica.endpoint.id !== avoid?.id) nearest = replica.distance;
    }
    const trusted = isEnough(well, all.length);
    const fits = (replica: Replica): boolean =>
      !trusted ||
      ((replica.distance === nearest || nearest === Number.POSITIVE_INFINITY) &&
        replica.breaker.admits(nowMs) &&
        (!isSure || isClosed(replica)));
    return this.#lighterOfTwo(all.filter(fits), avoid);
  }

  /** Whether enough replicas are well for the others to be left out. */
  isTrusted(nowMs: number): boolean {
    const well = this.#all.filter(({ breaker }) => breaker.admits(nowMs)).length;
    return isEnough(well, this.#all.length);
  }

  /** Another than `avoid`, where there is one. */
  #lighterOfTwo(candidates: readonly Replica[], avoid: Endpoint | null): Replica | undefined {
    const others = avoid ? candidates.filter(({ endpoint }) => endpoint.id !== avoid.id) : candidates;
    const from = others.length > 0 ? others : candidates;
    if (from.length < 2) return from[0];
    const first = Math.floor(this.#parts.random() * from.length);
    const second = (first + 1 + Math.floor(this.#parts.random() * (from.length - 1))) % from.length;
    const [one, other] = [from[first], from[second]];
    return one && other && other.underWay < one.underWay ? other : one;
  }

  #take(endpoints: readonly Endpoint[]): void {
    const known = new Map(this.#all.map((replica) => [replica.endpoint.id, replica]));
    const isKept = new Set(endpoints.map(({ id }) => id));
    const gone = this.#all.filter(({ endpoint }) => !isKept.has(endpoint.id));
    this.#all = endpoints.map((endpoint) => {
      const zone = endpoint.zone === undefined ? -1 : this.#options.zones.indexOf(endpoint.zone);
      const distance = zone === -1 ? this.#options.zones.length : zone;
      const before = known.get(endpoint.id);
      if (before && before.distance === distance) return before;
      const { random, onChange } = this.#parts;
      const parts = {
        random,
        onChange: (change: BreakerChange) => {
          if (change.to === 'open') this.#lose(endpoint);
          onChange(endpoint, change);
        },
      };
      const breaker = before?.breaker ?? new Breaker(this.#options.ejection, parts);
      return { endpoint, distance, breaker, underWay: 0 };
    });
    for (const { endpoint } of gone) this.#lose(endpoint);
  }

  get size(): number {
    return this.#all.length;
  }
}

function isClosed({ breaker }: Replica): boolean {
  return breaker.state === 'closed';
}

function isEnough(well: number, all: number): boolean {
  return well * 2 >= all;
}

export interface SendingOptions<Answer> {
  readonly service: string;
  readonly clock: Clock;
  /** A call that timed out sooner than this after it was sent had no fair chance: its client was in a hurry, or it waited. */
  readonly patienceMs: number;
  readonly outcomeOfAnswer: (answer: Answer) => Outcome;
}

/** Innermost: it also notes in the call when it was sent and how it ended, for the policies around it. */
export function withReplicas<Request, Answer>(
  transport: Call<Request, Answer>,
  replicas: Replicas,
  { service, clock, patienceMs, outcomeOfAnswer }: SendingOptions<Answer>,
): Call<Request, Answer> {
  return (request, call) => {
    const sentAtMs = clock();
    const replica = replicas.choose(call.avoid, sentAtMs);
    if (!replica) return Promise.reject(withoutReplica(service));
    // One replica alone has the breaker of the service and no other.
    const permit = replicas.size > 1 ? replica.breaker.enter(sentAtMs) : noPermit;
    call.endpoint = replica.endpoint;
    call.sentAtMs = sentAtMs;
    replica.underWay += 1;
    const answer = transport(request, call);
    const settle = (outcome: Outcome): void => {
      call.endedAtMs = clock();
      const hurried = outcome === 'timeout' && call.endedAtMs - call.sentAtMs < patienceMs;
      call.outcome = hurried ? 'cancelled' : outcome;
      if (call.ending) noteEnding(call, replica, clock);
      else replica.underWay -= 1;
      if (permit !== noPermit) leaveBreaker(replica.breaker, permit, call);
    };
    answer.then(
      (value) => settle(outcomeOfAnswer(value)),
      (error: unknown) => {
        call.ending = null;
        settle(endOf(error, call));
      },
    );
    return answer;
  };
}

/** A stream that ends well has taken as long as its first message: the rest is as long as it is. */
function noteEnding(call: CallContext, replica: Replica, clock: Clock): void {
  void call.ending?.then((outcome) => {
    replica.underWay -= 1;
    if (outcome === 'answered') return;
    call.outcome = outcome;
    call.endedAtMs = clock();
  });
}

/** What the request's own end does to a call is no fault of the service. */
function endOf(error: unknown, { cancellation }: CallContext): Outcome {
  return cancellation.reason === error ? 'cancelled' : outcomeOf(error);
}
