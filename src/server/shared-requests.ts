/**
 * Request sharing (single-flight): identical queries in flight at the same time get one answer. Off by default.
 *
 * Keyed by the raw body and by everything else that can change the answer (`request-key.ts`). Only bodies that are
 * known to be queries are shared: the first request with a body is answered alone, and shows the operation's kind.
 * Errors carry the request id, so an answer with errors is not shared: the waiting requests are then answered one by
 * one.
 */

import { LRUCache } from 'lru-cache';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { GraphInputs } from '../pipeline/answer-inputs.ts';
import type { Answered, Share } from '../pipeline/stages.ts';
import type { Events } from '../shared/events.ts';
import type { MutationCounter } from '../shared/mutation-counter.ts';
import type { RequestTrace } from '../shared/trace.ts';
import { requestKey, type KeyInputs } from './request-key.ts';

const bodiesMax = 10_000;
const bodyBytesMax = 16_384;
/** Total size of the bodies known to be queries. */
const queriesBytesMax = 16_777_216;
/** Tolerance for deadlines: authentication may have taken some time. */
const joinToleranceMs = 100;

/**
 * @param inputs Of the current graph.
 * @returns null if it is not configured.
 */
interface SharedBy {
  readonly mutations: MutationCounter;
  readonly inputs: () => GraphInputs;
  readonly events: Events;
}

export function shareRequests(config: GatewayConfig, { mutations, inputs, events }: SharedBy): Share | null {
  if (!config.sharing.requests) return null;
  const keyOf = requestKey(config);
  const shared = new SharedRequests({
    bodiesMax,
    bodyBytesMax,
    queriesBytesMax,
    keyOf: (request) => keyOf({ ...request, graph: inputs(), mutations: mutations.value }),
    graphNumber: () => inputs().number,
    onJoin: ({ requestId }) => events.emit('requestShared', { requestId }),
  });
  return ({ arrived: { body, http }, context, mediaType }, answerAlone) =>
    body ? shared.answer(body, { context, http, mediaType }, answerAlone) : answerAlone();
}

export interface SharedRequestsOptions {
  /** Number of bodies known to be queries. */
  readonly bodiesMax: number;
  /** Larger bodies are not shared. */
  readonly bodyBytesMax: number;
  /** Their total size. */
  readonly queriesBytesMax: number;
  /** Key of everything besides the body that can change the answer. */
  readonly keyOf: (inputs: RequestInputs) => string;
  /** A request got the answer of one that was in flight. */
  readonly onJoin?: (context: RequestInputs['context']) => void;
  /** Number of the current graph. */
  readonly graphNumber: () => number;
}

type RequestInputs = Omit<KeyInputs, 'graph' | 'mutations'>;

interface InFlight {
  readonly answer: Promise<Answered>;
  /** When it has completed or failed at the latest. */
  readonly deadlineAtMs: number;
  /** Of the request that is answered. */
  readonly trace: RequestTrace;
}

export class SharedRequests {
  readonly #options: SharedRequestsOptions;
  readonly #queries: LRUCache<string, true>;
  readonly #inFlight = new Map<string, InFlight>();

  constructor(options: SharedRequestsOptions) {
    this.#options = options;
    this.#queries = new LRUCache({ max: options.bodiesMax, maxSize: options.queriesBytesMax });
  }

  async answer(body: Buffer, inputs: RequestInputs, answerAlone: () => Promise<Answered>): Promise<Answered> {
    if (body.length > this.#options.bodyBytesMax) return answerAlone();
    const text = body.toString('latin1');
    if (!this.#queries.has(text)) return this.#answerFirst(text, answerAlone);
    const { keyOf, graphNumber } = this.#options;
    const key = `${keyOf(inputs)}${text}`;
    const { deadlineAtMs, trace } = inputs.context;
    const inFlight = this.#inFlight.get(key);
    // An answer with a later deadline might not arrive before the deadline of this request.
    if (inFlight && inFlight.deadlineAtMs > deadlineAtMs + joinToleranceMs) return answerAlone();
    if (inFlight) {
      const graph = graphNumber();
      const answer = await inFlight.answer.catch(() => undefined);
      // While it queued for admission the graph may have been replaced, whose labels may differ.
      if (!answer || !isShareable(answer) || graphNumber() !== graph) return answerAlone();
      this.#options.onJoin?.(inputs.context);
      trace.span?.link(inFlight.trace);
      return answer;
    }
    const answer = answerAlone().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, { answer, deadlineAtMs, trace });
    return answer;
  }

  async #answerFirst(text: string, answerAlone: () => Promise<Answered>): Promise<Answered> {
    const answer = await answerAlone();
    if (answer.operationKind === 'query') this.#queries.set(text, true, { size: Math.max(1, text.length) });
    return answer;
  }
}

/** Errors carry the request id, and cookies belong to one client. */
function isShareable({ errorCounts, headers, later }: Answered): boolean {
  return errorCounts.length === 0 && headers['set-cookie'] === undefined && later === null;
}
