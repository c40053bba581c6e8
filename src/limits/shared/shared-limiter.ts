/**
 * The limiter of a process that shares its counters with others:
 *
 *     take ── refused before? ── store lost or slow? ── leased units? ── requests of this turn ──> one call to the store
 *                    │                   │                   │                                        │ fails, or is late
 *                 refused           local mode            admitted                              local mode for all that wait
 */

import type { Clock } from '../../shared/clock.ts';
import { BlockedKeys } from '../counters/blocked-keys.ts';
import type { LimitCheck, LimitDecision, Limiter } from '../check.ts';
import { decisionOf } from '../counters/decision.ts';
import { Leases, type LeaseUse } from './leases.ts';
import { LocalMode } from './local-mode.ts';
import { MemoryStore } from '../counters/memory-store.ts';
import { ProcessCount } from './process-count.ts';
import type { ChargeChange, SharedStore } from './shared-store.ts';
import { StoreState, type LimiterState } from './store-state.ts';
import { WaitingRequests, type WaitingRequest } from './waiting-requests.ts';

export interface SharedLimiterOptions {
  readonly store: SharedStore;
  /** Keys with counters in memory, for local mode. */
  readonly keysMax: number;
  readonly blockedKeysMax: number;
  /** Assumed while it is not known how many there are. */
  readonly processes: number;
  /** How long the last number of processes is believed while the store is lost. */
  readonly processesKeptMs: number;
  readonly now: Clock;
  readonly onStateChange: (change: LimiterState) => void;
}

/** Of the time that the store has for an answer: after that it is slow, and at most 20 requests wait for it. */
const latePart = 5;
/** A script that takes long holds up all others. */
const requestsPerCallMax = 64;
const changesPerCallMax = 256;
const changesMax = 10_000;

export class SharedLimiter implements Limiter {
  readonly #store: SharedStore;
  readonly #now: Clock;
  readonly #blocked: BlockedKeys;
  readonly #local: LocalMode;
  readonly #state: StoreState;
  readonly #waiting: WaitingRequests;
  readonly #leases: Leases;
  #unsent: WaitingRequest[] = [];
  #changes: ChargeChange[] = [];
  #isFlushing = false;

  constructor(options: SharedLimiterOptions) {
    const { store, now, onStateChange } = options;
    const processes = new ProcessCount(options);
    this.#store = store;
    this.#now = now;
    this.#blocked = new BlockedKeys(options);
    this.#local = new LocalMode(new MemoryStore(options), processes);
    const answerWithoutStore = (checks: readonly LimitCheck[]): LimitDecision => this.#local.take(checks);
    this.#waiting = new WaitingRequests({ lateMs: store.timeoutMs / latePart, answerWithoutStore });
    this.#leases = new Leases({ processes, now, giveBack: (change) => this.settle([change]) });
    this.#state = new StoreState({
      probe: () => store.probe(),
      processes,
      onReset: () => this.#blocked.clear(),
      onChange: (change) => {
        if (change.state === 'local') this.#giveUpStore();
        onStateChange(change);
      },
    });
  }

  refusal(checks: readonly LimitCheck[]): LimitDecision | undefined {
    return this.#blocked.refusal(checks);
  }

  take(checks: readonly LimitCheck[]): LimitDecision | Promise<LimitDecision> {
    const refusal = this.#blocked.refusal(checks);
    if (refusal) return refusal;
    if (this.#state.isLost || this.#waiting.isClosed) return this.#local.take(checks);
    return checks.some(({ rule }) => rule.isGlobal) ? this.#takeLeased(checks) : this.#ask(checks);
  }

  settle(changes: readonly ChargeChange[]): void {
    for (const change of changes) {
      if (change.units < 0) this.#blocked.release(change.charge.check);
      if (change.charge.countedBy === 'local') this.#local.settle(change);
      else if (!this.#state.isLost && this.#changes.length < changesMax) this.#changes.push(change);
    }
    this.#flushSoon();
  }

  async close(): Promise<void> {
    this.#leases.close();
    this.#flush();
    this.#state.close();
    this.#waiting.answerWithoutStore(0);
    await this.#store.close().catch(() => {});
  }

  #ask(checks: readonly LimitCheck[]): Promise<LimitDecision> {
    return new Promise((answer) => this.#send({ checks, answer }));
  }

  #send(request: WaitingRequest): void {
    this.#waiting.add(request);
    this.#unsent.push(request);
    this.#flushSoon();
  }

  #takeLeased(checks: readonly LimitCheck[]): LimitDecision | Promise<LimitDecision> {
    const uses = checks.map((check) => this.#leases.use(check));
    const rest = checks.filter((_, index) => !uses[index]);
    if (rest.length === 0) return this.#withLeases(uses, { isAllowed: true, states: [], charges: [] });
    const decision = this.#ask(rest);
    for (const check of rest) this.#renewLease(check);
    return decision.then((ofRest) => this.#withLeases(uses, ofRest));
  }

  #renewLease(check: LimitCheck): void {
    const leased = this.#leases.next(check);
    if (!leased) return;
    const sinceMs = this.#now();
    const answer = (decision: LimitDecision): void => this.#leases.grant(leased, decision, sinceMs);
    this.#send({ checks: [leased], answer });
  }

  /** @param decision About the checks that no lease had units for. */
  #withLeases(uses: ReadonlyArray<LeaseUse | undefined>, decision: LimitDecision): LimitDecision {
    let asked = 0;
    const states = uses.map((use) => use?.state ?? decision.states[asked++] ?? null);
    if (decision.isAllowed) {
      asked = 0;
      const known = states.filter((state) => state !== null);
      const charges = uses.map((use) => use?.charge ?? decision.charges[asked++]);
      return { isAllowed: true, states: known, charges: charges.filter((charge) => charge !== undefined) };
    }
    for (const use of uses) {
      if (use && (use.check.isReturned || use.check.gate >= decision.refusedBy.gate))
        this.#leases.putBack(use);
    }
    return { ...decision, states };
  }

  /** At the end of this turn of the event loop, with all that came in it. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    const requests = this.#unsent;
    const changes = this.#changes;
    this.#unsent = [];
    this.#changes = [];
    if (this.#state.isLost) return;
    for (let from = 0; from < requests.length; from += requestsPerCallMax)
      void this.#call(requests.slice(from, from + requestsPerCallMax));
    for (let from = 0; from < changes.length; from += changesPerCallMax)
      this.#store
        .settle(changes.slice(from, from + changesPerCallMax))
        .catch((error: unknown) => this.#state.lose(messageOf(error)));
  }

  async #call(requests: readonly WaitingRequest[]): Promise<void> {
    try {
      const outcomes = await this.#store.take(requests.map(({ checks }) => checks));
      for (const [index, request] of requests.entries()) {
        const ofRequest = outcomes[index] ?? [];
        // Answered without the store meanwhile.
        if (!this.#waiting.delete(request)) continue;
        const decision = decisionOf(request.checks, ofRequest, 'store');
        if (!decision.isAllowed) this.#blocked.add(request.checks, ofRequest);
        request.answer(decision);
      }
    } catch (error) {
      this.#state.lose(messageOf(error));
      // Also of a limiter that is closed.
      this.#waiting.answerWithoutStore(0);
    }
  }

  /** Everything that waits is answered at once. */
  #giveUpStore(): void {
    this.#unsent = [];
    this.#changes = [];
    this.#waiting.answerWithoutStore(0);
    this.#leases.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'the store failed';
}
